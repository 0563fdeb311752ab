"""An instrument's filters: the grid that prices and quantities must sit on, and the margin tiers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from jackline.core.errors import invariant
from jackline.core.values import (
    ONE,
    ZERO,
    Fraction,
    Price,
    Quantity,
    Quote,
    Side,
    Symbol,
    ceil_to,
    floor_to,
    truncate_to,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginTier:
    """One bracket of the venue's leverage table.

    Attributes:
        notional_floor: the bracket starts here.
        maintenance_fraction: maintenance margin as a fraction of notional.
        maintenance_amount: the venue's "cum": what keeps the margin continuous between brackets.
        leverage_max: highest initial leverage in this bracket.
    """

    notional_floor: Quote
    maintenance_fraction: Fraction
    maintenance_amount: Quote
    leverage_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """What the venue says about a symbol. Unknown filters mean no trade, so none has a default."""

    symbol: Symbol
    price_tick: Decimal
    price_min: Price
    price_max: Price
    quantity_step: Decimal
    quantity_min: Quantity
    quantity_max: Quantity
    market_quantity_max: Quantity
    notional_min: Quote
    tiers: tuple[MarginTier, ...]

    def __post_init__(self) -> None:
        for grid in (self.price_tick, self.quantity_step):
            invariant(grid > 0, "C4", symbol=self.symbol, grid=grid)
        invariant(len(self.tiers) > 0, "P7", symbol=self.symbol, missing="margin tiers")

    def stop_price(self, raw: Decimal, side: Side) -> Price:
        """Round a stop trigger onto the tick *towards* the market: the realised risk is never above the plan."""
        rounded = ceil_to(raw, self.price_tick) if side is Side.LONG else floor_to(raw, self.price_tick)
        return Price(rounded)

    def target_price(self, raw: Decimal, side: Side) -> Price:
        """Round a target away from the market: it is never nearer than planned."""
        rounded = ceil_to(raw, self.price_tick) if side is Side.LONG else floor_to(raw, self.price_tick)
        return Price(rounded)

    def collar_price(self, raw: Decimal, side: Side) -> Price:
        """Round an entry's worst acceptable price towards the better one."""
        rounded = floor_to(raw, self.price_tick) if side is Side.LONG else ceil_to(raw, self.price_tick)
        return Price(rounded)

    def quantity_down(self, raw: Decimal) -> Quantity:
        """Cut a quantity to the step. Size may shrink, never grow (P8)."""
        return Quantity(truncate_to(raw, self.quantity_step))

    def tier(self, notional: Decimal) -> MarginTier:
        """The margin bracket that a position of this notional falls in."""
        fitting = [tier for tier in self.tiers if tier.notional_floor <= notional]
        return max(fitting or self.tiers[:1], key=lambda tier: tier.notional_floor)

    def leverage_max(self, notional: Decimal) -> int:
        """Highest leverage the venue allows for a position of this notional."""
        return self.tier(notional).leverage_max

    def liquidation_price(
        self, *, side: Side, entry: Price, quantity: Quantity, leverage: int
    ) -> Price | None:
        """Liquidation price of an isolated position that holds exactly its initial margin; None if unreachable.

        Solves margin balance = maintenance margin for the mark m:
        ``entry·q/L + sign·q·(m − entry) = m·q·mmr − cum`` (Binance, isolated). Cross margin only moves it away.
        """
        invariant(quantity > 0 and leverage > 0, "P7", quantity=quantity, leverage=leverage)
        notional = entry * quantity
        tier = self.tier(notional)
        margin = notional / leverage
        equity_at_zero_move = margin - side.sign * notional + tier.maintenance_amount
        slope = quantity * (tier.maintenance_fraction - side.sign * ONE)
        liquidation = equity_at_zero_move / slope
        return Price(liquidation) if liquidation > ZERO else None
