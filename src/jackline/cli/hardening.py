"""No memory of ours on a disk: a process that may hold keys leaves no core dump (security.md 3)."""

from __future__ import annotations

import sys

PR_SET_DUMPABLE = 4


def forbid_core_dumps() -> None:
    """For this process and those it starts. Where the system does not know of it, nothing is changed."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        return
    if sys.platform == "linux":
        # A limit of 0 does not hold back a kernel that pipes dumps into a program: this does.
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
