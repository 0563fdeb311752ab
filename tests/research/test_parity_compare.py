"""Parity compared: hand-made records, so that each difference and each bound is seen alone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from jackline.research.parity.bounds import Bounds
from jackline.research.parity.compare import Comparison, Kind, compare
from jackline.research.parity.record import ENTERED, Decided, Record, Traded

BAR_MS = 300_000
END_MS = 100 * BAR_MS


def traded(bar: int, **changes: Any) -> Traded:
    one = Traded(
        trade_id=f"t{bar}",
        symbol="BTCUSDT",
        side="long",
        entry_bar_ms=bar * BAR_MS,
        entry_price=Decimal(1_000),
        quantity=Decimal(1),
        exit_bar_ms=(bar + 5) * BAR_MS,
        exit_price=Decimal(1_010),
        reason="max_hold",
        net_quote=Decimal(9),
    )
    return replace(one, **changes)


def record(*trades: Traded) -> Record:
    decisions = tuple(
        Decided(symbol=one.symbol, side=one.side, close_ms=one.entry_bar_ms, word=ENTERED) for one in trades
    )
    return Record(decisions=decisions, trades=trades)


def compared(run: Record, backtest: Record, **bounds: Any) -> Comparison:
    return compare(run, backtest, bounds=Bounds(**bounds), interval_ms=BAR_MS, to_ms=END_MS)


WHOLE = record(traded(10), traded(20), traded(30))


def test_the_same_is_the_same() -> None:
    found = compared(WHOLE, WHOLE)
    assert (found.compared, found.differing, found.differences) == (3, 0, ())
    assert (found.equal_decisions, found.equal_trades) == (3, 3)
    assert found.is_within


def test_nothing_beside_nothing_is_no_drift() -> None:
    assert compared(record(), record()).is_within


@pytest.mark.parametrize(
    ("changes", "kind", "bps", "beyond"),
    [
        pytest.param({"entry_price": Decimal("1000.5")}, Kind.ENTRY_PRICE, "5", False, id="dearer, within"),
        pytest.param({"entry_price": Decimal(1_002)}, Kind.ENTRY_PRICE, "20", True, id="dearer, beyond"),
        pytest.param({"entry_price": Decimal(998)}, Kind.ENTRY_PRICE, "-20", True, id="cheaper, beyond"),
        pytest.param({"exit_price": Decimal("1008.99")}, Kind.EXIT_PRICE, "10", False, id="at the bound"),
        pytest.param({"exit_price": Decimal(1_011)}, Kind.EXIT_PRICE, "-9.901", False, id="sold better"),
        pytest.param({"quantity": Decimal("0.99")}, Kind.QUANTITY, None, False, id="size, within"),
        pytest.param({"quantity": Decimal("0.5")}, Kind.QUANTITY, None, True, id="size, beyond"),
        pytest.param({"reason": "stop"}, Kind.EXIT_REASON, None, True, id="another reason"),
        pytest.param({"exit_bar_ms": 16 * BAR_MS}, Kind.EXIT_BAR, None, True, id="a bar later"),
    ],
)
def test_each_difference_is_listed_and_judged(
    changes: dict[str, Any], kind: Kind, bps: str | None, beyond: bool
) -> None:
    found = compared(record(traded(10, **changes), traded(20), traded(30)), WHOLE)
    (one,) = found.differences
    assert one.kind is kind
    assert one.is_beyond is beyond
    assert one.bps == (None if bps is None else Decimal(bps))
    assert found.differing == int(beyond)


def test_a_short_is_worse_the_other_way_round() -> None:
    run = record(traded(10, side="short", entry_price=Decimal(1_002), exit_price=Decimal(1_012)))
    entry, exited = compared(run, record(traded(10, side="short"))).differences
    assert entry.bps == Decimal(-20)
    assert exited.bps == Decimal("19.802")


def test_trades_of_one_side_alone_count_once_each() -> None:
    found = compared(record(traded(10), traded(20)), record(traded(20), traded(30)))
    assert {(one.kind, one.key[2] // BAR_MS) for one in found.differences} == {
        (Kind.DECISION, 10), (Kind.ONLY_IN_RUN, 10), (Kind.DECISION, 30), (Kind.ONLY_IN_BACKTEST, 30),
    }  # fmt: skip
    assert (found.compared, found.differing) == (3, 2)
    assert not found.is_within
    assert compared(record(traded(10), traded(20)), WHOLE, drift_fraction=Decimal("0.5")).is_within


def test_two_denials_for_different_reasons_are_listed_and_not_counted() -> None:
    denied = Decided(symbol="BTCUSDT", side="long", close_ms=BAR_MS, word="cooldown")
    run = Record(decisions=(denied,), trades=())
    found = compared(run, Record(decisions=(replace(denied, word="sweep_pending"),), trades=()))
    (one,) = found.differences
    assert (one.run, one.backtest, one.is_beyond) == ("cooldown", "sweep_pending", False)
    against = compared(run, Record(decisions=(replace(denied, word=ENTERED),), trades=()))
    assert against.differing == 1


def test_what_ends_with_the_bars_is_held_against_nobody() -> None:
    ends = traded(95, exit_bar_ms=99 * BAR_MS, exit_price=Decimal(900), reason="stop")
    open_ = traded(95, exit_bar_ms=None, exit_price=None, reason="open")
    assert compared(record(ends), record(open_)).differing == 0
    early = replace(ends, exit_bar_ms=97 * BAR_MS)
    assert compared(record(early), record(open_)).differing == 1
