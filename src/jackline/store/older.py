"""Bodies of earlier versions: what was renamed or moved is brought to its place, what was added later has a default."""

from __future__ import annotations

from typing import Any

import msgspec

from jackline.core.orders import PositionMode, Snapshot
from jackline.core.trade import Trade
from jackline.store.errors import BodyUnreadable


def to_present(version: int, body: bytes, kind: type) -> bytes:
    """The body of an earlier version with the shapes of now. Raises BodyUnreadable.

    What it only lacks is not filled in here: a field that was added later has a default, and `is_kept` sees that
    nothing else differs. Of a trade that was open over an upgrade the default is the truth, or a start finds it out:
    a result, for one, comes of its fills, which a start books again.
    """
    return from_version_1(body, kind) if version == 1 else body


def is_kept(old: bytes, new: bytes) -> bool:
    """Whether everything an earlier body says is said by the new one too, in the same words."""
    return _is_in(msgspec.json.decode(old), msgspec.json.decode(new))


def _is_in(old: object, new: object) -> bool:
    if isinstance(old, dict) and isinstance(new, dict):
        return all(key in new and _is_in(value, new[key]) for key, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_is_in, old, new))
    return type(old) is type(new) and old == new


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
