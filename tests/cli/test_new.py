"""`jackline new`: a configuration from answers, typed at a terminal or given as options."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import stat
import sys
import time
from pathlib import Path
from typing import Self

import pytest

from jackline.cli.config import load_config
from jackline.cli.errors import CommandFailed
from jackline.cli.keys import LOCAL_KEY
from jackline.cli.main import load
from jackline.cli.problems import ConfigError
from jackline.cli.venue_key import StoredKey
from jackline.cli.wizard.questions import KEYS, PURPOSES, SYMBOLS
from jackline.strategies.from_file import FromFile

KEY = "PlantedKey0" * 5 + "WXYZ"
SECRET = "PlantedSecret1" * 4
ANSWER_S = 30.0


def new(*arguments: str) -> None:
    """The command inside this test; what it raises is raised."""
    with pytest.raises(SystemExit) as ended:
        load("new")(args=list(arguments), prog_name="jackline new")
    assert not ended.value.code


def private(path: Path, text: str) -> str:
    path.write_text(f"{text}\n")
    path.chmod(0o600)
    return str(path)


def test_C1_the_defaults_start_and_are_paper(tmp_path: Path) -> None:
    new(str(tmp_path / "a"), "--yes")
    config = load_config(tmp_path / "a/jackline.toml", load_strategy_file=True)
    assert (config.account.mode, config.venue.url) == ("paper", "http://127.0.0.1:8090")
    assert config.credentials == LOCAL_KEY
    assert config.strategy.name == PURPOSES[0]


@pytest.mark.parametrize("venue", sorted(SYMBOLS))
@pytest.mark.parametrize("purpose", PURPOSES)
def test_every_purpose_starts_at_every_venue(tmp_path: Path, venue: str, purpose: str) -> None:
    new(str(tmp_path), "--yes", "--venue", venue, "--for", purpose)
    config = load_config(tmp_path / "jackline.toml", load_strategy_file=purpose != "guard")
    assert config.venue.name == venue
    if purpose == "own":
        assert isinstance(config.strategy, FromFile)
    elif purpose != "guard":
        assert config.strategy.name == purpose


def test_every_answer_is_an_option(tmp_path: Path) -> None:
    given = "--account desk --for ema_cross --symbols SOLUSDT --bar 15m --leverage 3 --stop 0.02 --risk 0.005"
    new(str(tmp_path), *given.split(), "--daily-loss", "0.03", "--exchange-port", "9001", "--web-port", "0")
    config = load_config(tmp_path / "jackline.toml")
    assert (config.account.name, config.strategy.name, config.venue.symbols) == (
        "desk",
        "ema_cross",
        ("SOLUSDT",),
    )
    assert (config.venue.bar_interval, config.risk.leverage, config.web.port) == ("15m", 3, 0)
    shown = [str(config.risk.stop_value_fraction), str(config.risk.risk_per_trade_fraction)]
    assert [*shown, str(config.risk.daily_loss_max_fraction)] == ["0.02", "0.005", "0.03"]
    assert config.venue.url == "http://127.0.0.1:9001"


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--leverage", "500", "risk.leverage = \"500\".*1 … 125"),
        ("--stop", "1.5%", "1.5 % is 0.015"),
        ("--venue", "kraken", "venue.name.*binance"),
        ("--for", "moon", "purpose.*rsi_trend"),
        ("--symbols", "BTC-USDT", "not names of binance"),
        ("--symbols", "BTCUSDT,BTC", "'BTC'.*quoted in USDT"),
        ("--web-port", "99999", "0 … 65535"),
        ("--leverage", "125", "P7.*lower risk.leverage to 40"),
        ("--stop", "0.7", "P7.*Fix: tighten the stop to 0.15 or less"),
    ],
)  # fmt: skip
def test_C1_a_bad_answer_says_what_is_allowed_and_nothing_is_written(
    tmp_path: Path, option: str, value: str, said: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        load("new")(args=[str(tmp_path / "a"), "--yes", option, value], prog_name="jackline new")
    assert re.search(said, " ".join(str(refused.value).split())), str(refused.value)
    assert not (tmp_path / "a").exists()


def test_nothing_is_written_over_without_being_asked(tmp_path: Path) -> None:
    path = tmp_path / "jackline.toml"
    path.write_text("mine")
    with pytest.raises(CommandFailed, match="--overwrite"):
        load("new")(args=[str(tmp_path), "--yes"], prog_name="jackline new")
    assert path.read_text() == "mine"
    (tmp_path / "my_strategy.py").write_text("mine")
    with pytest.raises(ConfigError, match=r"strategy\.file"):
        load("new")(args=[str(tmp_path), "--yes", "--overwrite", "--for", "own"], prog_name="jackline new")
    assert (tmp_path / "my_strategy.py").read_text() == "mine"


def test_S1_a_secret_goes_into_the_vault_and_nowhere_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ("--key-file", private(tmp_path / "k", KEY), "--secret-file", private(tmp_path / "s", SECRET))
    home = tmp_path / "account"
    new(str(home), "--yes", "--keys", "vault", *files, "--json")
    told = json.loads(capsys.readouterr().out)
    assert [Path(one).name for one in told["written"]] == [
        "jackline.toml", ".gitignore", "keys.unlock", "keys.json",
    ]  # fmt: skip
    config = load_config(home / "jackline.toml")
    assert isinstance(config.venue_key, StoredKey)
    assert config.credentials.secret == SECRET
    kept = [path for path in home.rglob("*") if path.is_file()]
    assert len(kept) >= 5
    assert not [
        path for path in kept if KEY.encode() in path.read_bytes() or SECRET.encode() in path.read_bytes()
    ]
    for private_file in (home / "keys.unlock", home / "keys/keys.json"):
        assert stat.S_IMODE(private_file.stat().st_mode) == 0o600


def test_a_key_that_is_stored_nowhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="--keys vault"):
        load("new")(args=[str(tmp_path / "a"), "--yes", "--key-file", "k"], prog_name="jackline new")
    assert "environment" in KEYS


def test_nobody_at_a_terminal_is_told_of_the_options(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="--yes takes the defaults"):
        load("new")(args=[str(tmp_path)], prog_name="jackline new")


class Person:
    """Somebody at a real terminal of 80 columns: reads what is shown, types, and never sees what is not echoed."""

    def __init__(self, *arguments: str) -> None:
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execv(sys.executable, [sys.executable, "-m", "jackline", *arguments])
        self.shown = ""

    def sees(self, text: str) -> None:
        until = time.monotonic() + ANSWER_S
        while text not in self.shown:
            ready, _, _ = select.select([self.terminal], [], [], max(0.0, until - time.monotonic()))
            assert ready, f"not seen within {ANSWER_S} s: {text!r}, but:\n{self.shown}"
            try:
                self.shown += os.read(self.terminal, 4_096).decode()
            except OSError:  # how Linux says that the other end has closed
                raise AssertionError(f"ended without {text!r}:\n{self.shown}") from None

    def answers(self, question: str, text: str) -> None:
        self.sees(question)
        self.shown = self.shown.partition(question)[2]
        os.write(self.terminal, f"{text}\n".encode())

    def end(self) -> int:
        """Read to the end; the exit code."""
        try:
            while data := os.read(self.terminal, 4_096):
                self.shown += data.decode()
        except OSError:
            pass
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        if failed is not None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


@pytest.mark.timeout(120)
def test_S1_a_person_is_asked_again_at_once_and_a_secret_is_not_shown(tmp_path: Path) -> None:
    with Person("new", str(tmp_path / "paper")) as person:
        person.answers("Venue (binance, bingx) [binance]: ", "kraken")
        person.answers("kraken: not one of the values allowed here. Allowed: binance, bingx.", "")
        person.answers("Name of the account", "?")
        person.answers("marks every order as this account's", "desk")
        person.answers("What it is for", "ema_cross")
        person.answers("Symbols, by comma", "BTC-USDT")
        person.answers("Length of a bar", "")
        person.answers("Leverage (1 … 125) [4]: ", "500")
        person.answers("500: out of range. Allowed: 1 … 125", "60")
        for _ in range(3):
            person.answers("share of", "")
        person.answers("Key to the venue", "vault")
        person.answers("Port of the local exchange", "")
        person.answers("Port of the dashboard", "")
        person.sees("not names of binance")
        person.answers("[BTCUSDT,ETHUSDT]: ", "ETHUSDT")
        person.answers("Leverage", "5")
        person.answers("Distance of the stop", "")
        person.answers("Key: ", KEY)
        person.answers("Secret: ", SECRET)
        code = person.end()
    assert code == 0, person.shown
    assert KEY not in person.shown
    assert SECRET not in person.shown
    assert "jackline" in person.shown.partition("Written:")[2]
    config = load_config(tmp_path / "paper/jackline.toml")
    assert (config.account.name, config.symbols, config.risk.leverage) == ("desk", ("ETHUSDT",), 5)
    assert config.credentials.secret == SECRET
