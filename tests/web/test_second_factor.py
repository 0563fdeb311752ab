"""What raises risk asks for a one-time code where the token has a second factor: over the API, as programs do it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from jackline.cli.token import app
from jackline.store.tokens import Scope
from jackline.web.doorkeeper import now
from tests.web.alone import alone
from tests.web.house import House, house

RESET = "/api/trading-safety/reset-kill-switch"


def second_factor(config: Path, scope: Scope) -> pyotp.TOTP:
    """Give the token of a scope one; what an authenticator makes of the address that it is shown."""
    file = config.parent / "otpauth.txt"
    app(["totp", scope.value, "--config", str(config), "--file", str(file)], standalone_mode=False)
    (secret,) = parse_qs(urlsplit(file.read_text().strip()).query)["secret"]
    return pyotp.TOTP(secret)


async def reset(home: House, code: str | None) -> tuple[int, str]:
    headers = {} if code is None else {"X-One-Time-Code": code}
    answer = await home.ask("POST", RESET, scope=Scope.ADMIN, json={"reason": "seen to"}, headers=headers)
    return answer.status, str(answer.body.get("code") or answer.body.get("kill_level"))


@pytest.mark.owns("K4", "S2")
async def test_K4_a_reset_with_a_one_time_code_that_is_good_once(tmp_path: Path) -> None:
    (tmp_path / "keys.unlock").write_text("ab" * 32 + "\n")
    (tmp_path / "keys.unlock").chmod(0o600)
    async with house(tmp_path, keys__unlock_file='"keys.unlock"') as home:
        await home.until("/api/trading-safety/status", lambda body: body["kill_level"] == "normal")
        clock = second_factor(home.config, Scope.ADMIN)
        await home.ask("POST", "/api/halt", scope=Scope.REDUCE)
        await home.until("/api/kill-switch", lambda body: body["level"] == "no_new_risk")
        assert await reset(home, None) == (403, "confirm")
        wrong = f"{(int(clock.now()) + 1) % 1_000_000:06}"
        assert await reset(home, wrong) == (403, "confirm")
        assert (await home.ask("GET", "/api/kill-switch")).body["level"] == "no_new_risk"
        good = clock.now()
        assert await reset(home, good) == (200, "normal")
        await home.ask("POST", "/api/halt", scope=Scope.REDUCE)
        await home.until("/api/kill-switch", lambda body: body["level"] == "no_new_risk")
        assert await reset(home, good) == (403, "confirm"), "each code is good once"


@pytest.mark.owns("S2")
def test_S2_whoever_guesses_one_time_codes_waits_and_nobody_else_does(tmp_path: Path) -> None:
    with alone(tmp_path) as home:
        clock = second_factor(tmp_path / "jackline.toml", Scope.ADMIN)
        known = {clock.at(now() // 1_000 + 30 * step) for step in range(-3, 4)}
        guesses = [f"{n:06}" for n in range(20) if f"{n:06}" not in known]

        def ask(code: str) -> tuple[int, str]:
            body = {"name": f"t{code}", "scope": "trade", "reason": "more"}
            answer = home.ask(
                "POST", "/api/tokens", scope=Scope.ADMIN, json=body, headers={"X-One-Time-Code": code}
            )
            return answer.status_code, answer.json().get("code", "")

        answers = [ask(code) for code in guesses]
        assert answers[:5] == [(403, "confirm")] * 5
        assert answers[-1] == (429, "too-many")
        assert ask(clock.now()) == (429, "too-many"), "a right guess must not pass while it waits"
        assert home.ask("POST", "/api/halt", scope=Scope.ADMIN).status_code == 202, (
            "lowering risk needs no code"
        )
        assert home.ask("GET", "/api/bots", scope=Scope.READ).status_code == 200
        assert "refused: one-time code of admin" in {act.outcome for act in home.audit()}
