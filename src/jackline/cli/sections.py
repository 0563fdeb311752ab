"""The sections of the configuration file: every key, its type, its range and its default.

The keys of `[risk]` and `[protection]` are the fields of the settings in `core`, which also give the
defaults. A number carries its unit in its name; a `_fraction` of 0.01 is one per cent.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, StringConstraints

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
from jackline.venue.transport.endpoint import Endpoint, EndpointRefused, VenueMode

SYMBOLS_MAX = 200
"""What fits a minute's request weight, by the sum in tests/bench/test_arithmetic.py; opening them takes minutes."""

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

BAR_INTERVALS_MS = {
    "1m": 60_000,
    "3m": 180_000,
    "5m": 300_000,
    "15m": 900_000,
    "30m": 1_800_000,
    "1h": HOUR_MS,
    "2h": 2 * HOUR_MS,
    "4h": 4 * HOUR_MS,
    "6h": 6 * HOUR_MS,
    "8h": 8 * HOUR_MS,
    "12h": 12 * HOUR_MS,
    "1d": DAY_MS,
}


def _decimal(value: object) -> object:
    """Whole numbers and plain numbers in quotes become decimals; a unit, an exponent or a bool is refused."""
    if isinstance(value, str) and (percent := re.fullmatch(r"\s*([0-9.]+)\s*%\s*", value)):
        raise ValueError(f"must be a fraction without a unit: {percent[1]} % is {_hundredth(percent[1])}")
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
        return Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("must be a number")
    return Decimal(value)


def _hundredth(text: str) -> str:
    try:
        return f"{Decimal(text) / 100:f}"
    except ArithmeticError:
        return "that divided by 100"


def _listed(value: object) -> object:
    """A list from a comma-separated text, as an environment variable or an option gives it."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _runnable(mode: str) -> str:
    """Only paper has a transport; the others are not to be imitated (C2)."""
    if mode != VenueMode.PAPER:
        raise ValueError(f"C2: mode {mode} has no transport in this version")
    return mode


def _loopback(url: str) -> str:
    try:
        Endpoint(mode=VenueMode.PAPER, base_url=url)
    except EndpointRefused as refused:
        raise ValueError(str(refused)) from None
    return url


def _once(symbols: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(symbols)) < len(symbols):
        raise ValueError("a symbol is named more than once")
    return symbols


Number = Annotated[Decimal, BeforeValidator(_decimal)]
Whole = Annotated[int, Strict()]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
SymbolName = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,40}(-[A-Z0-9]{2,10})?$")]
Interval = Literal["1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d"]


STOP_PREFIX = "stop_"


class Section(BaseModel):
    """A table of the file. Unknown keys are errors (C1)."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class AccountSection(Section):
    """`[account]`: whose money, in which mode, and where its records are kept.

    `mode` has the names of C2; `state_dir` is relative to the configuration file.
    """

    name: Name = Field(description="a short name in lower case")
    mode: Annotated[Literal["backtest", "paper", "testnet", "live"], AfterValidator(_runnable)] = Field(
        description='"paper", with a local exchange; the other modes wait for later versions'
    )
    state_dir: Path = Field(description='a directory, e.g. "state"')


class VenueSection(Section):
    """`[venue]`: where, what, and how the account is to be set there.

    `rung` forces a rung of the ladder where the canary does not disprove it; `key_file` is relative to the
    configuration file and holds `key` and `secret`.
    """

    url: Annotated[str, AfterValidator(_loopback)] = Field(description='e.g. "http://127.0.0.1:8090"')
    symbols: Annotated[
        tuple[SymbolName, ...],
        BeforeValidator(_listed),
        Field(min_length=1, max_length=SYMBOLS_MAX),
        AfterValidator(_once),
    ] = Field(description=f'1 … {SYMBOLS_MAX} names as the venue writes them, e.g. ["BTCUSDT"]')
    name: Literal["binance", "bingx"] = "binance"
    bar_interval: Interval = "5m"
    position_mode: PositionMode = PositionMode.NETTING
    margin_type: MarginType = MarginType.ISOLATED
    rung: Literal["auto"] | Rung = "auto"
    key_file: Path | None = Field(None, description='a file with key and secret, e.g. "key.toml"')


_STOP, _RISK, _PROTECTION = StopSettings(), RiskSettings(), ProtectionSettings()


