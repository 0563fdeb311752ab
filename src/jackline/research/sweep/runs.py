"""The kernel put to work: settings over a prepared market, to tallies, days or trades."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numba
import numpy as np

from jackline.core.settings import RiskSettings
from jackline.research.refusal import ResearchRefused
from jackline.research.sweep.arrays import (
    BAR_DAY,
    BAR_FUNDING,
    LOG_COLUMNS,
    LONG,
    SETTING_COLUMNS,
    SHORT,
    TALLY_COLUMNS,
    Flags,
    Floats,
    Rows,
    Whole,
)
from jackline.research.sweep.bar_rules import MAX_HOLD, MODEL_EXIT, STOP, TARGET
from jackline.research.sweep.kernel import kernel
from jackline.research.sweep.market import Prepared, parts
from jackline.research.sweep.points import Points, form_of
from jackline.research.sweep.signals import Signals
from jackline.research.sweep.tasks import order_of, tasks_of

REASONS = {STOP: "stop", TARGET: "target", MAX_HOLD: "max_hold", MODEL_EXIT: "model_exit"}
"""Words of the reasons on record, as `core.trade.ExitReason` has them; `stop` is any stop of ours."""
ROWS_BYTES_MAX = 1_000_000_000
"""Of the tables that hold one row for each swept threshold."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Results:
    """What became of each point, in their order.

    Attributes:
        tallies: shape (points, `TALLY_COLUMNS`); columns in `arrays`.
        daily: shape (points, days): net of the trades that ended that day, as fractions of their notional; (0, 0)
            where it was not asked for.
    """

    points: Points
    tallies: Floats
    daily: Floats

    def at(self, places: Whole) -> Results:
        """Those of the points at these places, in their order."""
        daily = self.daily[places] if len(self.daily) else self.daily
        return Results(points=self.points.at(places), tallies=self.tallies[places], daily=daily)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TradeTable:
    """The trades of one setting as columns, shape (trades,). Prices are quote; bars count from the first, 0.

    Attributes:
        decided_bar: at whose close it was decided; it was entered at the next open.
        stop_price: the stop that rested at the end.
        reason: codes; `REASONS` has the words.
        net: what it earned as a fraction of its notional at entry, costs and funding paid.
        gross: the same without costs and funding.
    """

    decided_bar: Whole
    entry_bar: Whole
    exit_bar: Whole
    side: Whole
    entry_price: Floats
    exit_price: Floats
    stop_price: Floats
    reason: Whole
    net: Floats
    gross: Floats

    def __len__(self) -> int:
        return len(self.entry_bar)


def run_points(
    prepared: Prepared,
    signals: Signals,
    points: Points,
    risk: RiskSettings | None = None,
    *,
    sparse: bool = True,
    parallel: bool = True,
    daily: bool = False,
) -> Results:
    """Every point over all bars. `sparse`: bars that cannot matter are passed over; results are the same.

    Raises:
        ResearchRefused: signals of another number of bars, or too many thresholds at once.
    """
    rows, settings = tables(prepared, signals, points, risk or RiskSettings())
    tallies = np.zeros((len(points), TALLY_COLUMNS))
    days = int(prepared.market.bars[-1, BAR_DAY]) + 1
    kept = np.zeros((len(points), days) if daily else (0, 0))
    loops = kernel()
    if sparse:
        loop = loops.parallel_sparse if parallel else loops.serial_sparse
    else:
        loop = loops.parallel_dense if parallel else loops.serial_dense
    order = order_of(settings)
    given = (prepared.market, rows, settings, prepared.frame, prepared.money, tallies, kept)
    # A task at a time to whichever core is free: small stops have many more trades than wide ones.
    with numba.parallel_chunksize(1):
        loop(*given, order, tasks_of(settings, order))
    return Results(points=points, tallies=tallies, daily=kept)


def trades_of(
    prepared: Prepared,
    signals: Signals,
    points: Points,
    risk: RiskSettings | None = None,
    *,
    sparse: bool = True,
) -> TradeTable:
    """The trades of the first point."""
    rows, settings = tables(prepared, signals, points.part(0, 1), risk or RiskSettings())
    loops = kernel()
    return recorded(prepared, rows, settings, loops.one_sparse if sparse else loops.one_dense)


def recorded(prepared: Prepared, rows: Rows, settings: Whole, loop: Callable[..., int]) -> TradeTable:
    """The trades of the first setting by one of the loops, compiled or not."""
    tallies, log = np.zeros((1, TALLY_COLUMNS)), np.zeros((len(prepared.candles), LOG_COLUMNS), np.int64)
    count = loop(
        prepared.market, rows, settings, prepared.frame, prepared.money, tallies, np.zeros((0, 0)), log
    )
    return _table(prepared, log[:count])


