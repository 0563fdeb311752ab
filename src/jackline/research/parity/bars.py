"""The bars that a run has heard, from its tape, and files beside them: what the backtest is to be played on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from jackline.core.events import BarClosed
from jackline.core.orders import Bar
from jackline.data.candles import Candles
from jackline.data.problems import minute
from jackline.research.refusal import BacktestRefused
from jackline.store.disk import Disk
from jackline.store.tape import EVENTS, TAPE_DIRECTORY, TapeDamaged, TurnRecord, records, segments

BAR_CLOSED = b'{"BarClosed"'
"""How the event of a bar begins on a tape: the others are not decoded."""


@dataclass(slots=True, kw_only=True)
class Heard:
    """Every completed bar on a tape, by symbol and open time; and what of the tape could not be read."""

    bars: dict[str, dict[int, Bar]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def span(self, symbols: Sequence[str]) -> tuple[int, int] | None:
        """From the open of the first bar that all symbols have, to the open of the last; None where one has none."""
        spans = [(min(rows), max(rows)) for symbol in symbols if (rows := self.bars.get(symbol))]
        if not spans or len(spans) < len(symbols):
            return None
        return max(first for first, _ in spans), min(last for _, last in spans)

    def unheard(self, symbol: str, from_ms: int, to_ms: int, interval_ms: int) -> int:
        """Bars of a window that no engine heard as they closed."""
        rows = self.bars.get(symbol, {})
        return sum(at not in rows for at in range(from_ms, to_ms, interval_ms))


def read_heard(disk: Disk, state_dir: Path) -> Heard:
    """All bars on the tape of a state directory; an empty one where no tape is kept."""
    heard = Heard()
    for path in segments(disk, state_dir / TAPE_DIRECTORY):
        try:
            for record in records(disk.read(path)):
                if isinstance(record, TurnRecord) and bytes(record.event).startswith(BAR_CLOSED):
                    _take(heard, EVENTS.read(bytes(record.event)))
        except FileNotFoundError:
            continue  # the engine has made room meanwhile
        except TapeDamaged as damaged:
            if not damaged.torn:
                heard.notes.append(f"{path.name}: {damaged}")
    return heard


def _take(heard: Heard, event: object) -> None:
    if isinstance(event, BarClosed):
        heard.bars.setdefault(str(event.bar.symbol), {})[int(event.bar.open_ms)] = event.bar


def played_on(
    heard: Heard, files: Mapping[str, Candles], symbols: Sequence[str], *, interval_ms: int
) -> tuple[list[Candles], list[str]]:
    """One data set a symbol, and what is to be told of it: the file, and behind its end what was heard.

    Raises BacktestRefused where a symbol has neither, and where file and tape do not meet.
    """
    found, notes = [], []
    for symbol in symbols:
        rows, file = heard.bars.get(symbol, {}), files.get(symbol)
        if file is not None and file.interval_ms != interval_ms:
            raise BacktestRefused(
                what=f"bars of {symbol} are {file.interval_ms} ms long",
                where="--data",
                value=f"the run has bars of {interval_ms} ms",
                fix="give a file of this interval, or resample it",
            )
        if file is None and not rows:
            raise BacktestRefused(
                what=f"no bars of {symbol}: none is on the tape",
                fix="give a file of its candles with --data, or set account.tape_mib_max above 0",
            )
        if file is not None:
            notes += _differing(symbol, file, rows)
        found.append(_joined(symbol, file, rows, interval_ms))
    return found, notes


def _differing(symbol: str, file: Candles, rows: Mapping[int, Bar]) -> list[str]:
    """What the engine heard that the file does not say: decisions on other bars are other decisions."""
    columns = (file.open, file.high, file.low, file.close)
    other = [
        at
        for at, *values in zip(file.open_ms.tolist(), *(one.tolist() for one in columns), strict=True)
        if (bar := rows.get(at)) is not None
        and values != [float(one) for one in (bar.open, bar.high, bar.low, bar.close)]
    ]
    if not other:
        return []
    return [
        f"{len(other)} bars of {symbol} were heard otherwise than the file says, first {minute(other[0])}"
    ]


def _joined(symbol: str, file: Candles | None, rows: Mapping[int, Bar], interval_ms: int) -> Candles:
    """The file, then what was heard after its end; heard bars alone where there is no file."""
    end_ms = None if file is None else int(file.open_ms[-1])
    later = [rows[at] for at in sorted(rows) if end_ms is None or at > end_ms]
    if file is not None and not later:
        return file
    if end_ms is not None and later[0].open_ms != end_ms + interval_ms:
        raise BacktestRefused(
            what=f"bars of {symbol} are missing between the file and the tape",
            value=f"{minute(end_ms)} to {minute(int(later[0].open_ms))}",
            fix="give a file that reaches into the run",
        )
    heard = _columns(symbol, later, interval_ms)
    return heard if file is None else _after(file, heard)


def _columns(symbol: str, bars: Sequence[Bar], interval_ms: int) -> Candles:
    prices = np.array(
        [[float(one) for one in (bar.open, bar.high, bar.low, bar.close, bar.volume)] for bar in bars]
    )
    return Candles(
        symbol=symbol,
        interval_ms=interval_ms,
        open_ms=np.array([int(bar.open_ms) for bar in bars], dtype=np.int64),
        open=prices[:, 0],
        high=prices[:, 1],
        low=prices[:, 2],
        close=prices[:, 3],
        volume=prices[:, 4],
    )


def _after(file: Candles, heard: Candles) -> Candles:
    def both(name: str) -> np.ndarray:
        return np.concatenate((getattr(file, name), getattr(heard, name)))

    return Candles(
        symbol=file.symbol,
        interval_ms=file.interval_ms,
        venue=file.venue,
        environment=file.environment,
        open_ms=both("open_ms"),
        open=both("open"),
        high=both("high"),
        low=both("low"),
        close=both("close"),
        volume=both("volume"),
    )
