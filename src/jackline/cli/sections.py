"""The sections of the configuration file: every key, its type, its range, its default and its meaning.

This is the one source of all five: the texts of errors, `jackline config` and jackline.example.toml are
written from it, or compared with it. The keys of `[risk]` and `[protection]` are the fields of the settings
in `core`, which also give the defaults. A number carries its unit in its name; a `_fraction` of 0.01 is one
per cent.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from jackline.cli.section_types import (
    DAY_MS,
    Allowed,
    Interval,
    KeyFile,
    Mode,
    Name,
    Number,
    StateDir,
    StrategyFile,
    StrategyName,
    SymbolNames,
    Url,
    Whole,
)
from jackline.core.orders import MarginType, PositionMode, PriceSource
from jackline.core.plan import Rung
from jackline.core.settings import (
    LOSING_STREAK_MAX,
    CapBasis,
    ProtectionSettings,
    RiskSettings,
    SizeMode,
    StopBasis,
    StopSettings,
)

SYMBOLS_MAX = 200
"""What fits a minute's request weight, by the sum in tests/bench/test_arithmetic.py; opening them takes minutes."""

STOP_PREFIX = "stop_"


class Section(BaseModel):
    """A table of the file. Unknown keys are errors (C1)."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class AccountSection(Section):
    """`[account]`: whose money, in which mode, and where its records are kept. `mode` has the names of C2."""

    name: Name = Field(description="marks every order as this account's; never rename it")
    mode: Mode = Field(description="against the local exchange; other modes come with later versions")
    state_dir: StateDir = Field(description="journal and lease; relative to this file, one for each account")


class VenueSection(Section):
    """`[venue]`: where, what, and how the account is to be set there.

    `rung` forces a rung of the ladder where the canary does not disprove it; `key_file` is relative to the
    configuration file and holds `key` and `secret`.
    """

    url: Url = Field(description="where `jackline exchange serve` answers; loopback only")
    symbols: Annotated[SymbolNames, Allowed(text=f'1 … {SYMBOLS_MAX} names, e.g. ["BTCUSDT"]')] = Field(
        min_length=1, max_length=SYMBOLS_MAX, description="what is traded, as the venue writes it"
    )
    name: Literal["binance", "bingx"] = Field(
        "binance", description="the wire: USDⓈ-M futures, or perpetual swap v2 with symbols as BTC-USDT"
    )
    bar_interval: Interval = Field("5m", description="length of a bar")
    position_mode: PositionMode = Field(PositionMode.NETTING, description="must be what the account is in")
    margin_type: MarginType = Field(
        MarginType.ISOLATED, description="set at the venue before the first entry"
    )
    rung: Literal["auto"] | Rung = Field("auto", description="auto is the best that is proven")
    key_file: KeyFile | None = Field(
        None, description='holds key and secret, chmod 600; unset: the play-money key "local"'
    )


_STOP, _RISK, _PROTECTION = StopSettings(), RiskSettings(), ProtectionSettings()


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
        description="the target's distance from the entry; unset, there is no target",
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
    stop = {key: values.pop(key) for key in list(values) if key.startswith(STOP_PREFIX)}
    return RiskSettings(
        stop=StopSettings(**{key.removeprefix(STOP_PREFIX): value for key, value in stop.items()}), **values
    )


class ProtectionSection(Section):
    """`[protection]`: see `core.settings.ProtectionSettings`. Promised deadlines can only be tightened."""

    protect_deadline_ms: Whole = Field(
        _PROTECTION.protect_deadline_ms,
        ge=200,
        le=1_500,
        description="first exposure to protected, else the position is closed",
    )
    guard_exposed_ms: Whole = Field(
        _PROTECTION.guard_exposed_ms,
        ge=250,
        le=2_000,
        description="period of the guard while something is open",
    )
    guard_idle_ms: Whole = Field(
        _PROTECTION.guard_idle_ms, ge=500, le=5_000, description="period of the guard while nothing is open"
    )
    full_listing_ms: Whole = Field(
        _PROTECTION.full_listing_ms,
        ge=10_000,
        le=60_000,
        description="period of a pass over every symbol's orders",
    )
    repair_allowance_ms: Whole = Field(
        _PROTECTION.repair_allowance_ms,
        ge=500,
        le=3_000,
        description="a stop that vanished is replaced within this plus guard_exposed_ms",
    )
    triggering_ms_max: Whole = Field(
        _PROTECTION.triggering_ms_max,
        ge=500,
        le=2_000,
        description="so long a stop that is triggering counts as closing",
    )
    absence_gap_ms: Whole = Field(
        _PROTECTION.absence_gap_ms,
        ge=1_000,
        le=10_000,
        description="time between the two misses that prove an order absent",
    )
    sweep_gap_ms: Whole = Field(
        _PROTECTION.sweep_gap_ms,
        ge=3_000,
        le=60_000,
        description="time between the two flat reads before leftovers are removed",
    )
    clock_skew_ms_max: Whole = Field(
        _PROTECTION.clock_skew_ms_max,
        ge=50,
        le=500,
        description="difference of the clocks with which nothing is entered any more",
    )
    fence_margin_ms: Whole = Field(
        _PROTECTION.fence_margin_ms,
        ge=1_000,
        le=10_000,
        description="added to receive window and skew before an entry counts as dead",
    )
    close_retry_ms: Whole = Field(
        _PROTECTION.close_retry_ms,
        ge=50,
        le=1_000,
        description="first pause between closing attempts; doubles",
    )
    close_retry_ms_max: Whole = Field(
        _PROTECTION.close_retry_ms_max,
        ge=1_000,
        le=2_500,
        description="longest pause between closing attempts, for ever",
    )
    ratchet_gap_ms: Whole = Field(
        _PROTECTION.ratchet_gap_ms,
        ge=100,
        le=60_000,
        description="at most one move of the working stop in this time",
    )
    ratchet_step_fraction: Number = Field(
        _PROTECTION.ratchet_step_fraction,
        ge=0,
        le=Decimal("0.01"),
        description="share of the price; smaller moves of a stop are not worth a request",
    )
    snapshot_timeout_ms: Whole = Field(
        _PROTECTION.snapshot_timeout_ms,
        ge=1_000,
        le=3_000,
        description="after this an unanswered read of the account is asked again",
    )
    mark_age_ms_max: Whole = Field(
        _PROTECTION.mark_age_ms_max, ge=1_000, le=5_000, description="an older mark price opens nothing"
    )
    answer_timeout_ms: Whole = Field(
        _PROTECTION.answer_timeout_ms,
        ge=2_600,
        le=10_000,
        description="a request unanswered for this long is unknown",
    )
    reread_ms: Whole = Field(
        _PROTECTION.reread_ms, ge=50, le=1_000, description="time between two reads of the same thing"
    )


class StrategySection(Section):
    """`[strategy]`: a built-in strategy by name or one's own by its file, and its parameters.

    `file` is relative to the configuration file.
    """

    name: StrategyName | None = Field(None, description="a built-in strategy, whose signals are traded")
    file: StrategyFile | None = Field(
        None, description="instead of a name, a strategy of your own; relative to this file"
    )
    parameters: dict[str, object] = Field({}, description="what the strategy takes")
