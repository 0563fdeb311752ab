"""Markets, wishes and settings for the tests of the kernel, and a plain reference to compare it with."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from pathlib import Path

import numpy as np

from jackline.core.gate_settings import RegimeSettings, Rule
from jackline.core.settings import RiskSettings, StopSettings
from jackline.core.values import Fraction
from jackline.data.candles import Candles
from jackline.research.sweep.arrays import Rows
from jackline.research.sweep.kernel import CACHE_VARIABLE
from jackline.research.sweep.market import Prepared, prepare
from jackline.research.sweep.points import Points, base_of, grid_of
from jackline.research.sweep.regime_mask import with_regime
from jackline.research.sweep.runs import REASONS, TradeTable, tables
from jackline.research.sweep.signals import Signals

INTERVAL_MS = 300_000
BEGIN_MS = 1_700_006_400_000
"""At a time of funding."""
TICK = Decimal("0.1")
SURE = 80_000_000
"""A probability of 0.8 that a trade should end: above both thresholds."""

if CACHE_VARIABLE not in os.environ:
    # Compiled once for all workers of a run, and kept: its name changes with the sources.
    _place = Path(tempfile.gettempdir()) / f"jackline-kernel-{os.getuid()}"
    _place.mkdir(mode=0o700, exist_ok=True)
    os.environ[CACHE_VARIABLE] = str(_place)

Known = tuple[int, int, int, Decimal, Decimal, str]
"""Entry bar, exit bar, side, entry price, exit price, reason."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """A market, what is wished for on it, and one setting."""

    candles: Candles
    sides: np.ndarray
    end_long: np.ndarray
    end_short: np.ndarray
    risk: RiskSettings

    @property
    def stop(self) -> Decimal:
        return self.risk.stop.value_fraction

    @property
    def prepared(self) -> Prepared:
        return prepare(self.candles, tick=TICK, risk=self.risk)

    @property
    def signals(self) -> Signals:
        said = Signals(name="case", sides=self.sides, end_long=self.end_long, end_short=self.end_short)
        return with_regime(said, self.candles, self.risk)

    @property
    def points(self) -> Points:
        return grid_of([], base_of(self.risk, stop=self.stop))

    def tables(self) -> tuple[Rows, np.ndarray]:
        """Rows and the one setting."""
        return tables(self.prepared, self.signals, self.points, self.risk)


def risk_of(
    *, stop: str, target: str | None = None, trail: str | None = None, hold: int = 12, cooldown: int = 0
) -> RiskSettings:
    """Nothing that is out of the kernel's scope. `hold` and `cooldown` count bars."""
    return RiskSettings(
        stop=StopSettings(value_fraction=Fraction(Decimal(stop))),
        target_fraction=None if target is None else Fraction(Decimal(target)),
        trailing_fraction=None if trail is None else Fraction(Decimal(trail)),
        hold_max_ms=hold * INTERVAL_MS,
        cooldown_ms=cooldown * INTERVAL_MS,
        losing_streak_max=None,
        drawdown_max_fraction=None,
        daily_loss_max_fraction=Fraction(Decimal("0.99")),
        regime=RegimeSettings(gate=Rule.OFF),
        trades_per_symbol_max=1,
    )


def candles_of(rows: np.ndarray) -> Candles:
    """Bars from rows of open, high, low, close."""
    return Candles(
        symbol="BTCUSDT",
        interval_ms=INTERVAL_MS,
        environment="generated",
        open_ms=BEGIN_MS + INTERVAL_MS * np.arange(len(rows), dtype=np.int64),
        open=rows[:, 0],
        high=rows[:, 1],
        low=rows[:, 2],
        close=rows[:, 3],
        volume=np.full(len(rows), 100.0),
    )


