"""Orders over a socket: the same requests as over REST, each in a frame with an id, answered in any order."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from jackline.exchange.wire.forms import JSON_TYPE
from jackline.exchange.wire.json import Json, encode
from jackline.exchange.wire.limits import HERE, MINUTE_ORDERS, SHORT_ORDERS, WEIGHT
from jackline.exchange.wire.messages import Inbound, Outbound
from jackline.exchange.wire.rest import Rest

METHODS: Final = {
    "ping": ("GET", "/fapi/v1/ping"),
    "time": ("GET", "/fapi/v1/time"),
    "depth": ("GET", "/fapi/v1/depth"),
    "ticker.price": ("GET", "/fapi/v1/ticker/price"),
    "ticker.book": ("GET", "/fapi/v1/ticker/bookTicker"),
    "order.place": ("POST", "/fapi/v1/order"),
    "order.modify": ("PUT", "/fapi/v1/order"),
    "order.cancel": ("DELETE", "/fapi/v1/order"),
    "order.status": ("GET", "/fapi/v1/order"),
    "algoOrder.place": ("POST", "/fapi/v1/algoOrder"),
    "algoOrder.cancel": ("DELETE", "/fapi/v1/algoOrder"),
    "account.position": ("GET", "/fapi/v2/positionRisk"),
    "v2/account.position": ("GET", "/fapi/v3/positionRisk"),
    "account.status": ("GET", "/fapi/v2/account"),
    "v2/account.status": ("GET", "/fapi/v3/account"),
    "account.balance": ("GET", "/fapi/v2/balance"),
    "v2/account.balance": ("GET", "/fapi/v3/balance"),
    "userDataStream.start": ("POST", "/fapi/v1/listenKey"),
    "userDataStream.ping": ("PUT", "/fapi/v1/listenKey"),
    "userDataStream.stop": ("DELETE", "/fapi/v1/listenKey"),
}
"""Method of a frame to method and path of the same request over REST."""

_OURS: Final = ("apiKey", "returnRateLimits")
"""Of the frame, and of no request."""
_BAD_FRAME: Final = -1102
_UNKNOWN_METHOD: Final = -1130


class _Frame(msgspec.Struct, frozen=True):
    method: str
    id: int | str | None = None
    params: dict[str, Any] = {}


_DECODER: Final = msgspec.json.Decoder(_Frame)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A frame to be sent `delay_ms` after it was made."""

    frame: bytes
    delay_ms: float = 0.0


class WsApi:
    """Every frame is a request of its own; a session keeps nothing. Nothing raises."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def answer(self, text: str, *, address: str = HERE) -> Reply:
        """One frame, carried out at once. `address`: where the socket comes from."""
        try:
            frame = _DECODER.decode(text)
            inbound = _inbound(frame, address)
        except (msgspec.MsgspecError, TypeError) as error:
            return Reply(frame=_refused(None, _BAD_FRAME, f"Malformed request: {error}"))
        if inbound is None:
            return Reply(frame=_refused(frame.id, _UNKNOWN_METHOD, f"Unknown method '{frame.method}'."))
        outbound = self._rest.respond(inbound)
        return Reply(frame=_framed(frame, outbound), delay_ms=outbound.delay_ms)


def _inbound(frame: _Frame, address: str) -> Inbound | None:
    """The same request over REST; None for a method nobody serves. TypeError for a value no form can carry."""
    place = METHODS.get(frame.method)
    if place is None:
        return None
    spelled = {name: _spelled(name, value) for name, value in frame.params.items()}
    signed = "&".join(f"{name}={spelled[name]}" for name in sorted(spelled) if name != "signature")
    fields = {name: value for name, value in spelled.items() if name not in _OURS}
    key = spelled.get("apiKey")
    return Inbound(
        method=place[0],
        path=place[1],
        query=urlencode(fields),
        headers={} if key is None else {"x-mbx-apikey": key},
        signed=signed,
        address=address,
        on_socket=True,
    )


def _spelled(name: str, value: object) -> str:
    """As it stands in the signed text. Fractions travel as strings: a float would have lost digits already."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int)):
        return str(value)
    raise TypeError(f"parameter {name} is neither a string, an integer nor a boolean")


def _framed(frame: _Frame, outbound: Outbound) -> bytes:
    if outbound.headers.get("Content-Type") != JSON_TYPE:
        return outbound.body  # what a gateway says instead of the venue
    said: dict[str, Any] = {"id": frame.id, "status": outbound.status}
    said["result" if outbound.status == 200 else "error"] = msgspec.Raw(outbound.body)
    if frame.params.get("returnRateLimits") is not False:
        said["rateLimits"] = _rate_limits(outbound)
    return msgspec.json.encode(said)


def _rate_limits(outbound: Outbound) -> list[Json]:
    """The windows this request counted in, from its own headers."""
    shown: list[Json] = []
    for header, limit in (WEIGHT, SHORT_ORDERS, MINUTE_ORDERS):
        count = outbound.headers.get(header)
        if count is not None:
            shown.append(
                {
                    "rateLimitType": limit.kind,
                    "interval": limit.interval,
                    "intervalNum": limit.interval_count,
                    "limit": limit.limit,
                    "count": int(count),
                }
            )
    return shown


def _refused(asked: int | str | None, code: int, text: str) -> bytes:
    return encode({"id": asked, "status": 400, "error": {"code": code, "msg": text}})
