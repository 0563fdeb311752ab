"""Worlds that speak BingX: the test command's share, and what the rung of the stop inside the entry is worth."""

from __future__ import annotations

import gzip
from dataclasses import replace
from random import Random

import pytest

from jackline.core.orders import PositionMode
from jackline.core.plan import Rung
from jackline.venue.net import NetTrouble
from jackline.world.campaign import run
from jackline.world.experiment import Experiment, draw
from jackline.world.experiment_file import dumps, loads
from jackline.world.judges.exposure import Cause
from jackline.world.process import Process
from jackline.world.process_net import ProcessNet
from jackline.world.profiles import PROFILES, RUNGS, SWARM
from jackline.world.stage import Stage
from jackline.world.weather import Line
from jackline.world.wires import Wire

CHUNK = 8
BINGX = [name for name, profile in PROFILES.items() if profile.wires == (Wire.BINGX,)]
VENUES_DOING = {cause.value for cause in Cause if cause is not Cause.FIRST}
"""What an entry that brings its stop can stand naked for: the venue lost it, or it fired, or somebody added."""


@pytest.mark.owns("P1", "P2", "P4", "P5", "P6", "O1", "O4", "L1")
@pytest.mark.timeout(240)
@pytest.mark.parametrize("profile", BINGX)
@pytest.mark.parametrize("first", [0, pytest.param(CHUNK, marks=pytest.mark.long)])
def test_the_promise_holds_in_every_world(profile: str, first: int) -> None:
    entries = 0
    for seed in range(first, first + CHUNK):
        verdict = run(draw(seed, PROFILES[profile]))
        assert not verdict.breaches, (
            f"{verdict.breaches[0]}\njackline simulate --profile {profile} --seed {seed}"
        )
        for naked in verdict.naked:
            brought = naked.rung != Rung.AFTER_FILL.value
            assert not (brought and naked.able_ms) or naked.cause in VENUES_DOING, f"seed {seed}: {naked}"
        entries += verdict.entries
    assert entries >= 2 * CHUNK


@pytest.mark.owns("P1")
@pytest.mark.parametrize("hedge", [False, True], ids=[PositionMode.NETTING, PositionMode.HEDGE])
def test_P1_an_undisturbed_entry_with_its_stop_is_never_naked(hedge: bool) -> None:
    verdict = run(calm(hedge=hedge, rung=Rung.ATTACHED))
    assert not verdict.breaches
    assert len(verdict.naked) >= 2
    assert max(naked.raw_ms for naked in verdict.naked) == 0


@pytest.mark.owns("P1")
def test_P1_a_stop_that_follows_the_fill_is_two_messages_late() -> None:
    verdict = run(calm(hedge=False, rung=Rung.AFTER_FILL))
    assert not verdict.breaches
    assert 0 < max(naked.able_ms for naked in verdict.naked) < 200


def calm(*, hedge: bool, rung: Rung) -> Experiment:
    """Nothing but one crash."""
    quiet = draw(1, PROFILES["quiet"])
    return replace(quiet, wire=Wire.BINGX, hedge=hedge, rung=rung, signal_rate=0.9)


# -- what an experiment says ---------------------------------------------------------------------------------


def test_an_experiment_without_a_wire_speaks_binance() -> None:
    drawn = draw(7, SWARM)
    text = dumps(drawn)
    assert '"wire": "binance"' in text
    before = text.replace(',\n  "wire": "binance"', "")
    assert "wire" not in before
    assert loads(before) == drawn


def test_the_wire_is_no_draw() -> None:
    """What a seed draws besides is what it drew before there was a second wire."""
    profile = PROFILES["bingx"]
    other = replace(profile, wires=(Wire.BINANCE,), rungs=RUNGS[Wire.BINGX])
    assert replace(draw(5, other), wire=Wire.BINGX) == draw(5, profile)


def test_the_swarm_speaks_both_wires() -> None:
    spoken = [draw(seed, SWARM).wire for seed in range(400)]
    assert 80 <= spoken.count(Wire.BINGX) <= 120


def test_symbols_are_spelled_as_the_exchange_has_them_and_traded_as_the_venue_does() -> None:
    stage = Stage(calm(hedge=False, rung=Rung.ATTACHED), keep=1)
    try:
        assert stage.experiment.symbols[0] == "BTCUSDT"
        assert stage.processes.options.symbols[0] == "BTC-USDT"
    finally:
        stage.close()


# -- sockets that are spoken both ways -----------------------------------------------------------------------


async def conversation(stage: Stage, net: ProcessNet) -> list[str]:
    """What a socket hears that asks for marks, says nothing for two seconds on a silent way, and breaks in the end."""
    socket = await net.talk("ws://127.0.0.1:1/swap-market")
    heard = []
    await socket.send('{"id":"a","reqType":"sub","dataType":"BTC-USDT@markPrice"}')
    heard.append(gzip.decompress(await socket.receive() or b"").decode())
    while True:
        frame = gzip.decompress(await socket.receive() or b"").decode()
        if frame == "Ping":
            break
    heard.append(frame)
    await socket.send("Pong")
    stage.network.set_ways("engine", streams=Line.SILENT)
    await socket.send('{"id":"b","reqType":"sub","dataType":"nothing"}')
    stage.network.later(2.0, lambda: stage.network.set_ways("engine", streams=Line.OPEN))
    heard.append(gzip.decompress(await socket.receive() or b"").decode())
    stage.network.weather.reset = 1.0
    with pytest.raises(NetTrouble):
        await socket.send("Pong")
    heard.append(str(await socket.receive()))
    return heard


def test_a_socket_is_asked_for_streams_in_packed_frames_and_pinged() -> None:
    stage = Stage(calm(hedge=False, rung=Rung.ATTACHED), keep=1)
    process = Process(loop=stage.loop, clock=stage.clock, name="engine-1", number=1, rng=Random("test"))
    try:
        heard = stage.loop.run_until_complete(conversation(stage, ProcessNet(stage.network, process)))
    finally:
        stage.close()
    assert '"code":0' in heard[0]
    assert heard[1] == "Ping"
    assert "80014" in heard[2], "held back on a silent way, and answered when it was over"
    assert heard[3] == "None"
