"""Requests changed in one place: what a library in between might do to them."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

from jackline.venue.recorded.wire import WireRequest

LEAKS = (
    "triggerPriceType",
    "trailingPercent",
    "stopLoss",
    "stopLossPrice",
    "takeProfitPrice",
    "triggerDirection",
    "hedged",
    "builder",
    "tag",
    "channel_code",
)
"""Unified parameters and brokers' marks that ccxt was seen to pass on (exchanges are silent about most)."""


def without_each(request: WireRequest) -> Iterator[tuple[str, WireRequest]]:
    """The request with each of its fields left out."""
    for part in ("query", "headers", "body"):
        for place in _places(getattr(request, part), ()):
            yield ".".join(map(str, place)), _edited(request, part, place, None)


def with_each_leak(request: WireRequest) -> Iterator[tuple[str, WireRequest]]:
    """The request with every leak in every object of its body and in its query."""
    for leak in LEAKS:
        for place in _objects(request.body, ()):
            yield f"{leak} in {place}", _edited(request, "body", (*place, leak), {"triggerPrice": 57000})
        yield f"{leak} in the query", replace(request, query={**request.query, leak: "1"})


def floated(request: WireRequest) -> Iterator[tuple[str, WireRequest]]:
    """The request with each number sent as a float."""
    for place in _places(request.body, ()):
        value = _at(request.body, place)
        if isinstance(value, str) and value.replace(".", "").isdecimal():
            yield str(place), _edited(request, "body", place, float(value))


def flipped(request: WireRequest) -> Iterator[tuple[tuple[str | int, ...], WireRequest]]:
    """The request with each flag turned round."""
    for place in _places(request.body, ()):
        value = _at(request.body, place)
        if isinstance(value, bool):
            yield place, _edited(request, "body", place, not value)


def changed(request: WireRequest, place: tuple[str | int, ...], value: object) -> WireRequest:
    """The request with one field of its body changed (None: left out)."""
    return _edited(request, "body", place, value)


def _edited(request: WireRequest, part: str, place: tuple[str | int, ...], value: object) -> WireRequest:
    copied: Any = deepcopy(getattr(request, part))
    holder = copied
    for step in place[:-1]:
        holder = holder[step]
    if value is None:
        del holder[place[-1]]
    else:
        holder[place[-1]] = value
    return replace(request, **{part: copied})


def _places(value: object, where: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield (*where, key)
            yield from _places(one, (*where, key))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield (*where, number)
            yield from _places(one, (*where, number))


def _objects(value: object, where: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict):
        yield where
        for key, one in value.items():
            yield from _objects(one, (*where, key))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _objects(one, (*where, number))


def _at(value: Any, place: tuple[str | int, ...]) -> object:
    for step in place:
        value = value[step]
    return value
