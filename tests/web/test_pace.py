"""One token may ask so often and no oftener; what lowers risk is never held back (K2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from jackline.store.tokens import Scope
from jackline.web.pace import BURST_S, TOKENS_MAX, Pace
from tests.web.alone import alone

PER_S = 10


def test_a_bucket_fills_at_its_rate_and_no_further() -> None:
    now = 0.0
    pace = Pace(PER_S, clock=lambda: now)
    burst = int(PER_S * BURST_S)
    assert [pace.take("a") for _ in range(burst)] == [0.0] * burst
    assert pace.take("a") == pytest.approx(1 / PER_S)
    assert pace.take("b") == 0.0, "each token has its own"
    now = 1.0
    assert [pace.take("a") == 0.0 for _ in range(PER_S + 1)] == [True] * PER_S + [False]
    now = 1_000.0
    assert sum(pace.take("a") == 0.0 for _ in range(3 * burst)) == burst


def test_buckets_are_bounded() -> None:
    pace = Pace(PER_S, clock=lambda: 0.0)
    for number in range(3 * TOKENS_MAX):
        pace.take(str(number))
    assert len(pace._left) == TOKENS_MAX


@pytest.mark.owns("K2")
@pytest.mark.long
def test_K2_a_token_that_asks_too_often_is_told_when_and_can_halt_and_close_all_the_same(
    tmp_path: Path,
) -> None:
    with alone(tmp_path, web__requests_per_s_max=str(PER_S)) as home:
        answers = [home.ask("GET", "/api/bots", scope=Scope.ADMIN) for _ in range(60)]
        held = [one for one in answers if one.status_code == 429]
        assert held, "sixty at once are more than ten a second"
        assert {one.status_code for one in answers} == {200, 429}
        assert held[0].json()["code"] == "too-fast"
        assert int(held[0].headers["retry-after"]) >= 1
        for path in ("/api/halt", "/api/flatten", "/api/close-all"):
            for _ in range(3):
                sent = home.ask(
                    "POST", path, scope=Scope.ADMIN, headers={"Idempotency-Key": f"key-{path[5:]}"}
                )
                assert sent.status_code in {200, 202}, (path, sent.text)
        assert home.ask("GET", "/api/bots", scope=Scope.READ).status_code == 200, "others are not held back"
        assert all(home.client.get("/livez").status_code == 200 for _ in range(40)), "nor is health"
