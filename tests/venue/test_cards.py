"""Every card, with every adapter, in both position modes."""

from __future__ import annotations

import pytest

from jackline.core.orders import PositionMode
from tests.venue.benches import BENCHES
from tests.venue.cards import CARDS, Bench, play


@pytest.mark.parametrize("mode", PositionMode)
@pytest.mark.parametrize("bench", BENCHES, ids=lambda bench: bench.name)
@pytest.mark.parametrize("card", CARDS)
async def test_card(card: str, bench: Bench, mode: PositionMode) -> None:
    await play(bench, CARDS[card], mode)
