"""What a client said and the exchange answered, as lines that can be said again to another exchange.

A request is kept raw, in its own dialect (query or form, spelling of booleans, prefix of ids); of an answer only status
and shape are kept: names and JSON types. The exchange counts its ids from a fixed number, so the same session meets the
same ids.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jackline.exchange.wire.limits import HERE
from jackline.exchange.wire.messages import Inbound, Outbound
from jackline.exchange.wire.rest import Rest
from jackline.exchange.wire.ws_api import Reply, WsApi
from tests.exchange.served import SECRET, Unserved

PLACE = Path(__file__).parent / "transcripts"
_STAMP = re.compile(r"timestamp=\d+")
_SIGNATURE = re.compile(r"&?signature=[0-9a-f]+")


class Line(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One exchange of words. `frame` is the text of a frame of the socket API; else the rest is a REST request."""

    method: str = ""
    path: str = ""
    query: str = ""
    body: str = ""
    keyed: bool = False
    frame: str = ""
    status: int
    shape: Any


def shape(value: Any) -> Any:
    """Names and types; of a list the first element stands for all."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in sorted(value.items())}
    if isinstance(value, list):
        return [shape(one) for one in value[:1]]
    return type(value).__name__


@contextmanager
def recording(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Line]]:
    """Everything that any exchange in this process is asked while it lasts."""
    lines: list[Line] = []
    respond, answer = Rest.respond, WsApi.answer
    inside: list[str] = []

    def recorded_respond(self: Rest, inbound: Inbound) -> Outbound:
        outbound = respond(self, inbound)
        if not inside:
            lines.append(
                Line(
                    method=inbound.method,
                    path=inbound.path,
                    query=inbound.query,
                    body=inbound.body,
                    keyed="x-mbx-apikey" in inbound.headers,
                    status=outbound.status,
                    shape=shape(msgspec.json.decode(outbound.body)),
                )
            )
        return outbound

    def recorded_answer(self: WsApi, text: str, *, address: str = HERE) -> Reply:
        inside.append(text)
        try:
            reply = answer(self, text, address=address)
        finally:
            inside.pop()
        told = msgspec.json.decode(reply.frame)
        lines.append(Line(frame=text, status=told["status"], shape=shape(told)))
        return reply

    with monkeypatch.context() as patch:
        patch.setattr(Rest, "respond", recorded_respond)
        patch.setattr(WsApi, "answer", recorded_answer)
        yield lines


def write(name: str, lines: list[Line]) -> None:
    """One line of JSON each; a session that went as the one on file leaves it, for ids and times always differ."""
    PLACE.mkdir(exist_ok=True)
    if (PLACE / f"{name}.jsonl").exists() and [*map(_course, read(name))] == [*map(_course, lines)]:
        return
    text = b"\n".join(msgspec.json.encode(line) for line in lines) + b"\n"
    (PLACE / f"{name}.jsonl").write_bytes(text)


def _course(line: Line) -> tuple[str, str, str, int, Any]:
    method = msgspec.json.decode(line.frame)["method"] if line.frame else line.method
    return method, line.path, re.sub(r"=[^&]*", "", line.query + line.body), line.status, line.shape


def read(name: str) -> list[Line]:
    """Raises FileNotFoundError where the session was never recorded."""
    lines = (PLACE / f"{name}.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Line) for line in lines]


def say_again(world: Unserved, line: Line, key: str) -> tuple[int, Any]:
    """Say one line to another exchange, at its time and signed anew; its status and shape."""
    if line.frame:
        told = msgspec.json.decode(WsApi(world.exchange.rest).answer(_stamped_frame(world, line.frame)).frame)
        return told["status"], shape(told)
    outbound = world.exchange.rest.respond(_stamped(world, line, key))
    return outbound.status, shape(msgspec.json.decode(outbound.body))


def _stamped(world: Unserved, line: Line, key: str) -> Inbound:
    stamp = f"timestamp={world.clock.wire_ms()}"
    query, body = (_STAMP.sub(stamp, _SIGNATURE.sub("", raw)) for raw in (line.query, line.body))
    inbound = Inbound(
        method=line.method,
        path=line.path,
        query=query,
        headers={"x-mbx-apikey": key} if line.keyed else {},
        body=body,
    )
    if "signature=" not in line.query + line.body:
        return inbound
    signature = f"signature={_signed(query + body)}"
    if "signature=" in line.query:
        return replace(inbound, query=f"{query}&{signature}")
    return replace(inbound, body=f"{body}&{signature}")


def _stamped_frame(world: Unserved, text: str) -> str:
    frame = msgspec.json.decode(text)
    params: dict[str, Any] = frame["params"]
    if "signature" in params:
        del params["signature"]
        params["timestamp"] = world.clock.wire_ms()
        payload = "&".join(f"{name}={_spelled(params[name])}" for name in sorted(params))
        params["signature"] = _signed(payload)
    return msgspec.json.encode(frame).decode()


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _signed(payload: str) -> str:
    return hmac.new(SECRET.encode(), payload.encode(), hashlib.sha256).hexdigest()
