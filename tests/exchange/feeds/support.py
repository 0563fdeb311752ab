"""What the tests of the feeds share: making candles, files and folds."""

import gzip
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

from jackline.exchange.feeds.candles import COLUMNS, CandleFile
from jackline.exchange.ports import Candle, Tick

MINUTE_MS = 60_000
INTERVAL_MS = 5 * MINUTE_MS
FIRST_MS = 1_700_000_100_000  # on the five-minute grid
NOW_MS = 2_000_000_000_000


def candle(open_ms: int, *, open: str, high: str, low: str, close: str, volume: str = "1") -> Candle:  # noqa: A002
    return Candle(
        open_ms=open_ms,
        open=Decimal(open),
        high=Decimal(high),
        low=Decimal(low),
        close=Decimal(close),
        volume=Decimal(volume),
    )


def plain_candles(count: int, *, interval_ms: int = INTERVAL_MS, big_at: int | None = None) -> list[Candle]:
    """Equal bars from FIRST_MS on; the one at `big_at` is by far the largest."""
    return [
        candle(
            FIRST_MS + index * interval_ms,
            open="100.0",
            high="101.0",
            low="80.0" if index == big_at else "99.0",
            close="100.5",
        )
        for index in range(count)
    ]


def candle_file(candles: Sequence[Candle], *, symbol: str = "BTCUSDT") -> CandleFile:
    return CandleFile(
        path=Path("memory.csv"),
        symbol=symbol,
        interval_ms=INTERVAL_MS,
        environment=None,
        candles=tuple(candles),
    )


def csv_rows(candles: Iterable[Candle]) -> list[str]:
    return [f"{bar.open_ms},{bar.open},{bar.high},{bar.low},{bar.close},{bar.volume}" for bar in candles]


def write_csv(path: Path, rows: Iterable[str], *, header: str = ",".join(COLUMNS)) -> Path:
    text = "\n".join([header, *rows]) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def fold(ticks: Iterable[Tick], *, interval_ms: int) -> dict[str, list[Candle]]:
    """Ticks aggregated into candles by nothing but their time, price and volume."""
    grouped: dict[tuple[str, int], list[Tick]] = {}
    for tick in ticks:
        grouped.setdefault((tick.symbol, tick.market_ms // interval_ms * interval_ms), []).append(tick)
    folded: dict[str, list[Candle]] = {}
    for (symbol, open_ms), group in grouped.items():
        prices = [tick.last for tick in group]
        folded.setdefault(symbol, []).append(
            Candle(
                open_ms=open_ms,
                open=prices[0],
                high=max(prices),
                low=min(prices),
                close=prices[-1],
                volume=sum((tick.volume for tick in group), Decimal(0)),
            )
        )
    return folded


def flat(symbol: str) -> int:
    """No position anywhere."""
    return 0
