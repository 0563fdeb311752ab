"""Forms of what the account is set up with, without a browser: keys in and out, a look asked for, a promotion."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jackline.core.trade import ExitReason
from jackline.core.values import Price
from jackline.store.boot import COMMANDS_FILE
from jackline.store.commands import CommandDesk, CommandKind
from jackline.store.host_disk import HostDisk
from jackline.store.tokens import Scope
from jackline.web.pages.position import exits, ladder
from jackline.web.passed import OVERDUE_MS, Passed, is_passed
from tests.core.test_phases import ended
from tests.web.alone import Alone, alone
from tests.web.test_dashboard_bar import NOW_MS, position, sight

KEY, KEY_SECRET = "CANARY-key-1234567890", "CANARY-secret-0987654321"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path) as opened:
        yield opened


def press(home: Alone, path: str, said: dict[str, str] | None = None, scope: Scope = Scope.ADMIN) -> Any:
    """Log in by the form, and send another one; the page that it leads to."""
    home.client.post("/login", data={"token": home.tokens[scope], "next": "/limits"})
    found = re.search(r'name="csrf" value="([0-9A-Za-z]+)"', home.client.get("/limits").text)
    assert found is not None
    return home.client.post(path, data={"csrf": found[1], **(said or {})})


@pytest.mark.owns("S1", "S2")
def test_S1_a_key_goes_in_over_its_form_and_never_comes_out(home: Alone) -> None:
    pair = {"name": "second", "venue": "binance", "key": KEY, "secret": KEY_SECRET}
    sure = {"reason": "a new one", "word": "test"}
    weak = press(home, "/act/keys", {**pair, **sure}, Scope.TRADE)
    assert weak.status_code == 403
    unsure = press(home, "/act/keys", {**pair, **sure, "word": "another"})
    assert (unsure.status_code, "type the account" in unsure.text) == (403, True)
    bad = press(home, "/act/keys", {**pair, **sure, "name": KEY_SECRET})
    assert (bad.status_code, "see to: name" in bad.text) == (422, True)
    stored = press(home, "/act/keys", {**pair, **sure})
    assert (stored.status_code, "second" in stored.text) == (200, True)
    asked = press(home, "/act/keys/second/validate")
    assert (asked.status_code, "jackline keys validate second" in asked.text) == (409, True)
    silent = press(home, "/act/keys/second/remove", {"word": "test"})
    assert (silent.status_code, "reason" in silent.text) == (422, True)
    gone = press(home, "/act/keys/second/remove", sure)
    assert (gone.status_code, "None is kept here" in gone.text) == (200, True)
    said = "".join(one.text for one in (weak, unsure, bad, stored, asked, silent, gone)) + str(home.audit())
    assert KEY not in said
    assert KEY_SECRET not in said
    assert {"keys.add", "keys.remove"} <= {act.what for act in home.audit()}


def test_a_look_is_asked_for_with_a_press_and_waits_for_an_engine(home: Alone) -> None:
    assert press(home, "/act/reconcile", scope=Scope.READ).status_code == 403
    asked = press(home, "/act/reconcile", scope=Scope.REDUCE)
    assert (asked.status_code, "not answered yet" in asked.text) == (200, True)
    (posted,) = CommandDesk(HostDisk(), home.directory / "state" / COMMANDS_FILE).poll_new(0)
    assert posted.command.kind is CommandKind.RECONCILE


@pytest.mark.owns("C2")
def test_C2_a_promotion_over_its_page_needs_a_reason_and_a_phase_on_record(home: Alone) -> None:
    sure = {"reason": "proven", "word": "test", "code": "123456"}
    assert press(home, "/act/promote/testnet", sure, Scope.TRADE).status_code == 403
    assert press(home, "/act/promote/moon", sure).status_code == 404
    assert press(home, "/act/promote/testnet", {**sure, "reason": " "}).status_code == 422
    assert press(home, "/act/promote/testnet", sure).status_code == 503
    assert not (home.directory / "state" / COMMANDS_FILE).exists()


def test_a_stop_that_the_mark_has_passed_is_timed_until_the_position_is_flat() -> None:
    long, short = position(mark=Price(Decimal(98))), position(side="short", mark=Price(Decimal(100)))
    assert is_passed(long)
    assert is_passed(short)
    assert not is_passed(position())
    passed, early = Passed(), sight(long).seen
    passed.take(early)
    later = type(early)(
        now_ms=NOW_MS + OVERDUE_MS + 500,
        engine=early.engine,
        published=early.published,
        source=early.source,
        positions=early.positions,
        said_ms=early.said_ms,
    )
    passed.take(later)
    assert passed.age_ms(long, later.now_ms) == OVERDUE_MS + 500
    passed.take(sight(position()).seen)
    assert passed.age_ms(long, later.now_ms) is None


def test_labels_of_the_ladder_cover_no_other() -> None:
    near = position(
        confirmed_price=Price(Decimal("99.9")),
        mark=Price(Decimal("100.1")),
        liquidation_price=Price(Decimal(50)),
    )
    levels = ladder(near)
    assert [level.name for level in levels] == ["liquidation", "stop", "entry", "mark"]
    assert len({level.y for level in levels[1:]}) == 3


def test_the_exits_that_were_decided_are_listed_once_newest_first() -> None:
    trade = replace(ended(), exit_reason=None)
    model = replace(trade, exit_reason=ExitReason.MODEL_EXIT, exit_parameter=Decimal("0.731"))
    states = [(1, trade), (2, model), (3, model), (4, replace(trade, exit_reason=ExitReason.STOP))]
    assert [(one.wire_ms, one.words) for one in exits(states)] == [(4, "stop"), (2, "model_exit(0.731)")]
