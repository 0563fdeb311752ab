"""Raw frames of a venue's market sockets as columns: trades, and the best bid and ask.

One line a frame: the local receive time in nanoseconds, a space, and the JSON as it came; the time may be missing.
Frames of `trade` and `bookTicker` are taken, others are passed over. Times are the venue's own (`T`).
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from jackline.data.problems import DataRefused

Floats = NDArray[np.float64]

FIX = "give a file of raw market frames, one a line, plain or gzip"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ticks:
    """What was traded and quoted; times in the venue's epoch ms, never going back.

    Attributes:
        trade_ms, trade: shape (trades,).
        book_ms, bid, ask: shape (quotes,).
    """

    symbol: str
    trade_ms: Floats
    trade: Floats
    book_ms: Floats
    bid: Floats
    ask: Floats


class _Said(msgspec.Struct, frozen=True):
    kind: str = msgspec.field(name="e", default="")
    time: int = msgspec.field(name="T", default=0)
    symbol: str = msgspec.field(name="s", default="")
    price: str = msgspec.field(name="p", default="")
    bid: Any = msgspec.field(name="b", default=None)
    ask: Any = msgspec.field(name="a", default=None)


class _Frame(msgspec.Struct, frozen=True):
    data: _Said = msgspec.field(default_factory=_Said)


def read_ticks(path: Path) -> Ticks:
    """The trades and quotes of one symbol. Raises DataRefused."""
    trades: list[tuple[int, float]] = []
    quotes: list[tuple[int, float, float]] = []
    symbols: set[str] = set()
    decoder = msgspec.json.Decoder(_Frame)
    for number, line in enumerate(_lines(path), start=1):
        if b'"trade"' not in line and b'"bookTicker"' not in line:
            continue
        try:
            said = decoder.decode(line[line.index(b"{") :]).data
            if said.kind == "trade":
                trades.append((said.time, float(said.price)))
                symbols.add(said.symbol)
            elif said.kind == "bookTicker":
                quotes.append((said.time, float(said.bid), float(said.ask)))
                symbols.add(said.symbol)
        except (msgspec.DecodeError, ValueError, TypeError) as error:
            raise DataRefused(
                what="not a frame", where=f"{path} line {number}", value=str(error), fix=FIX
            ) from None
    if not trades or not quotes:
        missing = "trades" if not trades else "best bids and asks"
        raise DataRefused(what=f"no {missing}", where=str(path), value="none in the file", fix=FIX)
    if len(symbols) != 1:
        fix = "keep the frames of one symbol"
        raise DataRefused(what="several symbols", where=str(path), value=", ".join(sorted(symbols)), fix=fix)
    return _checked(path, symbols.pop(), np.array(trades), np.array(quotes))


def _checked(path: Path, symbol: str, trades: Floats, quotes: Floats) -> Ticks:
    for name, table in (("trade", trades), ("quote", quotes)):
        if not (np.isfinite(table).all() and (table > 0).all()):
            fix = "leave such frames out"
            raise DataRefused(what=f"{name} without a price or time", where=str(path), value="0", fix=fix)
        back = np.flatnonzero(np.diff(table[:, 0]) < 0)
        if len(back):
            at = f"{name} {back[0] + 2}"
            raise DataRefused(
                what="time goes back", where=f"{path}, {at}", value=str(int(table[back[0] + 1, 0])),
                fix="keep the frames in the order they came",
            )  # fmt: skip
    return Ticks(
        symbol=symbol,
        trade_ms=trades[:, 0],
        trade=trades[:, 1],
        book_ms=quotes[:, 0],
        bid=quotes[:, 1],
        ask=quotes[:, 2],
    )


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") if path.name.endswith(".gz") else path.open("rb") as file:
            yield from file
    except (OSError, EOFError, zlib.error) as error:
        raise DataRefused(what="unreadable file", where=str(path), value=str(error), fix=FIX) from None
