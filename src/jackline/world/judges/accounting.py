"""A1, A2, A3: the ledger against what the venue booked."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from jackline.exchange.orders import Fill, Income
from jackline.exchange.values import ZERO
from jackline.world.judges.breach import Judge
from jackline.world.judges.deadlines import EQUITY_SEEN_MS
from jackline.world.judges.journal import LedgerRow, RunEnd
from jackline.world.judges.limits import TRANSFER
from jackline.world.judges.lives import ENGINE
from jackline.world.judges.scene import Scene
from jackline.world.watching import Departure

RESULTS: Final = ("fill", "fee", "funding", "other")
OPENING: Final = "opening"
_FUNDING: Final = "FUNDING_FEE"

Booked = tuple[Decimal, Decimal | None, Decimal | None]
"""Amount (quote), quantity, price."""


class LedgerJudge(Judge):
    """At the end of a healed run: row for row, and in sums."""

    def finish(self, end: RunEnd) -> None:
        """Judge the ledger as it lies on the disk."""
        opening = next((row for row in end.ledger if row.kind == OPENING), None)
        if opening is None:
            if end.ledger:
                self.breach("A1", end.at_ms, f"{len(end.ledger)} ledger rows and no opening balance")
            return
        rows = {row.entry_id: row for row in end.ledger if row.kind in RESULTS}
        booked = self._booked(end)
        for entry_id, row in rows.items():
            if entry_id not in booked:
                self.breach("A1", end.at_ms, f"{entry_id} is in the ledger and not at the venue")
            elif booked[entry_id] != (row.amount_quote, row.quantity, row.price):
                self.breach("A1", end.at_ms, f"{entry_id}: ledger {_shown(row)}, venue {booked[entry_id]}")
        if not end.healed:
            return
        begin = self._begin(opening)
        if begin is None:
            text = f"the opening balance {opening.amount_quote} was never the wallet's"
            self.breach("A1", end.at_ms, text)
            return
        self._judge_missing(end, begin, opening, rows)
        self._judge_sums(end, opening, begin)

    def _booked(self, end: RunEnd) -> dict[str, Booked]:
        """What the venue booked, by the ids the ledger gives it."""
        found: dict[str, Booked] = {}
        for fill in self.scene.account.fills:
            if fill.symbol in end.symbols:
                key = f"{fill.symbol}:{fill.trade_id}"
                found[f"fill:{key}"] = (fill.realised, fill.quantity, fill.price)
                found[f"fee:{key}"] = (-fill.commission, None, None)
        for income in self.scene.account.incomes:
            if income.kind == _FUNDING and income.symbol in end.symbols:
                found[_funding_id(income)] = (income.amount, None, None)
        return found

    def _begin(self, opening: LedgerRow) -> int | None:
        """How many bookings the opening balance already held. Found by the sum, for the engine's clock may lie."""
        account = self.scene.account
        wallet, found = account.wallet_at_start, []
        for count, income in enumerate((*account.incomes, None)):
            if wallet == opening.amount_quote:
                near_ms = abs(account.incomes[count - 1].wire_ms - opening.wire_ms) if count else 0
                found.append((near_ms, -count))
            wallet += income.amount if income is not None else ZERO
        return -min(found)[1] if found else None

    def _judge_missing(
        self, end: RunEnd, begin: int, opening: LedgerRow, rows: Mapping[str, LedgerRow]
    ) -> None:
        before, after = self.scene.account.incomes[:begin], self.scene.account.incomes[begin:]
        last = max((one.trade_id for one in before if one.trade_id is not None), default=0)
        expected = [
            f"{kind}:{fill.symbol}:{fill.trade_id}"
            for fill in self.scene.account.fills
            if fill.trade_id > last and fill.symbol in end.symbols and not _is_before(fill, opening)
            for kind in ("fill", "fee")
        ]
        expected += [_funding_id(one) for one in after if one.kind == _FUNDING and one.symbol in end.symbols]
        for entry_id in expected:
            if entry_id not in rows:
                self.breach("A1", end.at_ms, f"{entry_id} is at the venue and not in the ledger")

    def _judge_sums(self, end: RunEnd, opening: LedgerRow, begin: int) -> None:
        result = sum((row.amount_quote for row in end.ledger if row.kind in RESULTS), ZERO)
        capital = sum(
            (row.amount_quote for row in end.ledger if row.kind not in RESULTS and row is not opening), ZERO
        )
        later = self.scene.account.incomes[begin:]
        earned = sum((one.amount for one in later if one.kind != TRANSFER), ZERO)
        if result != earned:
            self.breach("A2", end.at_ms, f"ledger result {result}, the venue's {earned}")
        moved = self.scene.account.wallet - opening.amount_quote - earned
        if capital != moved:
            self.breach(
                "A3", end.at_ms, f"ledger capital since opening {capital}, moved at the venue {moved}"
            )


def _is_before(fill: Fill, opening: LedgerRow) -> bool:
    """A fill that moved no money, as auto-deleveraging at the entry price: no sum tells on which side it lies."""
    return not fill.realised and not fill.commission and fill.wire_ms < opening.wire_ms


class EquityJudge(Judge):
    """A3: no entry is sized on equity that nobody has accounted for."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._wallet: Decimal | None = None
        self._incomes = 0
        self._waiting = False
        self._waited_ms = 0.0
        self._rows = 0

    def advance(self, from_ms: float, to_ms: float) -> None:
        """Time in which an engine could see the change."""
        if self._waiting:
            self._waited_ms += self.scene.lives.able_ms(from_ms, to_ms, ENGINE)

    def on_venue(self, at_ms: float) -> None:
        """A change of the wallet that no trade, fee or funding explains."""
        account = self.scene.account
        if account.wallet == self._wallet:
            return
        fresh = account.incomes[self._incomes :]
        self._incomes = len(account.incomes)
        if self._wallet is not None:
            earned = sum((one.amount for one in fresh if one.kind != TRANSFER), ZERO)
            if account.wallet - self._wallet != earned:
                self.scene.journal.refresh()
                self._waiting, self._waited_ms = True, 0.0
                self._rows = self.scene.journal.capital_rows
        self._wallet = account.wallet

    def on_departure(self, departure: Departure) -> None:
        """By then the change is booked, or sizing waits."""
        if not self._waiting or self._waited_ms <= EQUITY_SEEN_MS:
            return
        request = self.scene.request(departure)
        if not request.is_entry:
            return
        self.scene.journal.refresh()
        if self.scene.journal.capital_rows > self._rows:
            self._waiting = False
        else:
            text = f"{request.client_id} is sized on equity that changed {self._waited_ms:.0f} able ms ago, unbooked"
            self.breach("A3", departure.at_ms, text)


def _funding_id(income: Income) -> str:
    return f"funding:{income.symbol}:{income.income_id}"


def _shown(row: LedgerRow) -> str:
    return f"({row.amount_quote}, {row.quantity}, {row.price})"
