"""Types of the values in the configuration file: what is read as a number, a name or a list, and what is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Strict, StringConstraints

from jackline.strategies.registry import EVERY
from jackline.venue.transport.endpoint import Endpoint, EndpointRefused, VenueMode

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

BAR_INTERVALS_MS = {
    "1m": 60_000,
    "3m": 180_000,
    "5m": 300_000,
    "15m": 900_000,
    "30m": 1_800_000,
    "1h": HOUR_MS,
    "2h": 2 * HOUR_MS,
    "4h": 4 * HOUR_MS,
    "6h": 6 * HOUR_MS,
    "8h": 8 * HOUR_MS,
    "12h": 12 * HOUR_MS,
    "1d": DAY_MS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What may be written, in words: where neither a range nor a list of choices says it."""

    text: str


def _decimal(value: object) -> object:
    """Whole numbers and plain numbers in quotes become decimals; a unit, an exponent or a bool is refused."""
    if isinstance(value, str) and (percent := re.fullmatch(r"\s*([0-9.]+)\s*%\s*", value)):
        raise ValueError(f"must be a fraction without a unit: {percent[1]} % is {_hundredth(percent[1])}")
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
        return Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("must be a number")
    return Decimal(value)


def _hundredth(text: str) -> str:
    try:
        return f"{Decimal(text) / 100:f}"
    except ArithmeticError:
        return "that divided by 100"


def _listed(value: object) -> object:
    """A list from a comma-separated text, as an environment variable or an option gives it."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _once(symbols: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(symbols)) < len(symbols):
        raise ValueError("a symbol is named more than once")
    return symbols


def _runnable(mode: str) -> str:
    """Only paper has a transport; the others are not to be imitated (C2)."""
    if mode != VenueMode.PAPER:
        raise ValueError(f"C2: mode {mode} has no transport in this version")
    return mode


def _loopback(url: str) -> str:
    if "@" in url:
        raise ValueError("S1: an address that holds a name or a password")
    try:
        Endpoint(mode=VenueMode.PAPER, base_url=url)
    except EndpointRefused as refused:
        raise ValueError(str(refused)) from None
    return url


Number = Annotated[Decimal, BeforeValidator(_decimal)]
Whole = Annotated[int, Strict()]
Name = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$"),
    Allowed(text="a to z, 0 to 9, _ and -, at most 32"),
]
Mode = Annotated[
    Literal["backtest", "paper", "testnet", "live"], AfterValidator(_runnable), Allowed(text='"paper"')
]
Url = Annotated[str, AfterValidator(_loopback), Allowed(text='"http://127.0.0.1:PORT"')]
SymbolName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z0-9]{2,40}(-[A-Z0-9]{2,10})?$"),
    Allowed(text='one name, e.g. "BTCUSDT"'),
]
SymbolNames = Annotated[tuple[SymbolName, ...], BeforeValidator(_listed), AfterValidator(_once)]
Pattern = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9*-]{1,50}$")]
Patterns = Annotated[
    tuple[Pattern, ...], BeforeValidator(_listed), Allowed(text='patterns, e.g. ["BTC*", "ETHUSDT"]')
]
Interval = Literal["1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d"]
StateDir = Annotated[Path, Allowed(text='a directory, e.g. "state"')]
KeyFile = Annotated[Path, Allowed(text='a file, e.g. "key.toml"')]
StrategyFile = Annotated[Path, Allowed(text="a Python file")]
BundlePath = Annotated[Path, Allowed(text="the directory of a model bundle")]
StrategyName = Annotated[str, Allowed(text=", ".join(f'"{name}"' for name in sorted(EVERY)))]
