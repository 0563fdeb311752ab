"""The bar's words and tones, the preview and the strip: what each state of an account looks like, made by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from jackline.core.orders import PriceSource
from jackline.core.picture import AccountPicture, LimitPicture, PositionPicture, StopPicture
from jackline.core.risk_limits import limits_of
from jackline.core.values import Price, Quantity, Quote
from jackline.store.host_disk import HostDisk
from jackline.store.lease import Holder
from jackline.store.published import Published
from jackline.web.account import Account, Seen, Source
from jackline.web.bot_book import BotBook
from jackline.web.differences import diffs
from jackline.web.hands import NO_HANDS
from jackline.web.history import Past
from jackline.web.metrics import standing
from jackline.web.options import WebOptions
from jackline.web.pages.bar import bar_of
from jackline.web.pages.chart import lines
from jackline.web.pages.journal import TradeRows
from jackline.web.pages.limits import checklist
from jackline.web.pages.now import preview, row_of, view
from jackline.web.pages.position import ladder
from jackline.web.pages.series import CANDLE_MS, CANDLES_MAX, Series
from jackline.web.pages.sight import Sight
from jackline.web.routes.health import unready
from tests.core.making import RISK

NOW_MS = 1_700_000_000_000
DEADLINE_MS = 1_500


def position(symbol: str = "BTCUSDT", **changes: Any) -> PositionPicture:
    """A long of one at 100, its stop confirmed at 99."""
    stop = StopPicture(
        client_id="jd1",
        role="disaster",
        state="working",
        trigger_price=Price(Decimal(99)),
        quantity=None,
        venue_id=7,
        confirmed_ms=NOW_MS - 500,
    )
    known: dict[str, Any] = {
        "trade_id": "t1",
        "symbol": symbol,
        "side": "long",
        "bot": "main",
        "adopted": False,
        "phase": "protected",
        "quantity": Quantity(Decimal(1)),
        "entry_price": Price(Decimal(100)),
        "mark": Price(Decimal(101)),
        "liquidation_price": Price(Decimal(80)),
        "notional_quote": Quote(Decimal(101)),
        "unrealised_quote": Quote(Decimal(1)),
        "intended_price": Price(Decimal(99)),
        "sent_price": Price(Decimal(99)),
        "confirmed_price": Price(Decimal(99)),
        "target_price": None,
        "covered_quantity": Quantity(Decimal(1)),
        "stops": (stop,),
        "naked_since_ms": None,
        "first_exposed_ms": NOW_MS - 9_000,
        "confirm_ms": 60,
        "opened_market_ms": NOW_MS - 9_000,
        "heat_quote": Quote(Decimal(2)),
        "exit_reason": "",
        "close_attempts": 0,
    }
    return PositionPicture(**{**known, **changes})


def naked(since_ms: int | None, **changes: Any) -> PositionPicture:
    """One without any stop."""
    bare = {
        "covered_quantity": Quantity(Decimal(0)),
        "confirmed_price": None,
        "stops": (),
        "phase": "exposed",
    }
    return position(**{**bare, "naked_since_ms": since_ms, **changes})


def sight(
    *positions: PositionPicture,
    level: str = "normal",
    lost: int = 0,
    age_ms: int = 200,
    source: Source = Source.ENGINE,
    runs: bool = True,
) -> Sight:
    """An account as it is seen; the newest word is `age_ms` old."""
    account = AccountPicture(
        wire_ms=NOW_MS - age_ms,
        market_ms=NOW_MS,
        looked_ms=NOW_MS - 800,
        kill_level=level,
        frozen=(),
        denied="" if level == "normal" else f"kill level is {level}",
        stream_up=True,
        journal_ok=True,
        equity_quote=Quote(Decimal(1_000)),
        wallet_quote=Quote(Decimal(1_000)),
        day_number=19_675,
        day_start_quote=Quote(Decimal(1_000)),
        day_result_quote=Quote(Decimal(-lost)),
        losing_streak=0,
        positions=positions,
        limits=(LimitPicture(name="daily_loss", unit="quote", used=Decimal(lost), limit=Decimal(50)),),
        markets=(),
        bots_stopped=(),
        foreign_orders=0,
    )
    shown = Published(
        pid=1,
        fence=1,
        ready=True,
        turns=1,
        inbox=0,
        loop_lag_ms=0,
        journal_lag_ms=0,
        naked_ms_deadline=DEADLINE_MS,
        limits=limits_of(RISK),
        account=account,
    )
    seen = Seen(
        now_ms=NOW_MS,
        engine=cast(Holder, object()) if runs else None,
        published=shown,
        source=source,
        positions=positions,
        said_ms=NOW_MS - age_ms,
    )
    options = WebOptions(
        account="test",
        mode="paper",
        venue="binance",
        state_dir=Path(),
        symbols=(),
        interval_ms=1,
        risk=RISK,
        price_source=PriceSource.MARK,
        bots=(),
        configured={},
    )
    of = Account(HostDisk(), options)
    return Sight(
        seen=seen,
        past=Past(),
        account=of,
        options=options,
        series=Series(),
        trade_rows=TradeRows(of),
        disk=HostDisk(),
        bots=BotBook(options, NO_HANDS),
        stage="live_canary",
    )


ETH = "ETHUSDT"


@pytest.mark.parametrize(
    ("of", "tone", "title", "words"),
    [
        pytest.param(
            sight(position(), position(ETH)), "ok", "✓ 2/2", ("NORMAL", "2/2", "0 s", "LIVE"), id="well"
        ),
        pytest.param(sight(), "ok", "✓ 0/0", ("NORMAL", "0/0", "0 s", "LIVE"), id="flat"),
        pytest.param(
            sight(position(), naked(NOW_MS - 3_200)),
            "bad",
            "✕ NAKED 1",
            ("NORMAL", "1/2", "3.2 s", "LIVE"),
            id="naked",
        ),
        pytest.param(
            sight(naked(NOW_MS - 400)),
            "bad",
            "✕ NAKED 1",
            ("NORMAL", "0/1", "400 ms", "LIVE"),
            id="naked within P1",
        ),
        pytest.param(
            sight(naked(None)),
            "bad",
            "✕ NAKED 1",
            ("NORMAL", "0/1", "YES", "LIVE"),
            id="naked without a clock",
        ),
        pytest.param(
            sight(position(), level="no_new_risk"),
            "warn",
            "▲ NO NEW RISK 1/1",
            ("NO NEW RISK", "1/1", "0 s", "LIVE"),
            id="halted",
        ),
        pytest.param(
            sight(position(), level="locked"),
            "bad",
            "✕ LOCKED 1/1",
            ("LOCKED", "1/1", "0 s", "LIVE"),
            id="locked",
        ),
        pytest.param(
            sight(position(), age_ms=7_400),
            "bad",
            "◌ STALE 7 s",
            ("NORMAL", "1/1", "0 s", "STALE 7 s"),
            id="stale",
        ),
        pytest.param(
            sight(position(), age_ms=2_000, source=Source.WATCHDOG, runs=False),
            "bad",
            "◌ VENUE 2 s",
            ("NORMAL", "1/1", "0 s", "VENUE 2 s"),
            id="killed",
        ),
        pytest.param(
            sight(lost=45), "warn", "✓ 0/0", ("NORMAL", "0/0", "0 s", "LIVE"), id="near the daily limit"
        ),
    ],
)
def test_each_state_has_its_word_its_tone_and_its_title(
    of: Sight, tone: str, title: str, words: tuple[str, ...]
) -> None:
    bar = bar_of(of)
    chips = (bar.level, bar.coverage, bar.naked, bar.connection)
    assert tuple(chip.word.replace("\u2009", " ") for chip in chips) == words
    assert (bar.tone, bar.title.replace("\u2009", " ")) == (tone, title)
    assert bar.phase.word == "live canary"


def test_what_only_the_engine_knew_is_struck_through_when_it_is_gone() -> None:
    bar = bar_of(sight(position(), age_ms=2_000, source=Source.WATCHDOG, runs=False))
    assert (bar.level.is_old, bar.day.is_old) == (True, True)
    assert (bar.coverage.is_old, bar.naked.is_old) == (False, False)  # the venue's word, two seconds old
    nobody = bar_of(sight(position(), age_ms=60_000, source=Source.NOBODY, runs=False))
    assert (nobody.coverage.is_old, nobody.coverage.tone) == (True, "old")
    assert nobody.connection.word.startswith("GONE")


def test_a_screen_reader_is_told_of_states_and_not_of_clocks() -> None:
    early, late = sight(naked(NOW_MS - 3_000)), sight(naked(NOW_MS - 9_000))
    assert bar_of(early).spoken == bar_of(late).spoken == "1 position without a stop."


def test_the_preview_counts_entries_stops_and_positions() -> None:
    entering = position(ETH, phase="entering", quantity=Quantity(Decimal(0)), stops=())
    assert (
        preview(sight(position(), entering)) == "cancels 1 entry, keeps 1 stop until flat, closes 1 position"
    )


def test_P4_a_confirmed_stop_that_is_looser_than_intended_is_marked() -> None:
    looser = position(intended_price=Price(Decimal("99.5")))
    assert row_of(looser, sight(looser).seen, DEADLINE_MS).is_looser
    assert [(line["name"], line["dashed"]) for line in lines(looser) if line["kind"] == "stop"] == [
        ("stop, confirmed", False),
        ("stop, intended", True),
    ]
    assert not row_of(position(), sight().seen, DEADLINE_MS).is_looser


def test_P7_a_stop_near_liquidation_is_marked() -> None:
    near = position(liquidation_price=Price(Decimal(98)))
    assert row_of(near, sight(near).seen, DEADLINE_MS).is_near_liquidation
    assert [level.name for level in ladder(near)] == ["liquidation", "stop", "entry", "mark"]


def test_K4_the_list_before_a_reset_names_what_is_lacking() -> None:
    assert all(one.passed for one in checklist(sight(position())))
    lacking = [one.text for one in checklist(sight(naked(NOW_MS - 9_000), age_ms=5_000)) if not one.passed]
    assert [text.partition(" (")[0] for text in lacking] == [
        "the engine shows itself",
        "every open position has a confirmed stop",
    ]


def test_an_order_that_no_look_has_shown_is_an_open_difference() -> None:
    unread = position(
        stops=(
            StopPicture(
                client_id="jd2",
                role="working",
                state="sent",
                trigger_price=Price(Decimal(99)),
                quantity=None,
                venue_id=None,
                confirmed_ms=None,
            ),
        )
    )
    assert [(row.is_open, row.action) for row in diffs(unread)] == [(False, "none"), (True, "read back")]


def test_candles_are_made_of_marks_and_bounded() -> None:
    series = Series()
    for at in range(3 * CANDLES_MAX):
        mark = Price(Decimal(100 + at % 3))
        of = sight(position(mark=mark)).seen
        series.take(
            Seen(
                **{
                    **{name: getattr(of, name) for name in Seen.__slots__},
                    "now_ms": NOW_MS + at * CANDLE_MS // 2,
                    "said_ms": NOW_MS + at * CANDLE_MS // 2,
                }
            )
        )
    (kept,) = series.candles.values()
    assert len(kept) == len(series.covers) == CANDLES_MAX
    assert all(one.low <= one.open <= one.high and one.low <= one.close <= one.high for one in kept)
    assert {one.high - one.low for one in kept} <= {Decimal(1), Decimal(2)}


@pytest.mark.owns("L2")
def test_L2_an_engine_that_stands_still_is_not_ready_because_the_watchdog_speaks() -> None:
    """Stopped, it holds its lock; the newest word on the account is the watchdog's, a moment old."""
    assert unready(sight(position()).seen) == ""
    silent = sight(position(), age_ms=9_000, source=Source.WATCHDOG).seen
    assert (
        unready(replace(silent, said_ms=NOW_MS - 300)) == "the engine has not shown itself for five seconds"
    )


def test_what_is_open_between_engine_and_venue_is_counted_for_prometheus() -> None:
    seen = sight(position(), naked(NOW_MS - 900, symbol="ETHUSDT")).seen
    past = Past()
    past.stage = "testnet"
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for metric in standing(seen, past)
        for sample in metric.samples
    }
    assert found[("jackline_reconcile_differences",)] == 1
    assert found[("jackline_reconcile_age_seconds",)] == 0.8
    assert [name for (_, *name), is_in in found.items() if name and is_in] == [["testnet"]]


async def test_an_unknown_loss_at_stops_says_what_is_unknown() -> None:
    """An engine that has just begun again has read every stop back and heard no price yet: nothing is naked."""
    for one, tone, why in (
        (position(mark=None), "old", "no price has come yet"),
        (naked(NOW_MS - 900), "bad", "a position has no confirmed stop"),
    ):
        facts = (await view(sight(one), {})).facts
        assert (facts["at_stops"], facts["at_stops_tone"], facts["at_stops_lacks"]) == (None, tone, why)
