"""The process that sends alerts: reads what is new, sifts it, writes the book, and lets the channels deliver.

Nothing waits for it. A book that cannot be written does not stop it: a full disk is when alerts matter most, and all
that is lost with the process is that it may tell something twice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path

import structlog

from jackline.cli.alert_feed import Feed
from jackline.cli.alert_watch import EngineWatch
from jackline.cli.config import Config
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.secret_file import read_secret
from jackline.cli.secret_lines import read_deadman_url, read_urls
from jackline.core.ports import World
from jackline.notify.apprise_channel import AppriseMissing, open_channels
from jackline.notify.book import Book, decode_book, encode_book
from jackline.notify.channel import Address, Channel, UrlsRefused
from jackline.notify.delivery import Delivery, Pace
from jackline.notify.message import Message, Writer
from jackline.notify.redact import Redactor
from jackline.notify.settings import NotifySettings
from jackline.notify.sieve import Sieve
from jackline.store.disk import Disk, Lock, LockBusy
from jackline.venue.transport.endpoint import Credentials

BOOK_FILE = "alerts.json"
LOCK_FILE = "alerts.lock"
PERIOD_S = 0.5
"""Between two looks at the journals and the heartbeat."""
TOKEN_CHARS_MIN = 8
"""A shorter piece of an address is no token of anything."""

log = structlog.get_logger("alerts")


class AlertDesk:
    """One account's alerts: everything but the loop and the clock."""

    def __init__(
        self,
        *,
        disk: Disk,
        state_dir: Path,
        settings: NotifySettings,
        writer: Writer,
        channels: Sequence[Channel],
        world: World,
        pace: Pace | None = None,
    ) -> None:
        self._disk = disk
        self._path = state_dir / BOOK_FILE
        self._world = world
        self.book = read_book(disk, self._path)
        self.delivery = Delivery(
            book=self.book, settings=settings, channels=channels, now=world.wire_ms, save=self.save, pace=pace
        )
        self._sieve = Sieve(book=self.book, settings=settings, writer=writer)
        self._feed = Feed(disk=disk, state_dir=state_dir, book=self.book)
        self._watch = EngineWatch(
            disk=disk,
            state_dir=state_dir,
            book=self.book,
            again_ms=settings.repeat_after_ms,
            begun_ms=world.wire_ms(),
        )
        self._written = encode_book(self.book)
        self._is_failing = False
        self.turns = 0

    def turn(self) -> bool:
        """Read and sift once; True where there may be more at once. What is owed is on the disk before it is sent."""
        now_ms = self._world.wire_ms()
        batch = self._feed.poll(now_ms)
        messages: list[Message] = []
        for event in (*batch.events, *self._watch.look(now_ms)):
            messages += self._sieve.take(event, now_ms)
        messages += self._sieve.tick(now_ms)
        for message in messages:
            self.delivery.put(message)
        self.save()
        self.delivery.wake()
        return batch.more

    def save(self) -> None:
        """Write the book, if it has changed. A disk that refuses is told once in the log, and tried again."""
        data = encode_book(self.book)
        if data == self._written:
            return
        try:
            self._disk.replace(self._path, data, durable=True)
        except OSError as error:
            if not self._is_failing:
                log.warning("book_not_written", code="O4", detail=error.strerror)
            self._is_failing = True
            return
        self._written, self._is_failing = data, False

    async def run(self, stop: asyncio.Event) -> None:
        """Turn until told to stop."""
        async with asyncio.TaskGroup() as group:
            working = group.create_task(self.delivery.run())
            while not stop.is_set():
                self.turns += 1
                if self.turn():
                    await asyncio.sleep(0)  # there is more to read at once; the channels go on meanwhile
                    continue
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PERIOD_S):
                        await stop.wait()
            working.cancel()
        self.save()


