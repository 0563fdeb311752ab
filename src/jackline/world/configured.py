"""What engine and watchdog of an experiment are configured with."""

from __future__ import annotations

from decimal import Decimal

from jackline.core.exit_settings import ExitSettings, Stages, TrailingBy
from jackline.core.gate_settings import RegimeSettings, Rule
from jackline.core.orders import MarginType, PositionMode
from jackline.core.settings import (
    NOTHING_MORE,
    AdoptSettings,
    ProtectionSettings,
    RiskSettings,
    StopSettings,
)
from jackline.core.universe import UniverseRules
from jackline.core.values import ZERO, Quote, Symbol, fraction
from jackline.engine.options import EngineOptions
from jackline.world.experiment import Experiment
from jackline.world.market import BAR_MS
from jackline.world.supervisor import STATE_DIR
from jackline.world.whims import Whims

SMALL_STAGES = Stages(
    break_even_gain_fraction=fraction("0.004"),
    lock_gain_fraction=fraction("0.008"),
    lock_fraction=fraction("0.004"),
    peak_gain_fraction=fraction("0.012"),
    peak_distance_fraction=fraction("0.003"),
)
"""A minute of a simulated market moves by as much; break-even stands above the costs, 0.3 %."""
FILTERS = UniverseRules(volume_24h_min_quote=Quote(ZERO), listing_age_min_ms=0, refresh_ms=3_000)
"""A symbol whose spread blows out is out at the next look."""


TAPE_BYTES_MAX = 4 * 1_024 * 1_024


def options(experiment: Experiment) -> EngineOptions:
    """What engine and watchdog of an experiment are started with."""
    return EngineOptions(
        account="sim",
        mode="paper",
        state_dir=STATE_DIR,
        symbols=_traded(experiment),
        universe=FILTERS if experiment.filtered else None,
        interval_ms=BAR_MS,
        position_mode=PositionMode.HEDGE if experiment.hedge else PositionMode.NETTING,
        margin_type=MarginType.CROSS,
        forced_rung=experiment.rung,
        risk=risk(experiment),
        protection=ProtectionSettings(),
        strategy=Whims(seed=experiment.seed, rate=experiment.signal_rate, exit_rate=experiment.opinion_rate),
        history_bars=5,
        tape_bytes_max=TAPE_BYTES_MAX if experiment.filtered else 0,
        guards_only=experiment.guards,
        adopting=adopting(experiment) if experiment.guards else NOTHING_MORE,
    )


def _traded(experiment: Experiment) -> tuple[Symbol, ...]:
    """None by name for a guard; all but the regime's reference where filters choose."""
    if experiment.guards:
        return ()
    return symbols(experiment)[:-1] if experiment.filtered else symbols(experiment)


def adopting(experiment: Experiment) -> AdoptSettings:
    """Every other guard leaves the venue's one whole-position stop to whoever trades beside it."""
    trailing = experiment.trailing_fraction
    return AdoptSettings(
        trailing_fraction=None if trailing is None else fraction(trailing),
        leaves_whole_position=experiment.seed % 2 == 1,
    )


def risk(experiment: Experiment) -> RiskSettings:
    """Stops close enough, holds and cool-downs short enough, that trades begin and end within a minute."""
    return RiskSettings(
        stop=StopSettings(value_fraction=fraction(experiment.stop_fraction), noise_multiple=Decimal("0.1")),
        leverage=experiment.leverage,
        target_fraction=None if experiment.target_fraction is None else fraction(experiment.target_fraction),
        trailing_fraction=(
            None if experiment.trailing_fraction is None else fraction(experiment.trailing_fraction)
        ),
        hold_max_ms=experiment.hold_max_ms,
        cooldown_ms=60_000,
        losing_streak_max=None,
        drawdown_max_fraction=None,
        regime=RegimeSettings(
            gate=Rule.ON if experiment.filtered else Rule.OFF, reference_symbol=symbols(experiment)[-1]
        ),
        trades_per_symbol_max=experiment.trades_per_symbol_max,
        exits=ExitSettings(
            stages=SMALL_STAGES if experiment.staged else None,
            no_progress_ms=experiment.no_progress_ms,
            progress_step_fraction=fraction(Decimal("0.001")),
            trailing_by=TrailingBy.VENUE if experiment.trailed else TrailingBy.ENGINE,
        ),
    )


def symbols(experiment: Experiment) -> tuple[Symbol, ...]:
    """As the venue spells them."""
    return tuple(Symbol(experiment.wire.spelled(name)) for name in experiment.symbols)
