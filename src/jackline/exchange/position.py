"""One position: its signed size and what it cost, kept exactly."""

from dataclasses import dataclass
from decimal import Decimal

from jackline.exchange.values import ZERO, PositionSide, money


@dataclass(slots=True, kw_only=True)
class Position:
    """`amount` is signed base units, `cost` the signed sum of quantity x price that is still in the
    position (quote).

    The entry price is derived from the two. A reduction takes its share of the cost rounded to the smallest
    unit and leaves the rest; a full close takes all that is left. So from flat to flat the realised profit
    is what was sold minus what was bought, to the last unit, however the closing was split.
    """

    symbol: str
    side: PositionSide
    amount: Decimal = ZERO
    cost: Decimal = ZERO
    isolated_margin: Decimal = ZERO
    updated_ms: int = 0

    @property
    def entry_price(self) -> Decimal:
        return self.cost / self.amount if self.amount else ZERO

    def unrealised(self, mark: Decimal) -> Decimal:
        return self.amount * mark - self.cost

    def fill(self, *, signed_quantity: Decimal, price: Decimal, isolated_leverage: int | None) -> Decimal:
        """Books a trade and returns the profit it realised. One that crosses zero closes, then opens."""
        closing = min(abs(signed_quantity), abs(self.amount)) if self.amount * signed_quantity < 0 else ZERO
        realised = ZERO
        if closing:
            signed_closing = closing.copy_sign(signed_quantity)
            realised = self._reduce(signed_closing, price)
            signed_quantity -= signed_closing
        self.amount += signed_quantity
        self.cost += signed_quantity * price
        if isolated_leverage is not None:
            self.isolated_margin += money(abs(signed_quantity) * price / isolated_leverage)
        return realised

    def _reduce(self, signed_quantity: Decimal, price: Decimal) -> Decimal:
        remaining = self.amount + signed_quantity
        if remaining == 0:
            share, margin = self.cost, self.isolated_margin
        else:
            fraction = -signed_quantity / self.amount
            share, margin = money(self.cost * fraction), money(self.isolated_margin * fraction)
        self.amount = remaining
        self.cost -= share
        self.isolated_margin -= margin
        return -signed_quantity * price - share
