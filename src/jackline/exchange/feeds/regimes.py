"""The moods of a generated market: what drives one symbol's price, step by step.

Drift, noise and reversion are per five minutes of log price, the scale on which they were chosen by eye
against real 5 m perpetual candles; other intervals scale them by time. They are for exercise, not a model
to trade on.
"""

import math
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from jackline.exchange.feeds.draws import Draws

STEPS_PER_BAR = 20
_SCALE_INTERVAL_MS = 300_000

_COMMON_SHARE = 0.6  # correlation of every symbol with the whole market
_OWN_SHARE = math.sqrt(1 - _COMMON_SHARE**2)
_VOLATILITY_MEMORY = 0.92  # a bar, of log volatility
_VOLATILITY_NOISE = 0.12
_JUMPS_PER_BAR = 1 / 400
_JUMP_MIN, _JUMP_MAX = 0.008, 0.025
_MARK_WEIGHT = 0.3  # of the newest last price in the smoothed mark
_MARK_BAND = Decimal("0.003")  # mark never further from last than this fraction
# State is rounded where it is carried on, so that the last bit of a platform's log or exp never grows into
# a tick.
_STATE_DIGITS = 10


class Regime(StrEnum):
    TREND_UP = "trend_up"
    TREND_DOWN = "trend_down"
    RANGE = "range"
    TURBULENT = "turbulent"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimeShape:
    drift: float
    noise: float
    reversion: float  # share of the distance to the regime's first price that is pulled back
    bars_mean: int


SHAPES = {
    Regime.TREND_UP: RegimeShape(drift=0.0004, noise=0.0012, reversion=0.0, bars_mean=55),
    Regime.TREND_DOWN: RegimeShape(drift=-0.0004, noise=0.0013, reversion=0.0, bars_mean=55),
    Regime.RANGE: RegimeShape(drift=0.0, noise=0.0011, reversion=0.06, bars_mean=50),
    Regime.TURBULENT: RegimeShape(drift=0.0, noise=0.0030, reversion=0.0, bars_mean=15),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketSpec:
    """Where a generated symbol starts, its price grid, and what it turns over in quote in five minutes."""

    price: Decimal
    tick_size: Decimal
    turnover_quote: float


class Walker:
    """One symbol's price. `last_grid` and `mark_grid` count tick sizes, so no price can leave the grid.

    Draws per step do not depend on the price: a path bent by a crash meets the same noise afterwards.
    """

    def __init__(self, *, symbol: str, seed: int, spec: MarketSpec, interval_ms: int) -> None:
        self.spec = spec
        self.regime = Regime.RANGE
        self._draws = Draws(f"{seed}|{symbol}|walk")
        self._time = interval_ms / _SCALE_INTERVAL_MS
        self._log_price = round(math.log(spec.price), _STATE_DIGITS)
        self._anchor = self._log_price
        self._log_volatility = 0.0
        self._bends: list[tuple[float, int]] = []  # (target log price, steps left), the first is under way
        self.last_grid = self._to_grid()
        self.mark_grid = self.last_grid
        self.volume_lots = 0  # of the latest step, in thousandths of the base

    def begin_bar(self) -> None:
        """Switches regime by chance and moves volatility."""
        draws = self._draws
        if draws.uniform() < 1 / SHAPES[self.regime].bars_mean:
            others = [regime for regime in Regime if regime is not self.regime]
            self.enter(others[draws.between(0, len(others) - 1)])
        volatility = _VOLATILITY_MEMORY * self._log_volatility + _VOLATILITY_NOISE * draws.normal()
        self._log_volatility = round(volatility, _STATE_DIGITS)

    def enter(self, regime: Regime) -> None:
        self.regime = regime
        self._anchor = self._log_price

    def bend(self, *legs: tuple[Decimal, int]) -> None:
        """Replaces the noise by straight legs: (fraction of the price now, steps) each, one after the
        other.
        """
        self._bends = [(self._log_price + math.log(1 + fraction), steps) for fraction, steps in legs]

    def step(self, common: float) -> None:
        """One step on; `common` is the whole market's standard normal draw of this step."""
        change = self._draw_change(common)
        if self._bends:
            target, steps = self._bends[0]
            self._log_price = round(self._log_price + (target - self._log_price) / steps, _STATE_DIGITS)
            self._bends[0:1] = [(target, steps - 1)] if steps > 1 else []
            self._anchor = self._log_price
        else:
            self._log_price = round(self._log_price + change, _STATE_DIGITS)
        self.last_grid = self._to_grid()
        self.mark_grid = self._next_mark()
        turnover = self.spec.turnover_quote * self._time / STEPS_PER_BAR * (0.5 + self._draws.uniform())
        self.volume_lots = max(1, int(1_000 * turnover / math.exp(self._log_price)))

    def _draw_change(self, common: float) -> float:
        shape = SHAPES[self.regime]
        time = self._time / STEPS_PER_BAR
        noise = shape.noise * math.exp(self._log_volatility) * math.sqrt(time)
        change = shape.drift * time
        change += noise * (_COMMON_SHARE * common + _OWN_SHARE * self._draws.normal())
        change += min(1.0, shape.reversion * time) * (self._anchor - self._log_price)
        if self._draws.uniform() < _JUMPS_PER_BAR / STEPS_PER_BAR:
            size = _JUMP_MIN + (_JUMP_MAX - _JUMP_MIN) * self._draws.uniform()
            change += size if self._draws.uniform() < 0.5 else -size
        return change

    def _to_grid(self) -> int:
        return max(1, round(Decimal(math.exp(self._log_price)) / self.spec.tick_size))

    def _next_mark(self) -> int:
        smoothed = round(self.mark_grid + _MARK_WEIGHT * (self.last_grid - self.mark_grid))
        band = int(self.last_grid * _MARK_BAND)
        return min(max(smoothed, self.last_grid - band), self.last_grid + band)
