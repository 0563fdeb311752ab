"""What a data file says about itself: the manifest beside it, or, failing that, its name."""

import hashlib
import re
from pathlib import Path

import msgspec

from jackline.exchange.feeds.errors import FeedError

_SYMBOL_IN_NAME = re.compile(r"(?<![A-Za-z0-9])([A-Z0-9]{2,15}?)[-_]?(USDT|USDC)(?![A-Za-z0-9])")
_UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`<file>.manifest.json`. `interval` as venues write it ("5m"); `first_ms` and `last_ms` are bar opens;
    `sha256` is of the file's bytes as stored. Further keys are allowed and ignored.
    """

    venue: str
    environment: str
    symbol: str
    interval: str
    first_ms: int
    last_ms: int
    sha256: str


def manifest_path(path: Path) -> Path:
    return path.with_name(path.name + ".manifest.json")


def read_manifest(path: Path, *, symbol: str | None, environment: str) -> Manifest | None:
    """The manifest of the data file `path`, checked against what is expected of it; None where there is none.

    Raises FeedError when it is unreadable, of another environment or symbol, or not of these bytes.
    """
    beside = manifest_path(path)
    if not beside.exists():
        return None
    try:
        manifest = msgspec.json.decode(beside.read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise FeedError(
            what="unreadable manifest",
            where=str(beside),
            value=str(error),
            fix="write venue, environment, symbol, interval, first_ms, last_ms and sha256, or remove it",
        ) from error
    if manifest.environment != environment:
        raise FeedError(
            what="data of another environment",
            where=str(beside),
            value=f"environment {manifest.environment!r}, expected {environment!r}",
            fix=f"use a file of {environment!r}",
        )
    if symbol is not None and manifest.symbol != symbol:
        raise FeedError(
            what="data of another symbol",
            where=str(beside),
            value=f"symbol {manifest.symbol!r}, expected {symbol!r}",
            fix=f"use a file of {symbol!r}",
        )
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != manifest.sha256.lower():
        raise FeedError(
            what="file differs from its manifest",
            where=str(path),
            value=f"sha256 {digest}, manifest {manifest.sha256}",
            fix="restore the file, or write a new manifest if the change was meant",
        )
    return manifest


def check_extent(manifest: Manifest, path: Path, *, interval_ms: int, first_ms: int, last_ms: int) -> None:
    """The rows must be what the manifest announces. Raises FeedError."""
    number, unit = manifest.interval[:-1], manifest.interval[-1:]
    announced_ms = int(number) * _UNIT_MS[unit] if number.isdecimal() and unit in _UNIT_MS else None
    facts = (
        ("interval", f"{announced_ms} ms ({manifest.interval!r})", interval_ms, announced_ms),
        ("first_ms", str(manifest.first_ms), first_ms, manifest.first_ms),
        ("last_ms", str(manifest.last_ms), last_ms, manifest.last_ms),
    )
    for key, text, found, announced in facts:
        if found != announced:
            raise FeedError(
                what=f"manifest key {key!r} does not match the rows",
                where=str(path),
                value=f"manifest {text}, rows {found}",
                fix="write the manifest again from the file",
            )


def symbol_of(path: Path, *, manifest: Manifest | None, symbol: str | None) -> str:
    """The symbol asked for, else the manifest's, else the one in the file name ("...BTC-USDT..." is
    BTCUSDT).
    """
    if symbol is not None:
        return symbol
    if manifest is not None:
        return manifest.symbol
    found = _SYMBOL_IN_NAME.search(path.name)
    if found is None:
        raise FeedError(
            what="no symbol",
            where=str(path),
            value=f"no such name in {path.name!r}",
            fix="put it into the file name (BTCUSDT-5m.csv), name it on the command line, or write a manifest",
        )
    return found[1] + found[2]
