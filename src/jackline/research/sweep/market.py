"""Candles as the kernel reads them: whole ticks, blocks to pass over, and what funding has cost."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np

from jackline.core.settings import ProtectionSettings, RiskSettings
from jackline.core.sizing import cap_share
from jackline.data.candles import Candles
from jackline.research.costs import JUMP_LEG_FRACTION, Costs
from jackline.research.refusal import ResearchRefused
from jackline.research.sweep.arrays import (
    BAR_CLOSE,
    BAR_COLUMNS,
    BAR_DAY,
    BAR_FUNDING,
    BAR_HIGH,
    BAR_LOW,
    BAR_OPEN,
    BLOCK_BARS,
    CHUNK_BARS,
    Bars,
    Floats,
    Market,
    Money,
    Whole,
)
from jackline.research.sweep.bar_rules import ONE, Frame

DAY_MS = 86_400_000
FUNDING_MS = 8 * 3_600_000
PLACES_MAX = 10
TICKS_MAX = 1_000_000_000
"""Of a price: beyond it a number of 32 bits would not hold what the kernel compares."""
BARS_MIN = 3
"""Decide, enter, and one more."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prepared:
    """A market ready for any number of settings.

    Attributes:
        tick: quote per tick.
    """

    candles: Candles
    tick: Decimal
    market: Market
    frame: Frame
    money: Money
    costs: Costs

    def price(self, ticks: int) -> Decimal:
        """Ticks as a price."""
        return int(ticks) * self.tick


def parts(fraction: Decimal) -> int:
    """A fraction in parts of `ONE`. Raises ResearchRefused where it has more than eight places."""
    scaled = fraction * ONE
    if scaled != int(scaled):
        raise ResearchRefused(f"{fraction}: more than 8 places. Fix: round it to 8")
    return int(scaled)


def bars_sha256(candles: Candles) -> str:
    """Of symbol, interval, times and prices: the same bars have the same hash wherever they were read from."""
    found = hashlib.sha256(f"{candles.symbol} {candles.interval_ms}".encode())
    found.update(np.ascontiguousarray(candles.open_ms, dtype="<i8").tobytes())
    found.update(np.ascontiguousarray(candles.table[:4], dtype="<f8").tobytes())
    return found.hexdigest()


def prepare(
    candles: Candles,
    *,
    tick: Decimal | None = None,
    costs: Costs | None = None,
    risk: RiskSettings | None = None,
    protection: ProtectionSettings | None = None,
    jump_leg_fraction: Decimal = JUMP_LEG_FRACTION,
    funding: Sequence[tuple[int, Decimal]] | None = None,
) -> Prepared:
    """Bars in ticks, with the costs and the account's settings that no sweep varies.

    `tick` is quote per tick; None takes the coarsest power of ten that all prices lie on. `funding` is times (UTC ms,
    ascending) and fractions that longs paid; None takes that of `costs` every eight hours.

    Raises:
        ResearchRefused: too few bars, a gap, prices beyond what ticks can hold.
    """
    costs, risk = costs or Costs(), risk or RiskSettings()
    protection = protection or ProtectionSettings()
    _check(candles)
    grid = tick if tick is not None else tick_of(candles)
    bars, cumulated = _bars(candles, grid, funding, costs)
    frame = Frame(
        collar=parts(risk.collar_fraction),
        slippage=parts(costs.slippage_fraction),
        step=parts(protection.ratchet_step_fraction),
        jump=parts(jump_leg_fraction),
    )
    money = Money(
        taker=float(costs.taker_fraction),
        stress=float(risk.slippage_fraction),
        risk=float(risk.risk_per_trade_fraction),
        cap=float(cap_share(risk)),
    )
    market = _market(bars, cumulated)
    return Prepared(candles=candles, tick=grid, market=market, frame=frame, money=money, costs=costs)


def tick_of(candles: Candles) -> Decimal:
    """The coarsest power of ten that all prices lie on. Raises ResearchRefused where they lie on none."""
    prices = candles.table[:4]
    for places in range(PLACES_MAX + 1):
        scale = 10.0**places
        if np.array_equal(np.rint(prices * scale) / scale, prices):
            return Decimal(1).scaleb(-places)
    raise ResearchRefused(
        f"{candles.symbol}: prices lie on no tick of 10 places. Fix: name the tick: --tick 0.1"
    )


