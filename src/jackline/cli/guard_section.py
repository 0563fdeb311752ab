"""The keys of `[guard]`, and what a file needs besides when nothing is to be entered."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from jackline.cli.section import Section
from jackline.cli.section_types import Allowed, Number, SymbolNames
from jackline.cli.sections import SYMBOLS_MAX, VenueSection
from jackline.core.settings import AdoptSettings
from jackline.core.values import Fraction

_ADOPT = AdoptSettings()


class GuardSection(Section):
    """`[guard]`: what positions get that nobody planned, whoever opened them. It may be empty.

    Its presence makes `[strategy]` and `venue.symbols` optional for all commands but the engine's.
    """

    adopted_trailing_fraction: Number | None = Field(
        _ADOPT.trailing_fraction,
        ge=Decimal("0.001"),
        le=Decimal("0.20"),
        description="their stop's distance behind the best price; unset, it does not trail",
    )
    adopted_stop_shape: Literal["whole_position", "quantity"] = Field(
        "whole_position",
        description="of their stop; the first follows the size itself",
    )

    def settings(self) -> AdoptSettings:
        """As the core takes them."""
        trailing = self.adopted_trailing_fraction
        return AdoptSettings(
            trailing_fraction=None if trailing is None else Fraction(trailing),
            leaves_whole_position=self.adopted_stop_shape == "quantity",
        )


class GuardedVenueSection(VenueSection):
    """`[venue]` of a file for a guard: it protects what it finds, on every symbol of the venue."""

    symbols: Annotated[SymbolNames, Allowed(text="not read by a guard")] = Field(
        (), max_length=SYMBOLS_MAX, description="a guard protects every symbol; only an engine reads it"
    )
