"""`exits.trailing_by = "venue"`: where the venue has no such order, or not at this distance, it stops start-up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from jackline.cli.bot_checks import BOT
from jackline.cli.bot_section import BotSection
from jackline.cli.checks import PROFILES, Found
from jackline.cli.exits_section import ExitsSection
from jackline.cli.problems import Problem
from jackline.cli.risk_section import RiskSection
from jackline.cli.sections import VenueSection
from jackline.core.exit_settings import TrailingBy
from jackline.core.trailing import CALLBACK_MAX_FRACTION, CALLBACK_MIN_FRACTION

KEY = "exits.trailing_by"


def trailing_problems(
    sections: Mapping[str, BaseModel], bots: Mapping[str, BotSection], found: Found
) -> Iterator[Problem]:
    """Every distance against what the venue takes; a section that is wrong itself is not looked at."""
    exits, risk, venue = sections.get("exits"), sections.get("risk"), sections.get("venue")
    if not isinstance(exits, ExitsSection) or exits.trailing_by is not TrailingBy.VENUE:
        return
    if isinstance(venue, VenueSection) and not PROFILES[venue.name].trails:
        what = f"{venue.name} takes one stop a side, and no order beside it that follows the price"
        fix = 'trailing_by = "engine": the same trail, kept by the engine'
        yield found.problem(KEY, exits.trailing_by.value, what, fix)
        return
    if not isinstance(risk, RiskSection):
        return
    distances = {"risk.trailing_fraction": risk.trailing_fraction}
    for name, section in bots.items():
        if section.trailing_fraction is not None:
            distances[f"{BOT}.{name}.trailing_fraction"] = section.trailing_fraction
    if all(distance is None for distance in distances.values()):
        what = "there is nothing to trail by: risk.trailing_fraction is not set"
        yield found.problem(KEY, exits.trailing_by.value, what, 'set it, or trailing_by = "engine"')
    low, high = CALLBACK_MIN_FRACTION, CALLBACK_MAX_FRACTION
    for key, distance in distances.items():
        if distance is not None and not low <= distance <= high:
            what = f'the venue trails by {low * 100:f} … {high * 100:f} %, and {KEY} = "venue"'
            fix = f'allowed: {low} … {high}, or trailing_by = "engine"'
            yield found.problem(key, distance, what, fix)
