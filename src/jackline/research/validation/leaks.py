"""The named checks for leaks. Each looks at one kind of evidence, and says where it found what.

All take plain columns, so that they can be asked of a user's trades and features as well as of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from jackline.data.candles import Candles
from jackline.research.validation.findings import Finding, Leak
from jackline.research.validation.sharpe import Floats
from jackline.research.validation.trades import Bars, Flags, Trades

PREFIXES = 8
"""Cuts at which a feature is computed again: a look ahead shows at the first one."""
ROUNDING_FRACTION = 1e-9
"""Of price: what a sum of floats may be apart."""

Computed = Callable[[Candles], Floats]
"""Rows of values for the last bars of some candles, in order: shape (rows, …), at most one row a bar."""


def future_feature(compute: Computed, candles: Candles, *, cuts: Sequence[int] | None = None) -> Finding:
    """The prefix test: what is known at a bar must not change when the bars behind it are taken away (E1).

    Args:
        compute: features, probabilities or signals of a history.
        candles: long enough for a few rows.
        cuts: lengths of the prefixes; spread over the history by default.
    """
    whole = compute(candles)
    missing = len(candles) - len(whole)
    if cuts is None:
        cuts = np.linspace(missing + 2, len(candles) - 1, PREFIXES).astype(int).tolist()
    differing, first = 0, ""
    for cut in cuts:
        known = compute(candles.part(0, cut))
        expected = whole[: max(0, cut - missing)]
        if known.shape != expected.shape:
            differing, first = (
                differing + 1,
                first or f"{len(known)} rows of {cut} bars, {len(expected)} expected",
            )
            continue
        same = (known == expected) | (np.isnan(known) & np.isnan(expected))
        if not same.all():
            row = int(np.argwhere(~same)[0][0])
            differing += 1
            first = (
                first or f"the row of bar {row + missing} is another one when bars from {cut} on are unknown"
            )
    detail = first or f"the same rows at {len(cuts)} cuts"
    return Finding(leak=Leak.FUTURE_FEATURE, count=differing, detail=detail)


def training_in_test(label_ends: Bars, test_starts: Bars) -> Finding:
    """Labels of the training that end where the test has begun, or later (E1, E3).

    Args:
        label_ends: last bar that each training label looked at, or the end of a bundle's training.
        test_starts: first bar of what is judged; the earliest counts.
    """
    begin = int(test_starts.min()) if len(test_starts) else 0
    reaching = np.flatnonzero(label_ends >= begin) if len(test_starts) else np.empty(0, dtype=np.int64)
    detail = (
        f"{len(reaching)} of {len(label_ends)} training labels reach into the test, which begins at {begin}"
        if len(reaching)
        else "every training label had ended before the test began"
    )
    return Finding(leak=Leak.TRAINING_IN_TEST, count=len(reaching), detail=detail)


def unfinished_bar(candles: Candles, trades: Trades | None, *, known_ms: int) -> Finding:
    """A bar that was not over when it was used: the last one of a file, or one that a trade was entered in (D1).

    `known_ms`: when the file was taken. An entry decided on a bar is filled in a later one.
    """
    over = candles.open_ms + candles.interval_ms
    open_still = int((over > known_ms).sum())
    early = 0 if trades is None else int((trades.entry_bar <= trades.decided_bar).sum())
    found = [
        *([f"{open_still} bars end after the moment they were taken"] if open_still else []),
        *([f"{early} trades were entered in the bar they were decided on"] if early else []),
    ]
    detail = "; ".join(found) or "every decision was made on bars that were over"
    return Finding(leak=Leak.UNFINISHED_BAR, count=open_still + early, detail=detail)


def impossible_fill(candles: Candles, trades: Trades, *, slippage_fraction: float) -> Finding:
    """Fills at prices that were not there: outside the bar, or at a stop's trigger that the open had passed (E8).

    `slippage_fraction`: by how much of the price a fill may be worse than the market.
    """
    outside = _outside(candles, trades.entry_bar, trades.entry_price, slippage_fraction)
    outside |= _outside(candles, trades.exit_bar, trades.exit_price, slippage_fraction)
    opened = candles.open[trades.exit_bar]
    later = trades.exit_bar > trades.entry_bar
    passed = trades.stopped & later & ((opened - trades.stop_price) * trades.side < 0)
    room = opened * ROUNDING_FRACTION
    better = passed & ((trades.exit_price - opened) * trades.side > room)
    count = int((outside | better).sum())
    detail = (
        f"{int(outside.sum())} fills outside their bar, {int(better.sum())} stops filled better than an open that had"
        " passed them"
        if count
        else f"{len(trades)} trades filled at prices that were there"
    )
    return Finding(leak=Leak.IMPOSSIBLE_FILL, count=count, detail=detail)


def _outside(candles: Candles, bars: Bars, prices: Floats, slippage_fraction: float) -> Flags:
    room = candles.close[bars] * (slippage_fraction + ROUNDING_FRACTION)
    found: Flags = (prices > candles.high[bars] + room) | (prices < candles.low[bars] - room)
    return found


def overlapping_windows(begins: Bars, ends: Bars) -> Finding:
    """Windows, or positions of one symbol, that share time: what they share is counted twice (E4, E5, E7).

    A window may end in the bar in which the next begins.
    """
    order = np.lexsort((ends, begins))
    begun, ended = begins[order], ends[order]
    reached = np.maximum.accumulate(ended)[:-1]
    shared = (begun[1:] < reached) | ((begun[1:] == begun[:-1]) & (ended[1:] == ended[:-1]))
    count = int(shared.sum())
    detail = (
        f"{count} of {len(begins)} windows begin before an earlier one has ended"
        if count
        else f"{len(begins)} windows, none shares time with another"
    )
    return Finding(leak=Leak.OVERLAPPING_WINDOWS, count=count, detail=detail)


def shuffled_folds(test: Bars, *, samples: int) -> Finding:
    """A test set torn to pieces: most of its samples have a neighbour in time that was trained on (E2).

    `test`: numbers of the test samples in order of time, of `samples` in all.
    """
    inside = np.zeros(samples + 2, dtype=np.bool_)
    inside[test + 1] = True
    inside[0] = inside[-1] = True  # beyond the ends there is nothing to learn from
    lonely = int((~inside[test] | ~inside[test + 2]).sum())
    torn = len(test) > 2 and lonely > len(test) / 2
    detail = f"{lonely} of {len(test)} test samples lie beside one that was trained on"
    return Finding(leak=Leak.SHUFFLED_FOLDS, count=lonely if torn else 0, detail=detail)


def same_model_two_roles(answers: Mapping[str, Floats]) -> Finding:
    """Two models that give the same answers to the same rows: one file was taken for both roles (E14).

    `answers`: probabilities by role, all of the same rows.
    """
    seen: dict[bytes, str] = {}
    twins = [
        f"{first} and {role}"
        for role, given in answers.items()
        if (first := seen.setdefault(np.ascontiguousarray(given).tobytes(), role)) != role
    ]
    detail = (
        f"{', '.join(twins)} answer alike" if twins else f"{len(answers)} models, each of its own opinion"
    )
    return Finding(leak=Leak.SAME_MODEL_TWO_ROLES, count=len(twins), detail=detail)
