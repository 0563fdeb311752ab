"""Whether the best setting of a grid stands on a plateau, or alone."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jackline.research.sweep.arrays import Floats
from jackline.research.sweep.points import Points


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surface:
    """A measure over a whole grid: one axis for each swept name.

    Attributes:
        names: of the axes; `values`: along each, ascending.
        measure: shape of as many axes; nan where a setting has none.
    """

    names: tuple[str, ...]
    values: tuple[tuple[int, ...], ...]
    measure: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Plateau:
    """The best setting beside its neighbours, one step away on every axis, corners included.

    Attributes:
        best: its place on each axis.
        share: neighbours that earn, of those with a measure; nan without any.
    """

    best: tuple[int, ...]
    value: float
    neighbours: int
    median: float
    lowest: float
    share: float


def surface_of(points: Points, measure: Floats) -> Surface | None:
    """The points as a grid; None where they are no whole one, as those of a search."""
    names = points.swept
    values = tuple(tuple(np.unique(points.columns[name]).tolist()) for name in names)
    shape = tuple(len(one) for one in values)
    if not names or int(np.prod(shape)) != len(points):
        return None
    places = tuple(
        np.searchsorted(one, points.columns[name]) for name, one in zip(names, values, strict=True)
    )
    if len(np.unique(np.ravel_multi_index(places, shape))) != len(points):
        return None
    found = np.full(shape, np.nan)
    found[places] = measure
    return Surface(names=names, values=values, measure=found)


def plateau_of(surface: Surface) -> Plateau | None:
    """None where no setting has a measure."""
    if np.isnan(surface.measure).all():
        return None
    best = tuple(int(at) for at in np.unravel_index(np.nanargmax(surface.measure), surface.measure.shape))
    around = np.array([surface.measure[place] for place in _neighbours(best, surface.measure.shape)])
    known = around[~np.isnan(around)]
    empty = len(known) == 0
    return Plateau(
        best=best,
        value=float(surface.measure[best]),
        neighbours=len(known),
        median=float("nan") if empty else float(np.median(known)),
        lowest=float("nan") if empty else float(known.min()),
        share=float("nan") if empty else float((known > 0).mean()),
    )


def _neighbours(place: Sequence[int], shape: Sequence[int]) -> list[tuple[int, ...]]:
    steps = itertools.product((-1, 0, 1), repeat=len(place))
    moved = (tuple(at + step for at, step in zip(place, one, strict=True)) for one in steps)
    inside = [one for one in moved if all(0 <= at < length for at, length in zip(one, shape, strict=True))]
    return [one for one in inside if one != tuple(place)]


def flattened(surface: Surface, first: int, second: int) -> Floats:
    """The median over every other axis: a map of two axes that no single lucky setting can colour. (second, first)."""
    others = tuple(axis for axis in range(surface.measure.ndim) if axis not in (first, second))
    with np.errstate(all="ignore"):
        found = _nanmedian(surface.measure, others)
    return found.T if first < second else found


def _nanmedian(values: Floats, axes: tuple[int, ...]) -> Floats:
    if not axes:
        return values
    moved = np.moveaxis(values, axes, range(-len(axes), 0))
    flat = moved.reshape(*moved.shape[: moved.ndim - len(axes)], -1)
    found = np.full(flat.shape[:-1], np.nan)
    for place in np.ndindex(found.shape):
        known = flat[place][~np.isnan(flat[place])]
        if len(known):
            found[place] = np.median(known)
    return found
