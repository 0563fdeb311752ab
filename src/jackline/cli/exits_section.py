"""The keys of `[exits]`: the fields of the core's settings, the stages with `stage_` in front, policy's ranges."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from pydantic import Field

from jackline.cli.checks import Found
from jackline.cli.problems import Problem
from jackline.cli.risk_section import RiskSection
from jackline.cli.section import Section
from jackline.cli.section_types import DAY_MS, Number, Whole
from jackline.core import rules
from jackline.core.exit_settings import ExitSettings, Stages, TrailingBy

STAGE_PREFIX = "stage_"
_EXITS, _STAGES = ExitSettings(), Stages()


class ExitsSection(Section):
    """`[exits]`: `core.exit_settings.ExitSettings`, and `Stages`. Target, trail and longest hold are in `[risk]`."""

    model_exit_long_fraction: Number = Field(
        _EXITS.model_exit_long_fraction,
        ge=Decimal("0.5"),
        le=1,
        description="a strategy this sure of the end of a long closes it",
    )
    model_exit_short_fraction: Number = Field(
        _EXITS.model_exit_short_fraction,
        ge=Decimal("0.5"),
        le=1,
        description="a strategy this sure of the end of a short closes it",
    )
    stages: Literal["off", "on"] = Field("off", description="on: the stop follows in the three stages below")
    stage_break_even_gain_fraction: Number = Field(
        _STAGES.break_even_gain_fraction,
        ge=Decimal("0.001"),
        le=Decimal("0.20"),
        description="gain from which the stop stands at entry plus costs",
    )
    stage_lock_gain_fraction: Number = Field(
        _STAGES.lock_gain_fraction,
        ge=Decimal("0.001"),
        le=Decimal("0.20"),
        description="gain from which the stop keeps stage_lock_fraction",
    )
    stage_lock_fraction: Number = Field(
        _STAGES.lock_fraction,
        ge=Decimal("0.001"),
        le=Decimal("0.20"),
        description="gain at which the stop stands then",
    )
    stage_peak_gain_fraction: Number = Field(
        _STAGES.peak_gain_fraction,
        ge=Decimal("0.001"),
        le=Decimal("0.50"),
        description="gain from which the stop trails the best price",
    )
    stage_peak_distance_fraction: Number = Field(
        _STAGES.peak_distance_fraction,
        ge=Decimal("0.001"),
        le=Decimal("0.20"),
        description="the stop's distance behind it then",
    )
    trailing_by: TrailingBy = Field(
        _EXITS.trailing_by,
        description="venue: its own order trails, beside the stop",
    )
    no_progress_ms: Whole | None = Field(
        _EXITS.no_progress_ms,
        ge=60_000,
        le=30 * DAY_MS,
        description="market time without a step of progress; unset: any",
    )
    progress_step_fraction: Number = Field(
        _EXITS.progress_step_fraction,
        ge=Decimal("0.0005"),
        le=Decimal("0.10"),
        description="a new best price this much better is a step",
    )


def exit_settings(section: ExitsSection) -> ExitSettings:
    """The section as the core's settings. Only after `exits_problems` has found none."""
    values = section.model_dump()
    on = values.pop("stages") == "on"
    stages = {key: values.pop(key) for key in list(values) if key.startswith(STAGE_PREFIX)}
    named = {key.removeprefix(STAGE_PREFIX): value for key, value in stages.items()}
    return ExitSettings(stages=Stages(**named) if on else None, **values)


def exits_problems(exits: ExitsSection, risk: RiskSection | None, found: Found) -> Iterator[Problem]:
    """Stages that rise, above the costs; a patience that ends before the longest hold. `risk` is None where it is
    wrong itself."""
    if exits.stages == "on":
        yield from _stage_problems(exits, risk, found)
    longest_ms = None if risk is None else risk.hold_max_ms
    if exits.no_progress_ms is not None and longest_ms is not None and exits.no_progress_ms >= longest_ms:
        what = f"it would never close anything: risk.hold_max_ms = {longest_ms:_} ends every trade before"
        fix = "lower it, or raise risk.hold_max_ms above it"
        yield found.problem("exits.no_progress_ms", exits.no_progress_ms, what, fix)


def _stage_problems(exits: ExitsSection, risk: RiskSection | None, found: Found) -> Iterator[Problem]:
    pairs = (
        ("stage_break_even_gain_fraction", "stage_lock_gain_fraction"),
        ("stage_lock_gain_fraction", "stage_peak_gain_fraction"),
        ("stage_lock_fraction", "stage_lock_gain_fraction"),
        ("stage_peak_distance_fraction", "stage_peak_gain_fraction"),
    )
    for lower, upper in pairs:
        low, high = getattr(exits, lower), getattr(exits, upper)
        if low >= high:
            what = f"not below {upper} = {high}: the stop would stand where the price is, or stages would go back"
            yield found.problem(f"exits.{lower}", low, what, f"allowed: below {high}")
    if risk is None:
        return
    costs = rules.round_trip_costs(risk.taker_fraction, risk.slippage_fraction)
    gain = exits.stage_break_even_gain_fraction
    if gain <= costs:
        what = f"not above the costs of a trade, {costs:f}: the stop would stand where the price is"
        fix = f"above {costs:f}, or correct risk.taker_fraction and risk.slippage_fraction"
        yield found.problem("exits.stage_break_even_gain_fraction", gain, what, fix)
