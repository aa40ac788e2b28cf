"""Whether a step of a workflow ended as it should: `nox -s outcome -- verdict=failed errors=some`, for the self-test.

OUTPUTS holds `toJSON(steps.ID.outputs)` and OUTCOME `steps.ID.outcome`. A value `some` is any number but none.
`finds=ID` wants findings of that rule in the JSON report that the output `report` names.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path


def unlike(wanted: Sequence[str], outputs: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each expectation, as `name=value`, that the outputs do not meet."""
    for name, _, value in (each.partition("=") for each in wanted):
        if name == "finds":
            found = _found(outputs.get("report", ""))
            if value not in found:
                yield f"the report has no {value}, but {', '.join(sorted(found)) or 'nothing'}"
            continue
        given = outputs.get(name, "")
        if not (given.isdecimal() and int(given) > 0 if value == "some" else given == value):
            yield f"{name} is {given or 'empty'}, not {value}"


def _found(report: str) -> set[str]:
    try:
        return {finding["rule"] for finding in json.loads(Path(report).read_text(encoding="utf-8"))["findings"]}
    except (OSError, ValueError, KeyError):  # no report, or none of ours: nothing is found in it
        return set()


def main(wanted: Sequence[str], environment: Mapping[str, str]) -> int:
    """Print what is unlike, or that nothing is; 1 when something is, 2 without OUTPUTS."""
    try:
        outputs = json.loads(environment.get("OUTPUTS", ""))
    except ValueError:
        print("error: OUTPUTS holds no outputs\n  Try: set OUTPUTS to ${{ toJSON(steps.ID.outputs) }}", file=sys.stderr)
        return 2
    wrong = list(unlike(wanted, {**outputs, "outcome": environment.get("OUTCOME", "")}))
    for line in wrong:
        print(f"error: {line}")
    if not wrong:
        print(f"as it should be: {' '.join(wanted)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
