"""Python's collector of garbage while a backtest is played: seldom, and not over what was there before."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

NEW_MAX = 100_000
"""Objects made and not given back before the collector looks, against 700 by default. A bar makes a hundred and gives
nearly all back without its help."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """While inside the collector looks seldom, and passes over what existed before: libraries, and every bar."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(NEW_MAX, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
