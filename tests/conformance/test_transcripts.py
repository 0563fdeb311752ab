"""What other people's clients said in the last long run, said again: every answer keeps its status and its shape."""

from __future__ import annotations

import pytest

from tests.conformance import transcript
from tests.exchange.served import Unserved


@pytest.mark.parametrize("client", ["python-binance", "binance-sdk"])
def test_a_recorded_session_is_answered_as_it_was(client: str) -> None:
    world = Unserved()
    lines = transcript.read(client)
    assert len(lines) > 15
    for number, line in enumerate(lines, start=1):
        where = f"{client}.jsonl:{number} {line.method or line.frame[:40]} {line.path}"
        assert transcript.say_again(world, line) == (line.status, line.shape), where
    account = world.exchange.venue.state.accounts["main"]
    assert not account.open_positions()
    assert not account.open_algos
