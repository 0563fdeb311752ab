"""A key is validated over the API: the engine lets the venue be asked, and one that may withdraw is refused (S3)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jackline.cli.key_check import told
from jackline.core.errors import InvariantBroken
from jackline.store.key_wishes import KeyWish
from jackline.store.tokens import Scope
from tests.patience import patience
from tests.processes import LINE_S
from tests.web.house import MARKETS, House, house

KEYS = "/api/exchange-keys"


PAIRS = {
    "good": ("good-key-0123456789", "good-secret-0123456789"),
    "loose": ("loose-key-0123456789", "loose-secret-0123456789"),
    "gone": ("gone-key-0123456789", "gone-secret-0123456789"),
}


def accounts(directory: Path) -> str:
    """The account that is traded; one whose key may only trade, and one whose key may withdraw. Of a third the venue
    knows nothing."""
    rows: list[dict[str, object]] = [{"name": "main", "key": "local", "secret": "local"}]
    for name in ("good", "loose"):
        key, secret = PAIRS[name]
        rows.append({"name": name, "key": key, "secret": secret, "withdraws": name == "loose"})
    file = directory / "accounts.json"
    file.write_text(json.dumps(rows))
    return str(file)


async def validated(home: House, name: str) -> tuple[int, Any]:
    """What became of a validation; the link is followed where it took longer than a request may."""
    answer = await home.ask("POST", f"{KEYS}/validate", scope=Scope.ADMIN, json={"name": name})
    async with patience(LINE_S):
        while answer.body.get("status") == "pending":
            answer = await home.ask("GET", answer.body["link"], scope=Scope.ADMIN)
    return answer.status, answer.body


@pytest.mark.long
@pytest.mark.owns("S1", "S3")
async def test_S3_a_key_is_validated_over_the_api_and_one_that_may_withdraw_is_refused(
    tmp_path: Path,
) -> None:
    """Long: each question is a program of its own."""
    (tmp_path / "keys.unlock").write_text("ab" * 32 + "\n")
    (tmp_path / "keys.unlock").chmod(0o600)
    markets = (*MARKETS, "--accounts", accounts(tmp_path))
    async with house(tmp_path, *markets, keys__unlock_file='"keys.unlock"') as home:
        await home.until("/readyz", lambda body: body["ready"], scope=None)
        for name, (key, secret) in PAIRS.items():
            body = {"name": name, "venue": "binance", "key": key, "secret": secret}
            made = await home.ask("POST", KEYS, scope=Scope.ADMIN, json=body)
            assert made.status == 201, made.body
        weak = await home.ask("POST", f"{KEYS}/validate", scope=Scope.TRADE, json={"name": "good"})
        assert weak.status == 403
        strange = await home.ask("POST", f"{KEYS}/validate", scope=Scope.ADMIN, json={"name": "nobody"})
        assert (strange.status, strange.code) == (404, "not-found")
        status, good = await validated(home, "good")
        assert status == 200, good
        status, loose = await validated(home, "loose")
        assert (status, loose["code"]) == (409, "refused"), loose
        assert "S3: it may withdraw" in loose["detail"]
        status, gone = await validated(home, "gone")
        assert (status, gone["code"]) == (409, "refused"), gone
        assert "the venue refuses the key" in gone["detail"]
        listed = await home.ask("GET", KEYS, scope=Scope.ADMIN)
        found = {row["id"]: row["permissions"] for row in listed.body["keys"]}
        assert found["good"].startswith("withdraw no"), found
        assert found["loose"].startswith("withdraw yes"), found
        said = str((good, loose, gone, listed.body))
        assert not any(secret in said for pair in PAIRS.values() for secret in pair)


def test_what_the_command_says_is_told_in_one_line() -> None:
    facts = {"read": "yes", "withdraw": "no"}
    good = json.dumps({"accepted": True, "refusals": [], "permissions": facts})
    assert told(0, good, "") == "it may be traded with: read yes, withdraw no"
    loose = json.dumps({"accepted": False, "refusals": ["S3: it may withdraw"], "permissions": facts})
    assert told(2, loose, "") == "refused: S3: it may withdraw"
    assert told(4, "", "no answer\nFix: wait\n") == "refused: no answer Fix: wait"
    assert told(-9, "", "") == "refused: exit code -9"
    assert told(0, "[]", "").startswith("refused: the command said what nobody understands")


@pytest.mark.parametrize("name", ["", "--config", "a b", "a;b", "A", "a" * 33])
def test_S3_what_is_no_name_of_a_key_never_becomes_an_argument(name: str) -> None:
    with pytest.raises(InvariantBroken):
        KeyWish(name=name)
