"""`jackline token` and `jackline audit`, as they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from jackline.cli.errors import CommandFailed
from jackline.cli.token import lifetime_ms
from jackline.core.values import WireMs
from jackline.store.errors import StoreDamaged
from jackline.store.tokens import Rejected, Scope, Token, TokenRefused, find_token
from tests.cli.keys_making import Desk, desk
from tests.store.access_making import store_in


@pytest.fixture
def at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return desk(tmp_path, capsys)


def found(at: Desk, text: str) -> Token | Rejected:
    with store_in(at.directory / "state").reading() as db:
        return find_token(db, text, now_ms=WireMs(1))


@pytest.mark.owns("S1")
def test_S1_a_token_is_shown_once(at: Desk) -> None:
    made = at.json("token", "create", "--scope", "reduce", "--name", "phone", "--expires", "30d")
    token = found(at, made["token"])
    assert isinstance(token, Token)
    assert (token.scope, token.name, token.token_id) == (Scope.REDUCE, "phone", made["id"])
    assert made["expires_ms"] - token.created_ms == 30 * 86_400_000
    later = at.run("token", "list") + at.run("audit", "list") + str(at.json("token", "list"))
    assert made["token"] not in later
    assert made["token"].rpartition("_")[2] not in later
    for line in (at.run("token", "list") + at.run("audit", "list")).splitlines():
        assert len(line) <= 80


def test_a_file_takes_it_in_place_of_the_screen(at: Desk) -> None:
    file = at.directory / "admin.token"
    made = at.json(
        "token", "create", "--scope", "admin", "--name", "a", "--file", str(file), "--expires", "never"
    )
    assert "token" not in made
    assert file.stat().st_mode & 0o777 == 0o600
    assert isinstance(found(at, file.read_text().strip()), Token)
    with pytest.raises(CommandFailed, match="it exists"):
        at.run("token", "create", "--scope", "admin", "--name", "b", "--file", str(file))
    assert [one["name"] for one in at.json("token", "list")["tokens"]] == ["a"]


def test_revoking_ends_it_and_is_told(at: Desk) -> None:
    made = at.json("token", "create", "--scope", "read", "--name", "phone")
    at.run("token", "revoke", "phone", "--reason", "lost in a taxi")
    assert found(at, made["token"]) is Rejected.REVOKED
    assert at.json("token", "list")["tokens"][0]["state"] == "revoked"
    last = at.json("audit", "list", "--last", "1")["rows"][0]["act"]
    assert (last["what"], last["reason"]) == ("token.revoke", "lost in a taxi")
    with pytest.raises(TokenRefused, match="no token is called phone"):
        at.run("token", "revoke", "phone")


def test_a_second_factor_lies_in_the_vault(at: Desk) -> None:
    at.run("token", "create", "--scope", "admin", "--name", "phone")
    told = at.json("token", "totp", "phone")["otpauth"]
    secret = told.partition("secret=")[2].partition("&")[0]
    assert len(secret) == 32
    assert secret not in (at.directory / "keys" / "keys.json").read_text()
    assert at.json("token", "list")["tokens"][0]["totp"] == "yes"
    assert at.json("keys", "list")["keys"] == [], "it is no exchange key"


@pytest.mark.parametrize(
    ("text", "lasts_ms"),
    [("30d", 2_592_000_000), ("12h", 43_200_000), ("never", None), ("3650d", 315_360_000_000)],
)
def test_how_long_it_lasts(text: str, lasts_ms: int | None) -> None:
    assert lifetime_ms(text) == lasts_ms


@pytest.mark.parametrize("text", ["", "d", "0d", "-1d", "30", "30m", "1e3d", "3651d", "٣d", "99999999d"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(CommandFailed, match="at most 3650d, or never"):
        lifetime_ms(text)


def test_scope_and_name_are_checked(at: Desk) -> None:
    with pytest.raises(CommandFailed, match="one of read, reduce, trade, admin"):
        at.run("token", "create", "--scope", "root", "--name", "x")
    with pytest.raises(CommandFailed, match="no name"):
        at.run("token", "create", "--scope", "read", "--name", "two words")


@pytest.mark.owns("S2")
def test_S2_a_head_that_was_kept_is_found_again_and_a_made_up_one_is_not(at: Desk) -> None:
    at.run("token", "create", "--scope", "read", "--name", "one")
    kept = at.json("audit", "verify")
    assert kept["rows"] == 1
    at.run("token", "create", "--scope", "read", "--name", "two")
    assert at.json("audit", "verify", "--head", kept["head"])["rows"] == 2
    with pytest.raises(StoreDamaged, match="S2"):
        at.run("audit", "verify", "--head", f"1:{'0' * 64}")
    with pytest.raises(CommandFailed, match="as audit verify printed it, or a file"):
        at.run("audit", "verify", "--head", "yesterday's")


@pytest.mark.owns("S2")
def test_S2_heads_are_kept_in_a_file_and_a_copy_of_it_is_compared(at: Desk) -> None:
    at.run("token", "create", "--scope", "read", "--name", "one")
    first = at.json("audit", "export")
    at.run("token", "create", "--scope", "read", "--name", "two")
    at.run("audit", "export")
    copy = at.directory / "elsewhere.log"
    copy.write_text(Path(first["file"]).read_text())
    found = at.json("audit", "verify", "--head", str(copy))
    assert (found["rows"], found["compared"]) == (2, 4), "those beside it, and those of the copy"
    for file in (at.directory / "state").glob("access.db*"):
        file.unlink()
    at.run("token", "create", "--scope", "read", "--name", "mallory")
    with pytest.raises(StoreDamaged, match="S2"):
        at.run("audit", "verify", "--head", str(copy))
    with pytest.raises(StoreDamaged, match="S2"):
        at.run("audit", "verify")
    copy.write_text("no heads\n")
    with pytest.raises(CommandFailed, match="line 1: no head of an audit"):
        at.run("audit", "verify", "--head", str(copy))
