"""The vault: what opens it, what does not, and that nothing is lost or shown on the way."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.store.errors import StoreDamaged, StoreError
from jackline.store.host_disk import HostDisk
from jackline.store.private import NotPrivate, check_private, make_private_directory
from jackline.store.unlocking import Cost, Passphrase, UnlockKey, UnlockRefused
from jackline.store.vault import (
    OpenVault,
    RecordKind,
    VaultRefused,
    changing,
    empty_vault,
    read_vault,
    write_vault,
)

CHEAP = Cost(memory_kib=64, iterations=1, lanes=1)
WORDS = Passphrase(text="anchor bilge capstan davit")
OTHER = Passphrase(text="anchor bilge capstan davits")
KEY_FILE = UnlockKey(secret=bytes(range(32)))
KIND = RecordKind.EXCHANGE_KEY
SECRETS = {"key": "PLANTED-key-of-the-account", "secret": "PLANTED-secret-of-the-account"}
FACTS = {"venue": "binance", "mode": "paper"}
DISK = HostDisk()


def made(path: Path, unlocker: Passphrase | UnlockKey = WORDS) -> OpenVault:
    """Two records, on the disk."""
    opened = empty_vault(path, unlocker, entropy=secrets.token_bytes, cost=CHEAP)
    for name in ("main", "hedge"):
        kept = {key: f"{value} {name}" for key, value in SECRETS.items()}
        opened = opened.with_record(name, KIND, facts=FACTS, secrets=kept, entropy=secrets.token_bytes)
    write_vault(DISK, opened.vault)
    return opened


def changed(path: Path, change: Any) -> None:
    tree = json.loads(path.read_bytes())
    change(tree)
    path.write_text(json.dumps(tree))


@pytest.mark.parametrize("unlocker", [WORDS, KEY_FILE], ids=["passphrase", "key file"])
def test_what_was_put_in_comes_out(tmp_path: Path, unlocker: Passphrase | UnlockKey) -> None:
    made(tmp_path / "keys.json", unlocker)
    opened = read_vault(DISK, tmp_path / "keys.json").unlocked(unlocker)
    assert opened.secrets("main", KIND) == {key: f"{value} main" for key, value in SECRETS.items()}
    assert opened.secrets("hedge", KIND)["secret"].endswith("hedge")


@pytest.mark.owns("S1")
def test_S1_the_file_holds_no_secret_and_is_its_owners_alone(tmp_path: Path) -> None:
    opened = made(tmp_path / "keys.json")
    content = (tmp_path / "keys.json").read_bytes()
    assert b"PLANTED" not in content
    assert b"anchor" not in content
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0
    shown = repr(opened) + repr(WORDS) + repr(KEY_FILE)
    assert "anchor" not in shown
    assert opened.key.hex() not in shown
    assert str(opened.key) not in shown


@pytest.mark.parametrize(
    "wrong", [OTHER, UnlockKey(secret=bytes(32)), KEY_FILE], ids=["words", "zero", "kind"]
)
def test_what_does_not_open_it_is_refused_and_nothing_is_lost(
    tmp_path: Path, wrong: Passphrase | UnlockKey
) -> None:
    path = tmp_path / "keys.json"
    made(path)
    before = path.read_bytes()
    with pytest.raises(UnlockRefused, match=r"is wrong|not by a key file"):
        read_vault(DISK, path).unlocked(wrong)
    assert path.read_bytes() == before
    with pytest.raises(UnlockRefused, match="fewer than 12"):
        Passphrase(text="short")
    with pytest.raises(UnlockRefused, match="32 bytes"):
        UnlockKey(secret=b"short")


def test_the_ciphertext_of_another_record_does_not_open_under_this_name(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    made(path)

    def exchange(tree: Any) -> None:
        first, second = tree["records"]
        first["envelope"], second["envelope"] = second["envelope"], first["envelope"]

    changed(path, exchange)
    opened = read_vault(DISK, path).unlocked(WORDS)
    for name in ("main", "hedge"):
        with pytest.raises(StoreDamaged, match="another one's ciphertext"):
            opened.secrets(name, KIND)


@pytest.mark.parametrize("fact", ["venue", "mode"])
def test_a_fact_cannot_be_changed_unnoticed(tmp_path: Path, fact: str) -> None:
    path = tmp_path / "keys.json"
    made(path)
    changed(path, lambda tree: tree["records"][0]["facts"].update({fact: "live"}))
    opened = read_vault(DISK, path).unlocked(WORDS)
    with pytest.raises(StoreDamaged, match="was changed"):
        opened.secrets("main", KIND)
    assert opened.secrets("hedge", KIND), "the others are as they were"


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_changed_bit_of_a_box_is_refused(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("vault") / "keys.json"
    made(path)
    tree = json.loads(path.read_bytes())
    envelope = tree["records"][0]["envelope"]
    holder = data.draw(st.sampled_from([tree["proof"], envelope["wrapped"], envelope["sealed"]]))
    field = data.draw(st.sampled_from(["nonce", "text"]))
    content = bytearray(base64.b64decode(holder[field]))
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    holder[field] = base64.b64encode(content).decode()
    path.write_text(json.dumps(tree))
    with pytest.raises((UnlockRefused, StoreDamaged)):
        read_vault(DISK, path).unlocked(WORDS).secrets("main", KIND)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"format":"jackline-keys"}', b"\xff" * 40, b"x" * 2_000_000],
    ids=["empty", "cut", "list", "short", "binary", "long"],
)
def test_what_is_no_vault_is_left_as_it_was_found(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    with pytest.raises(StoreDamaged) as caught:
        read_vault(DISK, path)
    assert "Fix: " in str(caught.value)
    assert path.read_bytes() == content


def test_another_version_is_refused_and_so_is_a_lock_that_costs_too_much(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    made(path)
    changed(path, lambda tree: tree.update(version=2))
    with pytest.raises(StoreDamaged, match="version 2"):
        read_vault(DISK, path)
    made(path)
    changed(path, lambda tree: tree["lock"]["cost"].update(memory_kib=1 << 40))
    with pytest.raises(UnlockRefused, match="damaged"):
        read_vault(DISK, path).unlocked(WORDS)


def test_rotation_changes_what_opens_it_and_keeps_what_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    opened = made(path)
    noted = replace(opened, vault=opened.vault.with_notes("main", KIND, {"withdraw": "no"}))
    write_vault(DISK, noted.rotated(KEY_FILE, entropy=secrets.token_bytes).vault)
    after = read_vault(DISK, path)
    with pytest.raises(UnlockRefused):
        after.unlocked(WORDS)
    assert after.unlocked(KEY_FILE).secrets("main", KIND) == opened.secrets("main", KIND)
    assert after.find("main", KIND).notes == {"withdraw": "no"}


def test_a_rotation_that_meets_a_damaged_record_rotates_nothing(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    made(path)
    changed(path, lambda tree: tree["records"][1]["facts"].update(mode="live"))
    before = path.read_bytes()
    with pytest.raises(StoreDamaged, match="record hedge"):
        read_vault(DISK, path).unlocked(WORDS).rotated(OTHER, entropy=secrets.token_bytes, cost=CHEAP)
    assert path.read_bytes() == before


def test_names_that_are_taken_or_unknown_are_refused_with_the_fix(tmp_path: Path) -> None:
    opened = made(tmp_path / "keys.json")
    with pytest.raises(VaultRefused, match="main is taken"):
        opened.with_record("main", KIND, facts={}, secrets={}, entropy=secrets.token_bytes)
    with pytest.raises(VaultRefused, match="Known: main, hedge"):
        opened.secrets("spare", KIND)
    assert [one.name for one in opened.vault.without("main", KIND).records] == ["hedge"]
    with pytest.raises(VaultRefused, match="no such file"):
        read_vault(DISK, tmp_path / "none.json")


def test_new_facts_are_sealed_with_the_same_secret(tmp_path: Path) -> None:
    opened = made(tmp_path / "keys.json")
    facts = {**FACTS, "any_address": "accepted"}
    after = opened.with_facts("main", KIND, facts, entropy=secrets.token_bytes)
    assert after.vault.find("main", KIND).facts == facts
    assert after.secrets("main", KIND) == opened.secrets("main", KIND)


def test_two_changes_at_once_are_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    with changing(DISK, path), pytest.raises(StoreError, match="locked"), changing(DISK, path):
        pass
    with changing(DISK, path):
        pass


@pytest.mark.owns("S1")
def test_S1_what_others_may_enter_is_refused_before_it_is_read(tmp_path: Path) -> None:
    home = tmp_path / "keys"
    make_private_directory(home)
    assert home.stat().st_mode & 0o777 == 0o700
    made(home / "keys.json")
    check_private(home / "keys.json")
    (home / "keys.json").chmod(0o604)
    with pytest.raises(NotPrivate, match="chmod 600"):
        check_private(home / "keys.json")
    (home / "keys.json").chmod(0o600)
    home.chmod(0o755)
    with pytest.raises(NotPrivate, match="chmod 700"):
        check_private(home / "keys.json")
    with pytest.raises(NotPrivate, match="chmod 700"):
        make_private_directory(home)
