"""Whatever stands in a project's files, reading and judging it ends soon, runs nothing of it and does not fail.

`python -m tests.fuzz --count 100000` (nox -s fuzz) tries many inputs; `test_any_input.py` a few hundred of them.
"""
