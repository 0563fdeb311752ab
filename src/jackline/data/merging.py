"""Bars that are there and bars that are told: what is new, the same, or told otherwise than before (D5)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from jackline.data.candles import Candles, Times
from jackline.data.problems import DataRefused, counted, minute


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Merged:
    """Both together, oldest first; where they differ the later word stands."""

    candles: Candles
    added: int
    changed: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A bar that was told twice, and differently: open, high, low, close, volume."""

    open_ms: int
    was: tuple[float, ...]
    now: tuple[float, ...]

    def __str__(self) -> str:
        names = ("open", "high", "low", "close", "volume")
        told = (
            f"{name} {was:.15g} → {now:.15g}"
            for name, was, now in zip(names, self.was, self.now, strict=True)
            if was != now
        )
        return f"{minute(self.open_ms)} UTC: {', '.join(told)}"


def merged(kept: Candles, told: Candles) -> Merged:
    """Both are of one market and length. Rows of either are completed bars in order."""
    if (kept.interval_ms, kept.symbol) != (told.interval_ms, told.symbol):
        raise DataRefused(
            what="bars of another market or length",
            where=f"{kept.symbol}, {kept.interval_ms:_} ms",
            value=f"{told.symbol}, {told.interval_ms:_} ms",
            fix="keep one set for each",
        )
    _, ours, theirs = np.intersect1d(kept.open_ms, told.open_ms, assume_unique=True, return_indices=True)
    were, are = kept.table[:, ours], told.table[:, theirs]
    differs = np.flatnonzero((were != are).any(axis=0))
    changed = tuple(
        Change(
            open_ms=int(told.open_ms[theirs[index]]),
            was=tuple(were[:, index].tolist()),
            now=tuple(are[:, index].tolist()),
        )
        for index in differs
    )
    alone = np.ones(len(kept), dtype=bool)
    alone[ours] = False
    return Merged(
        candles=_joined(_chosen(kept, np.flatnonzero(alone)), told),
        added=len(told) - len(ours),
        changed=changed,
    )


def refuse_changes(changed: tuple[Change, ...], *, where: str, fix: str) -> None:
    """Raise DataRefused where a completed bar is told otherwise than it was."""
    if changed:
        raise DataRefused(
            what="completed bars are told otherwise than before",
            where=where,
            value=f"{counted(len(changed), 'bar')}; the first, {changed[0]}",
            fix=fix,
        )


def _chosen(candles: Candles, rows: Times) -> Candles:
    return replace(
        candles,
        open_ms=candles.open_ms[rows],
        open=candles.open[rows],
        high=candles.high[rows],
        low=candles.low[rows],
        close=candles.close[rows],
        volume=candles.volume[rows],
    )


def _joined(one: Candles, other: Candles) -> Candles:
    both = replace(
        one,
        open_ms=np.concatenate((one.open_ms, other.open_ms)),
        open=np.concatenate((one.open, other.open)),
        high=np.concatenate((one.high, other.high)),
        low=np.concatenate((one.low, other.low)),
        close=np.concatenate((one.close, other.close)),
        volume=np.concatenate((one.volume, other.volume)),
    )
    return _chosen(both, np.argsort(both.open_ms, kind="stable"))
