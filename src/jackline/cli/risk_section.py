"""The keys of `[risk]`: the fields of the core's settings, which also give the defaults, with policy's ranges."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from pydantic import Field

from jackline.cli.section import Section
from jackline.cli.section_types import DAY_MS, Number, Whole
from jackline.core.gate_settings import Rule
from jackline.core.orders import PriceSource
from jackline.core.ports import Strategy
from jackline.core.settings import (
    DRAWDOWN_MAX_FRACTION,
    LOSING_STREAK_MAX,
    RULE_TARGET_FRACTION,
    CapBasis,
    RiskSettings,
    SizeMode,
    StopBasis,
    StopSettings,
)
from jackline.strategies.registry import is_rule

STOP_PREFIX = "stop_"

_STOP, _RISK = StopSettings(), RiskSettings()


class RiskSection(Section):
    """`[risk]`: `core.settings.RiskSettings`, and `StopSettings` with `stop_` in front; policy's ranges."""

    stop_basis: StopBasis = Field(
        _STOP.basis,
        description="stop_value_fraction is its share; equity: lost by a stop",
    )
    stop_value_fraction: Number = Field(
        _STOP.value_fraction,
        gt=0,
        le=1,
        description="how far the stop stands from the fill, as a share of stop_basis",
    )
    stop_distance_min_fraction: Number = Field(
        _STOP.distance_min_fraction,
        ge=Decimal("0.001"),
        le=Decimal("0.10"),
        description="share of the price; no stop stands nearer",
    )
    stop_distance_max_fraction: Number = Field(
        _STOP.distance_max_fraction,
        ge=Decimal("0.001"),
        le=Decimal("0.10"),
        description="share of the price; no stop stands further away",
    )
    stop_noise_multiple: Number = Field(
        _STOP.noise_multiple,
        ge=1,
        le=20,
        description="round-trip costs that the stop's distance is worth at least",
    )
    stop_liquidation_share_max: Number = Field(
        _STOP.liquidation_share_max,
        ge=Decimal("0.1"),
        le=Decimal("0.8"),
        description="the stop uses at most this share of the way to liquidation",
    )
    stop_price_source: PriceSource = Field(_STOP.price_source, description="the price that triggers the stop")
    leverage: Whole = Field(
        _RISK.leverage,
        ge=1,
        le=125,
        description="times its margin that a position is worth; a venue may allow less",
    )
    risk_per_trade_fraction: Number = Field(
        _RISK.risk_per_trade_fraction,
        ge=Decimal("0.001"),
        le=Decimal("0.02"),
        description="share of equity lost at the stop, fees and stressed slippage included",
    )
    size_mode: SizeMode = Field(
        _RISK.size_mode,
        description="by the loss at the stop, by the signal's confidence, or fixed",
    )
    size_fixed_quote: Number | None = Field(
        _RISK.size_fixed_quote,
        ge=1,
        le=1_000_000_000,
        description='the notional of every trade; only with size_mode = "fixed"',
    )
    size_cap_fraction: Number = Field(
        _RISK.size_cap_fraction,
        gt=0,
        le=1,
        description="share of equity that one trade is worth, or binds, at most",
    )
    size_cap_basis: CapBasis = Field(
        _RISK.size_cap_basis,
        description="what size_cap_fraction bounds; the margin is the notional / leverage",
    )
    daily_loss_max_fraction: Number = Field(
        _RISK.daily_loss_max_fraction,
        gt=0,
        le=Decimal("0.5"),
        description="share of the day's first equity (UTC); lost, it stops new risk",
    )
    losing_streak_max: Whole = Field(
        LOSING_STREAK_MAX,
        ge=1,
        le=100,
        description="closed trades in a row that lose within a day (UTC); then no new risk until a reset",
    )
    equity_min_quote: Number = Field(
        _RISK.equity_min_quote, ge=1, le=1_000_000, description="with less equity no trade opens"
    )
    drawdown_max_fraction: Number = Field(
        DRAWDOWN_MAX_FRACTION,
        gt=0,
        le=Decimal("0.9"),
        description="share of the highest equity, deposits apart; lost, it stops new risk",
    )
    heat_loss_max_fraction: Number = Field(
        _RISK.heat_loss_max_fraction,
        gt=0,
        le=1,
        description="share of equity lost if every stop fires at once, at most",
    )
    heat_notional_max_fraction: Number = Field(
        _RISK.heat_notional_max_fraction,
        gt=0,
        le=125,
        description="share of equity that all open trades are worth together, at most",
    )
    slippage_adverse_max_fraction: Number = Field(
        _RISK.slippage_adverse_max_fraction,
        ge=Decimal("0.0001"),
        le=Decimal("0.05"),
        description="mark may be so much worse than the close decided on",
    )
    bar_age_max_bars: Whole = Field(
        _RISK.bar_age_max_bars, ge=1, le=10, description="a decision on an older bar opens nothing"
    )
    size_weights: Rule = Field(
        _RISK.size_weights,
        description='on: size_mode = "signal" weighs volatility, regime and results too',
    )
    taker_fraction: Number = Field(
        _RISK.taker_fraction, ge=0, le=Decimal("0.01"), description="fee of a market fill"
    )
    slippage_fraction: Number = Field(
        _RISK.slippage_fraction,
        ge=0,
        le=Decimal("0.05"),
        description="stressed slippage of the stop, counted into the risk",
    )
    collar_fraction: Number = Field(
        _RISK.collar_fraction,
        ge=Decimal("0.0001"),
        le=Decimal("0.01"),
        description="an entry fills at most this far beyond mark",
    )
    target_fraction: Number | None = Field(
        _RISK.target_fraction,
        ge=Decimal("0.001"),
        le=1,
        description="the target's distance from the entry; unset, see target_of_rules",
    )
    target_of_rules: Rule = Field(
        Rule.ON, description="on: without target_fraction rsi_trend, ema_cross, supertrend take 0.05"
    )
    trailing_fraction: Number | None = Field(
        _RISK.trailing_fraction,
        ge=Decimal("0.001"),
        le=Decimal("0.20"),
        description="the stop's distance behind the best price; unset, it does not trail",
    )
    hold_max_ms: Whole = Field(
        _RISK.hold_max_ms, ge=60_000, le=30 * DAY_MS, description="market time that a trade may last"
    )
    cooldown_ms: Whole = Field(
        _RISK.cooldown_ms,
        ge=0,
        le=DAY_MS,
        description="market time after a trade in which its symbol opens nothing",
    )
    trades_per_symbol_max: Whole = Field(
        _RISK.trades_per_symbol_max,
        ge=1,
        le=5,
        description="entries that one position is built of; a further one keeps to its stop",
    )
    entry_patience_ms: Whole = Field(
        _RISK.entry_patience_ms,
        ge=100,
        le=5_000,
        description="after this a decided entry is no longer signed",
    )
    entry_receive_window_ms: Whole = Field(
        _RISK.entry_receive_window_ms,
        ge=1_000,
        le=1_500,
        description="after this the venue no longer executes an entry",
    )


def risk_settings(section: RiskSection) -> RiskSettings:
    """The section as the core's settings."""
    values = section.model_dump()
    values.pop("target_of_rules")  # what it comes to depends on the strategy: `with_usual_target`
    stop = {key: values.pop(key) for key in list(values) if key.startswith(STOP_PREFIX)}
    return RiskSettings(
        stop=StopSettings(**{key.removeprefix(STOP_PREFIX): value for key, value in stop.items()}), **values
    )


def with_usual_target(risk: RiskSettings, section: RiskSection, strategy: Strategy) -> RiskSettings:
    """The same with the target of a rule strategy where none is given: it knows no exit of its own (policy, Exits).

    A model, a person, an alert or a user's own strategy says when it is over, or does without.
    """
    if section.target_of_rules is Rule.OFF or risk.target_fraction is not None or not is_rule(strategy):
        return risk
    return replace(risk, target_fraction=RULE_TARGET_FRACTION)
