"""Drift is told by figures: of each column, of the answers, and of what came true."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from jackline.data.candles import Candles
from jackline.models.bundle import Bundle, read_bundle
from jackline.models.drift import ROWS_MIN, State, drift_report, stability_index, worst
from jackline.models.features import COLUMNS, WINDOW_BARS
from jackline.models.pipeline import write
from jackline.models.refusal import BundleRefused
from jackline.models.report import edges_of
from tests.models.market import INTERVAL_MS, market
from tests.models.teaching import BARS, MOMENTUM, SEED, trained


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    directory = tmp_path_factory.mktemp("drift") / "btc"
    write(directory, trained())
    return read_bundle(directory)


def later(*, momentum: float = MOMENTUM, wilder: float = 1.0, bars: int = 1_200) -> Candles:
    """A market that goes on where that of the training ended, moving so many times as much."""
    found = market(bars, seed=SEED + 1, momentum=momentum)
    prices = {
        name: 1_000 * (getattr(found, name) / 1_000) ** wilder for name in ("open", "high", "low", "close")
    }
    return replace(found, open_ms=found.open_ms + INTERVAL_MS * BARS, **prices)


def test_a_market_like_that_of_the_training_holds_in_nearly_every_column(bundle: Bundle) -> None:
    found = drift_report(bundle, later())
    assert found.bars > 1_000
    assert sum(one.state is State.HOLDS for one in found.columns) > len(COLUMNS) * 2 / 3
    assert {one.key for one in found.models} == {"entry_long", "entry_short", "exit_long", "exit_short"}


def test_a_wilder_market_drifts_where_columns_measure_how_wild_it_is(bundle: Bundle) -> None:
    found = drift_report(bundle, later(wilder=3.0))
    states = {one.name: one for one in found.columns}
    assert found.state is State.DRIFTED
    for name in ("atr_fraction_14", "volatility_24", "range_1"):
        assert states[name].state is State.DRIFTED
        assert states[name].index > 1
        assert (states[name].outside_fraction or 0) > 0.05
    assert states["rsi_14"].index < 0.25, "what has no size does not see it"


def test_answers_that_no_longer_come_true_are_told_beside_what_came(bundle: Bundle) -> None:
    found = drift_report(bundle, later(wilder=0.2))
    entry = next(one for one in found.models if one.key == "entry_long")
    assert entry.labelled > 1_000
    assert entry.said is not None
    assert entry.came is not None
    assert entry.came < 0.05, "a market so quiet reaches no target"
    assert entry.said - entry.came > 0.10
    assert entry.state is State.DRIFTED
    assert sum(one.rows for one in entry.reliability) == entry.labelled


def test_bars_of_the_training_are_not_compared_with_themselves(bundle: Bundle) -> None:
    whole = later()
    begun = replace(whole, open_ms=whole.open_ms - INTERVAL_MS * 500)
    found = drift_report(bundle, begun)
    assert found.from_ms > bundle.manifest.trained_to_ms
    assert found.bars == len(whole) - int(
        np.searchsorted(begun.open_ms + INTERVAL_MS, bundle.manifest.trained_to_ms, side="right")
    )
    with pytest.raises(BundleRefused, match="5 bars can be asked about after the end of its training"):
        drift_report(bundle, market(BARS))
    with pytest.raises(BundleRefused, match=f"{ROWS_MIN - 1} bars can be asked"):
        drift_report(bundle, later(bars=WINDOW_BARS + ROWS_MIN - 2))


def test_another_market_or_other_bars_are_refused(bundle: Bundle) -> None:
    with pytest.raises(BundleRefused, match="trained for BTCUSDT"):
        drift_report(bundle, replace(later(), symbol="ETHUSDT"))
    with pytest.raises(BundleRefused, match="300000 ms"):
        drift_report(bundle, replace(later(), interval_ms=300_000))


def test_the_index_is_nothing_for_the_same_and_what_it_should_be_for_a_shift() -> None:
    values = np.arange(10_000) / 10_000
    edges = edges_of("x", values)
    assert stability_index(edges, values) == pytest.approx(0, abs=1e-5)
    upper = values[5_000:]
    wanted = 5 * (0.2 - 0.1) * np.log(2) + 5 * (1e-4 - 0.1) * np.log(1e-4 / 0.1)
    assert stability_index(edges, upper) == pytest.approx(wanted, rel=1e-2)


def test_the_index_of_a_column_with_one_value_sees_that_it_is_another_one() -> None:
    edges = edges_of("x", np.full(100, 0.5))
    assert stability_index(edges, np.full(50, 0.5)) == pytest.approx(0, abs=1e-9)
    assert stability_index(edges, np.full(50, 0.7)) > 1


def test_the_worst_state_is_told_and_what_is_not_known_is_not_held_against_it() -> None:
    assert worst([State.HOLDS, State.DRIFTED, State.MOVING]) is State.DRIFTED
    assert worst([State.HOLDS, State.UNKNOWN]) is State.HOLDS
    assert worst([]) is State.UNKNOWN
