"""What other people's clients said in the last long run, said again: every answer keeps its status and its shape."""

from __future__ import annotations

import pytest

from jackline.exchange.wire.wires import Wire
from tests.conformance import sessions, transcript
from tests.conformance.sessions import Session
from tests.exchange.bingx import unserved as bingx
from tests.exchange.served import Unserved


@pytest.mark.parametrize("session", sessions.EVERY, ids=lambda session: session.transcript)
def test_a_recorded_session_is_answered_as_it_was(session: Session) -> None:
    world: transcript.World = Unserved() if session.wire is Wire.BINANCE else bingx.Unserved()
    lines = transcript.read(session.transcript)
    assert len(lines) >= 15
    for number, line in enumerate(lines, start=1):
        where = f"{session.transcript}.jsonl:{number} {line.method or line.frame[:40]} {line.path}"
        assert transcript.say_again(world, line) == (line.status, line.shape), where
    account = world.exchange.venue.state.accounts["main"]
    assert not account.open_positions()
    assert not account.open_algos
