"""Reading: files, git objects and SQL become facts. Nothing that is read is ever run.

What a revision does is worked out here from its own text and that of the modules it imports, and from nothing else of
the history: so it can be kept by content, and files can be read by several processes. What its operations mean for
tables hangs on all revisions below, and is worked out in `replay/`, which sees operations and never code.

All files stand in one folder, as each package more would be a file more that a commit hook loads. A way through them:

- which projects there are: `discovery`, `tree`, `ini`, `project`, `strays`, `wanted`, `databases`
- where their text comes from: `sources`, `files`, `git`, `commits`, `changes`, `concern`
- one revision file: `source`, `header`, `comments`, `imports`, `mentions`; without its code `headers`, `graph`
- its code, statement by statement: `operations` begins a `walk`, one class in eight files, each upon the one before:
  `names`, `binding`, `expressions`, `effects`, `functions`, `following`, `branches`, `walk`; `values`, `constants` and
  `formatting` say what an expression stands for
- calls as operations: `calls`, `table_calls`, `called`, `columns`, `executed`, `rows`; `plain` is the short
  way for those without a variable; `uses`, `transactions`, `swallowing`, `undefined` see what is no operation
- SQL: `sql` begins, `sql_lexer` cuts, a file for each kind of statement
- env.py: `environment` begins, a file for each question; `modules` and `library` read what it and revisions import
- what is kept for the next run: `store` holds files, `cache` revisions, `looking` and `asking` what the disk said,
  `known_graph` the graph; `kept` and `packed` are revisions of which little is in memory
"""
