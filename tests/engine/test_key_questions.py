"""Keys that operators ask about: one question at a time, each answered, and nothing of the engine waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from jackline.core.events import Receipt
from jackline.engine import key_questions
from jackline.engine.clock import TwoClocks
from jackline.engine.host import HostWorld
from jackline.engine.key_questions import BUSY, SILENT, UNABLE, KeyQuestions
from jackline.engine.options import KeyCheck
from jackline.engine.recorder import Recorder
from jackline.store.batch import AccountKey
from jackline.store.boot import open_store
from jackline.store.host_disk import HostDisk

FIRST, SECOND = Receipt(command_id="first001", position=1), Receipt(command_id="second01", position=2)


async def asked(
    directory: Path, check: KeyCheck | None, play: Callable[[KeyQuestions], Awaitable[None]]
) -> tuple[str | None, str | None, str]:
    """What the two commands were answered, and how far the desk was read."""
    with open_store(HostDisk(), directory / "engine.db") as store:
        writer = store.writer(on_broken=pytest.fail, on_mended=lambda: None)
        questions = KeyQuestions(check=check, recorder=Recorder(writer, TwoClocks(HostWorld())))
        await play(questions)
        assert await writer.close(deadline_ms=5_000) == 0
        rows = [store.read.answer(one.command_id) for one in (FIRST, SECOND)]
        read_to = store.read.load_account()[AccountKey.COMMANDS_READ.value]
    first, second = (None if row is None else row.result for row in rows)
    return first, second, read_to


@pytest.mark.owns("S3")
async def test_S3_a_question_is_answered_and_a_second_one_meanwhile_is_turned_away(tmp_path: Path) -> None:
    open_now, names = asyncio.Event(), list[str]()

    async def check(name: str) -> str:
        names.append(name)
        await open_now.wait()
        return "refused: S3: it may withdraw"

    async def play(questions: KeyQuestions) -> None:
        questions.ask("main", FIRST)
        await asyncio.sleep(0)
        questions.ask("other", SECOND)
        open_now.set()
        assert questions.running is not None
        await questions.running

    first, second, read_to = await asked(tmp_path, check, play)
    assert names == ["main"]
    assert "S3: it may withdraw" in str(first)
    assert BUSY in str(second)
    assert "2" in read_to, "an answer that comes late must not take the place in the desk back"


async def test_a_venue_that_is_silent_and_a_program_that_does_not_start_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_questions, "CHECK_S", 0.05)

    async def check(name: str) -> str:
        if name == "main":
            await asyncio.Event().wait()
        raise OSError("no such program")

    async def play(questions: KeyQuestions) -> None:
        for name, receipt in (("main", FIRST), ("other", SECOND)):
            questions.ask(name, receipt)
            assert questions.running is not None
            await questions.running

    first, second, _ = await asked(tmp_path, check, play)
    assert SILENT in str(first)
    assert "no such program" in str(second)


async def test_an_engine_that_was_given_nothing_to_ask_with_says_so(tmp_path: Path) -> None:
    async def play(questions: KeyQuestions) -> None:
        questions.ask("main", FIRST)

    first, second, _ = await asked(tmp_path, None, play)
    assert UNABLE in str(first)
    assert second is None
