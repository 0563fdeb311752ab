"""What may be traded, in which steps, and with how much leverage.

Filters and leverage brackets follow the public tables of Binance USDⓈ-M in shape and rough size; they are
the local exchange's own and may be out of date against the real venue.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Final

QUOTE: Final = "USDT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bracket:
    """A step of the margin table: up to `notional_cap` quote, `leverage_max` and the maintenance rate above
    `notional_floor`. `deduction` makes maintenance continuous: notional x rate - deduction."""

    number: int
    notional_floor: Decimal
    notional_cap: Decimal
    leverage_max: int
    maintenance_fraction: Decimal
    deduction: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """One perpetual contract. Prices in quote, quantities in base."""

    name: str
    base: str
    tick: Decimal
    step: Decimal
    quantity_max: Decimal
    market_quantity_max: Decimal
    price_max: Decimal
    notional_min: Decimal
    price_band_fraction: Decimal
    trigger_protect_fraction: Decimal
    brackets: tuple[Bracket, ...]

    @property
    def leverage_max(self) -> int:
        return self.brackets[0].leverage_max

    def bracket(self, notional: Decimal) -> Bracket:
        """The bracket a notional (quote, unsigned) falls in; the last one is open-ended."""
        return next((row for row in self.brackets if notional <= row.notional_cap), self.brackets[-1])

    def maintenance(self, notional: Decimal) -> Decimal:
        row = self.bracket(notional)
        return notional * row.maintenance_fraction - row.deduction

    def notional_max(self, leverage: int) -> Decimal:
        """The largest position, in quote, that this leverage may carry."""
        return max(row.notional_cap for row in self.brackets if row.leverage_max >= leverage)


def _brackets(*rows: tuple[int, int, str]) -> tuple[Bracket, ...]:
    """From (notional cap, leverage, maintenance rate), with floors and deductions worked out."""
    made: list[Bracket] = []
    floor = deduction = rate = Decimal(0)
    for number, (cap, leverage, text) in enumerate(rows, start=1):
        deduction += floor * (Decimal(text) - rate)
        rate = Decimal(text)
        made.append(
            Bracket(
                number=number,
                notional_floor=floor,
                notional_cap=Decimal(cap),
                leverage_max=leverage,
                maintenance_fraction=rate,
                deduction=deduction,
            )
        )
        floor = Decimal(cap)
    return tuple(made)


_LARGE: Final = _brackets(
    (50_000, 125, "0.004"),
    (600_000, 100, "0.005"),
    (3_000_000, 75, "0.0065"),
    (12_000_000, 50, "0.01"),
    (70_000_000, 25, "0.02"),
    (100_000_000, 20, "0.025"),
    (230_000_000, 10, "0.05"),
    (480_000_000, 5, "0.1"),
    (600_000_000, 4, "0.125"),
    (800_000_000, 3, "0.15"),
    (1_200_000_000, 2, "0.25"),
    (1_800_000_000, 1, "0.5"),
)
_SMALL: Final = _brackets(
    (5_000, 75, "0.01"),
    (50_000, 50, "0.015"),
    (250_000, 25, "0.02"),
    (1_000_000, 20, "0.025"),
    (5_000_000, 10, "0.05"),
    (10_000_000, 5, "0.1"),
    (15_000_000, 4, "0.125"),
    (25_000_000, 2, "0.25"),
    (30_000_000, 1, "0.5"),
)

# base: tick, step, largest quantity, largest market quantity, smallest notional, price band, brackets
_TABLE: Final[dict[str, tuple[str, str, int, int, int, str, tuple[Bracket, ...]]]] = {
    "BTC": ("0.1", "0.001", 1_000, 120, 100, "0.05", _LARGE),
    "ETH": ("0.01", "0.001", 10_000, 2_000, 20, "0.05", _LARGE),
    "SOL": ("0.01", "0.01", 1_000_000, 80_000, 5, "0.05", _SMALL),
    "BNB": ("0.01", "0.01", 100_000, 2_000, 5, "0.05", _SMALL),
    "XRP": ("0.0001", "0.1", 10_000_000, 2_000_000, 5, "0.05", _SMALL),
    "DOGE": ("0.00001", "1", 50_000_000, 30_000_000, 5, "0.1", _SMALL),
}
_OTHER: Final = ("0.0001", "0.01", 1_000_000, 1_000_000, 5, "0.1", _SMALL)


@cache
def symbol_named(name: str) -> Symbol:
    """The contract called `name`, e.g. BTCUSDT or BTC-USDT. One that is not in the table gets modest defaults.

    Raises:
        ValueError: the name does not end in USDT.
    """
    base = name.removesuffix(QUOTE)
    if base in {name, ""}:
        message = f"symbol {name!r}: only linear contracts quoted in {QUOTE} exist here, e.g. BTC{QUOTE}"
        raise ValueError(message)
    tick, step, largest, market, notional, band, brackets = _TABLE.get(base.rstrip("-"), _OTHER)
    return Symbol(
        name=name,
        base=base,
        tick=Decimal(tick),
        step=Decimal(step),
        quantity_max=Decimal(largest),
        market_quantity_max=Decimal(market),
        price_max=Decimal(4_529_764),
        notional_min=Decimal(notional),
        price_band_fraction=Decimal(band),
        trigger_protect_fraction=Decimal("0.05"),
        brackets=brackets,
    )
