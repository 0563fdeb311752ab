"""The keys of `[universe]`: the fields of the core's rules, which also give the defaults, and the switch."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from pydantic import Field

from jackline.cli.checks import Found
from jackline.cli.problems import Problem
from jackline.cli.section import Section
from jackline.cli.section_types import DAY_MS, Number, Patterns, Whole
from jackline.cli.sections import SYMBOLS_MAX, VenueSection
from jackline.core.universe import UniverseRules
from jackline.core.values import Fraction, Quote

_RULES = UniverseRules()
PATTERNS_MAX = 500


class UniverseSection(Section):
    """`[universe]`: see `core.universe.UniverseRules`. Chosen by name, nothing else of it decides anything."""

    chosen_by: Literal["name", "filter"] = Field(
        "name", description="what is traded: venue.symbols, or what of them, or of all, passes"
    )
    quote_asset: Literal["USDT"] = Field(
        "USDT", description="in which a symbol is quoted, as the account is kept"
    )
    volume_24h_min_quote: Number = Field(
        _RULES.volume_24h_min_quote, ge=0, le=1_000_000_000_000, description="turnover of 24 hours at least"
    )
    spread_max_fraction: Number = Field(
        _RULES.spread_max_fraction,
        gt=0,
        le=Decimal("0.05"),
        description="ask less bid, as a share of the middle",
    )
    listing_age_min_ms: Whole = Field(
        _RULES.listing_age_min_ms, ge=0, le=365 * DAY_MS, description="since the listing"
    )
    allow: Patterns | None = Field(
        None, max_length=PATTERNS_MAX, description="only what fits one; unset allows all"
    )
    deny: Patterns | None = Field(
        None, max_length=PATTERNS_MAX, description="what fits one is out, whatever allow says"
    )
    symbols_max: Whole = Field(
        _RULES.symbols_max, ge=1, le=SYMBOLS_MAX, description="of more, those with the highest volume"
    )
    refresh_ms: Whole = Field(
        _RULES.refresh_ms, ge=60_000, le=7 * DAY_MS, description="by the wall: how often it is chosen anew"
    )


def universe_rules(section: UniverseSection) -> UniverseRules | None:
    """None while it is off."""
    if section.chosen_by == "name":
        return None
    return UniverseRules(
        quote_asset=section.quote_asset,
        volume_24h_min_quote=Quote(section.volume_24h_min_quote),
        spread_max_fraction=Fraction(section.spread_max_fraction),
        listing_age_min_ms=section.listing_age_min_ms,
        allow=section.allow or (),
        deny=section.deny or (),
        symbols_max=section.symbols_max,
        refresh_ms=section.refresh_ms,
    )


def universe_problems(
    section: UniverseSection, venue: VenueSection, found: Found, *, named: bool = True
) -> Iterator[Problem]:
    """Symbols come from one place at least, and a filter that decides nothing is not left standing there.

    `named`: whether symbols are needed at all; a guard opens none.
    """
    if section.chosen_by == "filter":
        return
    if named and not venue.symbols:
        fix = 'name at least one, e.g. ["BTCUSDT"], or universe.chosen_by = "filter"'
        yield found.problem("venue.symbols", "[]", "no symbol is named, and none is chosen by filter", fix)
    for name, field in UniverseSection.model_fields.items():
        value = getattr(section, name)
        if value != field.default:
            fix = 'set universe.chosen_by = "filter", or remove it'
            yield found.problem(
                f"universe.{name}", value, "symbols are chosen by name: it decides nothing", fix
            )
