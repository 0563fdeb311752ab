"""The rule as a loop of plain Python."""

from __future__ import annotations

import platform
import sys

from rule import measured, read, reference, tell

BARS, SIDES = read(sys.argv[1])
TRADES, TIME = measured(lambda: reference(BARS, SIDES), 3)
tell(version=platform.python_version(), trades=TRADES, **TIME)
