"""`[alerts]`: what it becomes, and that everything wrong with it or with its files is said with the fix."""

from __future__ import annotations

import stat
from pathlib import Path
from secrets import token_bytes

import pytest

from jackline.cli.alert_host import channels_of, writer_of
from jackline.cli.alert_page import facts, lines
from jackline.cli.config import Config, load_config
from jackline.cli.deadman import pinged
from jackline.cli.errors import CommandFailed
from jackline.cli.keys_section import KeysSection
from jackline.cli.page import WIDTH
from jackline.cli.problems import ConfigError, Problem
from jackline.cli.redaction import redacted
from jackline.cli.unlock import open_or_new_vault
from jackline.core.effects import Level
from jackline.notify.book import Book, HeldBack, Parcel, Sent
from jackline.notify.message import Message
from jackline.notify.settings import NotifySettings
from jackline.store.host_disk import HostDisk
from jackline.store.vault import RecordKind, write_vault
from tests.notify.making import NOON, inbox
from tests.processes import spawn

HEAD = """
[account]
name = "main"
mode = "paper"
state_dir = "state"
[strategy]
name = "rsi_trend"
[venue]
url = "http://127.0.0.1:8090"
symbols = ["BTCUSDT"]
[alerts]
"""
URLS = "phone = json://127.0.0.1:9/planted-secret\nmail=json://user:planted-word@127.0.0.1:9\n"


def load(directory: Path, text: str) -> Config:
    file = directory / "jackline.toml"
    file.write_text(HEAD + text, encoding="utf-8")
    return load_config(file, environment={})


def problems(directory: Path, text: str) -> dict[str, Problem]:
    with pytest.raises(ConfigError) as caught:
        load(directory, text)
    return {problem.key: problem for problem in caught.value.problems}


def secret(directory: Path, name: str, text: str, mode: int = 0o600) -> Path:
    file = directory / name
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


def test_without_it_the_defaults_hold(tmp_path: Path) -> None:
    assert load(tmp_path, "").alerts.settings() == NotifySettings()


def test_everything_can_be_set(tmp_path: Path) -> None:
    text = (
        'urls_file = "u"\ninfo_tags = []\nwarning_tags = ["mail"]\ncritical_tags = ["mail", "phone"]\n'
        'quiet_hours = "22:00-07:00"\ntime_zone = "Europe/Berlin"\nrepeat_after_s = 60\n'
        "info_max_per_hour = 2\nwarning_max_per_hour = 3\ncritical_max_per_hour = 10\n"
    )
    found = load(tmp_path, text).alerts.settings()
    assert found.tags == {
        Level.INFO: frozenset(),
        Level.WARNING: frozenset({"mail"}),
        Level.CRITICAL: frozenset({"mail", "phone"}),
    }
    assert list(found.max_per_hour.values()) == [2, 3, 10]
    assert found.repeat_after_ms == 60_000
    assert found.quiet is not None
    assert found.quiet.covers(NOON) is False


@pytest.mark.owns("C1")
@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('quiet_hours = "22-7"\nurls_file = "u"', "alerts.quiet_hours"),
        ('quiet_hours = "22:00-07:00"', "alerts.quiet_hours"),
        ('time_zone = "Mars/Olympus"', "alerts.time_zone"),
        ('time_zone = "Europe/Berlin"', "alerts.time_zone"),
        ('time_zone = "../../etc/passwd"', "alerts.time_zone"),
        ("repeat_after_s = 59", "alerts.repeat_after_s"),
        ("critical_max_per_hour = 9", "alerts.critical_max_per_hour"),
        ("deadman_period_s = 9", "alerts.deadman_period_s"),
        ('urls_file = "u"\ncritical_tags = []', "alerts.critical_tags"),
        ('urls_file = "u"\ninfo_tags = ["Phone"]', "alerts.info_tags"),
        ('info_tags = ["phone"]', "alerts.info_tags"),
        ('url = "json://x"', "alerts.url"),
    ],
)
def test_C1_what_is_wrong_is_named_with_its_key(tmp_path: Path, text: str, key: str) -> None:
    assert key in problems(tmp_path, text)


@pytest.mark.owns("S1")
@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        (URLS, 0o644, "S1: its mode 0644"),
        (URLS, 0o640, "chmod 600"),
        ("planted-secret", 0o600, "line 1: not an address"),
        ("", 0o600, "no address in it"),
        ("phone=nosuch://planted-secret", 0o600, "nosuch-1: Apprise does not know"),
        (URLS.replace("phone", "fone"), 0o600, "no address of .* has the tag phone; there are: fone, mail"),
        ("#" * 20_001, 0o600, "more than 20000 bytes"),
        (None, 0o600, "cannot be read: No such file"),
    ],
)
def test_S1_a_bad_file_of_addresses_is_refused_and_not_shown(
    tmp_path: Path, text: str | None, mode: int, said: str
) -> None:
    if text is not None:
        secret(tmp_path, "u", text, mode)
    config = load(tmp_path, 'urls_file = "u"\ncritical_tags = ["phone"]')
    with pytest.raises(CommandFailed, match=said) as refused:
        channels_of(config)
    assert "planted" not in str(refused.value)
    assert "Fix: " in str(refused.value) or "missing" in str(refused.value)


