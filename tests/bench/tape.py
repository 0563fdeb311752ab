"""What the tape costs: the loop's share and the thread's in µs an event, and megabytes an hour at 10 and 200 symbols.

`python -m tests.bench.tape`. A market of one mark a second for each symbol and ten ticks a second, which is what an
engine with an open position is fed besides its few answers.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from jackline.core.effects import Effect
from jackline.core.events import Event, MarkMoved, Now, Ticked
from jackline.core.state import MarketState, State
from jackline.core.step import step
from jackline.core.values import MarketMs, Price, Symbol, WireMs
from jackline.engine.replay import Replay
from jackline.engine.tape import BLOCK_TURNS, Tape
from jackline.store.host_disk import HostDisk
from jackline.store.tape import EFFECTS, EVENTS, segments
from tests.core.making import START_MS, cold_state

SECONDS = 60
TICKS_A_SECOND = 10
BYTES_MAX = 512 * 1_048_576

Turn = tuple[State, Event, Now, tuple[Effect, ...]]


def turns(symbols: int) -> list[Turn]:
    """A minute, as `step` was fed it."""
    names = [Symbol(f"S{number:03d}USDT") for number in range(symbols)]
    state = replace(cold_state(), markets={name: MarketState(symbol=name) for name in names})
    made: list[Turn] = []
    for second in range(SECONDS):
        now = Now(wire_ms=WireMs(START_MS + 1_000 * second), market_ms=MarketMs(START_MS + 1_000 * second))
        events: list[Event] = [Ticked()] * TICKS_A_SECOND
        for index, name in enumerate(names):
            price = Decimal(10_000 + (second * 7_919 + index * 104_729) % 1_000) / 100
            events.append(MarkMoved(symbol=name, mark=Price(price), market_ms=now.market_ms))
        for event in events:
            before = state
            state, effects = step(before, event, now)
            made.append((before, event, now, effects))
    return made


async def measure(symbols: int, directory: Path) -> str:
    """One row of the table."""
    made = turns(symbols)
    tape = Tape(disk=HostDisk(), directory=directory, bytes_max=BYTES_MAX, fence=1, journal_seq=0)
    noting_s = 0.0
    for start in range(0, len(made), BLOCK_TURNS):
        began = time.perf_counter()
        for turn in made[start : start + BLOCK_TURNS]:
            tape.note(*turn)
        noting_s += time.perf_counter() - began
        while tape.is_behind:  # noqa: ASYNC110 # the thread tells nobody how far it is
            await asyncio.sleep(0)
    await tape.close(deadline_ms=10_000)
    size = sum(path.stat().st_size for path in segments(HostDisk(), directory))
    began = time.perf_counter()
    for _, event, _, effects in made:
        EVENTS.write(event)
        EFFECTS.write(effects)
    encoding_s = time.perf_counter() - began
    replay = Replay()
    began = time.perf_counter()
    for path in segments(HostDisk(), directory):
        replay.play(path.name, path.read_bytes())
    replaying_s = time.perf_counter() - began
    count = len(made)
    return (
        f"| {symbols} | {count / SECONDS:.0f} | {noting_s / count * 1e6:.1f} | {encoding_s / count * 1e6:.1f} "
        f"| {size * 3_600 / SECONDS / 1e6:.1f} | {replaying_s / count * 1e6:.0f} |"
    )


async def main() -> None:
    """Print the table."""
    sys.stdout.write(
        "| symbols | events/s | loop µs/event | thread µs/event | MB/hour | replay µs/event |" + "\n"
    )
    sys.stdout.write("|---:|---:|---:|---:|---:|---:|" + "\n")
    for symbols in (10, 200):
        with tempfile.TemporaryDirectory() as directory:
            sys.stdout.write(await measure(symbols, Path(directory)) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
