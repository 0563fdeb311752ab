"""Leaks on purpose, each beside a clean twin: a check must catch the one and pass the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from jackline.data.candles import Candles
from jackline.research.validation import leaks
from jackline.research.validation.findings import Finding, Leak
from jackline.research.validation.folds import walk_forward_folds
from jackline.research.validation.markets import generated_market
from jackline.research.validation.sharpe import Floats
from jackline.research.validation.trades import Bars, Trades

DAYS = 6
SLIPPAGE = 0.0001
HOLD_BARS = 4


def leaks_caught(seed: int) -> Mapping[str, bool]:
    """By the name of each leak whether its check catches it, and nothing where there is none."""
    return {leak.value: planted.caught and not clean.caught for leak, (planted, clean) in pairs(seed).items()}


def pairs(seed: int) -> dict[Leak, tuple[Finding, Finding]]:
    """The finding on the planted example, and on its clean twin."""
    candles = generated_market(days=DAYS, seed=seed)
    draws = np.random.default_rng(seed)
    honest = _trades(candles, draws)
    ended = int(candles.open_ms[-1]) + candles.interval_ms
    begins, ends = honest.entry_bar, honest.exit_bar
    return {
        Leak.FUTURE_FEATURE: (
            leaks.future_feature(_normalised_by_all, candles),
            leaks.future_feature(_normalised_by_past, candles),
        ),
        Leak.TRAINING_IN_TEST: _training(len(candles)),
        Leak.UNFINISHED_BAR: (
            leaks.unfinished_bar(candles, honest, known_ms=ended - 1),
            leaks.unfinished_bar(candles, honest, known_ms=ended),
        ),
        Leak.IMPOSSIBLE_FILL: (
            leaks.impossible_fill(candles, _filled_at_trigger(candles, honest), slippage_fraction=SLIPPAGE),
            leaks.impossible_fill(candles, honest, slippage_fraction=SLIPPAGE),
        ),
        Leak.OVERLAPPING_WINDOWS: (
            # Windows of five days that begin every day, as a claim of 540 days out of 104 was made of.
            leaks.overlapping_windows(np.arange(20), np.arange(20) + 5),
            leaks.overlapping_windows(begins, ends),
        ),
        Leak.SHUFFLED_FOLDS: (
            leaks.shuffled_folds(np.sort(draws.permutation(500)[:100]), samples=500),
            leaks.shuffled_folds(np.arange(200, 300), samples=500),
        ),
        Leak.SAME_MODEL_TWO_ROLES: _roles(draws),
    }


def _normalised_by_all(candles: Candles) -> Floats:
    """The mistake itself: a mean and a deviation of the whole history, future included."""
    found: Floats = (candles.close - candles.close.mean()) / candles.close.std()
    return found


def _normalised_by_past(candles: Candles) -> Floats:
    """Its honest twin: the mean of what has been."""
    return candles.close / (np.cumsum(candles.close) / np.arange(1, len(candles) + 1))


def _training(bars: int) -> tuple[Finding, Finding]:
    """A walk-forward without a purge, and one with it: labels look `HOLD_BARS` ahead."""
    starts = np.arange(bars)
    ends = starts + HOLD_BARS
    torn = list(walk_forward_folds(starts, starts - 1))
    whole = list(walk_forward_folds(starts, ends))
    return (
        leaks.training_in_test(ends[torn[0].train], torn[0].test),
        leaks.training_in_test(ends[whole[0].train], whole[0].test),
    )


def _trades(candles: Candles, draws: np.random.Generator) -> Trades:
    """Honest trades by chance, one after the other: in at an open, out at an open, never stopped."""
    decided: Bars = np.arange(5, len(candles) - 2 * HOLD_BARS, 3 * HOLD_BARS)
    side = draws.choice((-1, 1), len(decided))
    entry, leave = decided + 1, decided + 1 + HOLD_BARS
    paid = candles.open[entry] * (1 + side * SLIPPAGE)
    got = candles.open[leave] * (1 - side * SLIPPAGE)
    return Trades(
        decided_bar=decided,
        entry_bar=entry,
        exit_bar=leave,
        side=side,
        entry_price=paid,
        exit_price=got,
        stop_price=paid * (1 - side * 0.1),
        stopped=np.zeros(len(decided), dtype=np.bool_),
        net_fraction=side * (got / paid - 1),
        cost_fraction=np.full(len(decided), 2 * SLIPPAGE),
    )


def _filled_at_trigger(candles: Candles, honest: Trades) -> Trades:
    """One stop that the open of its bar had passed is filled at its trigger all the same."""
    opened = candles.open[honest.exit_bar[0]]
    trigger = opened * (1 + honest.side[0] * 0.0001)
    prices, stops, stopped = honest.exit_price.copy(), honest.stop_price.copy(), honest.stopped.copy()
    prices[0], stops[0], stopped[0] = trigger, trigger, True
    return replace(honest, exit_price=prices, stop_price=stops, stopped=stopped)


def _roles(draws: np.random.Generator) -> tuple[Finding, Finding]:
    first, second = draws.random(8), draws.random(8)
    return (
        leaks.same_model_two_roles({"entry_long": first, "exit_long": first.copy()}),
        leaks.same_model_two_roles({"entry_long": first, "exit_long": second}),
    )
