"""What the tests of training want: small models, quickly fitted, over a generated market."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cache

from jackline.core.gate_settings import OpportunityForm, OpportunitySettings
from jackline.data.candles import Candles
from jackline.models.calibrating import Kind
from jackline.models.gated import Gate
from jackline.models.labels import Barriers
from jackline.models.pipeline import Trained, Wanted, train
from jackline.models.report import Ask
from jackline.models.trainers import Recipe
from jackline.models.training import Method
from tests.models.market import USUAL, market

BARS, SEED = 2_000, 7
MOMENTUM = 0.5
"""So much of each move is carried on that a model can find it."""
SMALL = Recipe(trees=12, leaves=6, learning_rate=0.15, leaf_rows_min=20)
BARRIERS = Barriers(stop=0.01, target=0.01, hold_bars=8)
METHOD = Method(recipe=SMALL, calibration=Kind.SIGMOID, folds=3, embargo_bars=8)
GATE = Gate(
    long_probability_min=Decimal("0.65"),
    short_probability_min=Decimal("0.70"),
    opportunity=OpportunitySettings(form=OpportunityForm.THRESHOLDS),
    costs_fraction=Decimal("0.001"),
)
WANTED = Wanted(
    ask=Ask.TARGET,
    barriers=BARRIERS,
    costs=USUAL,
    method=METHOD,
    gate=GATE,
    thresholds={"entry_long": 0.65, "entry_short": 0.70, "exit_long": 0.70, "exit_short": 0.72},
    exit_entries_share=0.5,
    best_share=0.1,
    is_forced=False,
)
ENTRIES_ALONE = replace(WANTED, thresholds={"entry_long": 0.65, "entry_short": 0.70})


def silent(_: str) -> None:
    """Hears nothing."""


@cache
def carried() -> Candles:
    """The market that carries its moves on."""
    return market(BARS, seed=SEED, momentum=MOMENTUM)


@cache
def trained() -> Trained:
    """All four models, fitted once a process."""
    return train([carried()], WANTED, silent)
