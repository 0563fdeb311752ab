"""Showing a run: live view or plain lines while it goes, the report at the end, and what is left on disk."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from rich.console import Console

from jackline.cli.demo.acts import exit_code, play
from jackline.cli.demo.plan import Wishes
from jackline.cli.demo.render import render_report
from jackline.cli.demo.report import Report, as_json
from jackline.cli.demo.stage import Run, open_run
from jackline.cli.demo.view import show_live
from jackline.cli.demo.words import Event, moment
from jackline.cli.page import WIDTH, without_padding


async def show(wishes: Wishes, json_file: Path | None) -> int:
    """Play a run and print its report; the exit code of the command."""
    console = Console(stderr=json_file == Path("-"), highlight=False)
    with _directory(wishes.keep) as directory:
        async with open_run(wishes, directory) as run, _interruptible() as interrupted:
            report = await _play_shown(run, console, interrupted)
    _print_report(console, report)
    if wishes.keep is not None:
        console.print(f"The run's files are in {wishes.keep}.", soft_wrap=True)
    if json_file is not None:
        _write_json(report, json_file)
    return int(exit_code(report))


async def _play_shown(run: Run, console: Console, interrupted: asyncio.Event) -> Report:
    if run.wishes.headless or not console.is_terminal:
        run.observer.on_event = lambda event: _print_line(console, event)
        return await play(run, interrupted=interrupted)
    async with show_live(run, console):
        return await play(run, interrupted=interrupted)


def _print_report(console: Console, report: Report) -> None:
    with console.capture() as shown:
        console.print(render_report(report), width=min(WIDTH, console.width))
    console.file.write(without_padding(shown.get()))


def _print_line(console: Console, event: Event) -> None:
    when = moment(event.market_ms) if event.market_ms else " " * len(moment(0))
    console.print(f"{when}  {event.text}", soft_wrap=True, markup=False)


def _write_json(report: Report, json_file: Path) -> None:
    text = json.dumps(as_json(report), indent=2)
    if json_file == Path("-"):
        sys.stdout.write(text + "\n")
    else:
        json_file.write_text(text + "\n", encoding="utf-8")


@contextlib.contextmanager
def _directory(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="jackline-demo-") as name:
        yield Path(name)


@contextlib.asynccontextmanager
async def _interruptible() -> AsyncIterator[asyncio.Event]:
    """The first Ctrl-C (or SIGTERM, or a closed terminal) asks for an orderly end, the second one ends it now."""
    interrupted, loop, running = asyncio.Event(), asyncio.get_running_loop(), asyncio.current_task()

    def on_signal() -> None:
        if interrupted.is_set() and running is not None:
            running.cancel()
        interrupted.set()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, on_signal)
    try:
        yield interrupted
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
