"""What a validation knows before it begins: trials elsewhere, looks at its holdout, and what the regime forbids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from jackline.core.gate_settings import RegimeSettings, Rule
from jackline.core.orders import Bar
from jackline.core.ports import Signal
from jackline.core.settings import RiskSettings
from jackline.core.values import Fraction
from jackline.data.candles import Candles
from jackline.research.refusal import ResearchRefused
from jackline.research.sweep.signals import Signals, rule_signals, scaled
from jackline.research.trials import TrialRow, note_trials, read_trials, settings_sha256
from jackline.research.validation.calibrating import COEFFICIENTS, Calibration, Planted
from jackline.research.validation.candidate import CENTRE, Candidate, model_candidate, rule_candidate
from jackline.research.validation.document import calibration_document
from jackline.research.validation.holdout import Look, note_look, split
from jackline.research.validation.markets import BARS_A_DAY, FIRST_OPEN_MS, generated_market
from jackline.research.validation.page import calibration_page
from jackline.research.validation.planted import leaks_caught
from jackline.research.validation.running import Wanted, known_before, row_of
from jackline.strategies.ema_cross import EmaCross
from jackline.strategies.from_file import FromFile, with_parameter

DAY_MS = 86_400_000
DAYS = 10
RISK = RiskSettings(
    target_fraction=Fraction(Decimal("0.03")),
    cooldown_ms=900_000,
    regime=RegimeSettings(gate=Rule.OFF),
)


@pytest.fixture(scope="module")
def candles() -> Candles:
    return replace(generated_market(days=DAYS, seed=2), symbol="BTCUSDT")


@pytest.fixture(scope="module")
def candidate(candles: Candles) -> Candidate:
    return rule_candidate(EmaCross(fast_period=5, slow_period=20), RISK, candles, lambda *_: None)


def row(
    strategy: str,
    *,
    what: str = "stop",
    days: tuple[int, int] = (0, 8),
    symbol: str = "BTCUSDT",
    fixed: str = "hold=8h",
) -> TrialRow:
    begin, end = (FIRST_OPEN_MS + day * DAY_MS for day in days)
    return TrialRow(
        at_ms=1,
        data_sha256="d",
        symbol=symbol,
        interval_ms=900_000,
        from_ms=begin,
        to_ms=end,
        trials=40,
        strategy=strategy,
        what=what,
        settings_sha256=settings_sha256(what, fixed),
    )


def known(
    directory: Path, candidate: Candidate, candles: Candles, **more: tuple[str, str, int, str]
) -> tuple[int, int]:
    wanted = Wanted(ledger=directory, at_ms=2, identity="i", seed=1, fraction=0.2, **more)
    begin = int(candles.open_ms[split(candles).holdout_bar])
    return known_before(candidate, wanted, candles, holdout_from_ms=begin)


# -- around a configuration ------------------------------------------------------------------------------------


def test_a_configuration_stands_in_the_middle_of_its_neighbours(candidate: Candidate) -> None:
    """Five strategies (itself, two parameters a step down and up), three stops, targets and holds each."""
    assert candidate.settings == 5 * 27
    assert sum(len(points) for _, points in candidate.tried.families) == candidate.settings
    assert candidate.tried.chosen is not None
    assert (candidate.tried.places[candidate.tried.chosen] == CENTRE).all()
    assert candidate.axes["fast_period"] == (4, 5, 6)
    assert candidate.axes["slow_period"] == (18, 20, 22)
    assert candidate.axes["stop"] == (0.01125, 0.015, 0.01875)
    assert candidate.axes["hold (h)"] == (4, 8, 12)
    assert len({tuple(place) for place in candidate.tried.places.tolist()}) == candidate.settings


def test_a_strategy_of_a_users_file_has_the_neighbours_of_what_he_wrote(
    candles: Candles, candidate: Candidate
) -> None:
    """What stands around it, its name and its warm-up, is no parameter."""
    own = EmaCross(fast_period=5, slow_period=20)
    around = FromFile(strategy=own, name="mine@1f0c22ab", warmup_bars=own.warmup_bars)
    found = rule_candidate(around, RISK, candles, lambda *_: None)
    assert found.name == "mine@1f0c22ab(fast_period=5, slow_period=20)"
    assert found.axes == candidate.axes
    for (mine, _), (built_in, _) in zip(found.tried.families, candidate.tried.families, strict=True):
        assert mine.sides is not None
        assert built_in.sides is not None
        assert np.array_equal(mine.sides, built_in.sides)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """Gives what its field says, or fails."""

    gives: str | None = None
    name: str = "failing@1f0c22ab"
    warmup_bars: int = 2

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        if self.gives is not None:
            return cast("Signal", self.gives)
        raise LookupError("no such column")


@pytest.mark.parametrize(("gives", "said"), [(None, "no such column"), ("long", "signal\\(\\) gave a str")])
def test_a_strategy_that_fails_is_refused_with_the_bar_and_the_fix(
    candles: Candles, gives: str | None, said: str
) -> None:
    """It must not look like a strategy without wishes, nor like an error of ours."""
    with pytest.raises(
        ResearchRefused, match=rf"failing@1f0c22ab: .*{said}.* UTC .* Fix: correct the strategy"
    ):
        rule_signals(Failing(gives=gives), candles)


def test_a_neighbour_that_no_engine_could_keep_the_bars_of_is_left_out() -> None:
    own = EmaCross(fast_period=5, slow_period=150)
    around = FromFile(strategy=own, name="mine@1f0c22ab", warmup_bars=own.warmup_bars)
    longer = with_parameter(around, "slow_period", 151)
    assert longer is not None
    assert longer.warmup_bars == EmaCross(fast_period=5, slow_period=151).warmup_bars
    assert with_parameter(around, "slow_period", 10**9) is None


def test_the_thresholds_of_a_model_are_axes(candles: Candles) -> None:
    even = scaled(np.full(len(candles), 0.5))
    signals = Signals(name="model", p_long=even, p_short=even)
    found = model_candidate(signals, RISK, candles, (0.65, 0.99))
    assert found.axes["long"] == pytest.approx((0.62, 0.65, 0.68))
    assert found.axes["short"] == pytest.approx((0.96, 0.99, 1.0))
    ((_, points),) = found.tried.families
    assert found.tried.chosen is not None
    assert points.columns["long"][found.tried.chosen] == 65_000_000
    assert found.settings == len(points) == 9 * 27


# -- what was tried before -------------------------------------------------------------------------------------


def test_trials_elsewhere_count_once_and_a_sweep_of_the_holdout_is_a_look(
    tmp_path: Path, candidate: Candidate, candles: Candles
) -> None:
    assert known(tmp_path, candidate, candles) == (0, 0)
    note_trials(tmp_path, row("rsi_trend"))
    note_trials(tmp_path, row("rsi_trend"))  # the same once more
    note_trials(tmp_path, row("rsi_trend", what="hold"))
    note_trials(tmp_path, row("rsi_trend", symbol="ETHUSDT"))
    note_trials(tmp_path, row("rsi_trend", what="older", days=(-9, 0)))
    assert known(tmp_path, candidate, candles) == (0, 80)
    one = settings_sha256("stop", "hold=8h")
    assert known(tmp_path, candidate, candles, swept=("d", "rsi_trend", 40, one)) == (
        0,
        40,
    )  # as large as the other
    note_trials(tmp_path, row("rsi_trend", what="all of it", days=(0, 10)))
    assert known(tmp_path, candidate, candles) == (1, 120)


def test_the_same_words_beside_another_hold_are_other_trials(
    tmp_path: Path, candidate: Candidate, candles: Candles
) -> None:
    """A file whose fixed hold is changed between two sweeps of the stop tries twice as many settings."""
    note_trials(tmp_path, row("rsi_trend"))
    note_trials(tmp_path, row("rsi_trend", fixed="hold=4h"))
    long = "stop=" + ",".join(f"0.0{number}" for number in range(100, 200))
    note_trials(tmp_path, row("rsi_trend", what=long))
    note_trials(tmp_path, row("rsi_trend", what=f"{long},0.09"))  # alike as far as the ledger keeps the words
    assert len({one.what for one in read_trials(tmp_path)}) == 2
    assert known(tmp_path, candidate, candles) == (0, 160)


def test_a_candidate_is_told_by_what_stands_on_no_axis(tmp_path: Path, candles: Candles) -> None:
    """Cool-down, regime and the recipe of a model change trades, and no value on an axis."""
    strategy = EmaCross(fast_period=5, slow_period=20)

    def settings(risk: RiskSettings, *recipe: object) -> tuple[str, str]:
        found = rule_candidate(strategy, risk, candles, lambda *_: None)
        found = replace(found, fixed=(*found.fixed, *recipe))
        wanted = Wanted(ledger=tmp_path, at_ms=2, identity="i", seed=1, fraction=0.2)
        return row_of(found, wanted, candles, end_ms=9, sha256="").settings

    own = settings(RISK)
    assert own == settings(replace(RISK, leverage=2))  # no other trade comes of it
    others = [
        settings(replace(RISK, cooldown_ms=1_800_000)),
        settings(replace(RISK, regime=RegimeSettings(gate=Rule.ON))),
        settings(RISK, "target=0.004"),
        settings(RISK, "target=0.005"),
    ]
    assert len({own, *others}) == 5


def test_a_look_at_the_same_days_of_another_file_counts(
    tmp_path: Path, candidate: Candidate, candles: Candles
) -> None:
    note_look(
        tmp_path,
        Look(
            at_ms=1,
            symbol="BTC-USDT",
            interval_ms=300_000,
            from_ms=FIRST_OPEN_MS + 9 * DAY_MS,
            to_ms=FIRST_OPEN_MS + 30 * DAY_MS,
            data_sha256="other",
            strategy="other",
        ),
    )
    assert known(tmp_path, candidate, candles) == (1, 0)


# -- the regime ------------------------------------------------------------------------------------------------


def test_signals_of_a_candidate_are_those_that_the_regime_leaves(candles: Candles) -> None:
    """Gate 7 is asked once a signal, for itself and every neighbour; off, nothing is forbidden."""
    risk = replace(RISK, regime=RegimeSettings(gate=Rule.ON))
    found = rule_candidate(EmaCross(fast_period=5, slow_period=20), risk, candles, lambda *_: None)
    forbidden = [signals.forbidden for signals, _ in found.tried.families]
    assert all(one is not None and one.any() for one in forbidden)
    off = rule_candidate(EmaCross(fast_period=5, slow_period=20), RISK, candles, lambda *_: None)
    assert all(signals.forbidden is None for signals, _ in off.tried.families)


# -- what a calibration says -----------------------------------------------------------------------------------


def test_a_calibration_is_told_as_it_was_counted() -> None:
    found = Calibration(
        strategies=50,
        seed=1,
        noise_accept_fraction=0.02,
        noise_passed={"plateau": 0.3, "deflated Sharpe": 0.02},
        planted=tuple(
            Planted(information_coefficient=one, strategies=25, accept_fraction=one) for one in COEFFICIENTS
        ),
        leaks_caught=leaks_caught(1),
    )
    plain = calibration_document(found)
    assert set(plain) >= {"noise_accept_fraction", "planted", "leaks_caught"}
    assert [one["information_coefficient"] for one in plain["planted"]] == list(COEFFICIENTS)
    assert set(plain["planted"][0]) >= {"information_coefficient", "accept_fraction"}
    assert all(plain["leaks_caught"].values())
    text = calibration_page(plain)
    assert "Power of the gate" in text
    assert all(name in text for name in plain["leaks_caught"])


def test_a_day_of_the_generated_market_is_whole() -> None:
    market = generated_market(days=2, seed=1)
    assert len(market) == 2 * BARS_A_DAY
    assert (np.diff(market.open_ms) == market.interval_ms).all()
