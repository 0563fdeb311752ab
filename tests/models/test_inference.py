"""What a model makes of the last bar: the same alone and in a batch, and no opinion where it must not have one (M2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from jackline.core.opportunity import Probabilities
from jackline.core.orders import Bar
from jackline.core.values import MarketMs, Price, Quantity, Side, Symbol
from jackline.models.bundle import Bundle
from jackline.models.calibration import Piecewise, calibrated
from jackline.models.features import WINDOW_BARS, candles_of, features
from jackline.models.inference import DAY_MS, Doubt, Inference, NoOpinion
from jackline.models.manifest import Role
from jackline.models.writing import write_bundle
from tests.models.making import (
    ENTRIES,
    INTERVAL_MS,
    TRAINED_TO_MS,
    after_training,
    bars_of,
    fitted,
    training,
    written,
)


@dataclass
class Heard:
    """Keeps what is told."""

    told: list[tuple[str, NoOpinion | None]] = field(default_factory=list)

    def tell(self, symbol: str, doubted: NoOpinion | None) -> None:
        self.told.append((symbol, doubted))

    @property
    def doubts(self) -> list[Doubt | None]:
        return [None if one is None else one.doubt for _, one in self.told]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return written(tmp_path_factory.mktemp("models") / "btc")


def asked(bundle: Bundle, heard: Heard | None = None, **changes: float) -> Inference:
    settings = {"age_ms_max": 30 * DAY_MS, "range_margin_fraction": 1e9, **changes}
    return Inference(
        bundle=bundle,
        age_ms_max=int(settings["age_ms_max"]),
        range_margin_fraction=settings["range_margin_fraction"],
        tell=(heard or Heard()).tell,
    )


def test_D4_the_last_bar_alone_gives_what_a_batch_over_the_history_gives(bundle: Bundle) -> None:
    bars = after_training(WINDOW_BARS + 60)
    rows = features(candles_of(bars))
    member = bundle.member("entry_long")
    assert member is not None
    batch = calibrated(member.calibration, bundle.forests["entry_long"].probabilities(rows))
    for place in range(60):
        said = asked(bundle).entry(bars[place : place + WINDOW_BARS])
        assert said is not None
        assert said.long == Decimal(f"{batch[place]:.4f}")
        assert said == asked(bundle).entry(bars[: place + WINDOW_BARS]), "older bars decide nothing"
    assert len(set(batch.round(4))) > 20


def test_both_sides_are_asked_and_each_exit_has_its_model(bundle: Bundle) -> None:
    """What each learnt is the direction of the last bar."""
    bars = after_training(400)
    risen = [place for place in range(WINDOW_BARS, 400) if bars[place].close > bars[place].open]
    rising, falling = (
        bars[: risen[0] + 1],
        bars[: next(p for p in range(risen[0], 400) if p not in risen) + 1],
    )
    up, down = asked(bundle).entry(rising), asked(bundle).entry(falling)
    assert up is not None
    assert down is not None
    assert up.long > Decimal("0.7") > down.long
    over, on = asked(bundle).exit(falling, Side.LONG), asked(bundle).exit(rising, Side.LONG)
    assert over is not None
    assert on is not None
    assert over > Decimal("0.7") > Decimal("0.3") > on


def test_a_side_without_a_model_has_no_probability_and_no_exit(tmp_path: Path) -> None:
    long_alone = asked(written(tmp_path / "long", "entry_long"))
    bars = after_training(WINDOW_BARS)
    said = long_alone.entry(bars)
    assert said is not None
    assert said.short == 0
    assert long_alone.exit(bars, Side.LONG) is None
    assert (long_alone.entry_threshold(Side.LONG), long_alone.entry_threshold(Side.SHORT)) == (
        Decimal("0.65"),
        None,
    )
    assert long_alone.exit_threshold(Side.LONG) is None


def test_a_bundle_may_name_its_columns_in_an_order_of_its_own(tmp_path: Path) -> None:
    """And fewer of them: the row is made in the order that the model was fitted to."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    order = ("rsi_14", "return_1")
    rows = training().rows[:, [13, 0]]
    model = HistGradientBoostingClassifier(max_iter=3, max_leaf_nodes=4, early_stopping=False)
    one = replace(fitted("entry_long"), classifier=model.fit(rows, rows[:, 1] > 0))
    own = write_bundle(tmp_path / "own", [one], replace(training(), rows=rows, columns=order))
    bars = after_training(WINDOW_BARS)
    said = asked(own).entry(bars)
    (row,) = features(candles_of(bars))
    assert said is not None
    raw = own.forests["entry_long"].probabilities(np.array([[row[13], row[0]]]))
    assert said.long == Decimal(f"{raw[0]:.4f}")


