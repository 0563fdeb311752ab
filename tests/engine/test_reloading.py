"""An engine that gives way to one with the configuration as it is now: when it may, and what it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from jackline.core.events import Receipt
from jackline.core.machine import Phase
from jackline.core.state import State
from jackline.core.values import WireMs
from jackline.engine import reloading
from jackline.engine.clock import TwoClocks
from jackline.engine.host import HostWorld
from jackline.engine.recorder import Recorder
from jackline.engine.reloading import Ending, Reloading
from jackline.store.boot import open_store
from jackline.store.commands import Command, CommandKind
from jackline.store.host_disk import HostDisk
from tests.core.making import cold_state
from tests.core.test_phases import ended
from tests.engine.test_banner import OPTIONS
from tests.store.test_desk import CLOSE

RELOAD = replace(
    CLOSE, command_id="r1", kind=CommandKind.RELOAD, symbol=None, side=None, created_ms=WireMs(100)
)
RECEIPT = Receipt(command_id="r1", position=1)
SOON_S = 5.0


async def heard(
    directory: Path,
    *,
    configured_ms: int | None,
    view: Callable[[], State] = cold_state,
    command: Command | None = RELOAD,
    stops: bool = False,
    within_s: float = 0.1,
) -> tuple[str | None, Ending | None]:
    """What the command was answered, and why the engine ended; None where it has not within a moment."""
    with open_store(HostDisk(), directory / "engine.db") as store:
        writer = store.writer(on_broken=pytest.fail, on_mended=lambda: None)
        recorder, stop = Recorder(writer, TwoClocks(HostWorld())), asyncio.Event()
        options = replace(OPTIONS, configured_ms=configured_ms)
        one = Reloading(options=options, recorder=recorder, view=view)
        if command is not None:
            one.ask(command, RECEIPT)
        if stops:
            stop.set()
        waiting = asyncio.create_task(one.ended(stop))
        await asyncio.wait([waiting], timeout=within_s)
        ending = waiting.result() if waiting.done() else None
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert await writer.close(deadline_ms=5_000) == 0
        answer = store.read.answer("r1")
    return None if answer is None else str(answer.result), ending


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reloading, "STEADY_S", 0.0)
    monkeypatch.setattr(reloading, "POLL_S", 0.001)


async def test_it_gives_way_once_somebody_wants_it_to(tmp_path: Path) -> None:
    answer, ending = await heard(tmp_path, configured_ms=50, within_s=SOON_S)
    assert (ending, "begins again" in str(answer)) == (Ending.RELOAD, True)


@pytest.mark.owns("P1")
@pytest.mark.parametrize("phase", [Phase.ENTERING, Phase.EXPOSED, Phase.CLOSING])
async def test_P1_not_while_something_is_open_that_nothing_is_known_to_protect(
    tmp_path: Path, phase: Phase
) -> None:
    trade = replace(ended(), phase=phase)
    risky = replace(cold_state(), trades={trade.trade_id: trade})
    answer, ending = await heard(tmp_path, configured_ms=50, view=lambda: risky)
    assert (ending, "begins again" in str(answer)) == (None, True)


async def test_what_is_in_force_already_and_what_nobody_would_begin_is_said(tmp_path: Path) -> None:
    answer, ending = await heard(tmp_path, configured_ms=100)
    assert (ending, "in force already" in str(answer)) == (None, True)
    (tmp_path / "other").mkdir()
    answer, ending = await heard(tmp_path / "other", configured_ms=None)
    assert (ending, "refused: this process keeps" in str(answer)) == (None, True)


async def test_a_stop_is_a_stop_whatever_else_is_wanted(tmp_path: Path) -> None:
    assert (await heard(tmp_path, configured_ms=50, stops=True, within_s=SOON_S))[1] is Ending.STOPPED
