"""The way through a bar: from one candle to an ordered list of prices that a market could have traded.

A path visits open, both extremes and close exactly and never leaves [low, high]; aggregated again it is the
candle.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from jackline.exchange.feeds.draws import Draws
from jackline.exchange.ports import Candle

# Few on purpose: one step of a crash bar must be a jump that a stop inside it is filled beyond, as in the
# real one.
LEG_POINTS_MIN = 3
LEG_POINTS_MAX = 6
_LEG_POINTS_ADVERSARIAL = 4


class PathMode(StrEnum):
    ADVERSARIAL = "adversarial"  # first the extreme that hurts the open position
    SEEDED = "seeded"  # order and steps drawn from the seed, whatever the position


@dataclass(frozen=True, slots=True, kw_only=True)
class PathPoint:
    """A price of the path, its time and the volume traded there (base units, summing to the candle's)."""

    market_ms: int
    price: Decimal
    volume: Decimal


def adversarial_path(
    candle: Candle, *, interval_ms: int, tick_size: Decimal, net_side: int
) -> tuple[PathPoint, ...]:
    """Down first for a long (`net_side` > 0), up first for a short; flat, the extreme nearer to the open
    first.
    """
    low_is_nearer = candle.open - candle.low <= candle.high - candle.open
    low_first = low_is_nearer if net_side == 0 else net_side > 0
    fractions = tuple(step / _LEG_POINTS_ADVERSARIAL for step in range(1, _LEG_POINTS_ADVERSARIAL))
    prices = _prices(candle, low_first=low_first, tick_size=tick_size, legs=(fractions,) * 3)
    return _points(candle, prices, interval_ms=interval_ms)


def seeded_path(
    candle: Candle, *, interval_ms: int, tick_size: Decimal, seed: int, symbol: str
) -> tuple[PathPoint, ...]:
    """The same path for the same seed, symbol and bar, in every process."""
    draws = Draws(f"{seed}|{symbol}|{candle.open_ms}")
    low_first = draws.uniform() < 0.5
    legs = tuple(
        tuple(sorted(draws.uniform() for _ in range(draws.between(LEG_POINTS_MIN, LEG_POINTS_MAX) - 1)))
        for _ in range(3)
    )
    prices = _prices(candle, low_first=low_first, tick_size=tick_size, legs=legs)
    return _points(candle, prices, interval_ms=interval_ms)


def _prices(
    candle: Candle, *, low_first: bool, tick_size: Decimal, legs: Sequence[Sequence[float]]
) -> list[Decimal]:
    """Open, then three legs; `legs` holds how far along each its points between the ends lie."""
    turns = (candle.low, candle.high) if low_first else (candle.high, candle.low)
    prices = [candle.open]
    for end, fractions in zip((*turns, candle.close), legs, strict=True):
        prices += _leg(prices[-1], end, fractions=fractions, tick_size=tick_size)
    return prices


def _leg(
    start: Decimal, end: Decimal, *, fractions: Sequence[float], tick_size: Decimal
) -> Iterator[Decimal]:
    """Monotonic from `start` (excluded) to `end` (always reached exactly, on the grid or not)."""
    low, high = min(start, end), max(start, end)
    previous = start
    for fraction in fractions:
        raw = start + (end - start) * Decimal(fraction)
        price = (raw / tick_size).to_integral_value(rounding=ROUND_HALF_EVEN) * tick_size
        if low < price < high and price != previous:
            yield price
            previous = price
    yield end


def _points(candle: Candle, prices: list[Decimal], *, interval_ms: int) -> tuple[PathPoint, ...]:
    """Spreads the prices over the bar: the first at its open, the last in its last millisecond."""
    last = len(prices) - 1
    volumes = split_volume(candle.volume, len(prices))
    return tuple(
        PathPoint(market_ms=candle.open_ms + index * (interval_ms - 1) // last, price=price, volume=volume)
        for index, (price, volume) in enumerate(zip(prices, volumes, strict=True))
    )


def split_volume(volume: Decimal, parts: int) -> list[Decimal]:
    """Equal shares in the volume's own last decimal place; the last share takes the rest, so the sum is
    exact.
    """
    exponent = min(int(volume.as_tuple().exponent), 0)
    share, rest = divmod(int(volume.scaleb(-exponent)), parts)
    unit = Decimal(1).scaleb(exponent)
    return [share * unit] * (parts - 1) + [(share + rest) * unit]


def turns(candle: Candle, *, net_side: int) -> tuple[Decimal, Decimal, Decimal]:
    """Where the legs after the open end: the extreme that hurts the open position, the other one, the close.

    For a market that is walked leg by leg, each with the position as it is then. Flat, the extreme nearer to the open
    comes first.
    """
    low_is_nearer = candle.open - candle.low <= candle.high - candle.open
    low_first = low_is_nearer if net_side == 0 else net_side > 0
    first, second = (candle.low, candle.high) if low_first else (candle.high, candle.low)
    return first, second, candle.close


def is_jump(start: Decimal, end: Decimal, *, jump_leg_fraction: Decimal) -> bool:
    """A leg longer than this share of where it begins is taken for a jump: nobody knows that all of it was traded."""
    return abs(end - start) > start * jump_leg_fraction


def jump_prices(start: Decimal, end: Decimal, *, tick_size: Decimal) -> tuple[Decimal, ...]:
    """The steps of a jump: between two of them nothing is traded, so a trigger there is filled at the second."""
    fractions = tuple(step / _LEG_POINTS_ADVERSARIAL for step in range(1, _LEG_POINTS_ADVERSARIAL))
    return tuple(_leg(start, end, fractions=fractions, tick_size=tick_size))


def next_price(start: Decimal, end: Decimal, *, triggers: Sequence[Decimal]) -> Decimal:
    """Inside a leg without a jump the price is continuous: the first of these triggers on the way, or its end."""
    low, high = min(start, end), max(start, end)
    inside = [trigger for trigger in triggers if low < trigger < high]
    if not inside:
        return end
    return min(inside) if end > start else max(inside)
