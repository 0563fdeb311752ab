"""Twelve cards that every adapter is asked, and how a venue stands on each as far as shapes can tell.

Derived from the shapes and codes, so that a table cannot promise what no request says; `tests/venue/recorded` plays
every card, and docs/venues.md is drawn from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from jackline.core.outcomes import Refusal
from jackline.venue.recorded.profiles import RecordedProfile
from jackline.venue.recorded.refusals import CODES
from jackline.venue.recorded.shape import Action
from jackline.venue.recorded.slots import Name
from jackline.venue.recorded.venue import RecordedVenue


class Card(StrEnum):
    """What an adapter must show."""

    A01 = "place"
    A02 = "read"
    A03 = "amend"
    A04 = "cancel"
    A05 = "attached stop"
    A06 = "partial fill"
    A07 = "reduce-only clash"
    A08 = "ambiguous submit"
    A09 = "listing completeness"
    A10 = "duplicate id"
    A11 = "mode mismatch"
    A12 = "canary"


class Proof(StrEnum):
    """What stands behind a card."""

    LOCAL_WIRE = "local wire"
    RECORDED = "recorded shape only"
    MISSING = "not supported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a venue stands on a card, and what to know about it."""

    proof: Proof
    note: str


def standing(venue: RecordedVenue, card: Card) -> Standing:
    """The card as far as the shapes of this venue can tell."""
    profile = venue.profile
    if not venue.shapes:
        return _missing(profile.no_rung or "no shapes")
    match card:
        case Card.A01:
            return _place(profile)
        case Card.A02:
            if venue.of(Action.READ_CONDITIONAL):
                return _recorded("by our id, both kinds")
            return _recorded("plain orders by our id; a waiting stop in its listing alone")
        case Card.A03:
            if venue.of(Action.MOVE_STOP):
                return _recorded("a stop of a quantity moves in one request")
            return _missing("a stop moves by placing the next one; with one slot it does not move")
        case Card.A04:
            return _recorded(f"one named order; {_cancels(venue)}")
        case Card.A05:
            return _attached(profile)
        case Card.A06:
            scope = profile.leg_scope
            return _recorded(f"the leg covers its {scope}" if scope else "the stop is sized by what filled")
        case Card.A07:
            return _recorded("every reduction says that it is one; a close without its flag has no shape")
        case Card.A08:
            asked = "by our id" if venue.of(Action.READ_CONDITIONAL) else "in the listing of stops"
            return _recorded(
                f"stops and closes again, the same to the letter; the entry never; asked {asked}"
            )
        case Card.A09:
            return _recorded(f"requests for one look: {_listings(venue)}; a full page is no whole listing")
        case Card.A10:
            return _coded(profile, Refusal.DUPLICATE_ID, "re-sent stops are found by reading")
        case Card.A11:
            spelled = "netting and hedge are spelled apart" if profile.hedge else "netting alone has shapes"
            return _recorded(f"{spelled}; {_codes(profile, Refusal.WRONG_MODE) or 'its code is unknown'}")
        case Card.A12:
            return _recorded("each step has a shape; whether a stop rests while flat is not known")
        case _:
            assert_never(card)


def _place(profile: RecordedProfile) -> Standing:
    if profile.expiry is not None:
        return _recorded(f"entry with {profile.expiry}")
    return _recorded("its entries do not leave: no expiry, and late execution is not measured")


def _attached(profile: RecordedProfile) -> Standing:
    if profile.leg_scope is None:
        return _missing(
            "none is taken, and one that is sent is ignored in silence: the stop follows the fill"
        )
    source = "its source is said" if profile.mark_on_leg else "what fires it cannot be said"
    return _recorded(f"{source}; {'with our id' if profile.leg_has_id else 'without an id of ours'}")


def _cancels(venue: RecordedVenue) -> str:
    by_name = any(Name.CLIENT_ID in shape.slots() for shape in venue.of(Action.CANCEL_CONDITIONAL))
    nameless = any(Name.CLIENT_ID not in shape.slots() for shape in venue.of(Action.STOP_WHOLE))
    said = "stops by our id" if by_name else "stops by the venue's id alone"
    return f"{said}; not that of the whole position, which has no name" if nameless else said


def _listings(venue: RecordedVenue) -> int:
    plain, conditional = venue.of(Action.LIST_PLAIN), venue.of(Action.LIST_CONDITIONAL)
    together = [(shape.path, shape.query, shape.body) for shape in (*plain, *conditional)]
    return len([one for place, one in enumerate(together) if one not in together[:place]])


def _codes(profile: RecordedProfile, meaning: Refusal) -> str:
    return ", ".join(code for code, kind in CODES[profile.name].meanings.items() if kind is meaning)


def _coded(profile: RecordedProfile, meaning: Refusal, without: str) -> Standing:
    known = _codes(profile, meaning)
    return _recorded(f"code {known}") if known else _missing(f"its code is unknown; {without}")


def _recorded(note: str) -> Standing:
    return Standing(proof=Proof.RECORDED, note=note)


def _missing(note: str) -> Standing:
    return Standing(proof=Proof.MISSING, note=note)
