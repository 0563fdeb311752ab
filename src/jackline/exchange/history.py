"""Accounts as they were a moment ago: what a reader sees at a venue whose reads lag behind its writes."""

from bisect import bisect_right
from collections import deque
from typing import Final

from jackline.exchange.account import Account

STATES_MAX: Final = 256
"""States kept per account. A lag is seconds long, and an account changes a few times a second."""


class History:
    """Copies of each account after each change, newest last, while `on`."""

    def __init__(self) -> None:
        self._on = False
        self._past: dict[str, deque[tuple[float, Account]]] = {}

    @property
    def on(self) -> bool:
        return self._on

    @on.setter
    def on(self, on: bool) -> None:
        """Turning it off forgets everything."""
        self._on = on
        if not on:
            self._past.clear()

    def note(self, account: Account, at_ms: float) -> None:
        """Keeps the present state, if it differs from the last one. Of several at one time the last counts."""
        if not self._on:
            return
        states = self._past.setdefault(account.name, deque(maxlen=STATES_MAX))
        if states and states[-1][1].version == account.version:
            return
        if states and states[-1][0] >= at_ms:
            at_ms = states.pop()[0]
        states.append((at_ms, account.copy()))

    def as_of(self, account: Account, at_ms: float) -> Account:
        """The state at that time, else the oldest one kept, else the account itself."""
        states = self._past.get(account.name)
        if not states:
            return account
        number = bisect_right(states, at_ms, key=lambda one: one[0])
        return states[max(0, number - 1)][1]
