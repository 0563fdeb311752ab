"""Which part of a file is replayed."""

import pytest

from jackline.exchange.feeds.errors import FeedError
from jackline.exchange.feeds.window import (
    HISTORY_BARS_MAX,
    HISTORY_BARS_MIN,
    Window,
    choose_window,
    default_window,
    select_bars,
)
from tests.exchange.feeds.support import FIRST_MS, INTERVAL_MS, candle_file, plain_candles

DAY_BARS = 288
DAY_MS = DAY_BARS * INTERVAL_MS


def at(bar: int) -> int:
    return FIRST_MS + bar * INTERVAL_MS


def test_default_window_is_centred_on_the_largest_bar() -> None:
    window = default_window(tuple(plain_candles(1_500, big_at=900)))
    assert window == Window(start_ms=at(900) - DAY_MS, end_ms=at(900) + DAY_MS)


def test_default_window_ends_with_the_file() -> None:
    window = default_window(tuple(plain_candles(1_000, big_at=900)))
    assert window == Window(start_ms=at(900) - DAY_MS, end_ms=at(1_000))


def test_default_window_moves_right_for_its_history_and_says_so() -> None:
    window = default_window(tuple(plain_candles(1_500, big_at=400)))
    assert (window.start_ms, window.end_ms) == (at(HISTORY_BARS_MIN), at(400) + DAY_MS)
    assert window.note is not None
    assert str(at(HISTORY_BARS_MIN)) in window.note
    assert f"{HISTORY_BARS_MIN} earlier bars" in window.note


def test_a_largest_bar_inside_the_history_still_leaves_a_whole_window() -> None:
    window = default_window(tuple(plain_candles(1_500, big_at=0)))
    assert (window.start_ms, window.end_ms) == (at(HISTORY_BARS_MIN), at(HISTORY_BARS_MIN) + 2 * DAY_MS)
    assert window.note is not None


def test_default_window_needs_more_than_the_history() -> None:
    with pytest.raises(FeedError, match="too few bars for a window with history: 400 "):
        default_window(tuple(plain_candles(HISTORY_BARS_MIN)))
    assert default_window(tuple(plain_candles(HISTORY_BARS_MIN + 1))).end_ms == at(HISTORY_BARS_MIN + 1)


def test_an_open_end_reaches_as_far_as_the_file_allows() -> None:
    file = candle_file(plain_candles(500))
    assert choose_window(file, from_ms=at(450), to_ms=None) == Window(start_ms=at(450), end_ms=at(500))
    assert choose_window(file, from_ms=None, to_ms=at(480)) == Window(start_ms=at(400), end_ms=at(480))
    assert choose_window(file, from_ms=None, to_ms=None) == default_window(file.candles)
    short = choose_window(file, from_ms=at(7), to_ms=at(20))
    assert short.note is not None
    assert short.note.startswith("only 7 bars of history precede")


def test_selection_is_bars_and_history_up_to_the_cap() -> None:
    file = candle_file(plain_candles(2_000))
    selection = select_bars(file, Window(start_ms=at(1_900), end_ms=at(1_910)))
    assert [bar.open_ms for bar in selection.bars] == [at(bar) for bar in range(1_900, 1_910)]
    assert len(selection.history) == HISTORY_BARS_MAX
    assert selection.history[-1].open_ms == at(1_899)


def test_bars_that_stick_out_of_the_window_are_not_served() -> None:
    file = candle_file(plain_candles(400))
    selection = select_bars(file, Window(start_ms=at(350) - 1, end_ms=at(360) - 1))
    assert [bar.open_ms for bar in selection.bars] == [at(bar) for bar in range(350, 359)]


@pytest.mark.parametrize(
    ("dropped", "window", "first_missing", "count"),
    [
        pytest.param({450}, (400, 500), 450, "1 bar missing", id="inside"),
        pytest.param({101, 102}, (400, 500), 101, "2 bars missing", id="history"),
        pytest.param({400}, (400, 500), 400, "1 bar missing", id="first"),
        pytest.param({498, 499}, (400, 500), 498, "2 bars missing", id="last"),
    ],
)
def test_a_gap_in_the_window_or_its_history_names_the_first_missing_bar(
    dropped: set[int], window: tuple[int, int], first_missing: int, count: str
) -> None:
    bars = [bar for index, bar in enumerate(plain_candles(600)) if index not in dropped]
    with pytest.raises(FeedError) as caught:
        select_bars(candle_file(bars), Window(start_ms=at(window[0]), end_ms=at(window[1])))
    assert caught.value.what == "gap in the window or its history"
    assert caught.value.value.startswith(count)
    assert caught.value.value.endswith(f"[{at(first_missing)}]")
    assert "--from" in caught.value.fix


def test_a_gap_elsewhere_only_ends_the_history() -> None:
    bars = [bar for index, bar in enumerate(plain_candles(600)) if index not in {50, 550}]
    selection = select_bars(candle_file(bars), Window(start_ms=at(460), end_ms=at(540)))
    assert selection.history[0].open_ms == at(51)


def test_bars_of_another_interval_in_between_are_refused() -> None:
    bars = plain_candles(400)
    odd = plain_candles(401)[-1]
    late = [bar for bar in bars if bar.open_ms <= at(380)]
    shifted = type(odd)(
        open_ms=at(380) + 1, open=odd.open, high=odd.high, low=odd.low, close=odd.close, volume=odd.volume
    )
    file = candle_file([*late, shifted, *bars[381:]])
    with pytest.raises(FeedError, match="bars overlap"):
        select_bars(file, Window(start_ms=at(350), end_ms=at(400)))


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "what"),
    [
        (at(350), at(350), "empty window"),
        (at(360), at(350), "empty window"),
        (at(350) + 1, at(350) + INTERVAL_MS, "no complete bar in the window"),
        (at(0) - 1, at(350), "window outside the file"),
        (at(350), at(400) + 1, "window outside the file"),
    ],
)
def test_a_window_without_bars_is_refused(start_ms: int, end_ms: int, what: str) -> None:
    with pytest.raises(FeedError) as caught:
        select_bars(candle_file(plain_candles(400)), Window(start_ms=start_ms, end_ms=end_ms))
    assert caught.value.what == what
    if what == "window outside the file":
        assert f"[{at(0)}]" in caught.value.fix
        assert f"[{at(400)}]" in caught.value.fix
