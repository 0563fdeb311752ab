"""Our requests are the ones that the real ccxt would make, field by field, but for differences that are named."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from jackline.core.orders import PositionMode
from jackline.core.requests import SendEntry
from jackline.core.values import Side
from jackline.venue.recorded.gate import ShapeGate
from jackline.venue.recorded.wire import ShapeRefused, WireRequest
from tests.venue.recorded.capture import CLIENT_SECONDS_MAX, Captured, capture, flat
from tests.venue.recorded.cases import ALL, Case
from tests.venue.recorded.gates import gate_of, tickets
from tests.venue.recorded.samples import entry, orders, others

pytestmark = pytest.mark.timeout(CLIENT_SECONDS_MAX)


def ours(case: Case) -> WireRequest:
    made = {one.case: one.request for one in (*orders(case.venue), *others(case.venue))}[case.golden]
    assert isinstance(made, WireRequest), made
    return made


async def theirs(case: Case) -> Captured:
    """The last one: Hyperliquid's client approves a builder first, which `test_traps.py` looks at."""
    return (await capture(case.venue.profile.ccxt_id, case.call, case.options))[-1]


def judged(gate: ShapeGate, request: Captured) -> None:
    gate.check(method=request.method, url=request.url, headers=request.headers, body=request.body)


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.venue.profile.name}-{case.golden}")
async def test_what_ccxt_would_send_is_what_we_would(case: Case) -> None:
    captured = await theirs(case)
    said, meant = captured.fields(case.venue), flat(**asdict(ours(case)))
    differs = {key for key in said.keys() & meant.keys() if said[key] != meant[key]}
    assert sorted(differs) == sorted(case.differs)
    assert sorted(meant.keys() - said.keys()) == sorted(case.added)
    assert sorted(said.keys() - meant.keys()) == sorted(case.surplus)
    gate = gate_of(case.venue)
    with tickets(gate, case.venue, planned(case)):
        if case.exact:
            judged(gate, captured)
        else:
            with pytest.raises(ShapeRefused):
                judged(gate, captured)


def planned(case: Case) -> SendEntry:
    """The plan that the case is about, or for what is no entry, any."""
    mode = PositionMode.HEDGE if "hedge" in case.golden else PositionMode.NETTING
    return entry(case.venue, Side.SHORT if case.golden.endswith("short") else Side.LONG, mode)