def test_a_probability_is_a_calibrated_one(tmp_path: Path) -> None:
    never = Piecewise(raw=(0.0, 1.0), probability=(0.1, 0.2))
    found = asked(write_bundle(tmp_path / "calm", [fitted("entry_long", calibration=never)], training()))
    said = found.entry(after_training(WINDOW_BARS))
    assert said is not None
    assert Decimal("0.1") <= said.long <= Decimal("0.2")


# -- no opinion ----------------------------------------------------------------------------------------------


def moved(bars: list[Bar], by_ms: int) -> list[Bar]:
    return [replace(bar, open_ms=MarketMs(bar.open_ms + by_ms)) for bar in bars]


def of_another_symbol(bars: list[Bar]) -> list[Bar]:
    return [replace(bar, symbol=Symbol("ETHUSDT")) for bar in bars]


def of_minutes(bars: list[Bar]) -> list[Bar]:
    return [replace(bar, interval_ms=60_000) for bar in bars]


def with_a_leap(bars: list[Bar]) -> list[Bar]:
    """Up by half in one bar: the training has seen nothing like it."""
    last = bars[-1]
    leapt = Price(Decimal(f"{last.close * Decimal('1.5'):.4f}"))
    return [*bars[:-1], replace(last, close=leapt, high=max(leapt, last.high))]


def with_volume(bars: list[Bar]) -> list[Bar]:
    return [*bars[:-1], replace(bars[-1], volume=Quantity(Decimal(100_000)))]


DOUBTED: dict[str, tuple[Callable[[list[Bar]], list[Bar]], Doubt, str]] = {
    "another symbol": (of_another_symbol, Doubt.SYMBOL, "ETHUSDT"),
    "other bars": (of_minutes, Doubt.INTERVAL, "60000 ms, trained on 300000"),
    "a month too late": (
        lambda bars: moved(bars, 30 * DAY_MS),
        Doubt.STALE,
        "days before this bar, allowed 30",
    ),
    "inside the training": (
        lambda bars: moved(bars, -WINDOW_BARS * INTERVAL_MS),
        Doubt.SEEN,
        "seen what comes",
    ),
    "a leap": (with_a_leap, Doubt.RANGE, "return_1 = 0.4"),
    "a volume": (with_volume, Doubt.RANGE, "volume_z_48 = 6.8"),
}


@pytest.mark.owns("M2")
@pytest.mark.parametrize("case", DOUBTED)
def test_M2_where_a_model_must_not_be_believed_it_has_no_opinion_on_entry_or_exit(
    bundle: Bundle, case: str
) -> None:
    spoil, doubt, said = DOUBTED[case]
    heard, bars = Heard(), after_training(WINDOW_BARS)
    fair = asked(bundle, heard, range_margin_fraction=0.25)
    assert fair.entry(bars) is not None
    assert fair.exit(bars, Side.LONG) is not None
    spoiled = spoil(bars)
    assert fair.entry(spoiled) is None
    assert fair.exit(spoiled, Side.LONG) is None
    assert heard.doubts == [None, None, doubt, doubt]
    found = heard.told[-1][1]
    assert found is not None
    assert said in found.detail


@pytest.mark.owns("M2")
def test_M2_age_is_counted_to_the_close_of_the_bar_and_its_limit_still_holds(bundle: Bundle) -> None:
    bars = after_training(WINDOW_BARS)
    age_ms = bars[-1].open_ms + INTERVAL_MS - TRAINED_TO_MS
    assert asked(bundle, age_ms_max=age_ms).entry(bars) is not None
    assert asked(bundle, age_ms_max=age_ms - 1).entry(bars) is None
    assert asked(bundle).entry(moved(bars, -age_ms)) is None, "the last bar of the training"
    assert asked(bundle).entry(moved(bars, 1 - age_ms)) is not None


def test_a_margin_lets_in_what_lies_near_the_training(bundle: Bundle) -> None:
    """A market that wanders as the one trained on is mostly inside its quantiles, and all of it a little outside."""
    bars = after_training(WINDOW_BARS + 200, seed=99)

    def opinions(margin: float) -> int:
        one = asked(bundle, range_margin_fraction=margin)
        return sum(one.entry(bars[place : place + WINDOW_BARS]) is not None for place in range(200))

    assert opinions(0) < opinions(0.25) <= opinions(2) == 200


def test_the_same_bars_give_the_same_and_the_name_tells_the_bundle(bundle: Bundle) -> None:
    bars = after_training(WINDOW_BARS)
    one, other = asked(bundle), asked(bundle)
    assert one.entry(bars) == one.entry(bars) == other.entry(bars)
    assert one.name == f"model@{bundle.sha256[:8]}"
    assert one.warmup_bars == WINDOW_BARS
    assert bundle.member(f"{Role.ENTRY}_{Side.LONG}") is not None
    assert isinstance(one.entry(bars), Probabilities)
    assert set(ENTRIES) <= set(bundle.forests)
    assert bars_of(1) != after_training(1)
