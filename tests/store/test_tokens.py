"""Tokens, sessions and log-in attempts: which are good, and that none can be read from what is kept of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jackline.core.values import WireMs
from jackline.store.attempts import FORGET_MS, FREE_FAILURES, WAIT_MS_MAX, forget, note_failure, wait_ms
from jackline.store.audit import read_rows
from jackline.store.sessions import (
    FRESH_MS,
    SESSION_MS_MAX,
    Session,
    close_session,
    find_session,
    open_session,
    refresh_session,
)
from jackline.store.tokens import (
    TOKEN,
    USED_EVERY_MS,
    Rejected,
    Scope,
    Token,
    TokenRefused,
    base62,
    create_token,
    find_token,
    is_use_due,
    list_tokens,
    note_use,
    revoke_token,
)
from tests.store.access_making import DAY_MS, NOW, by, made, store_in


def test_a_token_is_found_by_its_text_and_by_nothing_else(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    token, text = made(store)
    assert TOKEN.fullmatch(text)
    assert text.startswith("jl_trade_")
    other = text[:-1] + ("A" if text[-1] != "A" else "B")
    with store.reading() as db:
        assert find_token(db, text, now_ms=NOW) == token
        assert find_token(db, other, now_ms=NOW) is Rejected.UNKNOWN
        assert find_token(db, text.replace("trade", "admin"), now_ms=NOW) is Rejected.UNKNOWN
        for forged in ("", "jl_trade_", text + "A", f" {text}", "jl_root_" + text[-43:], token.token_id):
            assert find_token(db, forged, now_ms=NOW) is Rejected.MALFORMED


@pytest.mark.owns("S1")
def test_S1_of_a_token_only_its_hash_is_kept(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    token, text = made(store)
    with store.changing() as db:
        cookie, session = open_session(db, token, by=by(), entropy=lambda size: b"\x07" * size)
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert text.encode() not in files
    assert text.rpartition("_")[2].encode() not in files
    assert cookie.encode() not in files.replace(session.csrf.encode(), b"")
    assert session.csrf not in repr(session)
    assert (tmp_path / "access.db").stat().st_mode & 0o077 == 0


def test_it_ends_when_it_said_it_would_and_when_it_is_revoked(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    token, text = made(store, days=30)
    _, lasting = made(store, name="server", days=None)
    with store.reading() as db:
        assert isinstance(find_token(db, text, now_ms=WireMs(NOW + 30 * DAY_MS - 1)), Token)
        assert find_token(db, text, now_ms=WireMs(NOW + 30 * DAY_MS)) is Rejected.EXPIRED
        assert isinstance(find_token(db, lasting, now_ms=WireMs(NOW + 9_999 * DAY_MS)), Token)
    with store.changing() as db:
        assert revoke_token(db, "phone", by=by(NOW + 5)).token_id == token.token_id
    with store.reading() as db:
        assert find_token(db, text, now_ms=WireMs(NOW + 6)) is Rejected.REVOKED
        assert isinstance(find_token(db, lasting, now_ms=WireMs(NOW + 6)), Token)


@pytest.mark.owns("S2")
@pytest.mark.parametrize(
    ("held", "enough_for"),
    [
        (Scope.READ, {Scope.READ}),
        (Scope.REDUCE, {Scope.READ, Scope.REDUCE}),
        (Scope.TRADE, {Scope.READ, Scope.REDUCE, Scope.TRADE}),
        (Scope.ADMIN, set(Scope)),
    ],
)
def test_S2_a_scope_includes_those_below_it_and_none_above(held: Scope, enough_for: set[Scope]) -> None:
    assert {wanted for wanted in Scope if held.includes(wanted)} == enough_for


def test_a_name_is_used_once_and_a_wrong_one_is_told_with_those_there_are(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    made(store)
    with pytest.raises(TokenRefused, match="is called phone"):
        made(store)
    with pytest.raises(TokenRefused, match="Known: phone"), store.changing() as db:
        revoke_token(db, "tablet", by=by())
    with store.changing() as db:
        revoke_token(db, "phone", by=by())
    made(store)
    with store.reading() as db:
        assert [token.revoked_ms is None for token in list_tokens(db)].count(True) == 1


def test_what_fails_half_way_leaves_neither_token_nor_row(tmp_path: Path) -> None:
    store = store_in(tmp_path)

    def out_of_paper() -> None:
        with store.changing() as db:
            create_token(
                db, name="x", scope=Scope.READ, expires_ms=None, by=by(), entropy=lambda size: b"\x01" * size
            )
            raise OSError("the printer is out of paper")

    with pytest.raises(OSError, match="paper"):
        out_of_paper()
    with store.reading() as db:
        assert list_tokens(db) == ()
    assert read_rows(store, limit=10) == ()


def test_last_use_is_remembered_coarsely(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    token, text = made(store)
    assert is_use_due(token, now_ms=NOW)
    with store.changing() as db:
        note_use(db, token, now_ms=NOW)
    with store.reading() as db:
        used = find_token(db, text, now_ms=NOW)
    assert isinstance(used, Token)
    assert used.last_used_ms == NOW
    assert not is_use_due(used, now_ms=WireMs(NOW + USED_EVERY_MS - 1))
    assert is_use_due(used, now_ms=WireMs(NOW + USED_EVERY_MS))


def test_every_number_has_its_own_letters() -> None:
    assert base62(bytes(32)) == "0" * 43
    assert base62(b"\xff" * 32) != base62(b"\xff" * 31 + b"\xfe")
    assert len(base62(b"\xff" * 32)) == 43


# -- sessions ------------------------------------------------------------------------------------------------


def test_a_session_ends_with_its_time_its_log_out_and_its_token(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    token, _ = made(store, days=1)
    with store.changing() as db:
        cookie, session = open_session(db, token, by=by(), entropy=lambda size: b"\x01" * size)
        other, _ = open_session(db, token, by=by(), entropy=lambda size: b"\x02" * size)
    assert session.expires_ms == NOW + SESSION_MS_MAX
    with store.reading() as db:
        found = find_session(db, cookie, now_ms=NOW)
        assert isinstance(found, Session)
        assert found.token.token_id == token.token_id
        assert found.takes(session.csrf)
        assert not found.takes("")
        assert not found.takes(session.csrf + "é")
        assert find_session(db, cookie, now_ms=session.expires_ms) is Rejected.EXPIRED
        assert find_session(db, "nobody's", now_ms=NOW) is Rejected.UNKNOWN
    with store.changing() as db:
        close_session(db, cookie, by=by(NOW + 1))
    with store.reading() as db:
        assert find_session(db, cookie, now_ms=WireMs(NOW + 2)) is Rejected.REVOKED
        assert isinstance(find_session(db, other, now_ms=WireMs(NOW + 2)), Session)
    with store.changing() as db:
        revoke_token(db, "phone", by=by(NOW + 3))
    with store.reading() as db:
        assert find_session(db, other, now_ms=WireMs(NOW + 4)) is Rejected.REVOKED


def test_a_session_never_outlives_its_token_and_is_fresh_only_for_a_moment(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    token, _ = made(store, days=0)
    with store.changing() as db:
        cookie, session = open_session(db, token, by=by(), entropy=lambda size: b"\x01" * size)
    assert session.expires_ms == NOW
    assert session.is_fresh(WireMs(NOW + FRESH_MS - 1))
    assert not session.is_fresh(WireMs(NOW + FRESH_MS))
    assert not session.is_fresh(WireMs(NOW - 1)), "a clock that stepped back makes nothing fresh"
    with store.changing() as db:
        refresh_session(db, cookie, by=by(NOW + FRESH_MS))
        assert db.run("SELECT fresh_ms FROM sessions") == [(NOW + FRESH_MS,)]


# -- attempts ------------------------------------------------------------------------------------------------


@pytest.mark.owns("S2")
def test_S2_who_fails_often_waits_longer_each_time_and_others_do_not(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    with store.changing() as db:
        waits = [note_failure(db, "192.0.2.1", now_ms=NOW) for _ in range(FREE_FAILURES + 12)]
    assert waits[: FREE_FAILURES - 1] == [0] * (FREE_FAILURES - 1)
    assert waits[FREE_FAILURES - 1 : FREE_FAILURES + 2] == [1_000, 2_000, 4_000]
    assert waits[-1] == WAIT_MS_MAX
    with store.reading() as db:  # the file is read anew, as after a restart
        assert wait_ms(db, "192.0.2.1", now_ms=NOW) == WAIT_MS_MAX
        assert wait_ms(db, "192.0.2.1", now_ms=WireMs(NOW + WAIT_MS_MAX)) == 0
        assert wait_ms(db, "192.0.2.1", now_ms=WireMs(NOW - DAY_MS)) == WAIT_MS_MAX
        assert wait_ms(db, "192.0.2.2", now_ms=NOW) == 0
    with store.changing() as db:
        forget(db, "192.0.2.1")
        assert wait_ms(db, "192.0.2.1", now_ms=NOW) == 0
        note_failure(db, "192.0.2.3", now_ms=NOW)
        note_failure(db, "192.0.2.4", now_ms=WireMs(NOW + FORGET_MS + 1))
        assert db.run("SELECT whence FROM attempts") == [("192.0.2.4",)]
