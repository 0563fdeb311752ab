"""`/login`, `/logout`: a token becomes the cookie of a session; the token itself is kept nowhere in the browser."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from jackline.web.access import SESSION_COOKIE, Reader
from jackline.web.doorkeeper import now
from jackline.web.forms import fields
from jackline.web.pages.rendering import View
from jackline.web.pages.route import door_of, inside, plain, router
from jackline.web.problems import Problem

pages = router()


@pages.get("/login")
async def log_in_page(request: Request, next: str = "/") -> Response:  # noqa: A002  the word of the address
    """Where a token is asked for."""
    return _asked(request, inside(next), "")


@pages.post("/login")
async def log_in(request: Request) -> Response:
    """Open a session. A token that is not good is answered in words; one guessed too often, with how long to wait."""
    said = await fields(request)
    going = inside(said.get("next", "/"))
    keeper, address = door_of(request)
    try:
        opened = await keeper.log_in(said.get("token", "").strip(), address=address)
    except Problem as problem:
        if problem.kind.code != "too-many":
            raise
        wait = f"Too many attempts from this address: {problem.detail}. Open sessions are not held back."
        answer = _asked(request, going, wait, status=429)
        answer.headers.update(problem.headers)
        return answer
    if opened is None:
        wrong = (
            "That token is wrong, expired or revoked. It begins with jl_ and is shown once, when it is made."
        )
        return _asked(request, going, wrong, status=401)
    cookie, session = opened
    answer = RedirectResponse(going, status_code=303)
    answer.set_cookie(
        SESSION_COOKIE,
        cookie,
        max_age=max(1, (session.expires_ms - now()) // 1_000),
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.app.state.options.is_tls,
    )
    return answer


@pages.post("/logout")
async def log_out(request: Request, grant: Reader) -> Response:
    """End the session, here and at the server."""
    keeper, address = door_of(request)
    cookie = request.cookies.get(SESSION_COOKIE)
    if cookie is not None and grant.session is not None:
        await keeper.log_out(cookie, grant, address=address)
    answer = RedirectResponse("/login", status_code=303)
    answer.delete_cookie(SESSION_COOKIE, path="/")
    return answer


def _asked(request: Request, going: str, wrong: str, *, status: int = 200) -> Response:
    view = View(name="login", title="Log in", facts={"going": going, "wrong": wrong})
    return plain(request, view, status=status)
