"""How a page is answered: around its view stand bar and menu; what is wrong is said in words, not in JSON."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute

from jackline.store.tokens import Scope
from jackline.web.access import SESSION_COOKIE, address_of
from jackline.web.asking import Asking
from jackline.web.doorkeeper import Doorkeeper, Grant, now
from jackline.web.pages.bar import bar_of
from jackline.web.pages.live import Builder, Live, bar_parts
from jackline.web.pages.rendering import View, render_page, render_parts
from jackline.web.problems import Problem

MENU: Final = (
    ("/", "Now"),
    ("/protection", "Protection"),
    ("/incidents", "Incidents"),
    ("/limits", "Limits"),
    ("/reconcile", "Reconcile"),
    ("/phases", "Phases"),
    ("/trades", "Trades"),
    ("/bots", "Bots"),
    ("/keys", "Keys"),
    ("/audit", "Audit"),
    ("/log", "Log"),
    ("/docs", "API"),
)
AT_HAND: Final = 4
"""So many of them stand in the phone's own bar; the rest are one tap away."""
ENDS_SOON_MS: Final = 1_800_000
"""Before its end a session says so: nobody is to be logged out with a finger over a button."""


class PageRoute(APIRoute):
    """A route whose problems are pages, and whose strangers are shown the door with a log-in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's own handler, with its problems caught."""
        answer = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await answer(request)
            except Problem as problem:
                return await told(request, problem)

        return handled


def router() -> APIRouter:
    """For pages: none of them is a part of the API's contract."""
    return APIRouter(route_class=PageRoute, include_in_schema=False, default_response_class=HTMLResponse)


async def show(
    request: Request, grant: Grant, build: Builder, *, query: dict[str, str] | None = None, status: int = 200
) -> HTMLResponse:
    """A page of the account, whole."""
    live: Live = request.app.state.live
    sight = await live.sight()
    view = await build(sight, query if query is not None else _query(request))
    bar = bar_of(sight)
    parts = {**bar_parts(bar), **render_parts(view)}
    chrome = {
        **_chrome(request, grant),
        "bar": bar,
        "notice": await _notice(request),
        "live_path": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
    }
    return HTMLResponse(render_page(view, parts, chrome), status_code=status)


def plain(request: Request, view: View, *, status: int = 200) -> HTMLResponse:
    """A page without an account: the log-in, and what is wrong before it."""
    chrome = {"account": request.app.state.options.account}
    return HTMLResponse(render_page(view, {}, chrome), status_code=status)


def seen_from(place: str) -> Response:
    """A form is answered with another page, so that reloading it sends nothing twice."""
    return RedirectResponse(place, status_code=303)


def inside(place: str) -> str:
    """A place of ours to go on to; the front page for whatever is none."""
    is_ours = place.startswith("/") and not place.startswith(("//", "/\\")) and place.isprintable()
    return place if is_ours and len(place) <= 200 else "/"


def _chrome(request: Request, grant: Grant) -> dict[str, object]:
    options, session = request.app.state.options, grant.session
    left_ms = None if session is None else session.expires_ms - now()
    return {
        "account": options.account,
        "mode": options.mode,
        "venue": options.venue,
        "menu": MENU,
        "at_hand": AT_HAND,
        "path": request.url.path,
        "csrf": "" if session is None else session.csrf,
        "who": grant.token.name,
        "scope": grant.scope.value,
        "may_reduce": session is not None and grant.scope.includes(Scope.REDUCE),
        "may_trade": session is not None and grant.scope.includes(Scope.TRADE),
        "may_admin": session is not None and grant.scope.includes(Scope.ADMIN),
        "is_fresh": session is not None and session.is_fresh(now()),
        "ends_in_ms": left_ms if left_ms is not None and left_ms < ENDS_SOON_MS else None,
    }


async def _notice(request: Request) -> dict[str, str] | None:
    """What became of the command whose form led here: said by the desk, so no link can put words here."""
    asked_id = request.query_params.get("said", "")
    if not (asked_id.startswith("web-") and asked_id.removeprefix("web-").isalnum() and len(asked_id) <= 64):
        return None
    desk: Asking = request.app.state.asking
    try:
        asked = await desk.answered(asked_id)
    except Problem as problem:
        return {"tone": "bad", "icon": "\u2715", "text": f"Refused: {problem.detail}"}
    if asked.answer is None:
        text = "Written down, and not answered yet: engine or watchdog takes it as soon as it can. Reload to see."
        return {"tone": "warn", "icon": "\u25b2", "text": text}
    return {"tone": "ok", "icon": "\u2713", "text": f"{(asked.by or '').capitalize()}: {asked.answer}."}


async def told(request: Request, problem: Problem) -> Response:
    """The problem as a page. A stranger, or somebody whose session has ended, is asked to log in."""
    if problem.kind.code == "unauthenticated":
        going = request.url.path if request.method == "GET" else "/"
        answer = RedirectResponse(f"/login?next={quote(inside(going))}", status_code=303)
        answer.delete_cookie(SESSION_COOKIE, path="/")
        return answer
    back = inside(urlsplit(request.headers.get("referer", "")).path or "/")
    facts = {"problem": problem, "to_do": problem.kind.fix, "back": back}
    shown = plain(
        request, View(name="problem", title=problem.kind.title, facts=facts), status=problem.kind.status
    )
    shown.headers.update(problem.headers)
    return shown


def _query(request: Request) -> dict[str, str]:
    return {name: value[:200] for name, value in request.query_params.items()}


def door_of(request: Request) -> tuple[Doorkeeper, str]:
    """Who keeps the door, and where this request comes from."""
    keeper: Doorkeeper = request.app.state.doorkeeper
    return keeper, address_of(request)
