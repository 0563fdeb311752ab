"""Bots over the API, without an engine: made, changed and removed beside the user's file, which nobody writes."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jackline.cli.config import load_config
from jackline.cli.managed_bots import FILE, HEAD
from jackline.store.boot import COMMANDS_FILE
from jackline.store.commands import CommandDesk, CommandKind
from jackline.store.host_disk import HostDisk
from jackline.store.tokens import Scope
from jackline.web.bot_book import BotBook
from tests.web.alone import Alone, alone
from tests.web.test_desk_alone import code
from tests.web.test_setup_pages import press

SWING = {
    "name": "swing",
    "strategy": "ema_cross",
    "symbols": ["ETHUSDT"],
    "budget_fraction": 0.5,
    "reason": "why",
}
FILE_OF_TWO = {"strategy__name": "", "bot__main__strategy": '"webhook"', "bot__main__symbols": '["BTCUSDT"]'}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path, **FILE_OF_TWO) as opened:
        yield opened


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    """Where everything is refused, so that one does for all."""
    with alone(tmp_path_factory.mktemp("calm"), **FILE_OF_TWO) as opened:
        yield opened


def post(home: Alone, **changes: Any) -> Any:
    return home.ask("POST", "/api/bots", scope=Scope.ADMIN, json={**SWING, **changes})


def patch(home: Alone, scope: Scope, body: dict[str, Any], etag: str = "*") -> Any:
    return home.ask("PATCH", "/api/bots/swing", scope=scope, json=body, headers={"If-Match": etag})


def listed(home: Alone) -> dict[str, Any]:
    return {row["id"]: row for row in home.ask("GET", "/api/bots", scope=Scope.READ).json()["bots"]}


def managed(home: Alone) -> Path:
    return home.directory / "state" / FILE


def asked(home: Alone) -> list[CommandKind]:
    desk = CommandDesk(HostDisk(), home.directory / "state" / COMMANDS_FILE)
    return [one.command.kind for one in desk.poll_new(0)]


def test_a_bot_is_made_changed_and_removed_and_the_users_file_is_never_written(home: Alone) -> None:
    own = (home.directory / "jackline.toml").read_bytes()
    made = post(home)
    assert (made.status_code, "no engine runs" in made.json()["message"]) == (201, True), made.text
    row = listed(home)["swing"]
    assert (row["managed"], row["state"], row["budget_fraction"]) == (True, "unknown", 0.5)
    assert row["settings"] == {"strategy": "ema_cross", "symbols": ["ETHUSDT"], "budget_fraction": 0.5}
    assert load_config(home.directory / "jackline.toml").bot_sections.keys() == {"main", "swing"}
    etag = home.ask("GET", "/api/bots/swing", scope=Scope.READ).headers["etag"]
    assert etag == row["etag"] == made.headers["etag"]
    less = patch(home, Scope.REDUCE, {"budget_fraction": 0.25, "trades_max": 1}, etag)
    assert less.json()["bot"]["budget_fraction"] == 0.25, less.text
    assert code(patch(home, Scope.ADMIN, {"trades_max": None, "reason": "why"}, etag)) == (
        412,
        "changed-meanwhile",
    )
    more = patch(home, Scope.ADMIN, {"trades_max": None, "reason": "why"}, less.headers["etag"])
    assert (more.json()["bot"]["trades_max"], "trades_max" in more.json()["bot"]["settings"]) == (None, False)
    gone = home.ask("DELETE", "/api/bots/swing", scope=Scope.ADMIN)
    assert (gone.status_code, gone.json()["bot"]) == (200, None)
    assert listed(home).keys() == {"main"}
    assert (home.directory / "jackline.toml").read_bytes() == own
    assert asked(home) == [CommandKind.RELOAD] * 4
    acts = [(act.what, act.outcome) for act in home.audit() if act.what.startswith("bots.")]
    assert acts == [
        (what, outcome)
        for what in ("bots.add", "bots.change", "bots.change", "bots.remove")
        for outcome in ("asked", "done")
    ]
    change = next(act for act in home.audit() if act.what == "bots.change")
    assert ("budget_fraction = 0.5" in change.before, "budget_fraction = 0.25" in change.after) == (
        True,
        True,
    )


@pytest.mark.owns("S2")
def test_S2_what_may_raise_risk_needs_admin_and_a_reason_and_what_lowers_it_does_not(home: Alone) -> None:
    for scope in (Scope.READ, Scope.REDUCE, Scope.TRADE):
        assert code(home.ask("POST", "/api/bots", scope=scope, json=SWING)) == (403, "forbidden")
    assert code(post(home, reason=" ")) == (422, "bad-request")
    assert post(home).status_code == 201
    raising: list[dict[str, Any]] = [
        {"budget_fraction": 0.6},
        {"trades_max": 3, "stop_value_fraction": 0.001},
        {"risk_per_trade_fraction": 0.02},
        {"strategy": "rsi_trend"},
        {"parameters": {"fast_period": 5}},
        {"symbols": ["BTCUSDT", "ETHUSDT"], "budget_fraction": 0.1},
    ]
    for body in raising:
        assert patch(home, Scope.REDUCE, {**body, "reason": "why"}).status_code in {403, 422}, body
    assert code(patch(home, Scope.ADMIN, {"budget_fraction": 0.6})) == (403, "confirm")
    lowering: list[dict[str, Any]] = [
        {"budget_fraction": 0.4},
        {"trades_max": 3},
        {"trades_max": 2},
        {"risk_per_trade_fraction": 0.005},
        {"side": "long"},
    ]
    for body in lowering:
        assert patch(home, Scope.REDUCE, body).status_code == 200, body
    assert code(patch(home, Scope.REDUCE, {"side": "both", "reason": "why"})) == (403, "forbidden")
    assert code(home.ask("DELETE", "/api/bots/swing", scope=Scope.TRADE)) == (403, "forbidden")
    assert code(home.ask("PATCH", "/api/bots/swing", scope=Scope.REDUCE, json={})) == (
        428,
        "precondition-missing",
    )


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"symbols": ["BTCUSDT"]}, "bot.swing.symbols"),
        ({"symbols": ["XRPUSDT"]}, "bot.swing.symbols"),
        ({"strategy": "no_such"}, "bot.swing.strategy"),
        ({"strategy": "model"}, "bot.swing"),
        ({"parameters": {"slow_bears": 3}}, "bot.swing.parameters.slow_bears"),
        ({"parameters": {"slow_period": "soon"}}, "bot.swing.parameters"),
        ({"side": "up"}, "bot.swing.side"),
        ({"stop_value_fraction": 0.9}, "bot.swing.stop_value_fraction"),
        ({"size_mode": "fixed"}, "bot.swing.size_fixed_quote"),
        ({"hold_max_ms": 1}, "bot.swing.hold_max_ms"),
        ({"risk_per_trade_fraction": 0.5}, "bot.swing.risk_per_trade_fraction"),
    ],
)
def test_what_the_whole_configuration_does_not_allow_is_refused_with_where_and_fix(
    calm: Alone, changes: dict[str, Any], where: str
) -> None:
    answer = post(calm, **changes)
    assert code(answer) == (422, "does-not-fit"), answer.text
    wrong, *_ = answer.json()["errors"]
    assert wrong["where"].startswith(where)
    assert wrong["what"]
    assert wrong["fix"]
    assert not managed(calm).exists()
    assert asked(calm) == []


@pytest.mark.parametrize(
    "text",
    [
        '{"budget_fraction": NaN}',
        '{"budget_fraction": Infinity}',
        '{"budget_fraction": 1e308}',
        '{"budget_fraction": 1e-300}',
        '{"budget_fraction": -0.1}',
        '{"budget_fraction": "half"}',
        '{"trades_max": 1e400}',
        '{"trades_max": 2.5}',
        '{"size_fixed_quote": "NaN"}',
        '{"file": "../../evil.py"}',
        '{"bundle": "/etc"}',
        '{"leverage": 100}',
        '{"name": "Zoé"}',
        '{"name": "a\\nb = 1"}',
        '{"strategy": "\\ud800"}',
        '{"symbols": ["BTC\\"USDT"]}',
        '{"symbols": []}',
        '{"side": ["long"]}',
        '{"parameters": {"a.b": 1}}',
        '{"parameters": {"fast_period": NaN}}',
        '{"parameters": {"fast_period": 1e308}}',
        '{"parameters": {"fast_period": {"x": 1}}}',
    ],
)
def test_what_nobody_means_is_refused_before_anything_is_written(calm: Alone, text: str) -> None:
    body = json.dumps(SWING)[:-1] + ", " + text[1:]
    headers = {"Content-Type": "application/json"}
    answer = calm.ask("POST", "/api/bots", scope=Scope.ADMIN, content=body.encode(), headers=headers)
    assert code(answer) == (422, "bad-request"), answer.text
    assert not managed(calm).exists()


def test_a_text_no_file_can_hold_and_what_is_no_json_are_refused(calm: Alone) -> None:
    headers = {"Content-Type": "application/json"}
    lone = json.dumps({**SWING, "parameters": {"fast_period": "\ud800"}}).encode()
    answer = calm.ask("POST", "/api/bots", scope=Scope.ADMIN, content=lone, headers=headers)
    assert code(answer)[0] == 422, answer.text
    broken = calm.ask("POST", "/api/bots", scope=Scope.ADMIN, content=b'{"name": ', headers=headers)
    assert code(broken) == (422, "bad-request")
    large = calm.ask("POST", "/api/bots", scope=Scope.ADMIN, content=b" " * 70_000, headers=headers)
    assert code(large) == (413, "too-large")


def test_of_the_file_is_changed_in_the_file_and_of_nobody_nowhere(calm: Alone) -> None:
    assert code(post(calm, name="main")) == (409, "taken")
    for path, status in (("main", (409, "in-the-file")), ("nobody", (404, "not-found"))):
        headers = {"If-Match": "*"}
        changed = calm.ask(
            "PATCH", f"/api/bots/{path}", scope=Scope.ADMIN, json={"trades_max": 1}, headers=headers
        )
        assert code(changed) == status
        assert code(calm.ask("DELETE", f"/api/bots/{path}", scope=Scope.ADMIN)) == status


def test_beside_a_strategy_of_the_whole_account_a_bot_is_refused_with_the_fix(tmp_path: Path) -> None:
    with alone(tmp_path) as home:
        answer = post(home)
        assert code(answer) == (422, "does-not-fit")
        (wrong,) = answer.json()["errors"]
        assert (wrong["where"], "[bot.main]" in wrong["fix"]) == ("strategy", True)


def test_of_two_writers_at_once_one_makes_it_and_the_key_repeats_its_answer(home: Alone) -> None:
    answers: list[Any] = []

    def write(number: int) -> None:
        answers.append(post(home, budget_fraction=0.1 + number / 10))

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
    assert load_config(home.directory / "jackline.toml").managed.trouble == ""
    keyed = {"Idempotency-Key": "remove-swing-1"}
    first = home.ask("DELETE", "/api/bots/swing", scope=Scope.ADMIN, headers=keyed)
    assert (first.status_code, set(listed(home))) == (200, {"main"})
    again = home.ask("DELETE", "/api/bots/swing", scope=Scope.ADMIN, headers=keyed)
    assert (again.status_code, again.headers["idempotency-replayed"], again.json()) == (
        200,
        "true",
        first.json(),
    )


SPOILT: dict[str, Callable[[str], str]] = {
    "by hand": lambda text: text.replace("0.5", "0.9"),
    "torn": lambda text: text[: len(text) // 2],
    "a byte less": lambda text: text[:-1],
    "empty": lambda text: "",
    "nonsense": lambda text: "[bot.swing]\nstrategy = \x00",
    "another seal": lambda text: HEAD + "0" * 64 + "\n[bot.swing]\n",
    "too long": lambda text: "é" * 300_000,
}


@pytest.mark.owns("C1")
def test_C1_a_file_that_is_not_what_was_written_counts_for_nothing_and_is_told(home: Alone) -> None:
    assert post(home).status_code == 201
    whole = managed(home).read_text()
    for how, spoil in SPOILT.items():
        managed(home).write_text(spoil(whole))
        config = load_config(home.directory / "jackline.toml")
        assert (set(config.bot_sections), bool(config.managed.trouble)) == ({"main"}, True), how
        answer = home.ask("GET", "/api/bots", scope=Scope.READ).json()
        assert ([row["id"] for row in answer["bots"]], FILE in answer["trouble"]) == (["main"], True), how
        assert code(post(home, name="another")) == (503, "unavailable"), how
    managed(home).write_text(whole)
    assert listed(home).keys() == {"main", "swing"}


def test_bots_that_no_longer_fit_give_way_to_the_users_file_and_can_be_removed(home: Alone) -> None:
    assert post(home).status_code == 201
    own = home.directory / "jackline.toml"
    own.write_text(own.read_text().replace('symbols = ["BTCUSDT"]', 'symbols = ["BTCUSDT", "ETHUSDT"]'))
    config = load_config(own)
    assert (set(config.bot_sections), "ETHUSDT" in config.managed.trouble) == ({"main"}, True)
    assert "ETHUSDT" in home.ask("GET", "/api/bots", scope=Scope.READ).json()["trouble"]
    assert home.ask("DELETE", "/api/bots/swing", scope=Scope.ADMIN).status_code == 200
    assert load_config(own).managed.trouble == ""


async def test_without_a_hand_nothing_is_made(home: Alone) -> None:
    book: BotBook = home.app.state.bots
    home.app.state.bots = BotBook(home.app.state.options, type(home.app.state.hands)())
    assert code(post(home)) == (503, "unavailable")
    assert listed(home).keys() == {"main"}
    home.app.state.bots = book


def test_the_page_makes_gives_less_changes_and_removes(home: Alone) -> None:
    sure = {"reason": "why", "word": "test"}
    form = {
        "name": "swing",
        "strategy": "ema_cross",
        "symbols": "ETHUSDT",
        "side": "both",
        "budget_fraction": "0.5",
    }
    made = press(home, "/act/bots", {**form, **sure, "parameters": "fast_period = 7"})
    assert (made.status_code, "Change swing" in made.text) == (200, True), made.text
    assert listed(home)["swing"]["settings"]["parameters"] == {"fast_period": 7}
    etag = listed(home)["swing"]["etag"]
    assert re.search(rf'name="etag" value="{re.escape(etag)}"'.replace('"', '(&#34;|")'), made.text)
    assert (
        press(
            home, "/act/bots/swing/tighten", {"etag": etag, "budget_fraction": "0.2"}, Scope.REDUCE
        ).status_code
        == 200
    )
    assert (
        press(
            home, "/act/bots/swing/tighten", {"etag": "*", "budget_fraction": "0.3"}, Scope.REDUCE
        ).status_code
        == 403
    )
    unsure = press(home, "/act/bots/swing/change", {**form, "etag": "*", "reason": "why", "word": "other"})
    assert unsure.status_code == 403
    bad = press(home, "/act/bots/swing/change", {**form, **sure, "etag": "*", "budget_fraction": "1e308"})
    assert (bad.status_code, "budget_fraction" in bad.text) == (422, True)
    changed = press(home, "/act/bots/swing/change", {**form, **sure, "etag": "*", "trades_max": "2"})
    assert changed.status_code == 200
    assert listed(home)["swing"]["settings"] == {
        "strategy": "ema_cross",
        "symbols": ["ETHUSDT"],
        "side": "both",
        "budget_fraction": 0.5,
        "trades_max": 2,
    }
    assert press(home, "/act/bots/swing/remove", {"etag": "*"}, Scope.TRADE).status_code == 403
    assert press(home, "/act/bots/swing/remove", {"etag": "*"}).status_code == 200
    assert listed(home).keys() == {"main"}