@pytest.mark.owns("S1")
def test_S1_what_the_configuration_leads_to_is_redacted(tmp_path: Path) -> None:
    secret(tmp_path, "u", URLS)
    secret(tmp_path, "d", "https://hc.example/0a1b-planted-uuid\n")
    secret(tmp_path, "w", "planted-webhook-secret\n")
    secret(tmp_path, "k", 'key = "planted-key"\nsecret = "planted-pair"\n')
    text = 'urls_file = "u"\ndeadman_url_file = "d"\n[webhook]\nsecret_file = "w"\n'
    file = tmp_path / "jackline.toml"
    file.write_text(HEAD.replace("[venue]\n", '[venue]\nkey_file = "k"\n') + text, encoding="utf-8")
    config = load_config(file, environment={})
    redact = writer_of(config).redact
    words = "planted-secret planted-word 0a1b-planted-uuid planted-webhook-secret planted-key planted-pair"
    for word in words.split():
        assert "planted" not in redact(f"it was {word} that failed")


@pytest.mark.owns("S1")
def test_S1_whatever_the_vault_holds_is_redacted(tmp_path: Path) -> None:
    """The key this account signs with, and every other record: alerts repeat what others wrote."""
    file = tmp_path / "jackline.toml"
    secret(tmp_path, "words", "planted passphrase of five words\n")
    keys = '\n[keys]\nunlock_file = "words"\n'
    section = KeysSection.model_validate({"unlock_file": "words"})
    vault = open_or_new_vault(section, tmp_path)
    for name in ("main", "other"):
        vault = vault.with_record(
            name,
            RecordKind.EXCHANGE_KEY,
            facts={"venue": "binance", "mode": "paper"},
            secrets={"key": f"planted-key-of-{name}", "secret": f"planted-pair-of-{name}"},
            entropy=token_bytes,
        )
    section.vault_path(tmp_path).parent.mkdir(mode=0o700)
    write_vault(HostDisk(), vault.vault)
    secret(tmp_path, "u", URLS)
    text = 'urls_file = "u"\n' + keys
    file.write_text(HEAD.replace("[venue]\n", '[venue]\nkey_name = "main"\n') + text, encoding="utf-8")
    redact = writer_of(load_config(file, environment={})).redact
    for name in ("main", "other"):
        for word in (f"planted-key-of-{name}", f"planted-pair-of-{name}"):
            assert "planted" not in redact(f"it was {word} that failed")
            assert redacted(f"it was {word}") == "it was (hidden)", "nor does the process say it in its log"


def test_a_deadman_file_that_cannot_be_used_leaves_the_watchdog_without_ping(tmp_path: Path) -> None:
    config = load(tmp_path, 'deadman_url_file = "d"\ndeadman_period_s = 30')
    assert pinged(config) is None
    for bad in ("http://hc.example/planted", "two words", "ftp://x"):
        secret(tmp_path, "d", bad)
        assert pinged(config) is None
    file = secret(tmp_path, "d", "https://hc.example/planted\n")
    found = pinged(config)
    assert found is not None
    assert found.period_s == 30
    assert "planted" not in repr(found)
    file.chmod(0o604)
    assert stat.S_IMODE(file.stat().st_mode) == 0o604
    assert pinged(config) is None
    assert pinged(load(tmp_path, "")) is None


def test_the_page_fits_the_terminal_and_tells_all() -> None:
    told = Message(number=1, level=Level.INFO, code="O4", subject="s" * 200, body="b", wire_ms=NOON)
    book = Book(
        outbox=[Parcel(message=told, waiting=["json-1"], since_ms=NOON)],
        held={"info": HeldBack(codes={"C4": 3}, reasons={"quiet": 3})},
        sent=[Sent(channel="json-1", at_ms=NOON, level="info", code="O4", subject="x")],
        delivered={"json-1": {"ok": 4, "failed": 1}},
        suppressed={"repeat": {"warning": 14}},
    )
    channels = [("json-1", frozenset({"mail"}))]
    page = lines(NotifySettings(), channels, book, running=True)
    assert max(len(line) for line in page) <= WIDTH
    assert "  info: C4 3" in page
    assert "  json-1: failed 1, ok 4" in page
    assert "  2026-01-31 12:00:00 UTC json-1: x" in page
    assert facts(NotifySettings(), channels, book, running=True)["delivered"] == book.delivered


async def test_the_test_command_sends_to_every_address_of_the_level_and_says_what_became_of_it(
    tmp_path: Path,
) -> None:
    async with inbox() as box:
        secret(tmp_path, "u", f"mail={box.url}\nphone=json://127.0.0.1:1/x\n")
        load(tmp_path, 'urls_file = "u"\nwarning_tags = ["mail"]\nquiet_hours = "00:00-23:59"')
        for level, results in (
            ("warning", {"json-1": "ok"}),
            ("critical", {"json-1": "ok", "json-2": "failed"}),
        ):
            child = await spawn(
                "alerts", "test", "-c", str(tmp_path / "jackline.toml"), "--level", level, "--json"
            )
            said = await child.line(lambda line: "results" in line)
            assert said == {"level": level, "results": results}
            child.drain()
            assert await child.process.wait() == (4 if "failed" in results.values() else 0)
    assert box.titles[0] == "[warning] main TEST: this is a test: alerts of this level reach you here"