def wandering(chance: np.random.Generator, bars: int, *, volatility: float, gaps: float) -> Candles:
    """A market on the tick; `gaps` is the share of bars that open away from the close before."""
    price, rows = 50_000.0, []
    for _ in range(bars):
        opened = price * (1 + (chance.normal(0, 2 * volatility) if chance.random() < gaps else 0))
        price = opened * (1 + chance.normal(0, volatility))
        high = max(opened, price) * (1 + abs(chance.normal(0, 0.6 * volatility)))
        low = min(opened, price) * (1 - abs(chance.normal(0, 0.6 * volatility)))
        rows.append([round(one, 1) for one in (opened, high, low, price)])
        price = rows[-1][3]
    return candles_of(np.array(rows))


def drawn(seed: int, bars: int) -> Case:
    """A market from calm to wild, with or without gaps, and settings from narrow to wide."""
    chance = np.random.default_rng(seed)
    volatility, gaps = (
        float(chance.choice([0.0005, 0.002, 0.005, 0.012])),
        float(chance.choice([0, 0.1, 0.5])),
    )
    target = chance.choice(["", "0.004", "0.01", "0.03"])
    trail = chance.choice(["", "0.002", "0.0077", "0.02"])
    risk = risk_of(
        stop=str(chance.choice(["0.003", "0.005", "0.01", "0.0123", "0.03"])),
        target=str(target) or None,
        trail=str(trail) or None,
        hold=int(chance.choice([1, 3, 12, 96])),
        cooldown=int(chance.choice([0, 1, 3])),
    )
    sides = chance.choice([0, 1, -1], size=bars, p=[0.7, 0.15, 0.15]).astype(np.int8)
    sides[0] = 0  # the first bar is the engine's history
    ends = float(chance.choice([0, 0.05]))
    long, short = (np.where(chance.random(bars) < ends, SURE, -1).astype(np.int64) for _ in range(2))
    candles = wandering(chance, bars, volatility=volatility, gaps=gaps)
    return Case(candles=candles, sides=sides, end_long=long, end_short=short, risk=risk)


def known(table: TradeTable) -> list[Known]:
    """A table as rows that compare exactly."""
    return [
        (
            int(table.entry_bar[at]),
            int(table.exit_bar[at]),
            int(table.side[at]),
            _on_tick(table.entry_price[at]),
            _on_tick(table.exit_price[at]),
            REASONS[int(table.reason[at])],
        )
        for at in range(len(table))
    ]


def _on_tick(price: float) -> Decimal:
    return Decimal(f"{price:.1f}")


# -- the reference -------------------------------------------------------------------------------------------


def _grid(value: Decimal, rounding: str) -> Decimal:
    return (value / TICK).to_integral_value(rounding) * TICK


@dataclass(slots=True, kw_only=True)
class Position:
    """An open trade of the reference, in decimals."""

    side: int
    bar: int
    entry: Decimal
    live: Decimal
    plan: Decimal
    best: Decimal
    target: Decimal | None


