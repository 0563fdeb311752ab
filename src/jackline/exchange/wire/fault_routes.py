"""`/local/v1/faults`: the board of misbehaviour over HTTP, and in a file.

A rule is a JSON object whose `kind` names it (refuse, answer, slow, stale, stream, no_dial), with the fields of
faults.py; forget_key, hang_up and go_deaf are done at once and leave nothing on the board.
"""

from typing import Final

import msgspec
from aiohttp import web

from jackline.exchange.wire.faults import Deed, ForgetKey, GoDeaf, HangUp, NoDial, Rule
from jackline.exchange.wire.floor import Floor
from jackline.exchange.wire.json import Json, encode
from jackline.exchange.wire.misbehaviour import Posted

_PATH: Final = "/local/v1/faults"
_ORDER: Final = msgspec.json.Decoder(Rule | Deed)
_FILE: Final = msgspec.json.Decoder(tuple[Rule, ...])


def read_rules(text: bytes) -> tuple[Rule, ...]:
    """The rules of a file: a JSON list. Raises ValueError for what is none."""
    try:
        return _FILE.decode(text)
    except msgspec.DecodeError as error:
        message = f"not a list of rules: {error}"
        raise ValueError(message) from error


class FaultRoutes:
    """GET lists, POST puts up or does, DELETE takes down one or all."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def add_to(self, app: web.Application) -> None:
        app.router.add_get(_PATH, self._list)
        app.router.add_post(_PATH, self._put_up)
        app.router.add_delete(_PATH, self._clear)
        app.router.add_delete(_PATH + "/{number:[0-9]{1,9}}", self._take_down)

    def _report(self) -> Json:
        board = self._floor.board
        return {"rules": [_row(posted) for posted in board.standing()], "tally": board.tally}

    async def _list(self, request: web.Request) -> web.Response:
        return _response(self._report())

    async def _put_up(self, request: web.Request) -> web.Response:
        number: int | None = None
        try:
            order = _ORDER.decode(await request.read())
            self._check_account(None if isinstance(order, NoDial) else order.account)
            if isinstance(order, (ForgetKey, HangUp, GoDeaf)):
                self._floor.do(order)
            else:
                number = self._floor.put_up(order)
        except (msgspec.DecodeError, ValueError) as error:
            return _response({"error": str(error)}, status=400)
        return _response({"number": number})

    def _check_account(self, name: str | None) -> None:
        accounts = self._floor.venue.state.accounts
        if name is not None and name not in accounts:
            message = f"account {name!r}: one of {', '.join(accounts)}"
            raise ValueError(message)

    async def _clear(self, request: web.Request) -> web.Response:
        self._floor.board.clear()
        self._floor.hub.release()
        return _response(self._report())

    async def _take_down(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        if not self._floor.board.take_down(number):
            return _response({"error": f"no rule {number} stands"}, status=404)
        self._floor.hub.release()
        return _response(self._report())


def _row(posted: Posted) -> Json:
    return {
        "number": posted.number,
        "rule": msgspec.to_builtins(posted.rule),
        "until_ms": posted.until_ms,
        "applied": posted.applied,
        "held": len(posted.held),
    }


def _response(payload: Json, *, status: int = 200) -> web.Response:
    return web.Response(body=encode(payload), status=status, content_type="application/json")
