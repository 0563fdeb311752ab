"""Ten entries at once: each protected within its rung's bound, and none behind another one's reads.

On virtual time, so that no machine is too slow for it; exposure and order are the exchange's record. The same with
processes and sockets: `.venv/bin/python -m tests.bench.ten_at_once`.
"""

from __future__ import annotations

import pytest

from jackline.core.ids import Role, parse_client_id
from jackline.core.plan import Rung
from jackline.core.settings import ProtectionSettings
from jackline.exchange.episodes import Episode
from jackline.exchange.wire.faults import Slow
from jackline.venue.profile import BINANCE_USDM
from tests.bench.calm import Calm, calm
from tests.bench.volley import SYMBOLS

DEADLINE_MS = ProtectionSettings().protect_deadline_ms
BOUNDS = {Rung.STOP_FIRST: 0.0, Rung.CONCURRENT: DEADLINE_MS, Rung.AFTER_FILL: DEADLINE_MS}
SIGNAL_BAR = 5
"""Its close comes thirty seconds after the start: ten canaries are through by then."""
FIRE_S, AFTER_S = 29.5, 6.0
SLOW_READS = Slow(delay_ms=200.0, methods=("GET",))
"""Answers come so much later; short of the time after which a question is asked again."""


def fired(of: Calm) -> list[Episode]:
    """Ten positions, all open."""
    episodes = of.stage.venue.witness.episodes
    assert {one.symbol for one in episodes} == set(SYMBOLS)
    assert all(one.closed_wire_ms is None for one in episodes)
    return episodes


def entries_taken_ms(of: Calm) -> list[float]:
    """When the exchange took each entry, in its order."""
    names = (
        (one.at_ms, parse_client_id(one.departure.params.get("newClientOrderId", "")))
        for one in of.arrivals
        if one.departure.method == "POST" and one.status == 200
    )
    return [at_ms for at_ms, name in names if name is not None and name.role is Role.ENTRY]


@pytest.mark.owns("P1")
@pytest.mark.parametrize("rung", BINANCE_USDM.rungs)
def test_P1_ten_entries_at_once_are_each_protected_within_the_rungs_bound(rung: Rung) -> None:
    with calm(SYMBOLS, rung=rung, signal_bar=SIGNAL_BAR) as of:
        of.run_for(FIRE_S + AFTER_S)
        naked = [one.naked_ms for one in fired(of)]
        assert all(ms <= BOUNDS[rung] for ms in naked), naked
        assert all(one.naked_since_ms is None for one in fired(of))


@pytest.mark.parametrize("rung", BINANCE_USDM.rungs)
def test_no_entry_waits_for_what_another_one_reads(rung: Rung) -> None:
    """Every read takes long. One after another ten entries would be ten reads apart; they are less than one apart."""
    with calm(SYMBOLS, rung=rung, signal_bar=SIGNAL_BAR) as of:
        of.run_for(FIRE_S)
        of.stage.board.put_up(SLOW_READS)
        of.run_for(AFTER_S)
        assert of.stage.board.tally["slow"] >= len(SYMBOLS)
        taken_ms = entries_taken_ms(of)
        assert len(taken_ms) == len(SYMBOLS)
        assert taken_ms[-1] - taken_ms[0] < SLOW_READS.delay_ms, taken_ms
        assert all(one.naked_ms <= BOUNDS[rung] for one in fired(of))
