"""The report: one run in figures. Built from the exchange's testimony and the engine's journal, printed by `render`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal

from jackline.cli.demo.breaches import (
    Breach,
    Evidence,
    double_entries,
    entry_orders,
    judge,
    ledger_differences,
    orphans,
)
from jackline.cli.demo.figures import Distribution, distribution
from jackline.cli.demo.witness import Episode, StopFill, Testimony
from jackline.core.ids import TradeId, parse_client_id
from jackline.core.settings import ProtectionSettings
from jackline.core.trade import Trade
from jackline.store.ledger import EntryKind, LedgerEntry, by_trade, totals


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One SIGKILL of the engine and what followed. Wire times in ms; prices as the venue had them.

    Attributes:
        stop_price: trigger of the tightest stop working at that moment; None when there was none.
        stop_working_during_outage: the position was never naked from the kill until it closed or the engine had
            recovered.
        recovered_ms: from the new process's start until every position was read back protected, or flat and swept;
            None when that was not seen.
    """

    market_ms: int
    killed_wire_ms: int
    restarted_wire_ms: int
    symbol: str
    side: str
    position_open: bool
    stop_price: Decimal | None
    stop_working_during_outage: bool
    stop_fired_during_outage: bool
    recovered_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeLine:
    """One trade as a person wants to see it. `pnl_quote` is after fees; `naked_ms` is the venue's truth."""

    trade_id: TradeId
    symbol: str
    side: str
    rung: str | None
    opened_market_ms: int
    closed_market_ms: int | None
    quantity: Decimal
    entry_price: Decimal | None
    exit_price: Decimal | None
    exit_reason: str
    pnl_quote: Decimal
    naked_ms: float
    confirm_ms: int | None
    gap_bps: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RungFigures:
    """Entries that filled by one rung of the ladder."""

    entries: int
    naked_ms: Distribution
    confirm_ms: Distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the run was: named by the person who started it, or chosen by the plan."""

    source: str
    symbols: tuple[str, ...]
    start_ms: int
    end_ms: int
    ratio: float
    wall_s: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything the demo has to say."""

    frame: Frame
    lines: tuple[TradeLine, ...]
    stop_fills: tuple[StopFill, ...]
    exposed_ms: float
    coverage_fraction: float | None
    naked_ms: Distribution
    confirm_ms: Distribution
    naked_notional_seconds: float
    rungs: Mapping[str, RungFigures]
    kills: tuple[Kill, ...]
    double_entries: int
    orphan_orders: int
    ledger: Mapping[str, Decimal]
    exchange: Mapping[str, Decimal]
    ledger_equals_exchange: bool
    realised_pnl_quote: Decimal
    breaches: tuple[Breach, ...]

    @property
    def gap_fills(self) -> tuple[StopFill, ...]:
        """Stops that filled beyond their trigger because the price stepped past it."""
        return tuple(fill for fill in self.stop_fills if fill.gap)


def build_report(
    *,
    frame: Frame,
    evidence: Evidence,
    ledger: Sequence[LedgerEntry],
    kills: tuple[Kill, ...],
    protection: ProtectionSettings,
) -> Report:
    """Put a finished run into figures and judge it."""
    testimony, booked = evidence.testimony, totals(ledger)
    lines = trade_lines(testimony, evidence.trades, ledger)
    confirmed = {line.trade_id: line.confirm_ms for line in lines if line.confirm_ms is not None}
    exposed_ms = sum(episode.exposed_ms for episode in testimony.episodes)
    naked_ms = [episode.naked_ms for episode in testimony.episodes]
    account = testimony.account
    return Report(
        frame=frame,
        lines=lines,
        stop_fills=tuple(testimony.stop_fills),
        exposed_ms=exposed_ms,
        coverage_fraction=round(1 - sum(naked_ms) / exposed_ms, 9) if exposed_ms > 0 else None,
        naked_ms=distribution(naked_ms),
        confirm_ms=distribution(list(confirmed.values())),
        naked_notional_seconds=round(sum(one.naked_notional_ms for one in testimony.episodes) / 1_000, 6),
        rungs=_by_rung(lines),
        kills=kills,
        double_entries=len(double_entries(testimony, evidence.trades)),
        orphan_orders=len(orphans(testimony)),
        ledger={
            "realised": booked.realised_quote,
            "fees": booked.fees_quote,
            "funding": booked.funding_quote,
            "wallet": booked.wallet_quote,
        },
        exchange={
            "realised": account.realised,
            "fees": account.fees,
            "funding": account.funding,
            "wallet": account.wallet,
        },
        ledger_equals_exchange=not ledger_differences(booked, account),
        realised_pnl_quote=booked.net_quote,
        breaches=judge(evidence, protection),
    )