class RiskSection(Section):
    """`[risk]`: `core.settings.RiskSettings`, and `StopSettings` with `stop_` in front; policy's ranges."""

    stop_basis: StopBasis = _STOP.basis
    stop_value_fraction: Number = Field(_STOP.value_fraction, gt=0, le=1)
    stop_distance_min_fraction: Number = Field(
        _STOP.distance_min_fraction, ge=Decimal("0.001"), le=Decimal("0.10")
    )
    stop_distance_max_fraction: Number = Field(
        _STOP.distance_max_fraction, ge=Decimal("0.001"), le=Decimal("0.10")
    )
    stop_noise_multiple: Number = Field(_STOP.noise_multiple, ge=1, le=20)
    stop_liquidation_share_max: Number = Field(
        _STOP.liquidation_share_max, ge=Decimal("0.1"), le=Decimal("0.8")
    )
    stop_price_source: PriceSource = _STOP.price_source
    leverage: Whole = Field(_RISK.leverage, ge=1, le=125)
    risk_per_trade_fraction: Number = Field(
        _RISK.risk_per_trade_fraction, ge=Decimal("0.001"), le=Decimal("0.02")
    )
    size_mode: SizeMode = _RISK.size_mode
    size_fixed_quote: Number | None = Field(_RISK.size_fixed_quote, ge=1, le=1_000_000_000)
    size_cap_fraction: Number = Field(_RISK.size_cap_fraction, gt=0, le=1)
    size_cap_basis: CapBasis = _RISK.size_cap_basis
    daily_loss_max_fraction: Number = Field(_RISK.daily_loss_max_fraction, gt=0, le=Decimal("0.5"))
    losing_streak_max: Whole = Field(LOSING_STREAK_MAX, ge=1, le=100)
    equity_min_quote: Number = Field(_RISK.equity_min_quote, ge=1, le=1_000_000)
    taker_fraction: Number = Field(_RISK.taker_fraction, ge=0, le=Decimal("0.01"))
    slippage_fraction: Number = Field(_RISK.slippage_fraction, ge=0, le=Decimal("0.05"))
    collar_fraction: Number = Field(_RISK.collar_fraction, ge=Decimal("0.0001"), le=Decimal("0.01"))
    target_fraction: Number | None = Field(_RISK.target_fraction, ge=Decimal("0.001"), le=1)
    trailing_fraction: Number | None = Field(_RISK.trailing_fraction, ge=Decimal("0.001"), le=Decimal("0.20"))
    hold_max_ms: Whole = Field(_RISK.hold_max_ms, ge=60_000, le=30 * DAY_MS)
    cooldown_ms: Whole = Field(_RISK.cooldown_ms, ge=0, le=DAY_MS)
    entry_patience_ms: Whole = Field(_RISK.entry_patience_ms, ge=100, le=5_000)
    entry_receive_window_ms: Whole = Field(_RISK.entry_receive_window_ms, ge=1_000, le=1_500)


def risk_settings(section: RiskSection) -> RiskSettings:
    """The section as the core's settings."""
    values = section.model_dump()
    stop = {key: values.pop(key) for key in list(values) if key.startswith(STOP_PREFIX)}
    return RiskSettings(
        stop=StopSettings(**{key.removeprefix(STOP_PREFIX): value for key, value in stop.items()}), **values
    )


class ProtectionSection(Section):
    """`[protection]`: see `core.settings.ProtectionSettings`. Promised deadlines can only be tightened."""

    protect_deadline_ms: Whole = Field(_PROTECTION.protect_deadline_ms, ge=200, le=1_500)
    guard_exposed_ms: Whole = Field(_PROTECTION.guard_exposed_ms, ge=250, le=2_000)
    guard_idle_ms: Whole = Field(_PROTECTION.guard_idle_ms, ge=500, le=5_000)
    full_listing_ms: Whole = Field(_PROTECTION.full_listing_ms, ge=10_000, le=60_000)
    repair_allowance_ms: Whole = Field(_PROTECTION.repair_allowance_ms, ge=500, le=3_000)
    triggering_ms_max: Whole = Field(_PROTECTION.triggering_ms_max, ge=500, le=2_000)
    absence_gap_ms: Whole = Field(_PROTECTION.absence_gap_ms, ge=1_000, le=10_000)
    sweep_gap_ms: Whole = Field(_PROTECTION.sweep_gap_ms, ge=3_000, le=60_000)
    clock_skew_ms_max: Whole = Field(_PROTECTION.clock_skew_ms_max, ge=50, le=500)
    fence_margin_ms: Whole = Field(_PROTECTION.fence_margin_ms, ge=1_000, le=10_000)
    close_retry_ms: Whole = Field(_PROTECTION.close_retry_ms, ge=50, le=1_000)
    close_retry_ms_max: Whole = Field(_PROTECTION.close_retry_ms_max, ge=1_000, le=10_000)
    ratchet_gap_ms: Whole = Field(_PROTECTION.ratchet_gap_ms, ge=100, le=60_000)
    ratchet_step_fraction: Number = Field(_PROTECTION.ratchet_step_fraction, ge=0, le=Decimal("0.01"))
    snapshot_timeout_ms: Whole = Field(_PROTECTION.snapshot_timeout_ms, ge=1_000, le=3_000)
    mark_age_ms_max: Whole = Field(_PROTECTION.mark_age_ms_max, ge=1_000, le=5_000)
    answer_timeout_ms: Whole = Field(_PROTECTION.answer_timeout_ms, ge=2_600, le=10_000)
    reread_ms: Whole = Field(_PROTECTION.reread_ms, ge=50, le=1_000)


class StrategySection(Section):
    """`[strategy]`: a built-in strategy by name, and its parameters."""

    name: str
    parameters: dict[str, object] = {}
