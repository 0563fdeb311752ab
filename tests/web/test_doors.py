"""Who gets in: a sweep over every route of the router, by scope, and by every kind of wrong credential (S2)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from jackline.store.boot import COMMANDS_FILE
from jackline.store.tokens import Scope
from tests.web.alone import Alone, alone
from tests.web.house import make_token

OPEN = {"/livez", "/readyz", "/health", "/metrics"}
"""They ask for no token and say nothing about money."""
DRY = {
    ("POST", "/api/trading-safety/validate"),
    ("POST", "/api/trading-safety/check-slippage"),
    ("POST", "/api/sl-tp/check-triggers"),
    ("POST", "/login"),
    ("POST", "/logout"),
}
"""Questions that need a body, and the door of the pages. They change nothing."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    with alone(tmp_path_factory.mktemp("doors")) as opened:
        yield opened


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Every verb and path of the router, with something in the place of each parameter."""
    found = []
    for route in walk(app.routes):
        for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"}):
            path = re.sub(r"\{position_id\}", "BTCUSDT:long", route.path)
            path = re.sub(r"\{incident_id\}", "1", path)
            found.append((method, re.sub(r"\{[^}]+\}", "something", path)))
    return found


def walk(given: Any) -> Iterator[APIRoute]:
    for route in given:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from walk(route.original_router.routes)


@pytest.mark.owns("S2")
def test_S2_without_a_credential_nothing_but_health_answers(home: Alone) -> None:
    found = routes(home.app)
    assert len(found) >= 50, found
    for method, path in found:
        if path in OPEN or not path.startswith(("/api", "/openapi")):
            continue
        for body in (None, "{", "x" * 70_000) if method != "GET" else (None,):
            answer = home.ask(method, path, content=body)
            wanted = {401, 413, 429} if method != "GET" else {401}
            assert answer.status_code in wanted, (method, path, answer.status_code, answer.text)


@pytest.mark.owns("S2")
def test_S2_with_read_nothing_changes(home: Alone) -> None:
    desk = home.directory / "state" / COMMANDS_FILE
    before = [act for act in home.audit() if act.what != "access"]
    for method, path in routes(home.app):
        if method == "GET" or (method, path) in DRY:
            continue
        answer = home.ask(
            method, path, scope=Scope.READ, json={}, headers={"Idempotency-Key": uuid.uuid4().hex}
        )
        assert answer.status_code == 403, (method, path, answer.status_code, answer.text)
    refused = [act.outcome for act in home.audit() if act.actor.endswith(" read")]
    assert sorted(refused) == [f"refused: scope {one} is needed" for one in ("admin", "reduce", "trade")], (
        "each once, however often it was asked for"
    )
    assert [act for act in home.audit() if act.what != "access"] == before
    assert not desk.exists()


@pytest.mark.owns("S2")
def test_S2_every_wrong_credential_is_refused_and_written_down(tmp_path: Path) -> None:
    with alone(tmp_path) as home:
        state = tmp_path / "state"
        expired = make_token(state, Scope.ADMIN, expires_ms=1, name="expired")
        revoked = make_token(state, Scope.ADMIN, name="revoked")
        ended = home.ask("DELETE", "/api/tokens/revoked", scope=Scope.ADMIN)
        assert (ended.status_code, ended.json()["revoked_at"] is not None) == (200, True)
        forged = home.tokens[Scope.READ].replace("jl_read_", "jl_admin_")
        altered = home.tokens[Scope.ADMIN][:-1] + ("a" if home.tokens[Scope.ADMIN][-1] != "a" else "b")
        wrong = {
            "expired": expired,
            "revoked": revoked,
            "forged": forged,
            "altered": altered,
            "malformed": "x",
        }
        for name, token in wrong.items():
            answer = home.client.get("/api/positions", headers={"Authorization": f"Bearer {token}"})
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), name
        told = [act.outcome for act in home.audit() if act.what == "access"]
        assert {"refused: expired", "refused: revoked", "refused: unknown", "refused: malformed"} <= set(told)
        guessed = [
            home.client.get("/api/positions", headers={"Authorization": "Bearer x"}) for _ in range(20)
        ]
        assert (guessed[-1].status_code, guessed[-1].json()["code"]) == (429, "too-many")
        assert int(guessed[-1].headers["retry-after"]) >= 1
        assert home.ask("GET", "/api/bots", scope=Scope.READ).status_code == 200, (
            "its owner is not locked out"
        )


@pytest.mark.owns("S2")
def test_S2_a_page_of_another_origin_or_name_cannot_act(home: Alone) -> None:
    elsewhere = home.ask("POST", "/api/halt", scope=Scope.ADMIN, headers={"Origin": "http://evil.example"})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "forged")
    rebound = home.ask("POST", "/api/halt", scope=Scope.ADMIN, headers={"Host": "evil.example"})
    assert (rebound.status_code, rebound.json()["code"]) == (421, "unknown-host")
    null = home.ask("POST", "/api/halt", scope=Scope.ADMIN, headers={"Origin": "null"})
    assert null.status_code == 403
