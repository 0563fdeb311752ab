"""The untouched end of the data: looked at once. A ledger counts the looks, and each further one is worth less.

The ledger is a file of JSON lines that is only ever written to at its end; every line holds the hash of the one before.
A line changed or taken out is seen; lines cut off at the end are not.
A look counts for another where both are at the same symbol and share time, whatever files they read.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from jackline.data.candles import Candles
from jackline.research.validation.trades import DAY_MS

LEDGER = "holdout.jsonl"
FRACTION = 0.2
"""Of the days, at the end: research of a year keeps ten weeks for the last word."""
BEGINNING = "0" * 64


class LedgerDamaged(Exception):
    """The ledger of holdouts cannot be believed; the text says where, and what to do."""


class Look(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One use of a holdout.

    Attributes:
        from_ms, to_ms: the span that was looked at, its end left out.
        data_sha256: of the candles of that span.
        strategy: what was judged, by name and hash.
        before: SHA-256 of the line before, zeros for the first.
    """

    at_ms: int
    symbol: str
    interval_ms: int
    from_ms: int
    to_ms: int
    data_sha256: str
    strategy: str
    before: str = BEGINNING


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Bars before `holdout_bar` may be searched, those from it on are kept. `holdout_day`: its day's number."""

    holdout_bar: int
    holdout_day: int


def split(candles: Candles, *, fraction: float = FRACTION) -> Split:
    """Cut at the beginning of a UTC day.

    Raises:
        ValueError: too few days for a holdout, or a fraction outside 0 … 0.5.
    """
    if not 0 < fraction <= 0.5:
        raise ValueError(f"a holdout of {fraction} of the days; allowed above 0 and up to 0.5")
    days = candles.open_ms // DAY_MS - candles.open_ms[0] // DAY_MS
    count = int(days[-1]) + 1
    first = count - max(1, round(count * fraction))
    if first < 1:
        raise ValueError(f"{count} days of candles; a holdout needs at least 2")
    return Split(holdout_bar=int(np.searchsorted(days, first)), holdout_day=first)


def candles_sha256(candles: Candles) -> str:
    """Of times and prices, whatever file they came from."""
    found = hashlib.sha256(f"{candles.symbol} {candles.interval_ms}".encode())
    for column in (candles.open_ms, candles.open, candles.high, candles.low, candles.close):
        found.update(np.ascontiguousarray(column).tobytes())
    return found.hexdigest()


def looks(directory: Path) -> tuple[Look, ...]:
    """Every look on record, oldest first; none where there is no ledger. Raises LedgerDamaged."""
    return tuple(_read(directory / LEDGER)[0])


def looks_at(every: tuple[Look, ...], *, symbol: str, from_ms: int, to_ms: int) -> tuple[Look, ...]:
    """Those that saw any of this span."""
    name = plain(symbol)
    return tuple(
        one for one in every if plain(one.symbol) == name and one.from_ms < to_ms and from_ms < one.to_ms
    )


def plain(symbol: str) -> str:
    """The same market by any spelling: `BTC-USDT`, `BTC/USDT:USDT` and `BTCUSDT` are one."""
    return "".join(one for one in symbol.partition(":")[0].upper() if one.isalnum())


def note_look(directory: Path, look: Look) -> None:
    """Write a look down, to the disk, before its result is told. Raises LedgerDamaged."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / LEDGER
    _, last = _read(path)
    line = msgspec.json.encode(msgspec.structs.replace(look, before=last)) + b"\n"
    with path.open("ab") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> tuple[list[Look], str]:
    """The looks, and the hash of the last line."""
    found: list[Look] = []
    before = BEGINNING
    content = path.read_bytes() if path.exists() else b""
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            one = msgspec.json.decode(line, type=Look)
        except msgspec.DecodeError as error:
            raise LedgerDamaged(_damage(path, number, str(error))) from None
        if one.before != before:
            raise LedgerDamaged(_damage(path, number, "a line before it was changed or is missing"))
        found.append(one)
        before = hashlib.sha256(line).hexdigest()
    return found, before


def _damage(path: Path, number: int, what: str) -> str:
    return (
        f"{path}:{number}: {what}. Fix: restore the file from a backup; without it nobody can say how often the"
        " holdout was looked at, so keep new data for a new one and name another --ledger"
    )
