"""Shows the account to other processes: the web, the command line. They never reach into an engine."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from jackline.core.events import Event, ExitSignalled, SnapshotAnswered
from jackline.core.gates import account_denial
from jackline.core.orders import Snapshot
from jackline.core.picturing import picture
from jackline.core.ports import Clock
from jackline.core.risk_limits import limits_of
from jackline.core.state import State
from jackline.core.values import Side, Symbol
from jackline.engine.heartbeat import Heartbeat
from jackline.store import published
from jackline.store.disk import Disk
from jackline.store.published import Opinion, Published

OPINIONS_MAX = 24
"""Of one position: a day of hours, two hours of five minutes."""

log = structlog.get_logger("publisher")


class Publisher:
    """Keeps the venue's last word, and writes the picture with every beat."""

    def __init__(
        self,
        *,
        disk: Disk,
        state_dir: Path,
        fence: int,
        clock: Clock,
        view: Callable[[], State],
        bots: Mapping[str, str],
    ) -> None:
        self._disk = disk
        self._state_dir = state_dir
        self._fence = fence
        self._clock = clock
        self._view = view
        self._bots = dict(bots)
        self._look: Snapshot | None = None
        self._opinions: dict[tuple[Symbol, Side], deque[Opinion]] = {}
        self._is_told = False

    def note(self, event: Event) -> None:
        """A newer look at the account, or what a model thinks of an open trade, if that is what the event is."""
        if isinstance(event, ExitSignalled):
            said = Opinion(
                symbol=event.symbol, side=event.side, confidence=event.confidence, market_ms=event.market_ms
            )
            self._opinions.setdefault((event.symbol, event.side), deque(maxlen=OPINIONS_MAX)).append(said)
        if isinstance(event, SnapshotAnswered) and isinstance(event.answer, Snapshot):
            look = event.answer
            if self._look is None or look.asked_ms >= self._look.asked_ms:
                self._look = look

    def publish(self, beat: Heartbeat) -> None:
        """Write it. A picture that cannot be made or written stops nothing (rule 2)."""
        try:
            published.write(self._disk, self._state_dir, self._published(beat))
        except Exception as error:  # noqa: BLE001  what only shows must never end what protects
            if not self._is_told:
                log.error("picture_failed", code="L2", error=type(error).__name__, detail=str(error))
            self._is_told = True
            return
        self._is_told = False

    def _published(self, beat: Heartbeat) -> Published:
        state = self._view()
        denied = account_denial(state)
        told = "" if denied is None else f"{denied.reason}: {denied.detail}"
        return Published(
            pid=beat.pid,
            fence=self._fence,
            ready=beat.ready,
            turns=beat.turns,
            inbox=beat.inbox,
            loop_lag_ms=beat.loop_lag_ms,
            journal_lag_ms=beat.journal_lag_ms,
            naked_ms_deadline=state.protection.protect_deadline_ms,
            limits=limits_of(state.risk),
            opinions=self._opinions_of(state),
            bots=self._bots,
            account=picture(state, self._clock.now(), look=self._look, denied=told),
        )

    def _opinions_of(self, state: State) -> tuple[Opinion, ...]:
        """Of what is open; of what has ended they are forgotten."""
        held = {(trade.symbol, trade.side) for trade in state.trades.values() if trade.quantity}
        self._opinions = {key: kept for key, kept in self._opinions.items() if key in held}
        return tuple(one for kept in self._opinions.values() for one in kept)
