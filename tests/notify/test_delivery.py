"""Delivery over Apprise to real HTTP servers on loopback: every channel, at least once, none waiting for another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from jackline.core.effects import Level
from jackline.notify.apprise_channel import STUCK_MAX, open_channels
from jackline.notify.book import Book, decode_book, encode_book
from jackline.notify.channel import read_addresses
from jackline.notify.delivery import AGE_MS_MAX, QUEUE_MAX, Delivery, Pace
from jackline.notify.message import Message
from jackline.notify.settings import NotifySettings
from tests.notify.making import NOON, WAIT_S, Clock, inbox
from tests.patience import patience

QUICK = Pace(send_s=0.3, pause_s=0.01, pause_s_max=0.02)


class Saves:
    """What a delivery has written, and a way to wait for what is wanted."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.last = b""
        self._news = asyncio.Event()

    def __call__(self) -> None:
        self.last = encode_book(self.book)
        self._news.set()

    async def until(self, wanted: Callable[[Book], bool]) -> None:
        async with patience(WAIT_S):
            while not wanted(self.book):
                self._news.clear()
                await self._news.wait()

    async def until_empty(self) -> None:
        await self.until(lambda book: not book.outbox)


def message(number: int, level: Level = Level.WARNING, code: str = "O4") -> Message:
    return Message(number=number, level=level, code=code, subject=f"s{number}", body="b", wire_ms=NOON)


def delivery(
    book: Book,
    *lines: str,
    settings: NotifySettings | None = None,
    clock: Clock | None = None,
    saves: Saves | None = None,
    pace: Pace = QUICK,
) -> Delivery:
    return Delivery(
        book=book,
        settings=settings or NotifySettings(),
        channels=open_channels(read_addresses("\n".join(lines))) if lines else (),
        now=(clock or Clock()).wire_ms,
        save=saves or Saves(book),
        pace=pace,
    )


@asynccontextmanager
async def working(one: Delivery) -> AsyncIterator[None]:
    task = asyncio.create_task(one.run())
    one.wake()
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_levels_go_where_their_tags_say() -> None:
    book = Book()
    tags = {Level.INFO: frozenset({"mail"}), Level.WARNING: frozenset[str](), Level.CRITICAL: None}
    async with inbox() as mail, inbox() as phone:
        one = delivery(book, f"mail={mail.url}", f"phone={phone.url}", settings=NotifySettings(tags=tags))
        for number, level in enumerate(Level):
            one.put(message(number, level))
        async with working(one):
            await mail.until(lambda box: len(box.taken) == 2)
            await phone.until(lambda box: len(box.taken) == 1)
    assert sorted(mail.titles) == ["s0", "s2"]
    assert phone.taken[0] == {
        "version": "1.0",
        "title": "s2",
        "message": "b",
        "attachments": [],
        "type": "failure",
    }
    assert book.suppressed == {"unrouted": {"warning": 1}}


async def test_the_loudest_goes_first() -> None:
    book = Book()
    async with inbox() as box:
        one = delivery(book, box.url)
        for number, (level, code) in enumerate(
            [(Level.INFO, "C4"), (Level.WARNING, "C4"), (Level.CRITICAL, "C4"), (Level.WARNING, "P1")]
        ):
            one.put(message(number, level, code))
        async with working(one):
            await box.until(lambda box: len(box.taken) == 4)
    assert box.titles == ["s3", "s2", "s1", "s0"]


async def test_a_server_that_hangs_or_fails_holds_up_no_other_and_gets_it_later() -> None:
    book = Book()
    saves = Saves(book)
    async with inbox(hangs=True) as stuck, inbox(status=503) as broken, inbox() as well:
        one = delivery(book, stuck.url, broken.url, well.url, saves=saves)
        one.put(message(1))
        async with working(one):
            await well.until(lambda box: len(box.taken) == 1)
            await stuck.until(lambda box: bool(box.asked))
            await broken.until(lambda box: len(box.asked) >= 3)
            assert [parcel.waiting for parcel in book.outbox] == [["json-1", "json-2"]]
            broken.status = 200
            await broken.until(lambda box: len(box.taken) == 1)
            stuck.hangs = False
            stuck._over.set()
            await stuck.until(lambda box: len(box.taken) >= 1)
            await saves.until_empty()
    assert book.delivered["json-3"] == {"ok": 1}
    assert book.delivered["json-2"]["failed"] >= 3
    assert decode_book(saves.last).outbox == [], "each outcome is written"


