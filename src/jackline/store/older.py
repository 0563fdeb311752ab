"""Bodies of earlier versions, brought to the present shape. One function a version; the one before it goes first."""

from __future__ import annotations

from typing import Any

import msgspec

from jackline.core.money import Day
from jackline.core.orders import PositionMode, Snapshot
from jackline.core.trade import Trade
from jackline.store.errors import BodyUnreadable

ADDED_SINCE_2: dict[type, dict[str, object]] = {
    Trade: {"result_quote": "0"},
    Day: {"losing_streak": 0},
}
"""Last fields of a stored value that version 2 did not have, in their order, and what stands for them.

A trade that was open over the upgrade loses nothing by it: a start books its fills again, and its result with them.
"""


def to_present(version: int, body: bytes, kind: type) -> bytes:
    """The body of an earlier version as one of the present. Raises BodyUnreadable."""
    if version == 1:
        body = from_version_1(body, kind)
    return from_version_2(body, kind)


def from_version_2(body: bytes, kind: type) -> bytes:
    """Version 2 counted no results. Raises BodyUnreadable."""
    if kind not in ADDED_SINCE_2:
        return body
    try:
        old: dict[str, Any] = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise BodyUnreadable(f"not a {kind.__name__} of version 2: {error!r}") from error
    return msgspec.json.encode(old | ADDED_SINCE_2[kind])


def from_version_1(body: bytes, kind: type) -> bytes:
    """Version 1 did not say for which position mode something was written.

    Netting stands for it until the first look says otherwise: an order written for another mode is refused, never
    taken for something else. Raises BodyUnreadable.
    """
    if kind not in {Trade, Snapshot}:
        return body
    try:
        old: dict[str, Any] = msgspec.json.decode(body, type=dict[str, Any])
        new = _trade(old) if kind is Trade else old | {"positions": [_said(row) for row in old["positions"]]}
    except (msgspec.MsgspecError, LookupError, TypeError, AttributeError) as error:
        raise BodyUnreadable(f"not a {kind.__name__} of version 1: {error!r}") from error
    return msgspec.json.encode(new)


def _trade(old: dict[str, Any]) -> dict[str, Any]:
    return _said(old) | {
        "entry": old["entry"] and _said(old["entry"]),
        "disaster": old["disaster"] and _said(old["disaster"], after="attempt"),
        "working": [_said(slot, after="attempt") for slot in old["working"]],
        "target": old["target"] and _said(old["target"], after="attempt"),
    }


def _said(old: dict[str, Any], *, after: str = "side") -> dict[str, Any]:
    """The same fields in their order, and the mode in its place."""
    new: dict[str, Any] = {}
    for name, value in old.items():
        new[name] = value
        if name == after:
            new["mode"] = PositionMode.NETTING.value
    return new
