"""Whether others can read a file that holds a secret (S1)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""Where a service manager puts what a unit is given: a directory of the unit's own."""


def others_may(path: Path, mode: int) -> bool:
    """Whether its mode lets anybody but its owner do anything.

    A credential of systemd belongs to root and is read by the unit's user through an access control list, whose mask
    shows as the read bit of the group: that bit lets in nobody else.
    """
    given = os.environ.get(CREDENTIALS)
    is_given = given is not None and path.resolve().parent == Path(given).resolve()
    allowed = stat.S_IRGRP if is_given else 0
    return bool(mode & (stat.S_IRWXG | stat.S_IRWXO) & ~allowed)
