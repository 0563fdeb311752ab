"""`jackline keys`: secrets go in and never come out, and what the configuration names is what is used."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import pytest

from jackline.cli.config import load_config
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.problems import ConfigError
from jackline.cli.venue_key import StoredKey, masked
from jackline.store.audit import read_rows
from jackline.store.errors import StoreDamaged
from jackline.store.private import NotPrivate
from jackline.store.unlocking import UnlockRefused
from tests.cli.keys_making import KEY, SECRET, Desk, desk
from tests.store.access_making import store_in


@pytest.fixture
def at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return desk(tmp_path, capsys)


def vault(at: Desk) -> Path:
    return at.directory / "keys" / "keys.json"


@pytest.mark.owns("S1")
def test_S1_a_key_goes_in_and_comes_out_masked(at: Desk) -> None:
    added = at.add()
    assert added == {"name": "main", "venue": "binance", "mode": "paper", "key": "…WXYZ"}
    at.name_key()
    shown = [at.run("keys", "list"), json.dumps(at.json("keys", "list")), at.run("config", "show")]
    (row,) = at.json("keys", "list")["keys"]
    assert (row["key"], row["in_use"], row["permissions"]) == ("…WXYZ", "yes", "–")
    files = b"".join(one.read_bytes() for one in vault(at).parent.iterdir())
    files += b"".join(one.read_bytes() for one in (at.directory / "state").iterdir())
    for hidden in (KEY, SECRET):
        assert all(hidden not in text for text in shown)
        assert hidden.encode() not in files
    assert max(len(line) for line in shown[0].splitlines()) <= 80
    assert masked("short") == "…"


def test_the_configuration_names_it_and_the_engine_would_sign_with_it(at: Desk) -> None:
    at.add()
    at.name_key()
    config = load_config(at.config)
    assert isinstance(config.venue_key, StoredKey)
    assert (config.credentials.api_key, config.credentials.secret) == (KEY, SECRET)
    assert config.engine_options().key_name == "main"
    assert KEY not in repr(config)
    assert SECRET not in repr(config.credentials)


def test_the_credential_of_the_service_manager_opens_it(at: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    at.add()
    at.name_key()
    at.config.write_text(at.config.read_text().replace('unlock_file = "keys.unlock"', ""))
    with pytest.raises(CommandFailed, match="the credential jackline-keys"):
        _ = load_config(at.config).credentials
    given = at.directory / "credentials"
    given.mkdir()
    (at.directory / "keys.unlock").rename(given / "jackline-keys")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given))
    assert load_config(at.config).credentials.secret == SECRET


@pytest.mark.owns("C2")
def test_C2_a_key_file_beside_a_key_name_stops_the_start(at: Desk) -> None:
    at.add()
    at.config.write_text(at.config.read_text().replace("[venue]", '[venue]\nkey_name = "main"'))
    with pytest.raises(ConfigError, match=r"C2: a key file stands beside it"):
        load_config(at.config)


def test_a_key_that_is_not_there_is_told_with_the_fix(at: Desk) -> None:
    at.name_key()
    with pytest.raises(
        ConfigError, match=r"(?s)venue.key_name.*no\s+such\s+file\s+of\s+keys.*jackline\s+keys\s+add"
    ):
        load_config(at.config)
    at.add("spare")
    with pytest.raises(ConfigError, match=r"(?s)no\s+exchange\s+key\s+is\s+called\s+main.\s+Known:\s+spare"):
        load_config(at.config)


@pytest.mark.owns("S3")
@pytest.mark.parametrize(
    ("fact", "value", "said"),
    [("venue", "bingx", "it is a key of bingx"), ("mode", "live", "it is a key of mode live")],
)
def test_S3_a_key_of_another_venue_or_environment_is_refused(
    at: Desk, fact: str, value: str, said: str
) -> None:
    at.add()
    at.name_key()
    tree = json.loads(vault(at).read_bytes())
    tree["records"][0]["facts"][fact] = value
    vault(at).write_text(json.dumps(tree))
    with pytest.raises(ConfigError) as caught:
        load_config(at.config)
    assert said in " ".join(str(caught.value).split())
    with pytest.raises(CommandFailed, match=said):
        at.run("keys", "validate", "main")


def test_a_changed_fact_that_would_fit_does_not_open(at: Desk) -> None:
    """Who can write the file and not unlock it cannot turn a key of one environment into one of another."""
    at.add()
    at.name_key()
    tree = json.loads(vault(at).read_bytes())
    tree["records"][0]["facts"]["any_address"] = "accepted"
    vault(at).write_text(json.dumps(tree))
    with pytest.raises(StoreDamaged, match="does not open"):
        _ = load_config(at.config).credentials


@pytest.mark.owns("S1")
def test_S1_files_that_others_can_read_are_refused(at: Desk) -> None:
    key, secret = at.secret_file("k", KEY), at.secret_file("s", SECRET, 0o644)
    with pytest.raises(CommandFailed, match="chmod 600"):
        at.run("keys", "add", "main", "--venue", "binance", "--key-file", key, "--secret-file", secret)
    at.add()
    at.name_key()
    vault(at).chmod(0o644)
    with pytest.raises(ConfigError, match=r"(?s)S1: its mode\s+0644\s+lets\s+others\s+in.*chmod\s+600"):
        load_config(at.config)
    vault(at).chmod(0o600)
    (at.directory / "keys.unlock").chmod(0o640)
    with pytest.raises(CommandFailed, match="S1: its mode 0640"):
        _ = load_config(at.config).credentials
    vault(at).parent.chmod(0o750)
    with pytest.raises(NotPrivate, match="chmod 700"):
        at.add("spare")


@pytest.mark.parametrize(
    ("key", "secret", "said"),
    [
        ("short", SECRET, "the key is not"),
        (KEY, "", "the secret is not"),
        (KEY, "ключ" * 8, "the secret is not"),
        (KEY, KEY, "key and secret are the same"),
        (f"{KEY}\n{KEY}", SECRET, "the key is not"),
    ],
)
def test_what_is_no_key_pair_is_refused_and_not_repeated(at: Desk, key: str, secret: str, said: str) -> None:
    files = ("--key-file", at.secret_file("k", key), "--secret-file", at.secret_file("s", secret))
    with pytest.raises(CommandFailed, match=said) as caught:
        at.run("keys", "add", "main", "--venue", "binance", *files)
    assert KEY not in str(caught.value)
    assert not vault(at).exists()


def test_names_venues_and_a_missing_terminal_are_told(at: Desk) -> None:
    for arguments, said in (
        (("add", "Main!", "--venue", "binance"), "no name"),
        (("add", "main", "--venue", "okx"), "one of binance, bingx"),
        (("add", "main", "--venue", "binance"), "nobody is there to be asked"),
        (("remove", "main"), "Nothing was changed"),
        (("accept-any-address", "main", "--reason", "x"), "give --typed NAME"),
        (("accept-any-address", "main", "--reason", " ", "--typed", "main"), "say why"),
    ):
        with pytest.raises(CommandFailed, match=said):
            at.run("keys", *arguments)


def test_rotation_keeps_every_secret_and_ends_the_old_way_in(at: Desk) -> None:
    at.add()
    at.name_key()
    new = at.secret_file("new.unlock", secrets.token_hex(32))
    assert at.json("keys", "rotate", "--to", new) == {"records": 1}
    with pytest.raises(UnlockRefused, match="the key file is wrong"):
        _ = load_config(at.config).credentials
    at.config.write_text(at.config.read_text().replace("keys.unlock", "new.unlock"))
    assert load_config(at.config).credentials.secret == SECRET
    words = at.secret_file("words", "anchor bilge capstan davit")
    at.run("keys", "rotate", "--to", words)
    at.config.write_text(at.config.read_text().replace("new.unlock", "words"))
    assert load_config(at.config).credentials.secret == SECRET


@pytest.mark.owns("S3")
def test_S3_any_address_is_accepted_by_name_in_writing_and_audited(at: Desk) -> None:
    at.add()
    at.name_key()
    assert not load_config(at.config).engine_options().any_address_accepted
    with pytest.raises(CommandFailed, match="not its name"):
        at.run(
            "keys", "accept-any-address", "main", "--reason", "the address changes daily", "--typed", "mian"
        )
    at.run("keys", "accept-any-address", "main", "--reason", "the address changes daily", "--typed", "main")
    config = load_config(at.config)
    assert config.engine_options().any_address_accepted
    assert config.credentials.secret == SECRET
    row = read_rows(store_in(at.directory / "state"), limit=1)[0].act
    assert (row.what, row.after, row.reason) == (
        "keys.accept-any-address",
        "main",
        "the address changes daily",
    )


def test_every_change_is_asked_for_and_told_in_the_audit(at: Desk) -> None:
    at.add()
    with pytest.raises(UnlockRefused, match="main is taken"):
        at.add()
    at.run("keys", "remove", "main", "--yes")
    assert at.json("keys", "list")["keys"] == []
    told = [(row.act.what, row.act.outcome) for row in read_rows(store_in(at.directory / "state"), limit=99)]
    assert told == [
        ("keys.add", "asked"),
        ("keys.add", "done"),
        ("keys.add", "asked"),
        ("keys.add", "failed: VaultRefused"),
        ("keys.remove", "asked"),
        ("keys.remove", "done"),
    ]


def test_an_unlock_file_is_made_once_and_for_its_owner(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from jackline.cli.main import load

    path = tmp_path / "keys.unlock"
    with pytest.raises(SystemExit):
        load("keys")(args=["unlock-file", str(path)])
    assert path.stat().st_mode & 0o777 == 0o600
    made = path.read_text().strip()
    assert len(bytes.fromhex(made)) == 32
    assert made not in capsys.readouterr().out
    with pytest.raises(FileExistsError):
        load("keys")(args=["unlock-file", str(path)])
    assert path.read_text().strip() == made


def test_a_refused_unlocking_is_bad_input_and_a_tampered_record_is_damage() -> None:
    from jackline.cli.errors import explain

    assert explain(UnlockRefused("x"))[1] is ExitCode.BAD_INPUT
    assert explain(NotPrivate("x"))[1] is ExitCode.BAD_INPUT
    assert explain(StoreDamaged(what="x", where="y", fix="z"))[1] is ExitCode.STORE_DAMAGED
