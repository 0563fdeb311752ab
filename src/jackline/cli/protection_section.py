"""The keys of `[protection]`: the fields of the core's settings, which also give the defaults."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from jackline.cli.section import Section
from jackline.cli.section_types import Number, Whole
from jackline.core.settings import ProtectionSettings

_PROTECTION = ProtectionSettings()


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