def _check(candles: Candles) -> None:
    if len(candles) < BARS_MIN:
        raise ResearchRefused(
            f"{candles.symbol}: {len(candles)} bars, at least {BARS_MIN}. Fix: give more data"
        )
    broken = np.flatnonzero(np.diff(candles.open_ms) != candles.interval_ms)
    if len(broken):
        before, after = (int(candles.open_ms[broken[0] + at]) for at in (0, 1))
        raise ResearchRefused(
            f"{candles.symbol}: {len(broken)} gaps, the first between {_time(before)} and {_time(after)} UTC: a"
            " strategy is cold behind each, and an open trade has no prices. Fix: sweep the unbroken parts by"
            " themselves (--from, --to), or fill the gap with `jackline data download`"
        )


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M")


def _bars(
    candles: Candles, tick: Decimal, funding: Sequence[tuple[int, Decimal]] | None, costs: Costs
) -> tuple[Bars, Floats]:
    scaled = np.rint(candles.table[:4] / float(tick))
    if not (scaled.min() >= 1 and scaled.max() <= TICKS_MAX):
        raise ResearchRefused(
            f"{candles.symbol}: prices of {scaled.min():.0f} … {scaled.max():.0f} ticks of {tick}; counted are"
            f" 1 … {TICKS_MAX}. Fix: name another tick: --tick"
        )
    bars = np.zeros((len(candles), BAR_COLUMNS), np.int32)
    for row, which in enumerate((BAR_OPEN, BAR_HIGH, BAR_LOW, BAR_CLOSE)):
        bars[:, which] = scaled[row]
    first_day = candles.open_ms[0] // DAY_MS
    bars[:, BAR_DAY] = candles.open_ms // DAY_MS - first_day
    times, fractions = _funding(candles, funding, costs)
    bars[:, BAR_FUNDING] = np.searchsorted(times, candles.open_ms, side="right")
    # Booked at the first price at or behind its time.
    booked = np.minimum(np.searchsorted(candles.open_ms, times, side="left"), len(candles) - 1)
    paid = fractions * bars[booked, BAR_OPEN]
    return bars, np.concatenate(([0.0], np.cumsum(paid)))


def _funding(
    candles: Candles, funding: Sequence[tuple[int, Decimal]] | None, costs: Costs
) -> tuple[Whole, Floats]:
    """Times and fractions of funding behind the first bar's open."""
    begin, end = int(candles.open_ms[0]), int(candles.open_ms[-1])
    if funding is None:
        first = (begin // FUNDING_MS + 1) * FUNDING_MS
        times = np.arange(first, end + 1, FUNDING_MS, dtype=np.int64)
        return times, np.full(len(times), float(costs.funding_fraction))
    inside = [(ms, float(fraction)) for ms, fraction in funding if begin < ms <= end]
    return np.array([ms for ms, _ in inside], np.int64), np.array([one for _, one in inside], np.float64)


def _market(bars: Bars, funding: Floats) -> Market:
    high, low = bars[:, BAR_HIGH], bars[:, BAR_LOW]
    adverse, favour = np.stack((low, -high)), np.stack((high, -low))
    return Market(
        bars=bars,
        adverse=adverse,
        favour=favour,
        adverse_blocks=_blocks(adverse, BLOCK_BARS, worst=True),
        favour_blocks=_blocks(favour, BLOCK_BARS, worst=False),
        adverse_chunks=_blocks(adverse, CHUNK_BARS, worst=True),
        favour_chunks=_blocks(favour, CHUNK_BARS, worst=False),
        funding=funding,
    )


def _blocks(extremes: Bars, bars: int, *, worst: bool) -> Bars:
    """The lowest, or highest, of so many bars at a time; the last block may be shorter, and is never passed over."""
    limits = np.iinfo(np.int32)
    count = -(-extremes.shape[1] // bars)
    padded = np.full((2, count * bars), limits.max if worst else limits.min, np.int32)
    padded[:, : extremes.shape[1]] = extremes
    blocks = padded.reshape(2, count, bars)
    found: Bars = blocks.min(axis=2) if worst else blocks.max(axis=2)
    return found
