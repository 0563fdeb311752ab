"""The tape as it is kept: bounded, never waited for, whole after refusals, readable when torn."""

from __future__ import annotations

import asyncio
import errno
import zlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.core.effects import Effect
from jackline.core.events import Event, MarkMoved, Now, Ticked
from jackline.core.state import State
from jackline.core.step import step
from jackline.core.values import MarketMs, Price, Symbol, WireMs
from jackline.engine.replay import Replay, Report
from jackline.engine.tape import TURNS_MAX, Tape
from jackline.store.host_disk import HostDisk
from jackline.store.tape import TapeDamaged, records, segments
from tests.core.making import START_MS, cold_state

TURNS = 300
MIB = 1_048_576


def tape_at(directory: Path, *, disk: HostDisk | None = None, fence: int = 7, bytes_max: int = MIB) -> Tape:
    return Tape(disk=disk or HostDisk(), directory=directory, bytes_max=bytes_max, fence=fence, journal_seq=0)


def run(tape: Tape, state: State, turns: int) -> State:
    """Marks and ticks."""
    for number in range(turns):
        now = Now(wire_ms=WireMs(START_MS + 50 * number), market_ms=MarketMs(START_MS + 50 * number))
        event: Event = Ticked()
        if number % 2:
            price = Price(Decimal(100) + Decimal(number * 7_919 % 1_000) / 10)
            event = MarkMoved(symbol=Symbol("BTCUSDT"), mark=price, market_ms=now.market_ms)
        before = state
        state, effects = step(before, event, now)
        tape.note(before, event, now, effects)
    return state


def replayed(directory: Path, replay: Replay | None = None) -> Report:
    replay = replay or Replay()
    for path in segments(HostDisk(), directory):
        replay.play(path.name, path.read_bytes())
    return replay.report


async def kept(directory: Path, turns: int = TURNS) -> None:
    tape = tape_at(directory)
    run(tape, cold_state(), turns)
    await tape.close(deadline_ms=5_000)


@pytest.mark.owns("D4")
async def test_D4_a_kept_life_replays_identically(tmp_path: Path) -> None:
    await kept(tmp_path)
    report = replayed(tmp_path)
    assert (report.turns, report.differing, report.damage, report.notes) == (TURNS, 0, [], [])
    assert report.effects > 0
    assert report.ended == {7}, "it ended in order"


@pytest.mark.owns("D4")
async def test_D4_another_rule_is_found_and_shown(tmp_path: Path) -> None:
    await kept(tmp_path)

    def other(state: State, event: Event, now: Now) -> tuple[State, tuple[Effect, ...]]:
        after, effects = step(state, event, now)
        return after, effects[:-1] if isinstance(event, MarkMoved) else effects

    def worse(state: State, event: Event, now: Now) -> tuple[State, tuple[Effect, ...]]:
        after, effects = step(state, event, now)
        return after, effects[1:]

    report = replayed(tmp_path, Replay(step=worse))
    first = report.differences[0]
    assert report.differing > 0
    assert first.event == '{"Ticked":{}}'
    assert first.first.endswith("nothing today")
    assert first.number == 1
    assert replayed(tmp_path, Replay(step=other)).turns == TURNS


@pytest.mark.owns("D4")
async def test_D4_a_tape_cut_anywhere_is_read_up_to_there(tmp_path: Path) -> None:
    await kept(tmp_path)
    (path,) = segments(HostDisk(), tmp_path)
    whole = path.read_bytes()
    for size in range(0, len(whole), max(1, len(whole) // 50)):
        replay = Replay()
        replay.play(path.name, whole[:size])
        assert replay.report.differing == 0
        assert replay.report.damage == []
        assert replay.report.turns <= TURNS
        assert replay.report.notes or size == len(whole)


@pytest.mark.owns("D4")
async def test_D4_a_changed_byte_is_told_and_never_decided_on(tmp_path: Path) -> None:
    await kept(tmp_path)
    (path,) = segments(HostDisk(), tmp_path)
    whole = path.read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 40)):
        hurt = bytearray(whole)
        hurt[at] ^= 0xFF
        with pytest.raises(TapeDamaged):
            list(records(bytes(hurt)))
        replay = Replay()
        replay.play(path.name, bytes(hurt))
        assert replay.report.differing == 0
        assert [*replay.report.damage, *replay.report.notes] != []


def test_a_block_that_swells_is_not_read_into_memory() -> None:
    with pytest.raises(TapeDamaged):
        list(records(b"jackline tape 1\nJLTB\xff\xff\xff\xff" + zlib.crc32(b"").to_bytes(4, "big")))


class _FullDisk(HostDisk):
    """Takes nothing while it is full."""

    full = False
    refused = 0

    def append(self, path: Path, data: bytes) -> None:
        if self.full:
            self.refused += 1
            raise OSError(errno.ENOSPC, "full")
        super().append(path, data)


async def until(condition: Callable[[], object]) -> None:
    """Let the writer's thread come to it."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + 20
    while not condition():
        assert loop.time() < deadline
        await asyncio.sleep(0)


@pytest.mark.owns("D4")
async def test_D4_a_full_disk_costs_turns_and_no_trading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jackline.engine.tape.RETRY_MS", 1)
    disk = _FullDisk()
    tape = tape_at(tmp_path, disk=disk)
    state = run(tape, cold_state(), 50)
    await until(lambda: segments(disk, tmp_path))
    disk.full = True
    state = run(tape, state, 50)
    await until(lambda: tape.lost)
    disk.full = False
    await until(lambda: not tape.is_behind)
    run(tape, state, 50)
    await tape.close(deadline_ms=5_000)
    report = replayed(tmp_path)
    assert disk.refused > 0
    assert report.lost == tape.lost > 0
    assert report.turns + report.lost == 150
    assert report.differing == 0
    assert "could not be kept" in " ".join(report.notes)


@pytest.mark.owns("D4")
async def test_D4_a_thread_that_falls_behind_costs_turns_and_no_memory(tmp_path: Path) -> None:
    tape = tape_at(tmp_path)
    state, now = cold_state(), Now(wire_ms=WireMs(START_MS), market_ms=MarketMs(START_MS))
    with tape.held():
        for _ in range(TURNS_MAX + 100):
            tape.note(state, Ticked(), now, ())
    assert tape.lost >= 100
    await tape.close(deadline_ms=10_000)


@pytest.mark.owns("D4")
async def test_D4_segments_are_bounded_and_each_can_be_replayed_alone(tmp_path: Path) -> None:
    bytes_max = 64_000
    tape = tape_at(tmp_path, bytes_max=bytes_max)
    state = cold_state()
    for _ in range(30):
        state = run(tape, state, 600)
        await until(lambda: not tape.is_behind)
    await tape.close(deadline_ms=5_000)
    paths = segments(HostDisk(), tmp_path)
    assert len(paths) > 2
    assert sum(path.stat().st_size for path in paths) < 2 * bytes_max
    assert replayed(tmp_path).differing == 0
    for path in paths:
        alone = Replay()
        alone.play(path.name, path.read_bytes())
        assert alone.report.turns > 0
        assert alone.report.differing == 0
