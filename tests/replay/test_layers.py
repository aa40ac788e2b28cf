"""A mapping in layers is what a dict would be after the same changes, in the same order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from migration_guard.replay.layers import FEW, Layers, changed

NAMES = st.integers(0, FEW + 20).map(str)
CHANGES = st.lists(st.dictionaries(NAMES, st.none() | st.integers(1, 9), max_size=3), max_size=40)


@given(st.integers(0, FEW * 2), CHANGES)
def test_layers_hold_what_a_dict_holds_and_older_versions_stay(size: int, changes: list[dict[str, int | None]]) -> None:
    plain = {str(number): 0 for number in range(size)}
    layered = changed(dict(plain), {})
    versions = [(dict(plain), layered)]
    for some in changes:
        for name, value in some.items():
            if value is None:
                plain.pop(name, None)
            else:
                plain[name] = value
        layered = changed(layered, some)
        versions.append((dict(plain), layered))

    for expected, found in versions:
        assert list(found.items()) == list(expected.items())
        assert len(found) == len(expected)
        assert [found.get(str(name)) for name in range(FEW + 21)] == [
            expected.get(str(name)) for name in range(FEW + 21)
        ]


def test_a_version_of_a_large_mapping_is_small() -> None:
    large = {str(number): number for number in range(10_000)}

    one = changed(changed(large, {"7": None}), {"new": 1})

    assert isinstance(one, Layers)
    assert one.under is large
    assert len(one.over) == 2
