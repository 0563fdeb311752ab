"""Every route is asked what its schema allows and what it does not, on a running engine: no 5xx, nothing is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok

from jackline.store.tokens import Scope
from tests.web.house import house

FOLLOWED = "/api/events"
"""It never ends: a stream has tests of its own."""
FINE = {503}
"""Health says critical with it, and a call that needs an engine says that there is none."""


def explore(url: str, token: str, document: dict[str, Any], *, examples: int, steps: int) -> int:
    """So many examples of every operation, then so many runs of calls that follow each other; how many were asked."""
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=url)
    headers = {"Authorization": f"Bearer {token}", "Host": "127.0.0.1"}
    asked = 0
    bounds: dict[str, Any] = {
        "deadline": None,
        "database": None,
        "phases": [Phase.generate],
        "suppress_health_check": list(HealthCheck),
        "derandomize": True,
    }
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        if operation.path == FOLLOWED:
            continue

        @settings(max_examples=examples, **bounds)
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            nonlocal asked
            asked += 1
            answer = case.call(headers=headers, timeout=10)
            if answer.status_code not in FINE:
                case.validate_response(answer, checks=[not_a_server_error])
            if answer.status_code >= 400 and answer.status_code not in FINE:
                assert answer.headers["content-type"][0].startswith("application/problem+json"), answer.text
                assert answer.json()["code"]

        ask()
    if steps:
        machine = schema.as_state_machine()

        class Following(machine):  # type: ignore[misc, valid-type]  # its class is made at run time
            def get_call_kwargs(self, case: Any) -> dict[str, Any]:
                return {"headers": headers, "timeout": 10}

            def validate_response(self, response: Any, case: Any, **_: Any) -> None:
                if response.status_code not in FINE:
                    case.validate_response(response, checks=[not_a_server_error])

        Following.run(settings=settings(max_examples=steps, stateful_step_count=10, **bounds))
    return asked


async def explored(directory: Path, *, examples: int, steps: int) -> None:
    async with house(directory) as home:
        await home.until("/api/protection", lambda body: body["last_look_at"])
        await home.venue.signed(
            "POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.010"
        )
        document = (await home.ask("GET", "/openapi.json")).body
        document["paths"].pop(FOLLOWED)
        token = home.tokens[Scope.ADMIN]
        asked = await asyncio.to_thread(explore, home.url, token, document, examples=examples, steps=steps)
        assert asked >= 50 * min(examples, 2)
        assert home.engine is not None
        assert home.engine.process.returncode is None, "the engine goes on"
        assert home.web.process.returncode is None
        assert (await home.ask("GET", "/livez", scope=None)).status == 200
        await home.until("/readyz", lambda body: body["ready"], scope=None)
        await home.until("/api/positions", lambda body: all(one["protected"] for one in body["positions"]))


async def test_a_few_examples_of_every_call_bring_no_5xx(tmp_path: Path) -> None:
    await explored(tmp_path, examples=2, steps=0)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_many_examples_of_every_call_and_calls_that_follow_each_other(tmp_path: Path) -> None:
    """Long: hundreds of requests of each of sixty operations."""
    await explored(tmp_path, examples=60, steps=30)
