"""What must be read before any figure of a backtest is believed."""

from __future__ import annotations

from jackline.core.outcomes import Reason
from jackline.research.backtest.document import IN_SAMPLE
from jackline.research.backtest.figures import Figures
from jackline.research.backtest.result import BacktestResult

TRADES_FEW = 30
"""Below this nothing can be said of a mean, whatever it is."""
AT_ONCE_SHARE = 0.5
"""34,716 trades once ended where they began, for a sign: nobody had looked at this share (incident E6)."""
SHARPE_SUSPECT = 5.0


def warnings(result: BacktestResult, figures: Figures) -> list[str]:
    """In sentences, the gravest first."""
    found = []
    if result.is_in_sample:
        found.append(f"{IN_SAMPLE.capitalize()}: a model that decided has learnt from bars of this backtest.")
    if result.ledger_gap_quote:
        found.append(f"The ledger does not explain {result.ledger_gap_quote} quote of the wallet.")
    if result.fills_outside:
        found.append(f"{result.fills_outside} fills lie outside the bar they were made in.")
    if result.unrested:
        found.append(f"At {result.unrested} steps the engine had not come to rest in time.")
    failed = result.denied.get(Reason.STRATEGY, 0)
    if failed:
        found.append(
            f"The strategy failed on {failed:,} bars, and nothing was opened there; jackline sweep names the line."
        )
    if figures.trades == 0:
        found.append("No trade was made.")
    elif figures.trades < TRADES_FEW:
        found.append(f"{figures.trades} trades say little: chance alone makes such a curve.")
    closed = result.closed
    at_once = sum(trade.exit_bar_ms == trade.entry_bar_ms for trade in closed)
    if len(closed) >= TRADES_FEW and at_once > len(closed) * AT_ONCE_SHARE:
        found.append(
            f"{at_once} of {len(closed)} trades ended in the bar of their entry: is the stop where it should be?"
        )
    if figures.sharpe is not None and figures.sharpe > SHARPE_SUSPECT:
        found.append(f"A Sharpe of {figures.sharpe:.1f} is rarely an edge and mostly a leak: look for one.")
    if result.resets:
        found.append(
            f"The kill switch tripped and was reset at the next midnight {result.resets} times; a person must do that."
        )
    return [*found, *result.notes]
