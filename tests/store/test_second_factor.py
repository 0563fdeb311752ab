"""The second factor: RFC 6238 by its own numbers, each code once, and the secret only in the vault."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from pyotp import TOTP

from jackline.core.values import WireMs
from jackline.store.second_factor import accept_code, enrol, has_second_factor, note_enrolment
from jackline.store.unlocking import UnlockKey
from jackline.store.vault import empty_vault
from tests.store.access_making import NOW, by, made, store_in

STEP_MS = 30_000


@pytest.mark.owns("S2")
def test_S2_a_code_is_good_once_and_for_a_moment(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    token, _ = made(store)
    vault = empty_vault(tmp_path / "keys.json", UnlockKey(secret=bytes(32)), entropy=secrets.token_bytes)
    vault, address = enrol(vault, token, entropy=secrets.token_bytes)
    shown = parse_qs(urlsplit(address).query)["secret"][0]
    telephone = TOTP(shown)  # another library, as the telephone is
    with store.changing() as db:
        assert not has_second_factor(db, token)
        assert not accept_code(db, vault, token, telephone.at(NOW // 1_000), now_ms=NOW)
        note_enrolment(db, token, by=by())
        assert has_second_factor(db, token)
        code = telephone.at(NOW // 1_000)
        for wrong in ("", "000000", code + "0", "é" * 6, telephone.at(NOW // 1_000 - 90)):
            assert not accept_code(db, vault, token, wrong, now_ms=NOW)
        assert accept_code(db, vault, token, code, now_ms=NOW)
        assert not accept_code(db, vault, token, code, now_ms=NOW), "replayed"
        late = WireMs(NOW + 2 * STEP_MS)
        assert accept_code(db, vault, token, telephone.at(NOW // 1_000 + 30), now_ms=late), "a clock behind"
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert shown.encode() not in files
    assert base64.b32decode(shown) not in files


def test_a_second_enrolment_ends_the_first(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    token, _ = made(store)
    vault = empty_vault(tmp_path / "keys.json", UnlockKey(secret=bytes(32)), entropy=secrets.token_bytes)
    vault, first = enrol(vault, token, entropy=secrets.token_bytes)
    vault, second = enrol(vault, token, entropy=secrets.token_bytes)
    codes = [TOTP(parse_qs(urlsplit(one).query)["secret"][0]).at(NOW // 1_000) for one in (first, second)]
    with store.changing() as db:
        note_enrolment(db, token, by=by())
        assert [accept_code(db, vault, token, code, now_ms=NOW) for code in codes] == [False, True]