def read_book(disk: Disk, path: Path) -> Book:
    """The book of the last run, or a new one. One that cannot be read is set aside and said so: alerts go on."""
    try:
        return decode_book(disk.read(path))
    except FileNotFoundError:
        return Book()
    except (OSError, ValueError) as error:
        log.warning("book_unreadable", code="O4", detail=str(error))
        with contextlib.suppress(OSError):
            disk.rename(path, path.with_name(f"{path.name}.unreadable"))
        return Book()


def lock_book(disk: Disk, state_dir: Path, world: World) -> Lock:
    """One sender an account. Raises CommandFailed where another one runs."""
    disk.make_directory(state_dir)
    try:
        lock = disk.lock(state_dir / LOCK_FILE)
    except LockBusy as busy:
        holder = busy.text.decode(errors="replace") or "unknown"
        text = (
            f"{state_dir / LOCK_FILE}: process {holder} sends the alerts of this account. Fix: stop that one"
        )
        raise CommandFailed(ExitCode.LEASE_HELD, text) from None
    with contextlib.suppress(OSError):
        lock.note(str(world.pid()).encode())
    return lock


def channels_of(config: Config) -> tuple[Channel, ...]:
    """The channels of `alerts.urls_file`. Raises CommandFailed with what is wrong in it, and for tags nobody has."""
    if config.alerts.urls_file is None:
        text = 'alerts.urls_file: missing, nobody is to be told. Fix: name a file, e.g. urls_file = "alerts.urls"'
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    path = config.path.parent / config.alerts.urls_file
    addresses = read_urls(path)
    check_tags(config.alerts.settings(), addresses, path)
    try:
        return open_channels(addresses)
    except UrlsRefused as refused:
        raise CommandFailed(ExitCode.BAD_INPUT, f"{path}: {refused}") from None
    except AppriseMissing as missing:
        raise CommandFailed(ExitCode.BAD_INPUT, str(missing)) from None


def check_tags(settings: NotifySettings, addresses: Sequence[Address], path: Path) -> None:
    """A tag that no address has would send a level to nobody. Raises CommandFailed."""
    known = frozenset[str]().union(*(one.tags for one in addresses))
    for level, tags in settings.tags.items():
        for tag in sorted((tags or frozenset()) - known):
            there = ", ".join(sorted(known)) or "none"
            text = f"alerts.{level.value}_tags: no address of {path} has the tag {tag}; there are: {there}"
            raise CommandFailed(ExitCode.BAD_INPUT, f"{text}. Fix: write {tag}=URL there")


def writer_of(config: Config) -> Writer:
    """Writes messages without what this process knows to be secret (S1)."""
    return Writer(account=config.account.name, redact=Redactor(_secrets(config)))


def _secrets(config: Config) -> list[str]:
    """Whatever secret the configuration leads to; a file that cannot be read is no reason not to alert."""
    key = config.venue_key
    # Of the whole vault: an alert repeats what others have written, and they may have opened another record of it.
    found = [key.api_key, key.secret] if isinstance(key, Credentials) else [*key.every_secret()]
    base, alerts = config.path.parent, config.alerts
    if alerts.urls_file is not None:
        for one in read_urls(base / alerts.urls_file):
            found += [one.url, *_parts(one.url)]
    with contextlib.suppress(CommandFailed):
        if alerts.deadman_url_file is not None:
            url = read_deadman_url(base / alerts.deadman_url_file)
            found += [url, *_parts(url)]
    with contextlib.suppress(CommandFailed):
        if config.webhook.secret_file is not None:
            found.append(read_secret(config.webhook.secret_file, base).decode(errors="replace"))
    return found


def _parts(url: str) -> list[str]:
    """Pieces of an address that are long enough to be a token; a host's name is not one."""
    _, _, rest = url.partition("://")
    login, _, path = rest.rpartition("@")
    _, _, path = path.partition("/")
    pieces = [
        piece for part in (login, path) for piece in part.replace("?", "/").replace(":", "/").split("/")
    ]
    values = [value for piece in pieces for value in piece.replace("&", "=").split("=")]
    return [value for value in values if len(value) >= TOKEN_CHARS_MIN]
