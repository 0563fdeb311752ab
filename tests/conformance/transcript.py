"""What a client said and the exchange answered, as lines that can be said again to another exchange.

A request is kept raw, in its own dialect (query or form, spelling of booleans, prefix of ids); of an answer only status
and shape are kept: names and JSON types. The exchange counts its ids from a fixed number, so the same session meets the
same ids.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jackline.exchange.bingx.gate import KEY_HEADER
from jackline.exchange.bingx.rest import BingxRest
from jackline.exchange.wire.limits import HERE
from jackline.exchange.wire.messages import Inbound, Outbound
from jackline.exchange.wire.rest import Rest
from jackline.exchange.wire.ws_api import Reply, WsApi
from tests.exchange.bingx import unserved as bingx
from tests.exchange.served import KEY, Unserved

PLACE = Path(__file__).parent / "transcripts"
_STAMP = re.compile(r'timestamp(?:=|": ?)(\d+)')
"""Of a request or of a frame."""


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
    """Everything that an exchange is asked which is opened while it lasts: one that stands already is not heard."""
    lines: list[Line] = []
    inside: list[str] = []
    answer = WsApi.answer

    def recorded(respond: Callable[[Any, Inbound], Outbound]) -> Callable[[Any, Inbound], Outbound]:
        def recorded_respond(self: Any, inbound: Inbound) -> Outbound:
            outbound = respond(self, inbound)
            if not inside:
                lines.append(_line(inbound, outbound))
            return outbound

        return recorded_respond

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
        patch.setattr(Rest, "respond", recorded(Rest.respond))
        patch.setattr(BingxRest, "respond", recorded(BingxRest.respond))
        patch.setattr(WsApi, "answer", recorded_answer)
        yield lines


def _line(inbound: Inbound, outbound: Outbound) -> Line:
    return Line(
        method=inbound.method,
        path=inbound.path,
        query=inbound.query,
        body=inbound.body,
        keyed=_key_header(inbound.path) in inbound.headers,
        status=outbound.status,
        shape=shape(msgspec.json.decode(outbound.body)),
    )


def _key_header(path: str) -> str:
    return KEY_HEADER if path.startswith("/openApi/") else "x-mbx-apikey"


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


World = Unserved | bingx.Unserved


def say_again(world: World, line: Line) -> tuple[int, Any]:
    """Say one line to another exchange, word for word and at the time it was said: its signature holds. The status and
    shape of the answer."""
    stamp = _STAMP.search(line.query + line.body + line.frame)
    if stamp:
        # Lines that were under way together may stand in another order than they were written in.
        world.clock.now_ms = max(world.clock.now_ms, float(stamp[1]))
    if isinstance(world, Unserved) and line.frame:
        told = msgspec.json.decode(WsApi(world.exchange.rest).answer(line.frame).frame)
        return told["status"], shape(told)
    inbound = Inbound(
        method=line.method,
        path=line.path,
        query=line.query,
        headers={_key_header(line.path): KEY} if line.keyed else {},
        body=line.body,
    )
    outbound = world.exchange.rest.respond(inbound)
    return outbound.status, shape(msgspec.json.decode(outbound.body))
