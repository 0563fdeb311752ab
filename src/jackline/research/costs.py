"""What trading costs in research: the one place where its numbers stand."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

TAKER_FRACTION = Decimal("0.0005")
"""Of notional, each way: the taker fee of Binance and BingX perpetuals without a discount."""
MAKER_FRACTION = Decimal("0.0002")
SLIPPAGE_BPS = Decimal(1)
"""Of price, each fill at the market: half a spread, impact and what the price does while a stop travels. A stop at a
venue lost 1.0 to 1.1 bps on average with a latency of 50 to 300 ms on recorded ticks of BTCUSDT."""
FUNDING_FRACTION = Decimal("0.0001")
"""Of notional, every eight hours at 00, 08 and 16 UTC; longs pay it where it is positive. What venues charge where
their premium is small."""
JUMP_LEG_FRACTION = Decimal("0.01")
"""A leg of a bar longer than this share of the price is a jump: a stop inside it is filled beyond its trigger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Of every trade. `multiplied` stresses all of them at once."""

    taker_fraction: Decimal = TAKER_FRACTION
    maker_fraction: Decimal = MAKER_FRACTION
    slippage_bps: Decimal = SLIPPAGE_BPS
    funding_fraction: Decimal = FUNDING_FRACTION

    @property
    def slippage_fraction(self) -> Decimal:
        """Of price."""
        return self.slippage_bps / 10_000

    def multiplied(self, factor: Decimal) -> Costs:
        """The same costs so many times."""
        return Costs(
            taker_fraction=self.taker_fraction * factor,
            maker_fraction=self.maker_fraction * factor,
            slippage_bps=self.slippage_bps * factor,
            funding_fraction=self.funding_fraction * factor,
        )
