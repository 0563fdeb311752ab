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
from tests.web.following import HEALTH, follow
from tests.web.house import house

FOLLOWED = "/api/events"
"""It never ends: a stream has tests of its own."""


def explore(url: str, token: str, document: dict[str, Any], *, examples: int) -> int:
    """So many examples of every operation, one by one; how many were asked."""
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

        @settings(max_examples=examples, **bounds)
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            nonlocal asked
            asked += 1
            answer = case.call(headers=headers, timeout=10)
            if case.operation.path.endswith(HEALTH) and answer.status_code == 503:
                return
            case.validate_response(answer, checks=[not_a_server_error])
            if answer.status_code >= 400:
                assert answer.headers["content-type"][0].startswith("application/problem+json"), answer.text
                assert answer.json()["code"]

        ask()
    return asked


async def explored(directory: Path, *, examples: int, scenarios: int) -> None:
    async with house(directory) as home:
        await home.until("/api/protection", lambda body: body["last_look_at"])
        await home.venue.signed(
            "POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.010"
        )
        document = (await home.ask("GET", "/openapi.json")).body
        document["paths"].pop(FOLLOWED)
        token = home.tokens[Scope.ADMIN]
        if examples:
            asked = await asyncio.to_thread(explore, home.url, token, document, examples=examples)
            assert asked >= 50 * min(examples, 2)
        if scenarios:
            followed = await asyncio.to_thread(follow, home.url, token, document, scenarios=scenarios)
            assert followed.wrong == []
            assert followed.scenarios >= scenarios
            assert followed.statuses[200] >= scenarios, followed.statuses  # the token is good to the end
            assert len(followed.operations) >= min(scenarios, 15), followed.operations
        assert home.engine is not None
        assert home.engine.process.returncode is None, "the engine goes on"
        assert home.web.process.returncode is None
        assert (await home.ask("GET", "/livez", scope=None)).status == 200
        await home.until("/readyz", lambda body: body["ready"], scope=None)
        await home.until("/api/positions", lambda body: all(one["protected"] for one in body["positions"]))


async def test_a_few_examples_of_every_call_and_a_few_that_follow_bring_no_5xx(tmp_path: Path) -> None:
    await explored(tmp_path, examples=2, scenarios=4)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_many_examples_of_every_call(tmp_path: Path) -> None:
    """Long: hundreds of requests of each of sixty operations."""
    await explored(tmp_path, examples=60, scenarios=0)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_calls_that_follow_each_other(tmp_path: Path) -> None:
    """Long: two hundred scenarios, each of up to ten calls made of what others answered."""
    await explored(tmp_path, examples=0, scenarios=200)
