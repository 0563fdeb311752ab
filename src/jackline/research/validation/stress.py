"""What is left of the mean trade where costs are higher than planned."""

from __future__ import annotations

from jackline.research.validation.trades import Trades

MULTIPLES = (1.0, 1.5, 2.0)
"""Times the costs of the backtest. Fees are known; slippage in a fast market is not."""


def stressed_means(trades: Trades) -> dict[float, float]:
    """Mean result by multiple of the costs, for the same trades: a cost moves no price. Zero without a trade."""
    if not len(trades):
        return dict.fromkeys(MULTIPLES, 0.0)
    mean, costs = float(trades.net_fraction.mean()), float(trades.cost_fraction.mean())
    return {times: mean - (times - 1) * costs for times in MULTIPLES}
