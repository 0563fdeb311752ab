"""What probabilities out of fold would have traded: by the strategy's thresholds and the engine's own gate.

The gate is `core.opportunity`, the very function that an engine asks (E25). Regime, cool-down, sizes and limits are not
asked here: they belong to the backtest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import msgspec
import numpy as np

from jackline.core.gate_settings import OpportunitySettings
from jackline.core.opportunity import Probabilities, shortcoming
from jackline.core.values import Fraction, Side
from jackline.models.features import Floats
from jackline.models.labels import Labels, Places

BPS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What a wish needs: the strategy's thresholds, and gate 8 as it is configured.

    `costs_fraction`: of price, what entry and exit cost, as the engine counts it for the gate.
    """

    long_probability_min: Decimal
    short_probability_min: Decimal
    opportunity: OpportunitySettings
    costs_fraction: Decimal


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trades:
    """Trades that do not overlap, in the order of time; arrays of shape (trades,).

    Attributes:
        bar: at whose close each was decided.
        sign: +1 for a long, −1 for a short.
        end: the last bar of each.
        net_fraction: earned, of the entry price.
    """

    bar: Places
    sign: Places
    end: Places
    net_fraction: Floats


class Earned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What trades came to, costs paid, each with a notional of one equity.

    Attributes:
        net_bps: of a trade, the mean; `error_bps` its standard error.
        won_fraction: share of the trades that earned something.
        total_fraction: one after the other, the result put back in.
    """

    trades: int
    net_bps: float
    error_bps: float
    won_fraction: float
    total_fraction: float


def wished(gate: Gate, p_long: Floats, p_short: Floats) -> Places:
    """+1, −1 or 0 for each row: what the model-driven strategy wishes for and the gate lets through.

    Probabilities have four places and may be nan, where there is none and so no wish.
    """
    low_long, low_short = float(gate.long_probability_min), float(gate.short_probability_min)
    found = np.zeros(len(p_long), dtype=np.int64)
    for row in np.flatnonzero((p_long >= low_long) | (p_short >= low_short)):
        both = Probabilities(long=_fraction(p_long[row]), short=_fraction(p_short[row]))
        side = Side.LONG if both.long >= gate.long_probability_min else Side.SHORT
        if shortcoming(both, side, gate.opportunity, gate.costs_fraction) is None:
            found[row] = side.sign
    return found


def traded(wishes: Places, bars: Places, labels: dict[int, Labels]) -> Trades:
    """The trades of wishes at the closes of `bars`, rising; `labels` by sign. While one lasts, no other begins."""
    kept: list[tuple[int, int, int, float]] = []
    free_at = -1
    for row in np.flatnonzero(wishes):
        bar, sign = int(bars[row]), int(wishes[row])
        if bar < free_at or not np.isfinite(labels[sign].net_fraction[bar]):
            continue
        free_at = int(labels[sign].end[bar])
        kept.append((bar, sign, free_at, float(labels[sign].net_fraction[bar])))
    whole = np.array([one[:3] for one in kept], dtype=np.int64).reshape(-1, 3)
    return Trades(
        bar=whole[:, 0], sign=whole[:, 1], end=whole[:, 2], net_fraction=np.array([one[3] for one in kept])
    )


def highest(probability: Floats, share: float) -> Places:
    """1 where the probability is among the highest `share` of all that are not nan, else 0."""
    known = probability[np.isfinite(probability)]
    least = float(np.quantile(known, 1 - share)) if len(known) else np.inf
    return np.where(np.nan_to_num(probability, nan=-1.0) >= least, 1, 0).astype(np.int64)


def earned(every: Sequence[Trades]) -> Earned:
    """Sums over the trades of each market, all of them together; zeros where there is none."""
    net = np.concatenate([one.net_fraction for one in every])
    count = len(net)
    if not count:
        return Earned(trades=0, net_bps=0.0, error_bps=0.0, won_fraction=0.0, total_fraction=0.0)
    error = float(net.std(ddof=1) / np.sqrt(count)) if count > 1 else 0.0
    return Earned(
        trades=count,
        net_bps=float(net.mean()) * BPS,
        error_bps=error * BPS,
        won_fraction=float((net > 0).mean()),
        total_fraction=float(np.prod(1 + net) - 1),
    )


def _fraction(value: float) -> Fraction:
    return Fraction(Decimal(f"{0.0 if np.isnan(value) else value:.4f}"))
