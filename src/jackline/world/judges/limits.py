"""K2, K5: reductions pass every limit of ours, and the daily loss limit holds from the event that breaches it."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from jackline.exchange.values import ZERO
from jackline.world.judges.breach import Judge
from jackline.world.judges.deadlines import LIMIT_IN_FLIGHT_MS, LIMIT_SEEN_MS, LIMIT_TOLERANCE_FRACTION
from jackline.world.judges.journal import RunEnd
from jackline.world.judges.kill import is_reset
from jackline.world.judges.lives import ENGINE
from jackline.world.judges.scene import Scene
from jackline.world.watching import Departure

TRANSFER: Final = "TRANSFER"
_DAY_MS: Final = 86_400_000
_REDUCING: Final = ("SendStop", "SendTarget", "SendTrailing", "SendClose", "CancelOrder")
_NOT_LIMITS: Final = (
    "the position could not be read first",
    "P3:",
)
"""Reasons that are no gate or limit: a request that could open what it should close."""


class HeldBackJudge(Judge):
    """K2: no reducing request was stopped by us."""

    def finish(self, end: RunEnd) -> None:
        """Read the outcomes."""
        for held in self.scene.journal.held.values():
            if held.verb in _REDUCING and not held.why.startswith(_NOT_LIMITS):
                self.breach("K2", end.at_ms, f"{held.verb} {held.client_id} was held back: {held.why}")


class LossLimitJudge(Judge):
    """K5: by the venue's equity since the start of the market's UTC day, transfers left out."""

    def __init__(self, scene: Scene, *, loss_fraction: Decimal) -> None:
        super().__init__(scene)
        self._fraction = loss_fraction * (1 + LIMIT_TOLERANCE_FRACTION)
        self._day = -1
        self._start_quote = ZERO
        self._incomes = 0
        self._wallet = ZERO
        self._over = False
        self._over_ms = 0.0
        self._tripped_ms: float | None = None
        self._forgiven_day = -1
        self._epoch = scene.journal.view.epoch

    def advance(self, from_ms: float, to_ms: float) -> None:
        """The loss has held for this long while an engine could see it."""
        if not self._over or self._tripped_ms is not None:
            return
        self._over_ms += self.scene.lives.able_ms(from_ms, to_ms, ENGINE)
        if self._over_ms > LIMIT_SEEN_MS:
            self._tripped_ms = to_ms

    def on_venue(self, at_ms: float) -> None:
        """Compare equity with the start of the day."""
        account = self.scene.account
        day = max(market.market_ms for market in self.scene.venue.state.markets.values()) // _DAY_MS
        if day != self._day:
            self._day, self._start_quote = day, self.scene.equity_quote()
            self._incomes = len(account.incomes)
        elif account.wallet == self._wallet and not self.scene.openings:
            return
        for income in account.incomes[self._incomes :]:
            self._start_quote += income.amount if income.kind == TRANSFER else ZERO
        self._incomes, self._wallet = len(account.incomes), account.wallet
        loss = self._start_quote - self.scene.equity_quote()
        self._over = loss >= self._start_quote * self._fraction and day != self._forgiven_day
        if not self._over:
            self._over_ms = 0.0

    def on_departure(self, departure: Departure) -> None:
        """Midnight resets the counter, never the switch."""
        if self.scene.journal.view.epoch != self._epoch:
            # The day's beginning and the switch are bound to a disk, and this one was lost or put back.
            self._epoch = self.scene.journal.view.epoch
            self._forgive()
        if self._tripped_ms is None or departure.at_ms <= self._tripped_ms + LIMIT_IN_FLIGHT_MS:
            return
        request = self.scene.request(departure)
        if request.is_entry:
            text = f"{request.client_id} leaves after the daily loss limit was breached at {self._tripped_ms:.0f}"
            self.breach("K5", departure.at_ms, text)

    def on_command(self, kind: str, *, acknowledged: bool, at_ms: float) -> None:
        """An operator who resets takes the rest of this day upon himself."""
        if is_reset(kind):
            self._forgive()

    def _forgive(self) -> None:
        self._tripped_ms, self._over, self._over_ms = None, False, 0.0
        self._forgiven_day = self._day
