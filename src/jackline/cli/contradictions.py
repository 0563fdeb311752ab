"""What is wrong between keys that are right by themselves, across the sections of a configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from jackline.cli import checks
from jackline.cli.alerts_section import AlertsSection, alerts_problems
from jackline.cli.exits_section import ExitsSection, exits_problems
from jackline.cli.guard_section import GuardedVenueSection
from jackline.cli.problems import Problem
from jackline.cli.regime_section import RegimeSection
from jackline.cli.risk_section import RiskSection
from jackline.cli.sections import VenueSection
from jackline.cli.universe_section import UniverseSection, universe_problems
from jackline.cli.web_section import WebSection, web_problems


def contradictions(sections: Mapping[str, BaseModel], found: checks.Found) -> Iterator[Problem]:
    """All of it, in the sections that are there."""
    venue, risk = sections.get("venue"), sections.get("risk")
    universe, regime, exits = sections.get("universe"), sections.get("regime"), sections.get("exits")
    if isinstance(venue, VenueSection):
        yield from checks.venue_problems(venue, found)
        if isinstance(universe, UniverseSection):
            named = not isinstance(venue, GuardedVenueSection)
            yield from universe_problems(universe, venue, found, named=named)
    if isinstance(risk, RiskSection):
        if isinstance(venue, VenueSection) and isinstance(regime, RegimeSection):
            yield from checks.regime_problems(regime, risk, venue, found)
        yield from checks.risk_problems(risk, found)
        yield from checks.size_problems(risk, found)
    if isinstance(alerts := sections.get("alerts"), AlertsSection):
        yield from alerts_problems(alerts, found)
    if isinstance(exits, ExitsSection):
        yield from exits_problems(exits, risk if isinstance(risk, RiskSection) else None, found)
    if isinstance(web := sections.get("web"), WebSection):
        yield from web_problems(web, found)
