"""The judges of one run, seated on its stage, and what they are shown of the disk at the end."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal

from jackline.store.boot import ENGINE_FILE, WATCHDOG_FILE
from jackline.store.db import Row
from jackline.store.errors import DbTrouble
from jackline.world.disk_journal import DiskJournal
from jackline.world.judges.bench import seat
from jackline.world.judges.exposure import Exposure
from jackline.world.judges.journal import JournalIndex, LedgerRow, RunEnd, TradeRow
from jackline.world.judges.risk import RiskBudget
from jackline.world.judges.scene import Scene
from jackline.world.judges.sometimes import Sometimes
from jackline.world.stage import ACCOUNT, Stage
from jackline.world.supervisor import STATE_DIR
from jackline.world.wires import exchange_name

_TRADES = "SELECT trade_id, phase, json_extract(body, '$.body.symbol') FROM trades"
_LEDGER = "SELECT entry_id, kind, symbol, quantity, price, amount_quote, wire_ms FROM ledger"
AUTO = "auto"
"""Where no rung was asked for: the best that the canary proves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NakedTime:
    """How long one position of ours stood without a stop while somebody could act, by the rung that was asked for.

    `idle_ms`: the longest of it without an attempt to flatten either, which P1's deadline is held against.
    """

    rung: str
    able_ms: float
    idle_ms: float
    raw_ms: float
    cause: str


class Jury:
    """Seats the bench; asks the disk at the end."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._journals = [DiskJournal(stage.disk, STATE_DIR / file) for file in (ENGINE_FILE, WATCHDOG_FILE)]
        self._indexes = [JournalIndex(view=journal) for journal in self._journals]
        engine, watchdog = self._indexes
        risk = stage.processes.options.risk
        self._bench = seat(
            Scene(venue=stage.venue, account=ACCOUNT, journal=engine, watch_journal=watchdog),
            budget=RiskBudget(
                risk_fraction=risk.risk_per_trade_fraction,
                taker_fraction=risk.taker_fraction,
                slippage_fraction=risk.slippage_fraction,
            ),
            daily_loss_max_fraction=risk.daily_loss_max_fraction,
        )
        self.panel = self._bench.panel
        stage.on_delay = self._grant

    def _grant(self, delay_ms: int) -> None:
        self._bench.exposure.notice_ms = delay_ms

    def read_journals(self) -> None:
        """Take in what is durable now: it is about to be lost, and will have been there all the same."""
        for index in self._indexes:
            index.refresh()

    def finish(self, *, calm_ms: float, healed: bool) -> None:
        """Judge what can only be judged at the end."""
        self.panel.finish(
            RunEnd(
                at_ms=self._stage.now_ms(),
                healed=healed,
                calm_ms=calm_ms,
                trades=self._trades(),
                ledger=self._ledger(),
                inboxes={},
                symbols=self._stage.experiment.symbols,
            )
        )
        for _ in range(self._stage.processes.refused_second):
            self._bench.sometimes.note(Sometimes.SECOND_INSTANCE_REFUSED)
        for what, times in self._bench.sometimes.counts.items():
            if times:
                self._stage.trace.sometimes[what.value] += times

    def naked(self) -> tuple[NakedTime, ...]:
        """One row for each position that an entry of ours opened."""
        rung = self._stage.experiment.rung
        name = AUTO if rung is None else rung.value
        return tuple(
            NakedTime(
                rung=name,
                able_ms=round(exposure.naked_able_ms, 3),
                idle_ms=round(max((span.idle_ms for span in exposure.spans), default=0.0), 3),
                raw_ms=round(exposure.naked_ms, 3),
                cause=_worst(exposure),
            )
            for exposure in self._bench.exposure.exposures
            if exposure.name is not None
        )

    def close(self) -> None:
        """Close what looks at the disk."""
        for journal in self._journals:
            journal.close()

    def _trades(self) -> list[TradeRow]:
        return [
            TradeRow(trade_id=trade_id, phase=phase, symbol=symbol)
            for trade_id, phase, symbol in self._ask(_TRADES)
        ]

    def _ledger(self) -> list[LedgerRow]:
        return [
            LedgerRow(
                entry_id=_as_exchanged(entry_id, symbol),
                kind=kind,
                symbol=symbol and exchange_name(symbol),
                quantity=_decimal(quantity),
                price=_decimal(price),
                amount_quote=Decimal(amount),
                wire_ms=wire_ms,
            )
            for entry_id, kind, symbol, quantity, price, amount, wire_ms in self._ask(_LEDGER)
        ]

    def _ask(self, sql: str) -> list[Row]:
        try:
            with closing(self._stage.disk.look(STATE_DIR / ENGINE_FILE, durable=True)) as db:
                return db.run(sql)
        except DbTrouble:
            return []


def _worst(exposure: Exposure) -> str:
    spans = [span for span in exposure.spans if span.able_ms > 0]
    return max(spans, key=lambda span: span.able_ms).cause.value if spans else ""


def _as_exchanged(entry_id: str, symbol: str | None) -> str:
    """With the exchange's name of its symbol, whatever its wire calls it."""
    return entry_id.replace(f":{symbol}:", f":{exchange_name(symbol)}:") if symbol else entry_id


def _decimal(text: object) -> Decimal | None:
    return None if text is None else Decimal(str(text))