def trade_lines(
    testimony: Testimony, trades: Mapping[TradeId, Trade], ledger: Sequence[LedgerEntry]
) -> tuple[TradeLine, ...]:
    """One line per trade that held a position at the venue, in the order they opened."""
    episodes: dict[TradeId, list[Episode]] = {}
    for episode in testimony.episodes:
        name = parse_client_id(episode.entry_client_id)
        if name is not None:
            episodes.setdefault(name.trade_id, []).append(episode)
    for trade_id in entry_orders(testimony):  # joined a position that another trade had opened
        episodes.setdefault(trade_id, [])
    found = [
        _line(trades[trade_id], tuple(seen), by_trade(ledger, trade_id))
        for trade_id, seen in episodes.items()
        if trade_id in trades
    ]
    return tuple(sorted(found, key=lambda line: line.opened_market_ms))


def _line(trade: Trade, episodes: tuple[Episode, ...], entries: Sequence[LedgerEntry]) -> TradeLine:
    exits = [
        entry for entry in entries if entry.kind is EntryKind.FILL and entry.side is trade.side.closes_with
    ]
    fills = [fill for episode in episodes for fill in episode.stop_fills]
    confirm_ms = None
    if trade.first_exposed_ms is not None and trade.first_protected_ms is not None:
        confirm_ms = trade.first_protected_ms - trade.first_exposed_ms
    opened = trade.opened_market_ms or min((one.opened_market_ms for one in episodes), default=0)
    return TradeLine(
        trade_id=trade.trade_id,
        symbol=trade.symbol,
        side=trade.side.value,
        rung=trade.entry.rung.value if trade.entry is not None else None,
        opened_market_ms=opened,
        closed_market_ms=max(
            (one.closed_market_ms for one in episodes if one.closed_market_ms), default=None
        ),
        quantity=max((one.max_quantity for one in episodes), default=trade.quantity),
        entry_price=trade.entry_price,
        exit_price=_average(exits),
        exit_reason=trade.exit_reason.value if trade.exit_reason is not None else "open",
        pnl_quote=sum((entry.amount_quote for entry in entries), Decimal(0)),
        naked_ms=round(sum(one.naked_ms for one in episodes), 3),
        confirm_ms=confirm_ms,
        gap_bps=max((fill.slip_bps for fill in fills if fill.gap), default=None),
    )


def _average(fills: Sequence[LedgerEntry]) -> Decimal | None:
    """Mean price weighted by quantity; None without a fill: an exit price is never invented (A1)."""
    quantity = sum((fill.quantity or Decimal(0) for fill in fills), Decimal(0))
    if not quantity:
        return None
    paid = sum(((fill.quantity or Decimal(0)) * (fill.price or Decimal(0)) for fill in fills), Decimal(0))
    return paid / quantity


def _by_rung(lines: Sequence[TradeLine]) -> Mapping[str, RungFigures]:
    rungs: dict[str, list[TradeLine]] = {}
    for line in lines:
        if line.rung is not None:
            rungs.setdefault(line.rung, []).append(line)
    return {
        rung: RungFigures(
            entries=len(mine),
            naked_ms=distribution([line.naked_ms for line in mine]),
            confirm_ms=distribution([line.confirm_ms for line in mine if line.confirm_ms is not None]),
        )
        for rung, mine in rungs.items()
    }


def as_json(report: Report) -> dict[str, object]:
    """The report for programs: money as strings, milliseconds and ratios as numbers."""
    return {
        "trades": len(report.lines),
        "stops_fired": len(report.stop_fills),
        "coverage_fraction": report.coverage_fraction,
        "naked_ms": asdict(report.naked_ms),
        "confirm_ms": asdict(report.confirm_ms),
        "naked_notional_seconds": report.naked_notional_seconds,
        "rungs": {rung: asdict(figures) for rung, figures in report.rungs.items()},
        "kills": [_plain(asdict(kill)) for kill in report.kills],
        "double_entries": report.double_entries,
        "orphan_orders": report.orphan_orders,
        "ledger_equals_exchange": report.ledger_equals_exchange,
        "breaches": [asdict(breach) for breach in report.breaches],
        "realised_pnl_quote": _money(report.realised_pnl_quote),
        "exposed_ms": round(report.exposed_ms, 3),
        "gap_fills": [
            {
                "symbol": fill.symbol,
                "trigger_price": _money(fill.trigger_price),
                "fill_price": _money(fill.fill_price),
                "gap_bps": fill.slip_bps,
                "market_ms": fill.market_ms,
            }
            for fill in report.gap_fills
        ],
        "trade_list": [_plain(asdict(line)) for line in report.lines],
        "ledger": {kind: _money(amount) for kind, amount in report.ledger.items()},
        "exchange": {kind: _money(amount) for kind, amount in report.exchange.items()},
        "window": _plain(asdict(report.frame)),
    }


def _plain(row: dict[str, object]) -> dict[str, object]:
    return {key: _money(value) if isinstance(value, Decimal) else value for key, value in row.items()}


def _money(amount: Decimal) -> str:
    """All digits, no exponent, no trailing zeros: equal amounts are equal texts."""
    shown = f"{amount:f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown
