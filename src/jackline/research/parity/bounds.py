"""What a run and its backtest may differ by, and why so much and no more. This is the one place of these figures."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

PRICE_BPS = Decimal(10)
"""Of a fill. Ticks move that far in the 50 to 300 ms that an order travels: measured p99 8.7, the most 11 bps
(docs/stop-lab.md). It is also what a taker pays for both ways at 0.05 %: a backtest that is off by more is off by more
than trading costs."""
QUANTITY_FRACTION = Decimal("0.02")
"""Of a quantity. Sizes follow equity. At four times leverage and the bound above a trade moves equity by 0.4 %, so that
five of them in a row, all one way, are allowed; a run that is further off has another account than its backtest."""
EXIT_BARS = 0
"""An exit falls into the same bar, or it is another exit."""
DRIFT_FRACTION = Decimal("0.05")
"""Share of all decisions and trades that may differ by more than the above. One in twenty is left to what a candle
cannot tell, as which of two prices inside a bar came first. Where fewer than twenty are compared none may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What may differ.

    Attributes:
        price_bps: of a fill.
        quantity_fraction: of a trade's quantity.
        exit_bars: between the bars of two exits.
        drift_fraction: share of the decisions and trades that may differ by more than this.
    """

    price_bps: Decimal = PRICE_BPS
    quantity_fraction: Decimal = QUANTITY_FRACTION
    exit_bars: int = EXIT_BARS
    drift_fraction: Decimal = DRIFT_FRACTION
