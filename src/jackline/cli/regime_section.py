"""The keys of `[regime]` and `[opportunity]`: the fields of the core's settings, which also give the defaults."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from pydantic import Field

from jackline.cli.section import Section
from jackline.cli.section_types import Number, SymbolName, Whole
from jackline.core.gate_settings import OpportunityForm, OpportunitySettings, RegimeSettings, Rule
from jackline.core.settings import RiskSettings
from jackline.core.values import Symbol

BINGX_REFERENCE = "BTC-USDT"
_REGIME, _OPPORTUNITY = RegimeSettings(), OpportunitySettings()


class RegimeSection(Section):
    """`[regime]`: see `core.gate_settings.RegimeSettings`."""

    gate: Rule = Field(_REGIME.gate, description="on: no short while the reference is up, or not known yet")
    reference_symbol: SymbolName = Field(
        str(_REGIME.reference_symbol),
        description="whose regime holds for all; traded or not",
    )
    ema_period_bars: Whole = Field(
        _REGIME.ema_period_bars,
        ge=2,
        le=200,
        description="of the slow average; it counts after twice as many",
    )
    band_fraction: Number = Field(
        _REGIME.band_fraction,
        gt=0,
        le=Decimal("0.2"),
        description="share of the average; so far above it is up, below it down",
    )
    short_exception_confidence: Number = Field(
        _REGIME.short_exception_confidence,
        ge=Decimal("0.60"),
        le=Decimal("0.90"),
        description="allows a short in up, of a symbol below its own average",
    )
    counter_trend_confidence: Number = Field(
        _REGIME.counter_trend_confidence,
        ge=Decimal("0.5"),
        le=1,
        description="needed to short a symbol that is up itself",
    )
    mirror_rule: Rule = Field(
        _REGIME.mirror_rule, description="on: longs are judged in down as shorts are in up"
    )


class OpportunitySection(Section):
    """`[opportunity]`: see `core.gate_settings.OpportunitySettings`."""

    form: OpportunityForm = Field(
        _OPPORTUNITY.form, description="how a signal that carries probabilities is judged"
    )
    long_probability_min: Number = Field(
        _OPPORTUNITY.long_probability_min,
        ge=Decimal("0.5"),
        le=1,
        description="of thresholds: from here on a long passes",
    )
    short_probability_min: Number = Field(
        _OPPORTUNITY.short_probability_min,
        ge=Decimal("0.5"),
        le=1,
        description="of thresholds: from here on a short may pass, where the long does not",
    )
    gain_fraction: Number = Field(
        _OPPORTUNITY.gain_fraction, gt=0, le=1, description="share of the price that a right signal earns"
    )
    loss_fraction: Number = Field(
        _OPPORTUNITY.loss_fraction, gt=0, le=1, description="share of the price that a wrong signal loses"
    )
    edge_min_fraction: Number = Field(
        _OPPORTUNITY.edge_min_fraction,
        ge=0,
        le=Decimal("0.1"),
        description="of thresholds: p_short · gain − p_long · loss of a short is above it",
    )


def regime_settings(section: RegimeSection) -> RegimeSettings:
    """`[regime]` as the core's settings."""
    values = section.model_dump()
    return RegimeSettings(reference_symbol=Symbol(values.pop("reference_symbol")), **values)


def spell_reference(tree: dict[str, Any]) -> None:
    """Where BingX is the venue and nobody named a reference, it is the default as BingX writes it."""
    venue, regime = tree.get("venue"), tree.setdefault("regime", {})
    if isinstance(venue, dict) and isinstance(regime, dict) and venue.get("name") == "bingx":
        regime.setdefault("reference_symbol", BINGX_REFERENCE)


def without_regime(risk: RiskSettings) -> RiskSettings:
    """What asks for no reference: its account may be at a venue that has none."""
    return replace(risk, regime=replace(risk.regime, gate=Rule.OFF), size_weights=Rule.OFF)


def opportunity_settings(section: OpportunitySection) -> OpportunitySettings:
    """`[opportunity]` as the core's settings."""
    return OpportunitySettings(**section.model_dump())
