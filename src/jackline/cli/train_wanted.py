"""What `jackline train` is to train: the configuration's own stop, hold and thresholds, and what its options change."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from jackline.cli.config import Config
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.core.settings import RiskSettings, StopBasis
from jackline.core.values import Side
from jackline.models.calibrating import Kind
from jackline.models.gated import Gate
from jackline.models.labels import Barriers, Costs, Unit
from jackline.models.manifest import Role
from jackline.models.pipeline import Wanted
from jackline.models.report import Ask
from jackline.models.trainers import Recipe, Trainer
from jackline.models.training import Method
from jackline.strategies.model import ModelDriven

if TYPE_CHECKING:
    from decimal import Decimal

    from jackline.cli.train_options import Options

Choice = TypeVar("Choice", bound=StrEnum)

SIDES = {"both": (Side.LONG, Side.SHORT), "long": (Side.LONG,), "short": (Side.SHORT,)}


def wanted_of(config: Config, options: Options, interval_ms: int) -> Wanted:
    """Raises CommandFailed with the option, its value, what is allowed and the fix."""
    from jackline.research import costs

    risk = config.risk_settings()
    barriers, ask = _barriers(options, risk, interval_ms), _choice("--label", options.label, Ask)
    usual = costs.Costs()
    return Wanted(
        ask=ask,
        barriers=barriers,
        costs=Costs(
            taker_fraction=float(risk.taker_fraction),
            slippage_fraction=float(usual.slippage_fraction),
            funding_8h_fraction=float(usual.funding_fraction),
        ),
        method=Method(
            recipe=Recipe(
                trainer=_choice("--trainer", options.trainer, Trainer),
                trees=options.trees,
                leaves=options.leaves,
                leaf_rows_min=options.leaf_rows,
                seed=options.seed,
            ),
            calibration=_choice("--calibration", options.calibration, Kind),
            folds=options.folds,
            embargo_bars=barriers.hold_bars if options.embargo_bars is None else options.embargo_bars,
        ),
        gate=_gate(config, risk),
        thresholds=_thresholds(config, risk, options),
        exit_entries_share=options.exit_entries,
        best_share=options.best_share,
        is_forced=options.is_forced,
    )


def _choice(option: str, text: str, kind: type[Choice]) -> Choice:
    try:
        return kind(text)
    except ValueError:
        raise CommandFailed(
            ExitCode.BAD_INPUT, f"{option}: {text!r} is not known. Fix: one of {', '.join(kind)}"
        ) from None


def _barriers(options: Options, risk: RiskSettings, interval_ms: int) -> Barriers:
    unit = _choice("--barriers", options.unit, Unit)
    stop = _stop(options, risk, unit)
    target = options.target
    if target is None and options.label == Ask.TARGET:
        own = unit is Unit.FRACTION and risk.target_fraction is not None
        target = float(risk.target_fraction or 0) if own else stop
    hold_bars = options.hold_bars or max(1, risk.hold_max_ms // interval_ms)
    try:
        return Barriers(stop=stop, target=target, hold_bars=hold_bars, unit=unit)
    except ValueError as error:
        raise CommandFailed(
            ExitCode.BAD_INPUT, f"--stop, --target: {error}. Fix: a number in that range"
        ) from None


def _stop(options: Options, risk: RiskSettings, unit: Unit) -> float:
    if options.stop is not None:
        return options.stop
    if unit is Unit.ATR:
        raise CommandFailed(ExitCode.BAD_INPUT, "--barriers atr: how many? Fix: --stop 2, and --target 2")
    value = float(risk.stop.value_fraction)
    match risk.stop.basis:
        case StopBasis.PRICE:
            return value
        case StopBasis.MARGIN:
            return value / risk.leverage
        case StopBasis.EQUITY:
            text = "risk.stop_basis = equity: its distance depends on each trade's size. Fix: --stop 0.01"
            raise CommandFailed(ExitCode.BAD_INPUT, text)


def _gate(config: Config, risk: RiskSettings) -> Gate:
    asked = _strategy(config)
    return Gate(
        long_probability_min=_decimal(asked.long_probability_min),
        short_probability_min=_decimal(asked.short_probability_min),
        opportunity=risk.opportunity,
        costs_fraction=2 * risk.taker_fraction,
    )


def _decimal(value: float) -> Decimal:
    from decimal import Decimal

    return Decimal(str(value))


def _strategy(config: Config) -> ModelDriven:
    """The first that a model drives, or one with the default thresholds."""
    return next((one for one in config.strategies if isinstance(one, ModelDriven)), ModelDriven())


def _thresholds(config: Config, risk: RiskSettings, options: Options) -> dict[str, float]:
    """By model: those of the strategy for an entry, those of `[exits]` for an exit."""
    if options.sides not in SIDES:
        text = f"--sides: {options.sides!r} is not known. Fix: one of {', '.join(SIDES)}"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    asked = _strategy(config)
    entry = {Side.LONG: asked.long_probability_min, Side.SHORT: asked.short_probability_min}
    leave = {
        Side.LONG: float(risk.exits.model_exit_long_fraction),
        Side.SHORT: float(risk.exits.model_exit_short_fraction),
    }
    chosen = SIDES[options.sides]
    found = {f"{Role.ENTRY}_{side}": entry[side] for side in chosen}
    return found | ({f"{Role.EXIT}_{side}": leave[side] for side in chosen} if options.has_exits else {})
