"""The REST surface: from a raw request to the venue and back, checked in the real venue's order. Synchronous,
and without a server: whoever carries the bytes calls `respond`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from jackline.exchange.account import Account
from jackline.exchange.errors import VenueError
from jackline.exchange.wire import (
    account_routes,
    algo_routes,
    batch_routes,
    market_routes,
    order_routes,
    spot_routes,
    standing_routes,
)
from jackline.exchange.wire.auth import Gatekeeper, signed_payload
from jackline.exchange.wire.call import Access, Call, Route, WireOptions
from jackline.exchange.wire.faults import Refuse
from jackline.exchange.wire.floor import Floor
from jackline.exchange.wire.forms import JSON_TYPE, Spoken, garbled
from jackline.exchange.wire.json import Json, encode
from jackline.exchange.wire.limits import BANNED, Limits
from jackline.exchange.wire.messages import Inbound, Outbound
from jackline.exchange.wire.misbehaviour import CALM, Verdict
from jackline.exchange.wire.params import Params
from jackline.exchange.wire.turned_away import say

ROUTES: Final[tuple[Route, ...]] = (
    *market_routes.ROUTES,
    *account_routes.ROUTES,
    *order_routes.ROUTES,
    *batch_routes.ROUTES,
    *algo_routes.ROUTES,
    *standing_routes.ROUTES,
    *spot_routes.ROUTES,
)
_TABLE: Final[Mapping[tuple[str, str], Route]] = {(route.method, route.path): route for route in ROUTES}
_NOWHERE: Final = Outbound(
    status=404, headers={"Content-Type": "text/html"}, body=b"<html>404</html>", taken=False, code=None
)


class Past(Protocol):
    """Accounts as they were."""

    def account_as_of(self, name: str, wire_ms: int) -> Account:
        """A copy of the account as it was at that wire time; changing it changes nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One request, read once."""

    route: Route
    inbound: Inbound
    params: Params
    key: str | None
    wire_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What the venue itself says; `code` is None where it does not refuse."""

    payload: Json
    status: int
    code: int | None
    account: Account | None
    retry_after_s: int | None = None


