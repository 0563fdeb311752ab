"""Drawn rules on drawn bars: walked or not, wired or not, a backtest comes out the same, and adds up."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from jackline.core.exit_settings import ExitSettings, TrailingBy
from jackline.core.orders import MarginType, PositionMode
from jackline.core.values import Fraction, Side
from jackline.engine.options import EngineOptions
from jackline.research.backtest.run import run_backtest
from jackline.research.backtest.settings import BacktestSettings
from jackline.research.backtest.street import Transport
from tests.research.bars_played import Told, candles, options, risk
from tests.research.test_transports import essence, walk

BARS = 160
SEEDS_LONG = range(100, 140)


def drawn(seed: int) -> EngineOptions:
    """Any exits, modes and limits; one entry a trade, for an addition is sized by the equity of the last look, which
    falls when it falls."""
    chance = Random(seed)

    def between(low: float, high: float) -> Fraction:
        return Fraction(Decimal(str(round(chance.uniform(low, high), 4))))

    rules = risk(
        target_fraction=chance.choice([None, between(0.004, 0.02)]),
        trailing_fraction=chance.choice([None, between(0.003, 0.02)]),
        hold_max_ms=chance.choice([3, 10, 50]) * 900_000 + chance.choice([0, 100_000]),
        cooldown_ms=chance.choice([0, 900_000, 3_000_000]),
        losing_streak_max=chance.choice([None, 2]),
        daily_loss_max_fraction=between(0.005, 0.05),
        size_cap_fraction=chance.choice([Fraction(Decimal("0.1")), Fraction(Decimal("0.9"))]),
        exits=ExitSettings(
            no_progress_ms=chance.choice([None, 4 * 900_000]),
            progress_step_fraction=between(0.001, 0.005),
            trailing_by=chance.choice(list(TrailingBy)),
        ),
    )
    wishes = {bar: chance.choice(list(Side)) for bar in range(2, BARS) if chance.random() < 0.3}
    return replace(
        options(Told(wishes=wishes), rules),
        position_mode=chance.choice(list(PositionMode)),
        margin_type=chance.choice(list(MarginType)),
    )


@pytest.mark.parametrize(
    "seed", [100, *(pytest.param(seed, marks=pytest.mark.long) for seed in SEEDS_LONG[1:])]
)
def test_three_ways_are_one(seed: int) -> None:
    asked, data = drawn(seed), [candles(walk(seed, bars=BARS))]
    stepped, walked, wired = (
        run_backtest(asked, data, settings=BacktestSettings(transport=transport, walks_all=all_bars))
        for transport, all_bars in (
            (Transport.DIRECT, False),
            (Transport.DIRECT, True),
            (Transport.WIRE, True),
        )
    )
    for other in (walked, wired):
        assert essence(other) == essence(stepped)
        assert other.equity == stepped.equity
        assert other.denied == stepped.denied
    assert stepped.trades
    assert stepped.ledger_gap_quote == 0
    assert max(stepped.naked_ms) == 0
    assert (stepped.fills_outside, stepped.unrested) == (0, 0)
