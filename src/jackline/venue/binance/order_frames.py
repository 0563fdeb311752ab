"""Requests as frames of the socket of orders (``/ws-fapi/v1``): written and signed here, read here by the gate, and
answers turned into what REST would have said. No shape of its own: parameters are those of the same request over REST.

The venue's rules: integers travel as JSON integers, everything else as JSON strings; the signature covers the sorted
``name=value`` pairs, the key among them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import msgspec

from jackline.core.values import WireMs
from jackline.venue.net import HttpAnswer, NetTrouble
from jackline.venue.transport.endpoint import Credentials
from jackline.venue.transport.gate import Fields, GateRefused

METHODS = {
    "algoOrder.place": ("POST", "/fapi/v1/algoOrder"),
    "order.place": ("POST", "/fapi/v1/order"),
}
"""What may leave over the socket, and the same request over REST."""
_NAMES = {place: name for name, place in METHODS.items()}
_INTEGERS = frozenset({"recvWindow", "timestamp"})
_WEIGHT = "REQUEST_WEIGHT"


class _RateLimit(msgspec.Struct, frozen=True):
    rateLimitType: str
    interval: str
    intervalNum: int
    count: int = 0


class _Answer(msgspec.Struct, frozen=True):
    """An answer: `result` under status 200, `error` under any other."""

    id: int
    status: int
    result: msgspec.Raw = msgspec.Raw()
    error: msgspec.Raw = msgspec.Raw()
    rateLimits: list[_RateLimit] = []


class _Numbered(msgspec.Struct, frozen=True):
    id: int


_decode_answer = msgspec.json.Decoder(_Answer).decode
_decode_number = msgspec.json.Decoder(_Numbered).decode


class OrderFrames:
    """Writes and signs; every frame has a number of its own."""

    def __init__(self, *, credentials: Credentials, venue_ms: Callable[[], WireMs]) -> None:
        self._credentials = credentials
        self._venue_ms = venue_ms
        self._numbers = count(1)

    def write(self, method: str, path: str, params: Mapping[str, str]) -> str:
        """One request as a frame. KeyError for one that has no frame."""
        fields = {**params, "apiKey": self._credentials.api_key, "timestamp": str(self._venue_ms())}
        text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
        signature = hmac.new(self._credentials.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        shown: dict[str, Any] = {
            name: int(value) if name in _INTEGERS else value for name, value in fields.items()
        }
        frame = {
            "id": next(self._numbers),
            "method": _NAMES[method, f"/fapi/v1/{path}"],
            "params": {**shown, "signature": signature},
        }
        return msgspec.json.encode(frame).decode()


def frame_request(text: str) -> tuple[str, str, Fields]:
    """Method, path and fields of the request in a frame, as the gate sees them. Raises GateRefused for any other text.

    The key is left out, and must be there; whose it is the venue will say.
    """
    frame = json.loads(text, object_pairs_hook=_once)
    place, params = METHODS.get(frame.get("method")), frame.get("params")
    if place is None or not isinstance(params, dict) or frame.keys() != {"id", "method", "params"}:
        raise GateRefused("P2", f"frame {frame.get('method')} is no request of ours")
    if not isinstance(params.pop("apiKey", None), str):
        raise GateRefused("P2", "a frame carries no key")
    for name, value in params.items():
        if type(value) is not (int if name in _INTEGERS else str):
            raise GateRefused("P2", f"{name} of a frame is {type(value).__name__}")
    return *place, {name: str(value) for name, value in params.items()}


def number_of(frame: str) -> int:
    """The number of a frame, ours or an answer. Raises msgspec.DecodeError where it has none."""
    return _decode_number(frame).id


def as_rest(frame: str) -> HttpAnswer:
    """An answer as REST would have given it, so that there is one judge of both. Raises NetTrouble for half of one."""
    try:
        answer = _decode_answer(frame)
    except msgspec.DecodeError:
        raise NetTrouble("an answer that is none") from None
    weight = [
        limit.count
        for limit in answer.rateLimits
        if (limit.rateLimitType, limit.interval, limit.intervalNum) == (_WEIGHT, "MINUTE", 1)
    ]
    headers = {"x-mbx-used-weight-1m": str(weight[0])} if weight else {}
    said = answer.result if answer.status == 200 else answer.error
    return HttpAnswer(status=answer.status, reason="", headers=headers, text=bytes(said).decode())


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise GateRefused("P2", f"a parameter is given twice: {sorted(name for name, _ in pairs)}")
    return fields
