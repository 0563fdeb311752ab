"""`jackline alerts run|test|list`: messages to people about what an account does.

Only what reads the command line is imported here: the rest comes when a command runs.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli.account import ConfigOption, JsonOption
from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from jackline.cli.config import Config
    from jackline.core.effects import Level
    from jackline.notify.channel import Channel
    from jackline.notify.message import Writer

HELP = {"help_option_names": ["-h", "--help"]}
TEST_S = 40.0
"""Longer than the deadline of one delivery."""

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, context_settings=HELP)


@app.callback()
def alerts() -> None:
    """Send alerts to people, over whatever they read: docs/alerts.md."""


@app.command("run")
def run(config: ConfigOption) -> None:
    """Send alerts until SIGTERM or Ctrl-C. It reads the account's journals and has no way to a venue."""
    import asyncio

    from jackline.cli import logs
    from jackline.cli.config import load_config

    logs.configure()
    asyncio.run(_run(load_config(config)))


async def _run(config: "Config") -> None:
    import os

    import structlog

    from jackline.cli.alert_host import AlertDesk, channels_of, lock_book, writer_of
    from jackline.cli.service_manager import kept_alive, take_manager
    from jackline.cli.stopping import stop_on_signals
    from jackline.engine.host import HostWorld
    from jackline.store.host_disk import HostDisk

    os.umask(0o077)  # the book holds what the account does
    channels, disk, world = channels_of(config), HostDisk(), HostWorld()
    lock = lock_book(disk, config.state_dir, world)
    try:
        desk = AlertDesk(
            disk=disk,
            state_dir=config.state_dir,
            settings=config.alerts.settings(),
            writer=writer_of(config),
            channels=channels,
            world=world,
        )
        names = [channel.name for channel in channels]
        structlog.get_logger("alerts").info("alerting", account=config.account.name, channels=names)
        manager = take_manager()
        if manager is not None:
            manager.ready(f"telling {len(names)} addresses")
        async with kept_alive(manager, lambda: desk.turns):
            await desk.run(stop_on_signals())
    finally:
        lock.release()


@app.command("test")
def try_out(
    config: ConfigOption,
    level: Annotated[str, typer.Option("--level", help="info, warning or critical.")] = "critical",
    json: JsonOption = False,
) -> None:
    """Send one message to every address of a level, and say what became of it. Quiet hours do not hold it."""
    import asyncio

    from jackline.cli import logs
    from jackline.cli.alert_host import channels_of, writer_of
    from jackline.cli.config import load_config
    from jackline.cli.views import print_json
    from jackline.core.effects import Level

    if level not in set(Level):
        raise CommandFailed(
            ExitCode.BAD_INPUT, f"--level {level}: no such level. Fix: info, warning or critical"
        )
    logs.configure()
    loaded = load_config(config)
    channels = channels_of(loaded)
    results = asyncio.run(try_channels(loaded, channels, writer_of(loaded), Level(level)))
    if json:
        print_json(level=level, results=results)
    elif not results:
        print(f"No address gets {level}: alerts.{level}_tags is empty.")
    else:
        for name, result in results.items():
            print(f"{name:<20} {result}")
    if not results or "failed" in results.values():
        raise typer.Exit(ExitCode.UNANSWERED)


async def try_channels(
    config: "Config", channels: "tuple[Channel, ...]", writer: "Writer", level: "Level"
) -> dict[str, str]:
    """Send one message to every address of a level: by its name ``ok`` or ``failed``; none where no address gets it."""
    from jackline.engine.host import HostWorld
    from jackline.notify.book import Book
    from jackline.notify.delivery import Delivery

    world, book = HostWorld(), Book()
    delivery = Delivery(
        book=book,
        settings=config.alerts.settings(),
        channels=channels,
        now=world.wire_ms,
        save=lambda: None,
    )
    text = "this is a test: alerts of this level reach you here"
    delivery.put(writer.of_test(level, text, world.wire_ms()))
    await delivery.drain(TEST_S)
    for parcel in book.outbox:
        for name in parcel.waiting:
            if name not in book.delivered:
                book.count_delivery(name, "failed")
    return {name: "ok" if "ok" in row else "failed" for name, row in book.delivered.items()}


@app.command("list")
def list_(config: ConfigOption, json: JsonOption = False) -> None:
    """Show who is told what, what waits, what was sent last, and how much was held back."""
    from jackline.cli.alert_host import BOOK_FILE, LOCK_FILE, channels_of
    from jackline.cli.alert_page import facts, lines
    from jackline.cli.config import load_config
    from jackline.cli.views import print_json
    from jackline.notify.book import Book, decode_book
    from jackline.store.host_disk import HostDisk

    loaded, disk = load_config(config), HostDisk()
    channels = [(one.name, one.tags) for one in channels_of(loaded)] if loaded.alerts.urls_file else []
    path = loaded.state_dir / BOOK_FILE
    try:
        book = decode_book(disk.read(path))
    except FileNotFoundError:
        book = Book()
    except ValueError as error:
        raise CommandFailed(ExitCode.STORE_DAMAGED, f"{path}: {error}. Fix: move it away") from None
    running = disk.probe(loaded.state_dir / LOCK_FILE) is not None
    settings = loaded.alerts.settings()
    if json:
        print_json(**facts(settings, channels, book, running=running))
    else:
        for line in lines(settings, channels, book, running=running):
            print(line)
