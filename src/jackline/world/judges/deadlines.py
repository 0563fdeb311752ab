"""The figures the judges hold a run to. Each says where it is promised; none is loosened to let a run pass."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

PROTECT_MS: Final = 1_500
"""P1: first exposure → protected or flattening, while able to act."""
REPAIR_MS: Final = 5_000
"""P1: a working stop ceases to work → protected or flattening again: guard period 2,000 and 3,000 more."""
ADOPT_MS: Final = 8_000
"""P1 of a position that somebody else opened: seen by the next idle guard pass (5,000), then 3,000 as in a repair."""
TRIGGERING_MS: Final = 2_000
"""P1: how long a stop in TRIGGERING counts as flattening."""
CLOSE_IN_FLIGHT_MS: Final = 1_000
"""How long a close lives: the transport's own deadline for one sending (`REDUCTION_DEADLINE_S`, venue/binance/orders).
Every repeated sending is a departure of its own."""
ABLE_AFTER_MS: Final = 2_000
"""A process of ours counts as able to act from this long after its start."""
SNAPSHOT_AGE_MS: Final = 3_000
"""What the venue did by itself this shortly before a decision left may be missing from the snapshot behind it:
a snapshot's time-out (2,000) and the pass that acts on it."""
ESTABLISHED_MS: Final = 4_000
"""A stop that rested this long was read back: verified at 2 s and in every guard pass after (protocol, an entry, 5)."""
SWEEP_MS: Final = 30_000
"""P6: how long an order of ours may rest on a flat symbol while an engine is able: the fence of an entry in doubt
(≈ 4 s), two misses, two flat snapshots 3 s apart, and repeated reads."""
FLATTEN_MS: Final = 15_000
"""K3: acknowledged flatten → flat, while an engine is able: the closing ladder with its first pauses."""
LIMIT_SEEN_MS: Final = 2_000
"""K5: a loss held this long has reached the engine as a mark, a fill or a snapshot."""
LIMIT_IN_FLIGHT_MS: Final = 1_000
"""K5: an entry decided before the breach may still leave this much later (its patience)."""
EQUITY_SEEN_MS: Final = 10_000
"""A3: two snapshots (idle guard period 5,000) after an unexplained change nothing new is sized on it."""
CONVERGE_MS: Final = 60_000
"""L1: when faults end everything is settled within this time."""
RISK_TOLERANCE_FRACTION: Final = Decimal("0.02")
"""P8: what equity may have moved between the snapshot a size was made from and the fill, as a share of the budget.
The collar needs none: the size is computed for the worst fill it allows."""
LIMIT_TOLERANCE_FRACTION: Final = Decimal("0.02")
"""K5: the engine's day may have begun at another mark than ours."""
EQUITY_MEMORY_MS: Final = 10_000
"""P8: the size may come from any equity seen this long before the entry left."""
