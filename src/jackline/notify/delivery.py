"""Delivery: every message to every channel of its level, at least once, none waiting for another channel.

A channel sends one message at a time, with a deadline. After a failure it pauses, longer each time, and then takes the
message that was tried least: one that it will never take does not stand in front of the others. A message that could
not be delivered within a day is counted as expired. The queue of a channel is bounded: from there on the least loud
and oldest is counted as expired too.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from jackline.core.effects import Level
from jackline.core.values import WireMs
from jackline.notify.book import Book, Parcel, Sent
from jackline.notify.channel import Channel, names_for
from jackline.notify.event import is_loud_code
from jackline.notify.message import Message
from jackline.notify.settings import NotifySettings

SEND_S = 30.0
"""Of one delivery: some services ask for pauses of several seconds, a mail server for two round trips."""
PAUSE_S = 2.0
PAUSE_S_MAX = 300.0
"""Between attempts of a channel that fails: doubles from the first to the last."""
AGE_MS_MAX = 86_400_000
"""A message older than a day is news to nobody."""
QUEUE_MAX = 200
"""Messages that wait for one channel: more than its rates let pass in an hour."""

log = structlog.get_logger("alerts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The times of delivery, in seconds."""

    send_s: float = SEND_S
    pause_s: float = PAUSE_S
    pause_s_max: float = PAUSE_S_MAX


class Delivery:
    """The workers of all channels, over the outbox of one book."""

    def __init__(
        self,
        *,
        book: Book,
        settings: NotifySettings,
        channels: Sequence[Channel],
        now: Callable[[], WireMs],
        save: Callable[[], None],
        pace: Pace | None = None,
    ) -> None:
        """`save` writes the book; it is called after each outcome."""
        self._book = book
        self._settings = settings
        self._channels = tuple(channels)
        self._now = now
        self._save = save
        self._pace = pace or Pace()
        self._tries: dict[tuple[str, int], int] = {}
        self._fresh: list[str] = []
        self._wakes = {channel.name: asyncio.Event() for channel in self._channels}
        self._drop_gone()

    def put(self, message: Message) -> None:
        """Owe a message to the channels of its level. The caller saves the book and then calls `wake`."""
        kinds = [(channel.name, channel.tags) for channel in self._channels]
        names = names_for(message.level, kinds, self._settings.tags)
        if not names:
            self._book.count_suppressed("unrouted", message.level.value)
            return
        self._book.outbox.append(Parcel(message=message, waiting=names, since_ms=self._now()))
        self._fresh += names
        for name in names:
            self._bound(name)

    def wake(self) -> None:
        """Send what was put. A channel that pauses after a failure tries what is new at once: it may be a P1."""
        for name in self._fresh:
            self._wakes[name].set()
        self._fresh.clear()

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as group:
            for channel in self._channels:
                group.create_task(self._work(channel))

    async def drain(self, timeout_s: float) -> None:
        """Deliver what waits and return, at the latest after the timeout: for a command that sends once."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await asyncio.gather(*(self._attempt_all(channel) for channel in self._channels))

    async def _attempt_all(self, channel: Channel) -> None:
        for parcel in list(self._book.outbox):
            if channel.name in parcel.waiting:
                await self._attempt(channel, parcel)

    async def _work(self, channel: Channel) -> None:
        wake, pause_s = self._wakes[channel.name], self._pace.pause_s
        while True:
            parcel = self._next(channel.name)
            if parcel is None:
                wake.clear()
                await wake.wait()
                continue
            if await self._attempt(channel, parcel):
                pause_s = self._pace.pause_s
                continue
            wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await wake.wait()
            pause_s = min(2 * pause_s, self._pace.pause_s_max)

    async def _attempt(self, channel: Channel, parcel: Parcel) -> bool:
        """One delivery; its outcome is counted and written."""
        message = parcel.message
        try:
            async with asyncio.timeout(self._pace.send_s):
                taken = await channel.send(message)
        except TimeoutError:
            taken = False
        if channel.name not in parcel.waiting:
            return True  # given up meanwhile
        self._book.count_delivery(channel.name, "ok" if taken else "failed")
        if taken:
            self._take_off(parcel, channel.name)
            self._book.note_sent(
                Sent(
                    channel=channel.name,
                    at_ms=self._now(),
                    level=message.level.value,
                    code=message.code,
                    subject=message.subject,
                )
            )
            log.info("alert_sent", channel=channel.name, number=message.number, code=message.code)
        else:
            key = channel.name, message.number
            self._tries[key] = self._tries.get(key, 0) + 1
            log.warning("alert_not_sent", channel=channel.name, number=message.number, tries=self._tries[key])
        self._save()
        return taken

    def _next(self, name: str) -> Parcel | None:
        """The one tried least, then the loudest, then the oldest."""
        self._expire(name)
        waiting = [parcel for parcel in self._book.outbox if name in parcel.waiting]
        return min(
            waiting,
            key=lambda one: (
                self._tries.get((name, one.message.number), 0),
                -_loudness(one.message),
                one.message.number,
            ),
            default=None,
        )

    def _expire(self, name: str) -> None:
        now_ms = self._now()
        for parcel in list(self._book.outbox):
            if name in parcel.waiting and now_ms - parcel.since_ms > AGE_MS_MAX:
                self._give_up(parcel, name, "expired")

    def _bound(self, name: str) -> None:
        waiting = [parcel for parcel in self._book.outbox if name in parcel.waiting]
        if len(waiting) > QUEUE_MAX:
            self._give_up(
                min(waiting, key=lambda one: (_loudness(one.message), one.message.number)), name, "expired"
            )

    def _give_up(self, parcel: Parcel, name: str, result: str) -> None:
        log.warning("alert_given_up", channel=name, number=parcel.message.number, result=result)
        self._book.count_delivery(name, result)
        self._take_off(parcel, name)

    def _take_off(self, parcel: Parcel, name: str) -> None:
        parcel.waiting.remove(name)
        self._tries.pop((name, parcel.message.number), None)
        if not parcel.waiting:
            self._book.outbox.remove(parcel)

    def _drop_gone(self) -> None:
        """What waited only for channels that are no longer in the file goes to those of its level that are."""
        known = [channel.name for channel in self._channels]
        kinds = [(channel.name, channel.tags) for channel in self._channels]
        for parcel in list(self._book.outbox):
            gone = [name for name in parcel.waiting if name not in known]
            if gone and len(gone) == len(parcel.waiting):
                now_there = names_for(parcel.message.level, kinds, self._settings.tags)
                parcel.waiting += [name for name in now_there if name not in parcel.waiting]
            for name in gone:
                self._give_up(parcel, name, "gone")


def _loudness(message: Message) -> int:
    order = {Level.INFO: 0, Level.WARNING: 1, Level.CRITICAL: 2}
    return 3 if is_loud_code(message.code) else order[message.level]
