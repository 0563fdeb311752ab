"""Errors as RFC 9457 problem documents. Each has a code, and each code a page that says what to do."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

log = structlog.get_logger("web")

MEDIA_TYPE: Final = "application/problem+json"
TEXT_CHARS_MAX: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemKind:
    """A kind of problem: its status, what it is, what to do, and whether money is at risk by it."""

    code: str
    status: int
    title: str
    fix: str


def _kinds(*rows: tuple[str, int, str, str]) -> Mapping[str, ProblemKind]:
    return {
        code: ProblemKind(code=code, status=status, title=title, fix=fix) for code, status, title, fix in rows
    }


KINDS: Final = _kinds(
    (
        "bad-request",
        422,
        "The request cannot be understood",
        "See which field is named, and what it allows; nothing was changed.",
    ),
    ("not-found", 404, "There is nothing of that name", "List what there is, and spell it as the list does."),
    ("method-not-allowed", 405, "This path takes another verb", "See /docs for the verbs of each path."),
    ("too-large", 413, "The body is too large", "No request here needs more than 64 kB."),
    ("too-slow", 408, "The body came too slowly", "Send the whole body within ten seconds."),
    (
        "unauthenticated",
        401,
        "No valid credential came with the request",
        "Send `Authorization: Bearer TOKEN`; make one with `jackline token create`.",
    ),
    (
        "forbidden",
        403,
        "The credential does not reach so far",
        "Use a token whose scope covers it: read < reduce < trade < admin.",
    ),
    (
        "forged",
        403,
        "The request does not come from a page of ours",
        "Reload the page; a program sends a bearer token, and no cookie.",
    ),
    (
        "unknown-host",
        421,
        "This server is not known by that name",
        "Use the address it was started with, or add the name to `web.hosts`.",
    ),
    (
        "too-many",
        429,
        "Too many attempts",
        "Wait as long as `Retry-After` says. Halting and closing are never held back.",
    ),
    (
        "too-fast",
        429,
        "The token asks too often",
        "Ask again after `Retry-After`, or raise `web.requests_per_s_max`. Halting and closing are never held back.",
    ),
    (
        "key-reused",
        422,
        "This Idempotency-Key came with another request",
        "Use a new key for a new request; the same key repeats the same one.",
    ),
    (
        "key-in-progress",
        409,
        "The first request with this Idempotency-Key is still under way",
        "Wait for its answer, or ask for it at the link that it was given.",
    ),
    (
        "refused",
        409,
        "The engine refused it",
        "The detail says why. What protects a position was not touched.",
    ),
    (
        "no-engine",
        503,
        "No engine runs on this account",
        "Start it: `jackline run`. Closing works without it: `jackline close-all --direct`.",
    ),
    (
        "unavailable",
        503,
        "The records of the account cannot be read",
        "The detail says which file. `jackline positions --direct` asks the venue itself.",
    ),
    (
        "key-missing",
        400,
        "It reaches the exchange, and came without an Idempotency-Key",
        "Send `Idempotency-Key`, new for each new request; repeat the same one when you repeat the request.",
    ),
    (
        "no-position",
        404,
        "Nothing is open there",
        "GET /api/positions lists what is open; an order here is for an open position.",
    ),
    (
        "last-protection",
        409,
        "Without it no stop would cover the position",
        "Name an active order of the whole position as `replace_with`, or close the position with `close=true`.",
    ),
    (
        "precondition-missing",
        428,
        "The change needs If-Match",
        "GET what is to be changed, and send its `ETag` as `If-Match`.",
    ),
    (
        "changed-meanwhile",
        412,
        "What was read is no longer in force",
        "Read it again, and decide again.",
    ),
    (
        "looser-than-file",
        409,
        "The configuration file allows less",
        "Change the file and restart the engine: nothing asked over the network is looser than it.",
    ),
    (
        "tripped",
        409,
        "The kill switch is tripped",
        "Tightening and closing go on. Reset the switch with a reason before a limit is loosened.",
    ),
    (
        "unprotected",
        409,
        "Something is open and not protected, or nobody says",
        "Wait until every position has its confirmed stop, or close it: then reset.",
    ),
    (
        "confirm",
        403,
        "What raises risk is confirmed in writing",
        "Log in anew, send the account's name as `confirm`, a reason, and the one-time code where there is one.",
    ),
    (
        "in-the-file",
        409,
        "It is the configuration file's",
        "Change it there: that file is never written from here. The engine begins with it at its next start.",
    ),
    (
        "does-not-fit",
        422,
        "The configuration would not hold with it",
        "Mend what the detail names, or `errors` one by one; nothing was changed.",
    ),
    (
        "holds-positions",
        409,
        "The bot has something open",
        "Say `close=true` to close it, or `keep=true` to leave it to its stop and the exits of its plan.",
    ),
    (
        "taken",
        409,
        "That name is taken",
        "Take another one, or remove or revoke what has it.",
    ),
    (
        "locked",
        409,
        "The file of keys cannot be opened from here",
        "Set `[keys] unlock_file`, or store the key with `jackline keys add`, which asks for the passphrase.",
    ),
    (
        "not-here",
        409,
        "This is done on the host",
        "Run the command of `command` there: the web process speaks to no venue, and signs nothing.",
    ),
    (
        "lacking",
        409,
        "The evidence does not suffice",
        "`lacking` says what; it is collected while the engine runs.",
    ),
    ("signal", 422, "The alert is not taken", "The detail says why; nothing was asked of the engine."),
    ("duplicate", 409, "This very alert was taken before", "Nothing to do: it is carried out once."),
    ("internal", 500, "A bug of jackline", "Report it with its trace id. The stops at the venue stay."),
)


class Problem(Exception):
    """What is answered in the place of a result. `extra` stands beside the members that every problem has."""

    def __init__(
        self, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **extra: object
    ) -> None:
        self.kind = KINDS[code]
        self.detail = detail[:TEXT_CHARS_MAX]
        self.headers = dict(headers or {})
        self.extra: dict[str, object] = extra
        super().__init__(f"{code}: {detail}")

    def under(self, code: str, detail: str, **more: object) -> Problem:
        """The same under another code, with what stood beside it."""
        found = Problem(code, detail, headers=self.headers)
        found.extra = {**self.extra, **more}
        return found


def response(problem: Problem) -> JSONResponse:
    """The problem as an answer."""
    kind = problem.kind
    body = {
        "type": f"/problems/{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "code": kind.code,
        "fix": kind.fix,
        "trace_id": secrets.token_hex(8),
        **problem.extra,
    }
    return JSONResponse(body, status_code=kind.status, media_type=MEDIA_TYPE, headers=problem.headers)


def install(app: FastAPI, page: Callable[[Request, Problem], Awaitable[Response]]) -> None:
    """Let every error of `app` be a problem document; a `page` for a browser that asks for one which is not there."""

    @app.exception_handler(Problem)
    async def on_problem(_: Request, error: Problem) -> JSONResponse:
        return response(error)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        # What came in is not repeated: it may be a secret in the wrong field, or no JSON at all (S1).
        wrong = [
            {"where": ".".join(str(part) for part in one["loc"]), "what": one["msg"]}
            for one in error.errors()
        ]
        told = "; ".join(f"{one['where']}: {one['what']}" for one in wrong)
        return response(Problem("bad-request", told, errors=wrong))

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        by_status = {404: "not-found", 405: "method-not-allowed", 401: "unauthenticated", 413: "too-large"}
        code = by_status.get(error.status_code, "bad-request")
        problem = Problem(code, str(error.detail), headers=error.headers)
        is_browser = "text/html" in request.headers.get("accept", "")
        return await page(request, problem) if is_browser else response(problem)

    @app.exception_handler(Exception)
    async def on_bug(_: Request, error: Exception) -> JSONResponse:
        answer = Problem("internal", type(error).__name__)
        log.error("bug", error=type(error).__name__, exc_info=error)
        return response(answer)
