"""Every request of every venue is the one in its golden file, and the gate takes each of them."""

from __future__ import annotations

import pytest

from jackline.core.orders import PositionMode
from jackline.core.values import Side
from jackline.venue.recorded.registry import VENUES
from jackline.venue.recorded.wire import NotWired, WireRequest
from jackline.venue.recorded.writer import write
from tests.venue.recorded.gates import gate_of, offer, tickets
from tests.venue.recorded.goldens import golden, path_of
from tests.venue.recorded.samples import NAMES, entry, orders, others, terms_of


@pytest.mark.parametrize("name", NAMES)
def test_the_requests_are_those_of_the_golden_file(name: str) -> None:
    venue = VENUES[name]
    assert path_of(venue).read_text(encoding="utf-8") == golden(venue), (
        "run: python -m tests.venue.recorded.goldens"
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_gate_takes_every_golden_request(name: str) -> None:
    venue = VENUES[name]
    gate = gate_of(venue)
    passed = 0
    for made in (*orders(venue), *others(venue)):
        if isinstance(made.request, WireRequest):
            mode = PositionMode.HEDGE if "hedge" in made.case else PositionMode.NETTING
            side = Side.SHORT if made.case.endswith("short") else Side.LONG
            with tickets(gate, venue, entry(venue, side, mode)):
                offer(gate, made.request)
            passed += 1
    assert passed > 20


def test_mexc_refuses_with_its_reason() -> None:
    mexc = VENUES["mexc"]
    with pytest.raises(
        NotWired, match="mexc offers no rung: a stop sent through ccxt is an immediate market order"
    ):
        write(mexc, entry(mexc), terms_of(mexc))