@dataclass(slots=True, kw_only=True)
class Reference:
    """The semantics of research in decimals, price by price, written without a look at the kernel."""

    case: Case
    slippage: Decimal = Decimal("0.0001")
    collar: Decimal = Decimal("0.0025")
    step: Decimal = Decimal("0.0005")
    jump: Decimal = Decimal("0.01")

    def trades(self) -> list[Known]:
        """Every trade that has ended."""
        case, found = self.case, []
        columns = case.candles.table[:4]
        rows = [[Decimal(f"{one:.1f}") for one in row] for row in columns.T.tolist()]
        position: Position | None = None
        free_from = 0
        for bar, (opened, high, low, close) in enumerate(rows):
            ended: tuple[Decimal, str] | None = None
            at_open = False
            if position is not None:
                ended = self._at(position, opened) or self._due(position, bar, opened)
                at_open = ended is not None
            elif bar > 0 and case.sides[bar - 1] and bar - 1 >= free_from:
                position = self._enter(int(case.sides[bar - 1]), bar, rows[bar - 1][3], opened)
                if position is None:
                    free_from = self._free(bar, at_open=True)
                else:
                    ended = self._at(position, opened)
                    at_open = ended is not None
            if position is None:
                continue
            ended = ended or self._through(position, opened, high, low, close)
            if ended is not None:
                price, reason = ended
                found.append((position.bar, bar, position.side, position.entry, price, reason))
                position, free_from = None, self._free(bar, at_open=at_open)
        return found

    def _free(self, bar: int, *, at_open: bool) -> int:
        """The first bar whose close is not before the end plus the cool-down."""
        ended_ms = bar * INTERVAL_MS + (0 if at_open else 1)
        cooled_ms = ended_ms + self.case.risk.cooldown_ms
        first = bar
        while (first + 1) * INTERVAL_MS < cooled_ms:
            first += 1
        return first

    def _fill(self, price: Decimal, order_side: int) -> Decimal:
        return _grid(price * (1 + order_side * self.slippage), ROUND_HALF_EVEN)

    def _stop(self, level: Decimal, side: int) -> Decimal:
        return _grid(level, ROUND_CEILING if side > 0 else ROUND_FLOOR)

    def _enter(self, side: int, bar: int, decided: Decimal, opened: Decimal) -> Position | None:
        risk = self.case.risk
        limit = _grid(decided * (1 + side * self.collar), ROUND_FLOOR if side > 0 else ROUND_CEILING)
        entry = self._fill(opened, side)
        live = self._stop(limit * (1 - side * self.case.stop), side)
        if side * (limit - entry) < 0 or side * (opened - live) <= 0:
            return None
        plan = self._stop(entry * (1 - side * self.case.stop), side)
        target = None
        if risk.target_fraction is not None:
            target = self._stop(decided * (1 + side * risk.target_fraction), side)
        tightest = max(live * side, plan * side) * side
        return Position(side=side, bar=bar, entry=entry, live=live, plan=tightest, best=entry, target=target)

    def _due(self, position: Position, bar: int, opened: Decimal) -> tuple[Decimal, str] | None:
        ends = self.case.end_long if position.side > 0 else self.case.end_short
        if ends[bar - 1] > 0:
            return self._fill(opened, -position.side), "model_exit"
        if (bar - position.bar) * INTERVAL_MS >= self.case.risk.hold_max_ms:
            return self._fill(opened, -position.side), "max_hold"
        return None

    def _at(self, position: Position, price: Decimal) -> tuple[Decimal, str] | None:
        """What happens when the market trades there."""
        side = position.side
        if side * (price - position.live) <= 0:
            return self._fill(price, -side), "stop"
        if position.target is not None and side * (price - position.target) >= 0:
            return self._fill(price, -side), "target"
        if side * (price - position.best) > 0:
            position.best = price
        wanted = position.plan
        fraction = self.case.risk.trailing_fraction
        if fraction is not None:
            trail = self._stop(position.best * (1 - side * fraction), side)
            wanted = max(wanted * side, trail * side) * side
        if side * (wanted - position.live) >= position.live * self.step:
            if side * (price - wanted) <= 0:
                return self._fill(price, -side), "stop"
            position.live = wanted
        return None

    def _through(
        self, position: Position, opened: Decimal, high: Decimal, low: Decimal, close: Decimal
    ) -> tuple[Decimal, str] | None:
        here = opened
        turns = (low, high, close) if position.side > 0 else (high, low, close)
        for end in turns:
            if abs(end - here) > self.jump * here:
                for quarter in (1, 2, 3, 4):
                    ended = self._at(position, _grid(here + (end - here) * quarter / 4, ROUND_HALF_EVEN))
                    if ended is not None:
                        return ended
            else:
                met = [position.live, *([] if position.target is None else [position.target])]
                for price in sorted(met, reverse=end < here):
                    if min(here, end) < price < max(here, end):
                        ended = self._at(position, price)
                        if ended is not None:
                            return ended
                ended = self._at(position, end)
                if ended is not None:
                    return ended
            here = end
        return None


def differing(one: Mapping[int, Known] | list[Known], other: list[Known]) -> str:
    """The first trades that differ, for the message of a test."""
    pairs = zip(list(one), other, strict=False)
    first = next(((at, mine, theirs) for at, (mine, theirs) in enumerate(pairs) if mine != theirs), None)
    return f"{len(list(one))} and {len(other)} trades; first difference: {first}"
