"""Alerts as they come in: which become a command, and how each other one is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.cli.errors import CommandFailed
from jackline.cli.secret_file import read_secret
from jackline.core.bots import Bot, SignalSource
from jackline.core.settings import RiskSettings
from jackline.core.values import Side, Symbol, WireMs
from jackline.store.alert_commands import AlertRefused, AlertRules, read_alert
from jackline.store.commands import Command, CommandKind

NOW = WireMs(1_790_000_000_000)
SECRET = "correct horse battery"
BTC, ETH = Symbol("BTCUSDT"), Symbol("ETHUSDT")
ALERTS = Bot(name="alerts", symbols=(ETH,), risk=RiskSettings(), source=SignalSource.WEBHOOK)
TREND = Bot(name="trend", symbols=(BTC,), risk=RiskSettings())
RULES = AlertRules(
    secret=SECRET.encode(), bots={"alerts": ALERTS, "trend": TREND}, symbols=(BTC, ETH), age_ms_max=60_000
)
GOOD = {"secret": SECRET, "bot": "alerts", "symbol": "ETHUSDT", "side": "buy", "time": NOW - 1_000}


def read(**changes: object) -> Command:
    said = {key: value for key, value in (GOOD | changes).items() if value is not None}
    return read_alert(json.dumps(said).encode(), RULES, NOW)


def refusal(body: bytes) -> AlertRefused:
    with pytest.raises(AlertRefused) as caught:
        read_alert(body, RULES, NOW)
    return caught.value


def refused(**changes: object) -> AlertRefused:
    said = {key: value for key, value in (GOOD | changes).items() if value is not None}
    return refusal(json.dumps(said).encode())


def test_an_alert_becomes_a_command_of_its_bot() -> None:
    made = read(confidence=0.7, reason="breakout")
    assert (made.kind, made.actor, made.bot, made.symbol, made.side) == (
        CommandKind.ALERT,
        "webhook",
        "alerts",
        ETH,
        Side.LONG,
    )
    assert (made.created_ms, made.told_ms, made.reason) == (NOW, NOW - 1_000, "breakout")
    assert made.confidence == Decimal("0.7")


@pytest.mark.parametrize(
    ("word", "side"), [("buy", Side.LONG), ("BUY", Side.LONG), ("long", Side.LONG), ("Sell", Side.SHORT)]
)
def test_a_side_may_be_said_in_the_words_of_the_field(word: str, side: Side) -> None:
    assert read(side=word).side is side


@pytest.mark.parametrize("name", ["ETHUSDT", "ethusdt", "BINANCE:ETHUSDT.P"])
def test_a_chart_s_name_of_a_market_is_the_venue_s(name: str) -> None:
    assert read(symbol=name).symbol == ETH


@pytest.mark.parametrize(
    "time",
    [NOW, str(NOW), "2026-09-21T14:13:20Z", "2026-09-21T16:13:20+02:00"],
    ids=["number", "digits", "utc", "offset"],
)
def test_a_time_is_milliseconds_or_iso_8601(time: object) -> None:
    assert read(time=time).told_ms == NOW


def test_the_same_alert_is_the_same_command_and_another_is_another() -> None:
    first = read()
    assert read(reason="again").command_id == first.command_id
    assert read(time=NOW - 2_000).command_id != first.command_id
    assert read(side="sell").command_id != first.command_id
    assert read(id="7").command_id == read(id="7", time=NOW - 2_000).command_id != read(id="8").command_id


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET[:-1], 7, "\ud800"])
@pytest.mark.owns("S2")
def test_S2_without_the_secret_nothing_else_is_looked_at(secret: object) -> None:
    said = refused(secret=secret, bot="nobody", side="sideways", strange=1)
    assert (said.status, said.error) == (401, "forged")


@pytest.mark.parametrize("changes", [{}, {"side": "sideways"}, {"time": 1}, {"strange": 1}])
def test_S1_no_answer_repeats_the_secret(changes: dict[str, object]) -> None:
    said = refused(**(changes or {"secret": SECRET + "y"}))
    assert SECRET not in said.detail


@pytest.mark.parametrize("time", [NOW - 60_001, NOW + 10_001, 1, 10**30, "2001-01-01T00:00:00Z"])
def test_an_alert_of_another_time_is_refused(time: object) -> None:
    assert (refused(time=time).status, refused(time=time).error) == (422, "old")


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"bot": "trend"}, 404, "no_bot"),
        ({"bot": None}, 400, "bad_value"),
        ({"symbol": "BTCUSDT"}, 404, "no_symbol"),
        ({"symbol": "SOLUSDT"}, 404, "no_symbol"),
        ({"symbol": 7}, 400, "bad_value"),
        ({"side": "close"}, 400, "bad_value"),
        ({"time": None}, 400, "bad_value"),
        ({"time": "noon"}, 400, "bad_value"),
        ({"time": "2026-09-21T14:13:20"}, 400, "bad_value"),
        ({"time": True}, 400, "bad_value"),
        ({"confidence": 1.5}, 400, "bad_value"),
        ({"confidence": True}, 400, "bad_value"),
        ({"confidence": "NaN"}, 400, "bad_value"),
        ({"reason": "x" * 201}, 400, "bad_value"),
        ({"reason": "a\nb"}, 400, "bad_value"),
        ({"id": "\ud800"}, 400, "bad_value"),
        ({"quantity": 3}, 400, "unknown_key"),
    ],
)
def test_what_is_not_exactly_an_alert_is_refused(changes: dict[str, object], status: int, error: str) -> None:
    said = refused(**changes)
    assert (said.status, said.error) == (status, error)
    assert said.detail


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"7", b"\xff", b'{"a": NaN}', b"[" * 4_000, b'{"a": ' + b"9" * 4_000 + b"}"],
    ids=["empty", "half", "list", "number", "bytes", "nan", "deep", "huge"],
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    assert refusal(body).status in {400, 401}


@given(
    st.binary(max_size=200)
    | st.dictionaries(st.text(), st.text()).map(lambda said: json.dumps(said).encode())
)
def test_nothing_that_comes_in_does_more_than_be_refused(body: bytes) -> None:
    assert refusal(body).status in {400, 401}


def test_S1_a_secret_that_others_can_read_is_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "webhook.secret"
    path.write_text(f"{SECRET}\n")
    path.chmod(0o644)
    with pytest.raises(CommandFailed, match="S1") as caught:
        read_secret(Path("webhook.secret"), tmp_path)
    assert SECRET not in str(caught.value)
    path.chmod(0o600)
    assert read_secret(Path("webhook.secret"), tmp_path) == SECRET.encode()


@pytest.mark.parametrize(
    ("text", "says"),
    [("short", "not one line"), ("a" * 20 + "\n" + "b" * 20, "not one line"), (None, "cannot be read")],
)
def test_a_secret_that_is_none_is_told(tmp_path: Path, text: str | None, says: str) -> None:
    path = tmp_path / "webhook.secret"
    if text is not None:
        path.write_text(text)
        path.chmod(0o600)
    with pytest.raises(CommandFailed, match=says):
        read_secret(Path("webhook.secret"), tmp_path)
    with pytest.raises(CommandFailed, match="secret_file"):
        read_secret(None, tmp_path)


def test_S1_what_an_alert_is_judged_by_does_not_show_the_secret() -> None:
    assert SECRET not in repr(RULES)


def test_where_filters_choose_the_symbols_the_bots_own_are_taken() -> None:
    rules = replace(RULES, symbols=())
    assert read_alert(json.dumps(GOOD).encode(), rules, NOW).symbol == ETH
    with pytest.raises(AlertRefused, match="not a symbol of bot alerts"):
        read_alert(json.dumps(GOOD | {"symbol": "BTCUSDT"}).encode(), rules, NOW)