def _table(prepared: Prepared, log: Whole) -> TradeTable:
    entry_bar, exit_bar, sign, entry, left, reason, _, stop, opening = log.T
    numbers = prepared.market.bars[:, BAR_FUNDING]
    paid_to = exit_bar - ((opening != 0) & (reason <= TARGET))
    funding = prepared.market.funding[numbers[paid_to]] - prepared.market.funding[numbers[entry_bar]]
    gross = sign * (left - entry) / entry
    paid = prepared.money.taker * (entry + left) + sign * funding
    tick = float(prepared.tick)
    return TradeTable(
        decided_bar=entry_bar - 1,
        entry_bar=entry_bar,
        exit_bar=exit_bar,
        side=sign,
        entry_price=entry * tick,
        exit_price=left * tick,
        stop_price=stop * tick,
        reason=reason,
        net=(sign * (left - entry) - paid) / entry,
        gross=gross,
    )


# -- tables --------------------------------------------------------------------------------------------------


def tables(prepared: Prepared, signals: Signals, points: Points, risk: RiskSettings) -> tuple[Rows, Whole]:
    """The rows that the points' thresholds need, and the points as rows of settings."""
    bars, interval_ms = len(prepared.candles), prepared.candles.interval_ms
    if len(signals) != bars:
        raise ResearchRefused(
            f"{signals.name}: signals of {len(signals)} bars for a market of {bars}. Fix: give one for each bar"
        )
    wishes, wish_row = _wishes(prepared, signals, points, risk)
    ends, end_row = _ends(signals, points, bars)
    settings = np.zeros((len(points), SETTING_COLUMNS), np.int64)
    for index, column in enumerate(
        (
            points.columns["stop"],
            points.columns["target"],
            points.columns["trail"],
            wish_row,
            end_row,
            points.columns["hold"] // interval_ms,
            points.columns["cooldown"] // interval_ms,
        )
    ):
        settings[:, index] = column
    rows = Rows(wish=wishes, next_wish=_next(wishes), ends=ends, next_end=_next(ends))
    return rows, settings


def _wishes(prepared: Prepared, signals: Signals, points: Points, risk: RiskSettings) -> tuple[Flags, Whole]:
    """One row for each combination of entry thresholds, and the row of each point."""
    loops, bars = kernel(), len(prepared.candles)
    if signals.sides is not None:
        return _allowed(signals, signals.sides[None, :]), np.zeros(len(points), np.int64)
    names = ("long", "short", "gate_long", "gate_short", "edge")
    wanted, row_of = _distinct(points, names)
    _check_size(len(wanted), bars)
    found = np.zeros((len(wanted), bars), np.int8)
    gate = risk.opportunity
    for row, (long, short, gate_long, gate_short, edge) in enumerate(wanted.tolist()):
        loops.passing(
            signals.p_long,
            signals.p_short,
            np.array([max(long, signals.least_long), max(short, signals.least_short)], np.int64),
            np.array(
                [
                    gate_long,
                    gate_short,
                    parts(gate.gain_fraction),
                    parts(gate.loss_fraction),
                    edge,
                    parts(2 * risk.taker_fraction),
                ],
                np.int64,
            ),
            form_of(risk),
            found[row],
        )
    return _allowed(signals, found), row_of


def _allowed(signals: Signals, wishes: Flags) -> Flags:
    """Without those that the regime forbids."""
    if signals.forbidden is None:
        return np.ascontiguousarray(wishes)
    forbidden = np.where(wishes > 0, signals.forbidden[LONG], signals.forbidden[SHORT])
    return np.where(forbidden != 0, 0, wishes).astype(np.int8)


def _ends(signals: Signals, points: Points, bars: int) -> tuple[Flags, Whole]:
    """One row for each combination of exit thresholds, and the row of each point."""
    if signals.end_long is None and signals.end_short is None:
        return np.zeros((1, 2, bars), np.int8), np.zeros(len(points), np.int64)
    wanted, row_of = _distinct(points, ("exit_long", "exit_short"))
    _check_size(len(wanted), 2 * bars)
    found = np.zeros((len(wanted), 2, bars), np.int8)
    for row, least in enumerate(wanted):
        for side, sure in enumerate((signals.end_long, signals.end_short)):
            if sure is not None:
                found[row, side] = (sure >= least[side]) & (sure >= 0)
    return found, row_of


def _distinct(points: Points, names: tuple[str, ...]) -> tuple[Whole, Whole]:
    table = np.column_stack([points.columns[name] for name in names])
    values, row_of = np.unique(table, axis=0, return_inverse=True)
    return values, row_of.reshape(-1).astype(np.int64)


def _check_size(rows: int, bars: int) -> None:
    if rows * bars * 5 > ROWS_BYTES_MAX:
        raise ResearchRefused(
            f"{rows:,} combinations of thresholds over {bars:,} bars need more than 1 GB. Fix: sweep fewer of them"
        )


def _next(marks: Flags) -> np.ndarray:
    loop = kernel().next_marked
    found = np.zeros((*marks.shape[:-1], marks.shape[-1] + 1), np.int32)
    for place in np.ndindex(marks.shape[:-1]):
        loop(marks[place], found[place])
    return found
