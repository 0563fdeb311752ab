"""Which settings are computed together: those that share their walks (`sharing`), in parts that keep all cores busy."""

from __future__ import annotations

import numpy as np

from jackline.research.sweep.arrays import (
    COOLDOWN_COLUMN,
    END_COLUMN,
    HOLD_COLUMN,
    STOP_COLUMN,
    TARGET_COLUMN,
    TRAIL_COLUMN,
    WISH_COLUMN,
    Whole,
)

SHARING = (WISH_COLUMN, TRAIL_COLUMN)
"""What settings must have in common to share their walks."""
WITHIN = (STOP_COLUMN, TARGET_COLUMN, END_COLUMN, HOLD_COLUMN, COOLDOWN_COLUMN)
"""How they follow each other then: what is known of a stop, and of its targets, is kept until the next."""
TASKS_MIN = 16
"""Of a sweep where all share: enough for some cores, few enough that most walks are shared."""
TASK_SETTINGS_MIN = 64
"""No smaller part is cut off."""


def order_of(settings: Whole) -> Whole:
    """The settings' places, those that share side by side."""
    columns = [settings[:, which] for which in (*SHARING, *WITHIN)]
    return np.lexsort(columns[::-1]).astype(np.int64)


def tasks_of(settings: Whole, order: Whole) -> Whole:
    """From where to where in `order` each task reaches, shape (tasks, 2)."""
    shared = settings[order][:, SHARING]
    changes = np.flatnonzero((shared[1:] != shared[:-1]).any(axis=1)) + 1
    most = max(TASK_SETTINGS_MIN, -(-len(order) // TASKS_MIN))
    ends = [*changes.tolist(), len(order)]
    found, begin = [], 0
    for end in ends:
        found += [(at, min(at + most, end)) for at in range(begin, end, most)]
        begin = end
    return np.array(found, np.int64).reshape(-1, 2)
