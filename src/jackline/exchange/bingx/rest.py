"""The BingX REST surface: from a raw request to the venue and back, in BingX's order of checks. Synchronous, and
without a server: whoever carries the bytes calls `respond`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from jackline.exchange.account import Account
from jackline.exchange.bingx import account_routes, batch_routes, market_routes, order_routes
from jackline.exchange.bingx.call import Call, Route
from jackline.exchange.bingx.errors import BingxError, from_outside, refusal, translated
from jackline.exchange.bingx.floor import BingxFloor
from jackline.exchange.bingx.gate import KEY_HEADER, Gate, read_fields
from jackline.exchange.bingx.limits import RouteLimits
from jackline.exchange.errors import VenueError
from jackline.exchange.wire.call import Access, WireOptions
from jackline.exchange.wire.faults import Refuse
from jackline.exchange.wire.forms import JSON_TYPE, Form, Spoken, garbled
from jackline.exchange.wire.json import Json, encode
from jackline.exchange.wire.messages import Inbound, Outbound
from jackline.exchange.wire.misbehaviour import CALM, Verdict
from jackline.exchange.wire.params import Params

ROUTES: Final[tuple[Route, ...]] = (
    *market_routes.ROUTES,
    *account_routes.ROUTES,
    *order_routes.ROUTES,
    *batch_routes.ROUTES,
)
_TABLE: Final[Mapping[tuple[str, str], Route]] = {(route.method, route.path): route for route in ROUTES}
_ENVELOPE: Final = ("timestamp", "signature", "recvWindow")
"""Fields of every request, signed or not."""

_BUSY: Final = {Form.TIMEOUT: 109500, Form.UNKNOWN: 100500, Form.UNAVAILABLE: 110500}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One request, read once."""

    route: Route
    fields: Mapping[str, str]
    params: Params
    key: str | None
    wire_ms: int


class BingxRest:
    """Answers the routes of the table."""

    def __init__(self, floor: BingxFloor, gate: Gate, options: WireOptions) -> None:
        self._floor = floor
        self._gate = gate
        self._options = options
        self._limits = RouteLimits()

    def respond(self, inbound: Inbound) -> Outbound:
        """One request, executed at once. Every refusal is `{"code", "msg", "data"}` under HTTP 200; nothing raises."""
        route = _TABLE.get((inbound.method, inbound.path))
        if route is None:
            told = BingxError(100400, "this api is not exist")
            return _outbound(_spoken(_refused(told)), CALM, taken=False, code=told.code)
        fields = read_fields(inbound.body) | read_fields(inbound.query)
        asked = _Asked(
            route=route,
            fields=fields,
            params=Params.of(fields),
            key=inbound.headers.get(KEY_HEADER),
            wire_ms=self._floor.venue.state.clock.wire_ms(),
        )
        verdict = self._verdict(asked)
        if verdict.refusal is not None:
            return _turned_away(verdict.refusal, verdict)
        instead = verdict.answer
        if instead is not None and not instead.executed:
            return _outbound(_instead(instead.form, None), verdict, taken=False, code=None)
        payload, code = self._ask(asked, lag_ms=verdict.lag_ms)
        # Also after a refusal: a handler may have changed something before it met one.
        self._floor.deliver()
        spoken = _spoken(payload)
        if instead is not None:
            spoken = _instead(instead.form, spoken.body)
        return _outbound(spoken, verdict, taken=True, code=code)

    def _verdict(self, asked: _Asked) -> Verdict:
        if self._floor.board.calm:
            return CALM
        return self._floor.board.meet(
            method=asked.route.method,
            path=asked.route.path,
            params=asked.params,
            account=self._gate.holder(asked.key),
        )

    def _ask(self, asked: _Asked, *, lag_ms: int) -> tuple[Json, int | None]:
        """Checks the request and lets the venue do it: the answer, and the number of a refusal."""
        try:
            payload = self._answer(asked, lag_ms=lag_ms)
        except BingxError as refused:
            return _refused(refused), refused.code
        except VenueError as refused:
            told = translated(refused)
            return _refused(told), told.code
        if asked.route.flat:
            return payload, None
        return {"code": 0, "msg": "", "timestamp": asked.wire_ms, "data": payload}, None

    def _answer(self, asked: _Asked, *, lag_ms: int) -> Json:
        route, params = asked.route, asked.params
        account: Account | None = None
        if route.access is not Access.PUBLIC:
            account = self._gate.account(asked.key)
        if route.access is Access.SIGNED:
            self._gate.check(asked.key or "", asked.fields, params, wire_ms=asked.wire_ms)
        for name in _ENVELOPE:
            params.text(name)
        if self._options.rate_limits:
            self._limits.take(route, asked.wire_ms)
        if account is not None and lag_ms and route.method == "GET":
            account = self._floor.venue.account_as_of(account.name, asked.wire_ms - lag_ms)
        return route.handler(
            Call(
                venue=self._floor.venue,
                params=params,
                book=self._floor.book,
                listen_keys=self._floor.keys,
                caller=account,
                strict=self._options.strict,
            )
        )


def _instead(form: Form, body: bytes | None) -> Spoken:
    """An answer that is not the venue's word. Where it is a number, BingX has its own: busy, whatever has happened."""
    busy = _BUSY.get(form)
    return garbled(form, body) if busy is None else _spoken(_refused(refusal(busy)))


def _refused(told: BingxError) -> Json:
    return {"code": told.code, "msg": told.text, "data": {}}


def _spoken(payload: Json, status: int = 200) -> Spoken:
    return Spoken(status=status, content_type=JSON_TYPE, body=encode(payload))


def _turned_away(rule: Refuse, verdict: Verdict) -> Outbound:
    """A refusal from the outer walls: nothing was executed."""
    told = from_outside(rule.code)
    return _outbound(_spoken(_refused(told), rule.status or 200), verdict, taken=False, code=told.code)


def _outbound(spoken: Spoken, verdict: Verdict, *, taken: bool, code: int | None) -> Outbound:
    return Outbound(
        status=spoken.status,
        headers={"Content-Type": spoken.content_type},
        body=spoken.body,
        delay_ms=verdict.delay_ms,
        taken=taken,
        code=code,
    )
