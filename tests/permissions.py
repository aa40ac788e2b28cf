"""Permissions that bind root, too: for tests of files and folders that refuse, wherever the tests run as root."""

from __future__ import annotations

import ctypes
import sys

import pytest

permissions_bind = pytest.mark.skipif(
    sys.platform != "linux", reason="root keeps its power elsewhere: run as an ordinary user"
)


def without_power_over_permissions() -> None:
    """Make root obey permissions in a process that is about to start (`preexec_fn`): it loses CAP_DAC_OVERRIDE and
    CAP_DAC_READ_SEARCH."""
    drop_from_bounding_set = 24
    for capability in (1, 2):
        ctypes.CDLL(None).prctl(drop_from_bounding_set, capability, 0, 0, 0)
