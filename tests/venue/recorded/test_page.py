"""docs/venues.md is the code's own, and the tests that it leans on exist."""

from __future__ import annotations

import importlib.util
from types import ModuleType

from jackline.venue.recorded.cards import Card
from tests.house.source import ROOT
from tests.venue.benches import BENCHES
from tests.venue.cards import CARDS


def drawer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw_venues", ROOT / "tools" / "draw_venues.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_venues_is_current() -> None:
    page = (ROOT / "docs" / "venues.md").read_text(encoding="utf-8")
    assert page == drawer().page(), "run: python tools/draw_venues.py"


def test_the_page_says_that_nothing_met_a_live_venue_and_nothing_opens() -> None:
    page = drawer().page()
    assert "None of this was checked against a live venue" in page
    assert "opens no account, in any mode" in page
    assert page.count("opens no account:") == 8


def test_every_venue_of_the_local_wire_plays_every_card() -> None:
    """What it has not, it is asked for all the same."""
    drawn = drawer()
    assert set(drawn.LOCAL_WIRE) == {bench.profile.name for bench in BENCHES}
    assert set(CARDS) == {card.name for card in Card}
    attached = {bench.profile.name for bench in BENCHES if bench.profile.leg_scope is not None}
    assert {name for name, played in drawn.LOCAL_WIRE.items() if Card.A05 in played} == attached
    assert (ROOT / drawn.CARD_TESTS).exists()
