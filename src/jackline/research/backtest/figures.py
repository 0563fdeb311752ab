"""Figures of a backtest, each with its formula. Of one continuous curve of equity, never of windows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

from jackline.research.backtest.result import BacktestResult, TradeRecord

DAY_MS = 86_400_000
DAYS_PER_YEAR = 365
"""Perpetuals trade every day."""
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One calendar month, UTC. `return_fraction` is of the equity that it began with."""

    year: int
    month: int
    return_fraction: float
    result_quote: float
    trades: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawdown:
    """The deepest fall of equity from its highest value before, at bar closes."""

    fraction: float
    peak_ms: int
    trough_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of one backtest; a figure that cannot be computed is None.

    Attributes:
        sharpe: ``mean(r) / std(r) · √365`` of daily returns of equity at midnight UTC, sample standard deviation; no
            risk-free rate. None below 20 days, or where nothing moved.
        exposure_fraction: share of the time in which something was open.
        profit_factor: what won trades earned over what lost trades lost.
        slippage_quote: estimate: the configured slippage on both sides of every trade. It is inside the prices.
        buy_and_hold_fraction: of the first symbol, from the first open to the last close, without costs.
    """

    return_fraction: float
    final_equity_quote: Decimal
    drawdown: Drawdown
    sharpe: float | None
    days: float
    trades: int
    won: int
    win_fraction: float | None
    mean_trade_bps: float | None
    profit_factor: float | None
    exposure_fraction: float
    hold_hours: float | None
    fees_quote: Decimal
    funding_quote: Decimal
    slippage_quote: Decimal
    turnover_quote: Decimal
    gross_quote: Decimal
    naked_ms_max: float
    naked_ms_total: float
    stop_slip_bps_mean: float | None
    stop_slip_bps_max: float | None
    stops_gapped: int
    reasons: tuple[tuple[str, int], ...]
    months: tuple[Month, ...]


def figures(result: BacktestResult) -> Figures:
    """All of them."""
    trades = result.trades
    final = result.equity[-1][1]
    closed = result.closed
    won = [one for one in closed if one.pnl_quote > 0]
    lost = sum((one.pnl_quote for one in closed if one.pnl_quote <= 0), ZERO)
    earned = sum((one.pnl_quote for one in won), ZERO)
    turnover = sum((_turnover(one) for one in trades), ZERO)
    slips = [float(one.slip_bps) for one in result.stop_fills]
    held = [one.exit_ms - one.entry_ms for one in closed if one.exit_ms is not None]
    fees = sum((one.fees_quote for one in trades), ZERO)
    funding = sum((one.funding_quote for one in trades), ZERO)
    return Figures(
        return_fraction=float(final / result.balance_quote - 1),
        final_equity_quote=final,
        drawdown=drawdown(result.equity),
        sharpe=sharpe(daily_equity(result.equity, result.balance_quote)),
        days=(result.end_ms - result.first_ms) / DAY_MS,
        trades=len(trades),
        won=len(won),
        win_fraction=len(won) / len(closed) if closed else None,
        mean_trade_bps=_mean([float(one.return_fraction) * 10_000 for one in closed]),
        profit_factor=float(earned / -lost) if lost else None,
        exposure_fraction=_exposure(result),
        hold_hours=None if not held else sum(held) / len(held) / 3_600_000,
        fees_quote=fees,
        funding_quote=funding,
        slippage_quote=turnover * result.costs["slippage_bps"] / 10_000,
        turnover_quote=turnover,
        gross_quote=sum((one.pnl_quote for one in trades), ZERO) + fees - funding,
        naked_ms_max=max(result.naked_ms, default=0.0),
        naked_ms_total=sum(result.naked_ms),
        stop_slip_bps_mean=_mean(slips),
        stop_slip_bps_max=max(slips, default=None),
        stops_gapped=sum(one.is_gap for one in result.stop_fills),
        reasons=tuple(Counter(one.reason for one in trades).most_common()),
        months=months(result),
    )


def drawdown(equity: Sequence[tuple[int, Decimal]]) -> Drawdown:
    """``max over t of 1 − equity(t) / max(equity up to t)``."""
    peak, peak_ms = equity[0][1], equity[0][0]
    deepest = Drawdown(fraction=0.0, peak_ms=peak_ms, trough_ms=peak_ms)
    for at_ms, value in equity:
        if value > peak:
            peak, peak_ms = value, at_ms
        fallen = float(1 - value / peak) if peak > 0 else 0.0
        if fallen > deepest.fraction:
            deepest = Drawdown(fraction=fallen, peak_ms=peak_ms, trough_ms=at_ms)
    return deepest


def daily_equity(equity: Sequence[tuple[int, Decimal]], balance: Decimal) -> list[Decimal]:
    """The opening balance and the last equity of each whole day, UTC."""
    days: dict[int, Decimal] = {}
    for at_ms, value in equity:
        days[(at_ms - 1) // DAY_MS] = value
    return [balance, *days.values()]


def sharpe(values: Sequence[Decimal]) -> float | None:
    """``mean / std · √365`` of the returns between these values; None below 20 of them, or where nothing moved."""
    returns = [float(after / before - 1) for before, after in pairwise(values) if before > 0]
    if len(returns) < 20:
        return None
    mean = sum(returns) / len(returns)
    variance = sum((one - mean) ** 2 for one in returns) / (len(returns) - 1)
    return mean / math.sqrt(variance) * math.sqrt(DAYS_PER_YEAR) if variance > 0 else None


def months(result: BacktestResult) -> tuple[Month, ...]:
    """Each calendar month of the curve, with the trades that ended in it."""
    ends: dict[tuple[int, int], Decimal] = {}
    for at_ms, value in result.equity:
        ends[_month(at_ms - 1)] = value
    ended = Counter(_month(one.exit_ms) for one in result.closed if one.exit_ms is not None)
    found, before = [], result.balance_quote
    for (year, month), value in ends.items():
        found.append(
            Month(
                year=year,
                month=month,
                return_fraction=float(value / before - 1) if before > 0 else 0.0,
                result_quote=float(value - before),
                trades=ended[year, month],
            )
        )
        before = value
    return tuple(found)


def _exposure(result: BacktestResult) -> float:
    """The union of what was open, as a share of the time."""
    spans = sorted(
        (one.entry_ms, result.end_ms if one.exit_ms is None else one.exit_ms) for one in result.trades
    )
    open_ms, reached_ms = 0, result.first_ms
    for begin_ms, end_ms in spans:
        open_ms += max(0, end_ms - max(begin_ms, reached_ms))
        reached_ms = max(reached_ms, end_ms)
    return open_ms / (result.end_ms - result.first_ms)


def _turnover(trade: TradeRecord) -> Decimal:
    sold = ZERO if trade.exit_price is None else trade.exit_price
    return trade.quantity * (trade.entry_price + sold)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _month(at_ms: int) -> tuple[int, int]:
    moment = datetime.fromtimestamp(at_ms / 1_000, UTC)
    return moment.year, moment.month
