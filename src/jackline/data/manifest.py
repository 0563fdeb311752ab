"""What is known of a data file, kept beside it: `<file>.manifest.json`, as the local exchange reads it too."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from jackline.data.problems import DataRefused

ENVIRONMENTS: Final = ("production", "testnet", "generated")

_SYMBOL_IN_NAME: Final = re.compile(r"(?:^|[^A-Za-z0-9])([A-Z0-9]{2,15}?)[-_]?(USD[TC])(?:[^A-Za-z0-9]|$)")


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The keys that every manifest has; others may stand beside them.

    `interval` is spelled as venues do ("5m"); `first_ms` and `last_ms` are opens of bars; `sha256` is of the file's
    bytes.
    """

    venue: str
    environment: str
    symbol: str
    interval: str
    first_ms: int
    last_ms: int
    sha256: str


def manifest_path(path: Path) -> Path:
    """Where the manifest of a data file stands."""
    return path.with_name(f"{path.name}.manifest.json")


def next_manifest_path(path: Path) -> Path:
    """Where a manifest waits while its data file is being put in place."""
    return path.with_name(f".{path.name}.next")


def mend(path: Path) -> None:
    """Finish a write that was cut off between its file and its manifest. A set that is whole is left alone."""
    waiting = next_manifest_path(path)
    if not waiting.exists() or not path.exists():
        return
    manifest = msgspec.json.decode(waiting.read_bytes(), type=Manifest)
    if manifest.sha256 == sha256_of(path):
        with suppress(FileNotFoundError):
            waiting.replace(manifest_path(path))


def sha256_of(path: Path) -> str:
    """Of the bytes of a file, in small hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(path: Path) -> Manifest | None:
    """The manifest of a data file, None where there is none. Raises DataRefused where it is unreadable or of other
    bytes."""
    mend(path)
    beside = manifest_path(path)
    if not beside.exists():
        return None
    try:
        manifest = msgspec.json.decode(beside.read_bytes(), type=Manifest)
    except msgspec.MsgspecError as error:
        raise DataRefused(
            what="unreadable manifest",
            where=str(beside),
            value=str(error),
            fix="restore it, or remove it and import the file again",
        ) from error
    check_bytes(path, manifest.sha256)
    return manifest


def check_bytes(path: Path, sha256: str) -> None:
    """Raise DataRefused unless the file is the one its manifest was written for."""
    found = sha256_of(path)
    if found != sha256.lower():
        raise DataRefused(
            what="changed hash: the file is not the one its manifest describes",
            where=str(path),
            value=f"sha256 {found[:16]}…, manifest {sha256[:16]}…",
            fix="restore the file, or import it again if the change was meant",
        )


def check_expected(manifest: Manifest, path: Path, *, symbol: str | None, environment: str | None) -> None:
    """Raise DataRefused where a manifest names another environment or symbol than the one that is wanted."""
    for what, found, wanted, same in (
        ("environment", manifest.environment, environment, manifest.environment == environment),
        ("symbol", manifest.symbol, symbol, plain(manifest.symbol) == plain(symbol or "")),
    ):
        if wanted is not None and not same:
            raise DataRefused(
                what=f"data of another {what}",
                where=str(manifest_path(path)),
                value=f"{what} {found!r}, expected {wanted!r}",
                fix=f"use a file of {wanted!r}",
            )


def plain(symbol: str) -> str:
    """`BTC-USDT`, `BTC_USDT` and `BTC/USDT:USDT` are BTCUSDT here: one market, one name."""
    return re.sub(r"[-_/]", "", symbol.upper().partition(":")[0])


def symbol_in_name(path: Path) -> str:
    """`bingx-BTC-USDT-5m.csv` and `BTC_USDT_USDT-5m-futures.feather` are of BTCUSDT. Raises DataRefused."""
    found = _SYMBOL_IN_NAME.search(path.name)
    if found is None:
        raise DataRefused(
            what="no symbol",
            where=str(path),
            value=f"nothing like BTCUSDT in {path.name!r}",
            fix="name the symbol, e.g. --symbol BTCUSDT, or put it into the name of the file",
        )
    return found[1] + found[2]