async def test_a_message_that_is_never_taken_does_not_stand_in_front_of_the_others() -> None:
    book = Book()
    saves = Saves(book)
    async with inbox() as box:
        one = delivery(book, box.url, saves=saves)
        box.refuses = {"s1"}
        one.put(message(1, Level.CRITICAL))
        async with working(one):
            await saves.until(lambda book: bool(book.delivered))
            one.put(message(2))
            one.wake()
            await saves.until(lambda book: len(book.outbox) == 1)
    assert box.titles == ["s2"]
    assert [parcel.message.number for parcel in book.outbox] == [1]


async def test_a_new_message_does_not_wait_for_the_pause_of_a_channel_that_failed() -> None:
    book = Book()
    saves = Saves(book)
    async with inbox(status=503) as box:
        one = delivery(book, box.url, saves=saves, pace=Pace(send_s=5, pause_s=3_600, pause_s_max=3_600))
        one.put(message(1))
        async with working(one):
            await saves.until(lambda book: bool(book.delivered))
            one.wake()
            box.status = 200
            one.put(message(2, Level.CRITICAL, "P1"))
            one.wake()
            await saves.until_empty()
    assert box.titles == ["s2", "s1"]


async def test_no_redirect_is_followed() -> None:
    book = Book()
    async with inbox() as elsewhere:
        place = {"Location": f"http://127.0.0.1:{elsewhere.port}/stolen"}
        async with inbox(status=307, headers=place) as box:
            one = delivery(book, box.url)
            one.put(message(1))
            async with working(one):
                await box.until(lambda box: len(box.asked) >= 2)
    assert elsewhere.asked == []
    assert book.delivered["json-1"]["failed"] >= 1


async def test_threads_of_a_server_that_never_answers_are_bounded() -> None:
    async with inbox(hangs=True) as box:
        (channel,) = open_channels(read_addresses(box.url))
        tasks = [asyncio.create_task(channel.send(message(number))) for number in range(STUCK_MAX)]
        await box.until(lambda box: len(box.asked) == STUCK_MAX)
        assert await channel.send(message(99)) is False
        assert len(box.asked) == STUCK_MAX
        box._over.set()
        assert await asyncio.gather(*tasks) == [True] * STUCK_MAX
        assert await channel.send(message(99)) is True


async def test_a_restart_delivers_what_waited_and_what_was_taken_is_not_sent_again() -> None:
    book = Book()
    async with inbox() as box, inbox(status=503) as broken:
        saves = Saves(book)
        one = delivery(book, box.url, broken.url, saves=saves)
        one.put(message(1))
        async with working(one):
            await saves.until(lambda book: set(book.delivered) == {"json-1", "json-2"})
        broken.status = 200
        kept = decode_book(encode_book(book))
        saves = Saves(kept)
        async with working(delivery(kept, box.url, broken.url, saves=saves)):
            await broken.until(lambda box: len(box.taken) == 1)
            await saves.until_empty()
    assert len(box.taken) == 1


async def test_what_waits_for_an_address_that_is_gone_goes_to_those_that_are_there() -> None:
    book = Book()
    delivery(book, "jsons://127.0.0.1:1/x").put(message(1))
    saves = Saves(book)
    async with inbox() as box, working(delivery(book, box.url, saves=saves)):
        await saves.until(lambda book: "ok" in book.delivered.get("json-1", {}))
    assert book.delivered == {"jsons-1": {"gone": 1}, "json-1": {"ok": 1}}


def test_a_day_old_message_expires_and_is_counted() -> None:
    book, clock = Book(), Clock()
    one = delivery(book, "json://127.0.0.1:1", clock=clock)
    one.put(message(1))
    clock.now_ms += AGE_MS_MAX + 1
    assert one._next("json-1") is None
    assert (book.outbox, book.delivered) == ([], {"json-1": {"expired": 1}})


def test_the_queue_is_bounded_and_keeps_the_loudest() -> None:
    book = Book()
    one = delivery(book, "json://127.0.0.1:1")
    one.put(message(0, Level.WARNING, "P1"))
    for number in range(1, QUEUE_MAX + 1):
        one.put(message(number, Level.WARNING))
    assert len(book.outbox) == QUEUE_MAX
    assert [parcel.message.number for parcel in book.outbox][:2] == [0, 2]
    assert book.delivered == {"json-1": {"expired": 1}}


async def test_a_drain_ends_in_time() -> None:
    book = Book()
    async with inbox(hangs=True) as box:
        one = delivery(book, box.url)
        one.put(message(1))
        async with patience(10):
            await one.drain(0.2)
    assert len(book.outbox) == 1