class Rest:
    """Answers the routes of the table."""

    def __init__(self, floor: Floor, gatekeeper: Gatekeeper, options: WireOptions, *, past: Past) -> None:
        self._floor = floor
        self._gatekeeper = gatekeeper
        self._options = options
        self._past = past
        whims = floor.venue.whims
        self._limits = Limits(floor.lives, spares_sockets=lambda: whims.ban_spares_sockets)

    def respond(self, inbound: Inbound) -> Outbound:
        """One request, executed at once. Every refusal is the venue's `{"code", "msg"}`; nothing raises."""
        route = _TABLE.get((inbound.method, inbound.path))
        if route is None:
            return _NOWHERE
        asked = _Asked(
            route=route,
            inbound=inbound,
            params=Params(query=inbound.query, body=inbound.body),
            key=inbound.headers.get("x-mbx-apikey"),
            wire_ms=self._floor.venue.state.clock.wire_ms(),
        )
        verdict = self._verdict(asked)
        if verdict.refusal is not None:
            return self._turned_away(asked, verdict.refusal, verdict)
        instead = verdict.answer
        if instead is not None and not instead.executed:
            spoken = garbled(instead.form, None)
            return _outbound(spoken, self._headers(asked, None), verdict, taken=False, code=None)
        said = self._ask(asked, lag_ms=verdict.lag_ms)
        self._note(asked, said)
        # Also after a refusal: a handler may have changed something before it met one.
        self._floor.deliver()
        spoken = Spoken(status=said.status, content_type=JSON_TYPE, body=encode(said.payload))
        if instead is not None:
            spoken = garbled(instead.form, spoken.body)
        headers = self._headers(asked, said.account)
        if said.retry_after_s is not None:
            headers["Retry-After"] = str(said.retry_after_s)
        return _outbound(spoken, headers, verdict, taken=True, code=said.code)

    def _verdict(self, asked: _Asked) -> Verdict:
        board = self._floor.board
        if board.calm:
            return CALM
        return board.meet(
            method=asked.route.method,
            path=asked.route.path,
            params=asked.params,
            account=self._gatekeeper.holder(asked.key),
        )

    def _ask(self, asked: _Asked, *, lag_ms: int) -> _Said:
        """Checks the request and lets the venue do it."""
        route, params, wire_ms = asked.route, asked.params, asked.wire_ms
        account: Account | None = None
        try:
            inbound, whims = asked.inbound, self._floor.venue.whims
            if whims.maintenance and not route.survives_maintenance:
                raise VenueError(-1016)
            self._limits.take_weight(
                wire_ms, route.weight_of(params), address=inbound.address, on_socket=inbound.on_socket
            )
            if route.access is not Access.PUBLIC:
                account = self._gatekeeper.account(asked.key, address=inbound.address)
            if route.access is Access.SIGNED:
                self._gatekeeper.check_fresh(params, wire_ms=wire_ms + whims.clock_ahead_ms)
                payload = inbound.signed or signed_payload(query=inbound.query, body=inbound.body)
                self._gatekeeper.check_signature(asked.key or "", payload=payload, params=params)
            if route.trades and account is not None and not account.rights.trades:
                raise VenueError(-2015)
            if route.orders is not None and account is not None:
                self._limits.take_orders(account.name, wire_ms, route.orders(params))
            call = Call(
                venue=self._floor.venue,
                params=params,
                options=self._options,
                listen_keys=self._floor.listen_keys,
                caller=self._as_seen(account, route, wire_ms=wire_ms, lag_ms=lag_ms),
                limits=self._limits,
            )
            return _Said(payload=route.handler(call), status=200, code=None, account=account)
        except VenueError as refusal:
            told: Json = {"code": refusal.code, "msg": refusal.text}
            return _Said(
                payload=told,
                status=refusal.http,
                code=refusal.code,
                account=account,
                retry_after_s=refusal.retry_after_s,
            )

    def _note(self, asked: _Asked, said: _Said) -> None:
        route = asked.route
        self._floor.traffic.note(
            f"{route.method} {route.path}",
            weight=route.weight_of(asked.params),
            used=self._limits.weight_used(asked.wire_ms, address=asked.inbound.address),
            refused=said.code == BANNED,
        )

    def _as_seen(self, account: Account | None, route: Route, *, wire_ms: int, lag_ms: int) -> Account | None:
        """The account a handler is shown: a signed read may see the past."""
        if account is None or not lag_ms or route.method != "GET":
            return account
        return self._past.account_as_of(account.name, wire_ms - lag_ms)

    def _headers(self, asked: _Asked, account: Account | None) -> dict[str, str]:
        headers = self._limits.weight_header(asked.wire_ms, address=asked.inbound.address)
        if asked.route.orders is not None and account is not None:
            headers |= self._limits.order_headers(account.name, asked.wire_ms)
        return headers

    def _turned_away(self, asked: _Asked, rule: Refuse, verdict: Verdict) -> Outbound:
        """A refusal from the outer walls: nothing was executed."""
        banned = rule.status == 418
        status, text = say(rule.code, until_ms=verdict.until_ms if banned else None)
        headers: dict[str, str] = {}
        if rule.retry_after_s is not None:
            headers["Retry-After"] = str(rule.retry_after_s)
        elif banned and verdict.until_ms is not None:
            headers["Retry-After"] = str((verdict.until_ms - asked.wire_ms + 999) // 1_000)
        body = encode({"code": rule.code, "msg": text})
        spoken = Spoken(status=rule.status or status, content_type=JSON_TYPE, body=body)
        return _outbound(spoken, headers, verdict, taken=False, code=rule.code)


def _outbound(
    spoken: Spoken, headers: dict[str, str], verdict: Verdict, *, taken: bool, code: int | None
) -> Outbound:
    headers["Content-Type"] = spoken.content_type
    return Outbound(
        status=spoken.status,
        headers=headers,
        body=spoken.body,
        delay_ms=verdict.delay_ms,
        taken=taken,
        code=code,
    )
