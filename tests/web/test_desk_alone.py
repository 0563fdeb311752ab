"""Calls that need no engine: tokens, keys, audit, problems, bots of the file, alerts; and what repeated requests do."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jackline.store.boot import COMMANDS_FILE
from jackline.store.tokens import Scope
from jackline.web.once import Replies
from jackline.web.problems import KINDS, Problem
from tests.web.alone import SECRET, Alone, alone

KEY, KEY_SECRET = "CANARY-key-1234567890", "CANARY-secret-0987654321"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    with alone(tmp_path_factory.mktemp("alone")) as opened:
        yield opened


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.owns("S1", "S2")
def test_S1_a_token_is_shown_once_and_ends_with_its_revocation(home: Alone) -> None:
    made = home.ask("POST", "/api/tokens", scope=Scope.ADMIN, json={"name": "phone", "scope": "reduce"})
    assert made.status_code == 201, made.text
    token = made.json()["token"]
    assert home.client.get("/api/bots", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    listed = home.ask("GET", "/api/tokens", scope=Scope.ADMIN)
    assert token not in listed.text
    assert "phone" in {row["name"] for row in listed.json()["tokens"]}
    again = home.ask("POST", "/api/tokens", scope=Scope.ADMIN, json={"name": "phone", "scope": "reduce"})
    assert code(again) == (409, "taken")
    ended = home.ask("DELETE", f"/api/tokens/{made.json()['id']}", scope=Scope.ADMIN)
    assert ended.json()["revoked_at"] is not None
    assert home.client.get("/api/bots", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert code(home.ask("DELETE", "/api/tokens/nobody", scope=Scope.ADMIN)) == (404, "not-found")
    acts = {(act.what, act.from_address) for act in home.audit()}
    assert {("token.create", "testclient"), ("token.revoke", "testclient")} <= acts
    assert token not in str(home.audit())


@pytest.mark.owns("S1", "S3")
def test_S1_a_secret_of_a_key_goes_in_and_never_comes_out(home: Alone) -> None:
    body = {"name": "second", "venue": "binance", "key": KEY, "secret": KEY_SECRET}
    made = home.ask("POST", "/api/exchange-keys", scope=Scope.ADMIN, json=body)
    assert (made.status_code, made.json()["key"]) == (201, f"…{KEY[-4:]}"), made.text
    assert code(home.ask("POST", "/api/exchange-keys", scope=Scope.ADMIN, json=body)) == (409, "taken")
    listed = home.ask("GET", "/api/exchange-keys", scope=Scope.ADMIN)
    assert [row["id"] for row in listed.json()["keys"]] == ["second"]
    asked = home.ask("POST", "/api/exchange-keys/validate", scope=Scope.ADMIN, json={"name": "second"})
    assert code(asked) == (409, "not-here")
    assert asked.json()["command"] == "jackline keys validate second --config FILE"
    wrong = home.ask("POST", "/api/exchange-keys", scope=Scope.ADMIN, json={**body, "name": KEY_SECRET})
    gone = home.ask("DELETE", "/api/exchange-keys/second", scope=Scope.ADMIN)
    assert gone.status_code == 200
    told = "".join(one.text for one in (made, listed, asked, wrong, gone)) + str(home.audit())
    assert KEY not in told
    assert KEY_SECRET not in told
    kept = b"".join(path.read_bytes() for path in home.directory.rglob("*") if path.is_file())
    assert KEY_SECRET.encode() not in kept
    assert code(home.ask("DELETE", "/api/exchange-keys/second", scope=Scope.ADMIN)) == (404, "not-found")


def test_a_vault_that_only_a_person_opens_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with alone(tmp_path, keys__unlock_file='"absent.unlock"') as home:
        body = {"name": "second", "venue": "binance", "key": KEY, "secret": KEY_SECRET}
        answer = home.ask("POST", "/api/exchange-keys", scope=Scope.ADMIN, json=body)
        assert code(answer) == (409, "locked")
        assert "jackline keys add" in answer.json()["fix"]


def test_the_audit_is_read_a_page_at_a_time(home: Alone) -> None:
    first = home.ask("GET", "/api/audit?limit=2", scope=Scope.ADMIN)
    assert first.json()["count"] == 2
    second = home.ask("GET", f"/api/audit?limit=2&cursor={first.json()['next_cursor']}", scope=Scope.ADMIN)
    numbers = [row["seq"] for row in first.json()["rows"] + second.json()["rows"]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == len(numbers)
    assert code(home.ask("GET", "/api/audit", scope=Scope.TRADE)) == (403, "forbidden")


@pytest.mark.parametrize(
    "text", ['{"reason": "a", "reason": "b"}', '{"x": [{"reason": 1, "reason": 1}]}'], ids=["flat", "deep"]
)
def test_S2_a_key_that_comes_twice_is_refused_whoever_reads_it(home: Alone, text: str) -> None:
    sent = {"content": text, "headers": {"content-type": "application/json"}}
    for path in ("/api/halt", "/api/trading-safety/validate"):
        answer = home.ask("POST", path, scope=Scope.ADMIN, **sent)
        assert code(answer) == (422, "bad-request")
        assert answer.json()["errors"][0]["where"] == "body.reason"
    assert not (home.directory / "state" / COMMANDS_FILE).exists()


def test_S2_an_alert_with_two_secrets_is_not_believed(tmp_path: Path) -> None:
    """A home of its own: what is refused too often at one is put off (429)."""
    alert = f'{{"secret": "wrong", "secret": "{SECRET}"}}'
    with alone(tmp_path) as home:
        assert home.ask("POST", "/api/signals", content=alert).status_code == 401


def test_every_problem_has_a_page_for_programs(home: Alone) -> None:
    listed = home.ask("GET", "/api/problems", scope=Scope.READ).json()
    assert {row["code"] for row in listed["problems"]} == set(KINDS)
    assert home.ask("GET", "/api/problems/key-missing", scope=Scope.READ).json()["status"] == 400
    assert code(home.ask("GET", "/api/problems/nothing", scope=Scope.READ)) == (404, "not-found")


@pytest.mark.owns("S2")
def test_S2_an_alert_is_signed_fresh_and_not_replayed(home: Alone) -> None:
    def sent(body: dict[str, Any], *, at_ms: int | None = None, forged: str = "") -> Any:
        text = json.dumps(body).encode()
        stamp = str(at_ms or time.time_ns() // 1_000_000)
        digest = hmac.new(SECRET.encode(), stamp.encode() + b"." + text, hashlib.sha256).hexdigest()
        headers = {"X-Timestamp": stamp, "X-Signature": f"sha256={forged or digest}"}
        return home.ask("POST", "/api/signals", content=text, headers=headers)

    now_ms = time.time_ns() // 1_000_000
    alert = {"bot": "main", "symbol": "BINANCE:BTCUSDT.P", "side": "buy", "time": now_ms}
    assert code(sent(alert)) == (503, "no-engine"), "believed, and nobody is there to ask"
    assert code(sent(alert, forged="0" * 64)) == (401, "unauthenticated")
    assert code(sent(alert, at_ms=now_ms - 60_000)) == (401, "unauthenticated")
    wrong = home.ask("POST", "/api/signals", json={**alert, "secret": "wrong"})
    assert code(wrong) == (401, "unauthenticated")
    known = home.ask("POST", "/api/signals", json={**alert, "secret": SECRET})
    assert code(known) == (503, "no-engine")
    old = home.ask("POST", "/api/signals", json={**alert, "secret": SECRET, "time": now_ms - 3_600_000})
    assert code(old) == (422, "signal")
    strange = home.ask("POST", "/api/signals", scope=Scope.TRADE, json={**alert, "symbol": "DOGEUSDT"})
    assert code(strange) == (422, "signal")
    weak = home.ask("POST", "/api/signals", scope=Scope.REDUCE, json=alert)
    assert code(weak) == (403, "forbidden")
    told = {act.outcome for act in home.audit() if act.what == "access"}
    assert {"refused: signal signature", "refused: signal replayed", "refused: signal alert"} <= told


def test_a_change_of_limits_says_what_it_was_read_from(home: Alone) -> None:
    path = "/api/trading-safety/configuration"
    read = home.ask("GET", path, scope=Scope.READ)
    etag = read.headers["etag"]
    tighter = {"max_position_size_pct": 0.05}
    assert code(home.ask("PATCH", path, scope=Scope.REDUCE, json=tighter)) == (428, "precondition-missing")
    stale = home.ask("PATCH", path, scope=Scope.REDUCE, json=tighter, headers={"If-Match": '"0"'})
    assert (*code(stale), stale.json()["etag"]) == (412, "changed-meanwhile", etag)
    looser = {"max_position_size_pct": 1, "reason": "more"}
    refused = home.ask("PATCH", path, scope=Scope.ADMIN, json=looser, headers={"If-Match": etag})
    assert code(refused) == (409, "looser-than-file")
    for wrong in (0, -1, 1.5, "NaN", "Infinity", 1e308):
        bad = home.ask(
            "PATCH",
            path,
            scope=Scope.ADMIN,
            content=json.dumps({"daily_loss_limit_pct": wrong}),
            headers={"If-Match": etag},
        )
        assert code(bad) == (422, "bad-request"), wrong


@pytest.mark.owns("K4")
def test_K4_the_query_parameter_of_older_clients_authorises_nothing(home: Alone) -> None:
    path = "/api/trading-safety/reset-kill-switch?admin_override=true"
    assert home.ask("POST", path).status_code == 401
    assert code(home.ask("POST", path, scope=Scope.TRADE, json={"reason": "x"})) == (403, "forbidden")
    assert code(home.ask("POST", path, scope=Scope.ADMIN)) == (403, "forbidden")
    silent = home.ask("POST", path, scope=Scope.ADMIN, json={"reason": "calm again"})
    assert code(silent) == (409, "unprotected"), "no engine says that everything is protected"


def test_a_key_is_one_request_a_day() -> None:
    now = 0.0
    replies = Replies(clock=lambda: now)
    assert replies.begin("a", "first") is None
    with pytest.raises(Problem, match="key-in-progress"):
        replies.begin("a", "first")
    with pytest.raises(Problem, match="key-reused"):
        replies.begin("a", "other")
    replies.end("a", None)
    assert replies.begin("a", "first") is None, "what failed may be tried again"
    now = 86_401.0
    assert replies.begin("a", "first") is None
