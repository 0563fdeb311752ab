"""The trade state machine as one table of (phase, trigger) → phase."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """Where a trade is. In-flight states are states."""

    INTENDED = "intended"
    """Decided; the intent is not yet known to be durable."""
    ARMING = "arming"
    """Intent durable; the entry has not left (stop first: D is on its way to a read-back)."""
    ENTERING = "entering"
    """The entry left; its answer is outstanding."""
    DOUBTFUL = "doubtful"
    """Nobody knows whether the entry filled: treated as filled, protected, never re-sent (O1)."""
    EXPOSED = "exposed"
    """A position is evidenced and no stop has been read back since. The exposure clock runs (P1)."""
    PROTECTED = "protected"
    """Read-back stops cover the position."""
    CLOSING = "closing"
    """The closing path runs; D stays until flat."""
    SWEEPING = "sweeping"
    """Flat (or never filled): leftovers are removed once two snapshots agree (P6)."""
    DONE = "done"
    """Flat and swept; nothing of ours remains."""


class Trigger(StrEnum):
    """A fact about one trade that may move it."""

    INTENT_DURABLE = "intent_durable"
    ENTRY_SENT = "entry_sent"
    EXPOSURE_SEEN = "exposure_seen"
    ENTRY_DOUBTFUL = "entry_doubtful"
    ENTRY_DEAD = "entry_dead"
    STOP_CONFIRMED = "stop_confirmed"
    STOP_LOST = "stop_lost"
    ADDED = "added"
    CLOSE_WANTED = "close_wanted"
    FLAT_SEEN = "flat_seen"
    SWEPT = "swept"
    RECOVERED = "recovered"


P, T = Phase, Trigger

TABLE: dict[Phase, dict[Trigger, Phase]] = {
    P.INTENDED: {
        T.INTENT_DURABLE: P.ARMING,
        T.ENTRY_DEAD: P.SWEEPING,
        # The operator closed, or the journal failed, before anything left.
        T.CLOSE_WANTED: P.SWEEPING,
        # The process died around the write: the entry may or may not have left.
        T.RECOVERED: P.DOUBTFUL,
        # Impossible but seen: a stranger opened the same side while our intent was being written.
        T.EXPOSURE_SEEN: P.EXPOSED,
    },
    P.ARMING: {
        T.ENTRY_SENT: P.ENTERING,
        T.ENTRY_DEAD: P.SWEEPING,
        T.CLOSE_WANTED: P.SWEEPING,
        T.RECOVERED: P.DOUBTFUL,
        # As above: a stranger's position on our symbol. It is protected like our own.
        T.EXPOSURE_SEEN: P.EXPOSED,
    },
    P.ENTERING: {
        T.EXPOSURE_SEEN: P.EXPOSED,
        T.ENTRY_DOUBTFUL: P.DOUBTFUL,
        T.ENTRY_DEAD: P.SWEEPING,
        T.RECOVERED: P.DOUBTFUL,
    },
    P.DOUBTFUL: {
        T.EXPOSURE_SEEN: P.EXPOSED,
        T.ENTRY_DEAD: P.SWEEPING,
    },
    P.EXPOSED: {
        T.STOP_CONFIRMED: P.PROTECTED,
        T.CLOSE_WANTED: P.CLOSING,
        # The stop fired between the fill and the read-back.
        T.FLAT_SEEN: P.SWEEPING,
    },
    P.PROTECTED: {
        T.STOP_LOST: P.EXPOSED,
        # A further entry has filled: D must be read back since (rule 10).
        T.ADDED: P.EXPOSED,
        T.CLOSE_WANTED: P.CLOSING,
        T.FLAT_SEEN: P.SWEEPING,
        # After a restart nothing is protected until it is read back.
        T.RECOVERED: P.EXPOSED,
    },
    P.CLOSING: {
        T.FLAT_SEEN: P.SWEEPING,
    },
    P.SWEEPING: {
        # Impossible but seen: a fill that arrives after two flat reads (late execution, a stranger).
        T.EXPOSURE_SEEN: P.EXPOSED,
        T.SWEPT: P.DONE,
    },
    P.DONE: {},
}

BEFORE_ANSWER = frozenset({Phase.INTENDED, Phase.ARMING, Phase.ENTERING, Phase.DOUBTFUL})
"""Phases in which the entry is not resolved: exposure may appear at any moment and a sweep is forbidden."""
AT_RISK = BEFORE_ANSWER | {Phase.EXPOSED, Phase.CLOSING}
"""Phases in which something is open, or may be, that nothing is known to protect."""
IN_POSITION = frozenset({Phase.EXPOSED, Phase.PROTECTED, Phase.CLOSING})


def advance(phase: Phase, trigger: Trigger) -> Phase:
    """The phase after `trigger`. A pair without a row is news the phase already contains: it stays."""
    return TABLE[phase].get(trigger, phase)
