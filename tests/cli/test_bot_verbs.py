"""`jackline bots add`, `change` and `remove`, and what an engine begins with when it takes that up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jackline.cli.bots import app
from jackline.cli.config import load_config
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.managed_bots import FILE
from jackline.cli.taking_up import TakingUp
from jackline.store.boot import COMMANDS_FILE
from tests.processes import write_config


@pytest.fixture
def own(tmp_path: Path) -> Path:
    bots = {"strategy__name": "", "bot__main__strategy": '"rsi_trend"', "bot__main__symbols": '["BTCUSDT"]'}
    return write_config(tmp_path, "http://127.0.0.1:1", **bots)


def run(own: Path, *arguments: str) -> None:
    verb, *rest = arguments
    app([verb, "--config", str(own), *rest], standalone_mode=False)


def add(own: Path, *more: str) -> None:
    run(own, "add", "swing", "--strategy", "ema_cross", "--symbols", "ETHUSDT", *more)


def test_made_listed_changed_and_removed(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(own, "--set", "budget_fraction=0.5", "--set", "parameters.fast_period=7", "--json")
    assert json.loads(capsys.readouterr().out) == {"bot": "swing", "done": "made", "engine": None}
    run(own, "list", "--json")
    told = json.loads(capsys.readouterr().out)
    assert [(row["bot"], row["kept"]) for row in told["bots"]] == [("main", "file"), ("swing", "api")]
    run(own, "change", "swing", "--set", "trades_max=2", "--unset", "parameters")
    assert load_config(own).managed.tables["swing"].keys() == {
        "strategy",
        "symbols",
        "budget_fraction",
        "trades_max",
    }
    run(own, "remove", "swing", "--reason", "enough")
    shown = capsys.readouterr().out
    assert "Bot swing removed; it holds from the next start of the engine." in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert load_config(own).bot_sections.keys() == {"main"}
    assert not (own.parent / "state" / COMMANDS_FILE).exists(), (
        "no engine runs: its next start reads the file"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "main", "--strategy", "manual", "--symbols", "ETHUSDT"), "there is a bot main"),
        (("add", "x", "--strategy", "manual", "--symbols", "BTCUSDT"), "give each bot symbols of its own"),
        (("add", "X", "--strategy", "manual", "--symbols", "ETHUSDT"), "beginning with a letter"),
        (
            ("add", "x", "--strategy", "manual", "--symbols", "ETHUSDT", "--set", "trades_max"),
            "--set KEY=VALUE",
        ),
        (
            ("add", "x", "--strategy", "manual", "--symbols", "ETHUSDT", "--set", "file=evil.py"),
            "names a file",
        ),
        (
            ("add", "x", "--strategy", "manual", "--symbols", "ETHUSDT", "--set", "leverage=9"),
            "risk.leverage",
        ),
        (("change", "main", "--set", "trades_max=1"), "stands in jackline.toml"),
        (("change", "main"), "nothing to change"),
        (("remove", "nobody"), "no bot nobody"),
    ],
)
def test_refused_with_what_where_and_fix(own: Path, arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandFailed) as failed:
        run(own, *arguments)
    assert (failed.value.code, said in " ".join(str(failed.value).split())) == (ExitCode.BAD_INPUT, True), (
        failed.value
    )
    assert not (own.parent / "state" / FILE).exists()


def test_variables_stand_over_what_was_made(own: Path) -> None:
    add(own, "--set", "budget_fraction=0.5")
    config = load_config(own, environment={"JACKLINE__BOT__SWING__BUDGET_FRACTION": "0.1"})
    assert str(config.bot_sections["swing"].budget_fraction) == "0.1"
    assert (config.source("bot.swing.symbols"), config.managed.trouble) == (f"api {FILE}", "")


@pytest.mark.owns("C1")
def test_C1_an_engine_begins_again_with_what_holds_and_goes_on_with_what_held(own: Path) -> None:
    taking_up = TakingUp(load_config(own), {})
    first = taking_up.options(load_config(own), 1)
    add(own)
    second = taking_up.again(first)
    assert [one.bot.name for one in second.every_bot] == ["main", "swing"]
    assert (second.configured_ms or 0) > 1
    assert second.bot_digests.keys() == {"main", "swing"}
    text = own.read_text()
    own.write_text(text.replace("leverage = 4", "leverage = many"))
    broken = taking_up.again(second)
    assert (broken.every_bot, broken.alerts[0].code) == (second.every_bot, "C1")
    own.write_text(text.replace('name = "test"', 'name = "another"'))
    assert (taking_up.again(second).account, taking_up.again(second).alerts != ()) == ("test", True)
    own.write_text(text)
    (own.parent / "state" / FILE).write_text("torn")
    alone = taking_up.again(second)
    assert ([one.bot.name for one in alone.every_bot], FILE in alone.alerts[0].text) == (["main"], True)
