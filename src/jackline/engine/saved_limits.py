"""Limits that were changed while an engine ran: kept over its end, in force before anything is decided (K1, K5)."""

from __future__ import annotations

from collections.abc import Mapping

from jackline.core.limiting import restored
from jackline.core.risk_limits import RiskLimits
from jackline.core.state import State
from jackline.store.batch import AccountKey
from jackline.store.encode import decode


def with_saved_limits(state: State, account: Mapping[str, str]) -> State:
    """The state of a start with what the records say of its limits; the file's where they say nothing."""
    text = account.get(AccountKey.LIMITS.value)
    return state if text is None else restored(state, decode(text, RiskLimits))
