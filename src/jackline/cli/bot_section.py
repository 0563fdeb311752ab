"""The keys of `[bot.NAME]`: one of several bots on the account, and what it may set instead of `[risk]`."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from jackline.cli.risk_section import RiskSection
from jackline.cli.section import Section
from jackline.cli.section_types import (
    DAY_MS,
    Allowed,
    BundlePath,
    Number,
    StrategyFile,
    StrategyName,
    SymbolNames,
    Whole,
)
from jackline.core.settings import CapBasis, SizeMode, StopBasis

OWN = frozenset(
    {"strategy", "file", "bundle", "parameters", "symbols", "side", "budget_fraction", "trades_max"}
)
"""Keys that only a bot has. Every other one stands for the key of `[risk]` with its name."""


class BotSection(Section):
    """`[bot.NAME]`: a strategy, its symbols and budget; sizes, stop and exits of its own where it sets them.

    The ranges of the latter are those of `[risk]` (tests/cli/test_bot_config.py). There is no key for what guards the
    account: a bot cannot have more of a daily loss than the account has.
    """

    strategy: StrategyName | None = Field(None, description="whose signals the bot trades")
    file: StrategyFile | None = Field(
        None, description="instead of strategy, one of your own; relative to this file"
    )
    bundle: BundlePath | None = Field(
        None, description='what strategy = "model" is driven by; relative to this file'
    )
    symbols: Annotated[SymbolNames, Allowed(text='names of venue.symbols, e.g. ["BTCUSDT"]')] | None = Field(
        None, min_length=1, description="the bot's own; without them it has all, which only one bot can"
    )
    side: Literal["both", "long", "short"] = Field(
        "both", description="what it may open; in hedge mode two bots share a symbol side by side"
    )
    budget_fraction: Number = Field(
        Decimal(1), gt=0, le=1, description="share of equity that its open trades bind as margin together"
    )
    trades_max: Whole | None = Field(
        None, ge=1, le=200, description="so many of its entries may be open at a time; unset, any number"
    )
    risk_per_trade_fraction: Number | None = Field(
        None, ge=Decimal("0.001"), le=Decimal("0.02"), description="instead of that of [risk]"
    )
    size_mode: SizeMode | None = Field(None, description="instead of that of [risk]")
    size_fixed_quote: Number | None = Field(
        None, ge=1, le=1_000_000_000, description='instead of that of [risk]; only with size_mode = "fixed"'
    )
    size_cap_fraction: Number | None = Field(None, gt=0, le=1, description="instead of that of [risk]")
    size_cap_basis: CapBasis | None = Field(None, description="instead of that of [risk]")
    stop_basis: StopBasis | None = Field(None, description="instead of that of [risk]")
    stop_value_fraction: Number | None = Field(None, gt=0, le=1, description="instead of that of [risk]")
    target_fraction: Number | None = Field(
        None, ge=Decimal("0.001"), le=1, description="instead of that of [risk]"
    )
    trailing_fraction: Number | None = Field(
        None, ge=Decimal("0.001"), le=Decimal("0.20"), description="instead of that of [risk]"
    )
    hold_max_ms: Whole | None = Field(
        None, ge=60_000, le=30 * DAY_MS, description="instead of that of [risk]"
    )
    parameters: dict[str, object] = Field({}, description="what its strategy takes")


def risk_of(section: BotSection, account: RiskSection) -> RiskSection:
    """`[risk]` with what the bot sets instead; without the account's fixed size where the bot's mode is another."""
    own = {key: value for key, value in section.model_dump(exclude=set(OWN)).items() if value is not None}
    if section.size_mode not in {None, SizeMode.FIXED}:
        own = {"size_fixed_quote": None, **own}
    return account.model_copy(update=own)
