"""The holdout: cut at whole days, every look on record, and a record whose lines are chained."""

from pathlib import Path

import pytest

from jackline.research.validation import holdout
from jackline.research.validation.gate import holdout_needed
from jackline.research.validation.markets import BARS_A_DAY, FIRST_OPEN_MS, generated_market

DAY_MS = 86_400_000


def look(number: int = 0, *, symbol: str = "BTC-USDT", from_day: int = 80, to_day: int = 100) -> holdout.Look:
    return holdout.Look(
        at_ms=number,
        symbol=symbol,
        interval_ms=900_000,
        from_ms=from_day * DAY_MS,
        to_ms=to_day * DAY_MS,
        data_sha256="0" * 64,
        strategy="ema_cross@1",
    )


def test_it_is_the_last_fifth_in_whole_days() -> None:
    candles = generated_market(days=10, seed=1)
    cut = holdout.split(candles.part(7, len(candles)))
    assert cut.holdout_day == 8
    assert candles.open_ms[cut.holdout_bar + 7] == FIRST_OPEN_MS + 8 * DAY_MS
    assert cut.holdout_bar == 8 * BARS_A_DAY - 7


@pytest.mark.parametrize("fraction", [0.0, 0.51, -1.0])
def test_a_fraction_that_leaves_nothing_is_refused(fraction: float) -> None:
    with pytest.raises(ValueError, match=r"allowed above 0 and up to 0\.5"):
        holdout.split(generated_market(days=10, seed=1), fraction=fraction)


def test_one_day_has_no_holdout() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        holdout.split(generated_market(days=1, seed=1))


def test_looks_are_kept_in_order(tmp_path: Path) -> None:
    assert holdout.looks(tmp_path) == ()
    for number in range(3):
        holdout.note_look(tmp_path / "deep", look(number))
    found = holdout.looks(tmp_path / "deep")
    assert [one.at_ms for one in found] == [0, 1, 2]
    assert found[0].before == holdout.BEGINNING
    assert len({one.before for one in found}) == 3


@pytest.mark.parametrize(
    ("symbol", "from_day", "to_day", "seen"),
    [
        pytest.param("BTC-USDT", 80, 100, True, id="the same"),
        pytest.param("BTC/USDT:USDT", 80, 100, True, id="spelt otherwise"),
        pytest.param("BTC-USDT", 99, 120, True, id="a day of it"),
        pytest.param("BTC-USDT", 100, 120, False, id="later"),
        pytest.param("BTC-USDT", 1, 80, False, id="before it"),
        pytest.param("ETH-USDT", 80, 100, False, id="another market"),
    ],
)
def test_any_look_that_shares_time_counts(symbol: str, from_day: int, to_day: int, seen: bool) -> None:
    """Another file of the same days, or one bar more of it, is no new holdout."""
    found = holdout.looks_at(
        (look(symbol=symbol, from_day=from_day, to_day=to_day),),
        symbol="BTC-USDT",
        from_ms=80 * DAY_MS,
        to_ms=100 * DAY_MS,
    )
    assert bool(found) is seen


@pytest.mark.parametrize("damage", ["first line gone", "a number changed", "half a line"])
def test_a_record_that_was_changed_is_refused(tmp_path: Path, damage: str) -> None:
    for number in range(3):
        holdout.note_look(tmp_path, look(number))
    path = tmp_path / holdout.LEDGER
    content = path.read_bytes()
    changed = {
        "first line gone": content.partition(b"\n")[2],
        "a number changed": content.replace(b'"at_ms":1', b'"at_ms":7'),
        "half a line": content[:-40],
    }[damage]
    path.write_bytes(changed)
    with pytest.raises(holdout.LedgerDamaged, match=r"holdout\.jsonl:\d: .*Fix: "):
        holdout.looks(tmp_path)
    with pytest.raises(holdout.LedgerDamaged):
        holdout.note_look(tmp_path, look(4))
    assert path.read_bytes() == changed


def test_each_further_look_must_be_surer() -> None:
    assert [holdout_needed(looks) for looks in (1, 2, 5)] == [0.5, 0.75, 0.9]
