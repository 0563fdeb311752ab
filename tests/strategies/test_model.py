"""The strategy that a model drives: thresholds that can only be raised, and nothing without an opinion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from jackline.core.opportunity import Probabilities
from jackline.core.orders import Bar
from jackline.core.ports import ExitStrategy, Signal
from jackline.core.values import Fraction, Side
from jackline.strategies.building import declared
from jackline.strategies.model import ModelDriven
from jackline.strategies.parameters import ParametersRefused
from jackline.strategies.registry import build_strategy
from tests.strategies.making import bars_of

BARS = bars_of([1, 2, 3])


@dataclass(frozen=True, kw_only=True)
class Says:
    """A model with an opinion of its own."""

    long: str = "0"
    short: str = "0"
    over: str | None = None
    silent: bool = False
    entry_at: str | None = "0.5"
    exit_at: str | None = "0.5"
    name: str = "model@1f0c22ab"
    warmup_bars: int = 3

    def entry_threshold(self, side: Side) -> Fraction | None:
        return None if self.entry_at is None else Fraction(Decimal(self.entry_at))

    def exit_threshold(self, side: Side) -> Fraction | None:
        return None if self.exit_at is None else Fraction(Decimal(self.exit_at))

    def entry(self, bars: Sequence[Bar]) -> Probabilities | None:
        both = Probabilities(long=Fraction(Decimal(self.long)), short=Fraction(Decimal(self.short)))
        return None if self.silent else both

    def exit(self, bars: Sequence[Bar], side: Side) -> Fraction | None:
        return None if self.over is None else Fraction(Decimal(self.over))


def wished(model: Says, **parameters: float) -> Signal | None:
    return replace(build(**parameters), model=model).signal(BARS)


def build(**parameters: float) -> ModelDriven:
    built = build_strategy("model", parameters)
    assert isinstance(built, ModelDriven)
    return built


@pytest.mark.parametrize(
    ("long", "short", "side"),
    [
        ("0.65", "0", Side.LONG),
        ("0.6499", "0", None),
        ("0", "0.70", Side.SHORT),
        ("0", "0.6999", None),
        ("0.65", "0.99", Side.LONG),
        ("0.64", "0.99", Side.SHORT),
    ],
)
def test_the_long_goes_first_and_each_side_has_policys_threshold(
    long: str, short: str, side: Side | None
) -> None:
    wish = wished(Says(long=long, short=short))
    assert (None if wish is None else wish.side) is side


def test_a_wish_carries_its_probabilities_and_its_model() -> None:
    wish = wished(Says(long="0.7125", short="0.1030"))
    both = Probabilities(long=Fraction(Decimal("0.7125")), short=Fraction(Decimal("0.1030")))
    assert wish == Signal(
        side=Side.LONG,
        reason="model@1f0c22ab: p_long 0.7125, p_short 0.1030",
        confidence=Fraction(Decimal("0.7125")),
        probabilities=both,
    )


@pytest.mark.owns("M2")
@pytest.mark.parametrize(
    ("model", "parameters", "wishes"),
    [
        (Says(long="0.8", entry_at="0.8"), {}, True),
        (Says(long="0.7999", entry_at="0.8"), {}, False),
        (Says(long="0.8", entry_at="0.5"), {"long_probability_min": 0.8}, True),
        (Says(long="0.7999", entry_at="0.5"), {"long_probability_min": 0.8}, False),
        (Says(long="0.6", entry_at="0.5"), {"long_probability_min": 0.6}, True),
        (Says(long="0.99", entry_at=None), {}, False),
    ],
)
def test_M2_of_two_thresholds_the_higher_one_holds(
    model: Says, parameters: dict[str, float], wishes: bool
) -> None:
    assert (wished(model, **parameters) is not None) is wishes


@pytest.mark.owns("M2")
def test_M2_no_opinion_wishes_for_nothing_and_ends_nothing() -> None:
    silent = replace(build(), model=Says(long="0.99", silent=True))
    assert silent.signal(BARS) is None
    assert silent.exit_confidence(BARS, Side.LONG) is None
    cold = replace(build(), model=Says(long="0.99", over="0.99"))
    assert cold.signal(BARS[:2]) is None
    assert cold.exit_confidence(BARS[:2], Side.LONG) is None


@pytest.mark.parametrize(
    ("over", "at", "said"),
    [("0.731", "0.731", "0.731"), ("0.73", "0.731", None), ("0.9", "0.5", "0.9"), ("0.9", None, None)],
)
def test_an_exit_is_said_from_the_bundles_threshold_on(over: str, at: str | None, said: str | None) -> None:
    """Whether it closes is then for `[exits]` to say."""
    sure = replace(build(), model=Says(over=over, exit_at=at)).exit_confidence(BARS, Side.SHORT)
    assert sure == (None if said is None else Decimal(said))


def test_without_a_model_it_asks_nobody_and_its_parameters_are_checked_all_the_same() -> None:
    alone = build()
    assert (alone.name, alone.warmup_bars, alone.signal(BARS)) == ("model", 1, None)
    assert alone.exit_confidence(BARS, Side.LONG) is None
    assert isinstance(alone, ExitStrategy)
    with pytest.raises(ParametersRefused) as caught:
        build_strategy("model", {"long_probability_min": 0.4, "model_age_days_max": 0, "model": 1})
    assert {bad.key for bad in caught.value.problems} == {
        "long_probability_min",
        "model_age_days_max",
        "model",
    }


def test_the_model_itself_is_no_parameter_and_is_told_nowhere() -> None:
    assert [one.name for one in declared(ModelDriven)] == [
        "long_probability_min",
        "short_probability_min",
        "model_age_days_max",
        "range_margin_fraction",
    ]
    assert "Says" not in repr(replace(build(), model=Says()))
