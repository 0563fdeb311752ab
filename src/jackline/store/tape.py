"""The tape: what `step` was fed and what it answered, in order, so that a decision can be made again (D4).

A segment is a file: a first line of its own, then blocks. A block is a mark, its length, a checksum and compressed JSON
lines, one record each. The first record is a `Head` with the whole state, so that every segment can be replayed alone;
what follows are turns. A block that a kill has torn is seen by its checksum, and what stands before it counts.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from jackline import __version__
from jackline.core.effects import Effect
from jackline.core.events import Event
from jackline.core.state import State
from jackline.store.disk import Disk
from jackline.store.errors import StoreError
from jackline.store.typed import Codec, codec, shape

TAPE_DIRECTORY = "tape"
FIRST_LINE = b"jackline tape 1\n"
MARK = b"JLTB"
_HEADER = struct.Struct(">4sII")
BLOCK_BYTES_MAX = 64 * 1_024 * 1_024
"""Far above what one flush writes; a longer one is not read into memory on the word of a damaged header."""
SUFFIX = ".tape"
NO_EFFECTS = b"[]"

EVENTS: Codec[Event] = codec(Event)
EFFECTS: Codec[tuple[Effect, ...]] = codec(tuple[Effect, ...])
ONE_EFFECT: Codec[Effect] = codec(Effect)
STATES: Codec[State] = codec(State)


class TapeDamaged(StoreError):
    """What follows in a segment cannot be read. `torn`: its end is cut off, as a kill leaves it."""

    def __init__(self, *, offset: int, detail: str, torn: bool) -> None:
        self.offset = offset
        self.detail = detail
        self.torn = torn
        super().__init__(f"byte {offset}: {detail}")


class Head(msgspec.Struct, frozen=True, kw_only=True, tag="head"):
    """Where a segment begins.

    Attributes:
        why: ``start`` of a life, ``rotation``, or ``gap`` after turns that could not be kept.
        fence: the life's; every engine that took the lease has another one.
        shape: fingerprint of the classes on the tape, by the program that wrote it.
        journal_seq: the last journal row before this life.
        first: number of the next turn; turns of a life count from 1.
        lost: turns before it that are on no segment.
        state: as it is before the next turn.
    """

    why: str
    fence: int
    version: str
    shape: str
    journal_seq: int
    first: int
    lost: int
    state: msgspec.Raw


class TurnRecord(msgspec.Struct, frozen=True, kw_only=True, tag="turn", omit_defaults=True):
    """One turn: the event, both clocks in epoch milliseconds, and the effects that `step` answered with."""

    number: int
    wire_ms: int
    market_ms: int
    event: msgspec.Raw
    effects: msgspec.Raw = msgspec.Raw(NO_EFFECTS)


class End(msgspec.Struct, frozen=True, kw_only=True, tag="end"):
    """The life ended in order after turn `number`, and everything of it was kept."""

    number: int


Record = Head | TurnRecord | End

_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)


def written_by() -> tuple[str, str]:
    """Version and shape of this program, for a `Head`."""
    return __version__, shape(Event, Effect, State)


def as_line(record: Record) -> bytes:
    """One line of a block."""
    return _ENCODER.encode(record)


def as_block(lines: Sequence[bytes]) -> bytes:
    """Lines as one block."""
    body = zlib.compress(b"\n".join(lines), 1)
    return _HEADER.pack(MARK, len(body), zlib.crc32(body)) + body


def records(data: bytes) -> Iterator[Record]:
    """The records of a segment. Raises TapeDamaged behind the last one that can be read."""
    if not data.startswith(FIRST_LINE):
        torn = FIRST_LINE.startswith(data)
        raise TapeDamaged(offset=0, detail="it does not begin as a segment of a tape", torn=torn)
    at = len(FIRST_LINE)
    first = True
    while at < len(data):
        body = _body(data, at)
        try:
            found = [_DECODER.decode(line) for line in _inflated(body).split(b"\n")]
        except (msgspec.MsgspecError, zlib.error) as error:
            detail = f"a block that is whole holds no records: {error}"
            raise TapeDamaged(offset=at, detail=detail, torn=False) from error
        if first and not isinstance(found[0], Head):
            raise TapeDamaged(offset=at, detail="its first record is not a state", torn=False)
        first = False
        yield from found
        at += _HEADER.size + len(body)


def _body(data: bytes, at: int) -> bytes:
    """The compressed lines of the block at an offset."""
    if len(data) - at < _HEADER.size:
        raise TapeDamaged(offset=at, detail="the last block is cut off", torn=True)
    mark, length, checksum = _HEADER.unpack_from(data, at)
    if mark != MARK or length > BLOCK_BYTES_MAX:
        raise TapeDamaged(offset=at, detail="no block begins here", torn=False)
    body = data[at + _HEADER.size : at + _HEADER.size + length]
    if len(body) < length:
        raise TapeDamaged(offset=at, detail="the last block is cut off", torn=True)
    if zlib.crc32(body) != checksum:
        raise TapeDamaged(offset=at, detail="a block does not match its checksum", torn=False)
    return body


def _inflated(body: bytes) -> bytes:
    inflater: Any = zlib.decompressobj()
    text: bytes = inflater.decompress(body, BLOCK_BYTES_MAX)
    if not inflater.eof:
        raise zlib.error(f"more than {BLOCK_BYTES_MAX} bytes, or cut off")
    return text


def segment_name(number: int) -> str:
    """The name of a segment; names sort by age."""
    return f"{number:08d}{SUFFIX}"


def segments(disk: Disk, directory: Path) -> tuple[Path, ...]:
    """The segments of a tape, oldest first."""
    names = (name for name in disk.names(directory) if name.endswith(SUFFIX) and name[:-5].isdigit())
    return tuple(directory / name for name in names)
