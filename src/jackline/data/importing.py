"""An import: what a file holds becomes a set, or is joined on to one, once it is known to be what it is said to be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from jackline.data.candles import Candles
from jackline.data.download import stored_set
from jackline.data.files import import_candles
from jackline.data.funding import Funding, funding_place, read_funding, stored_funding, write_funding
from jackline.data.funding import merged as merged_funding
from jackline.data.keeping import Keeper, Kept
from jackline.data.manifest import plain, sha256_of
from jackline.data.problems import DataRefused
from jackline.data.store import SetManifest, locked, manifest_of, place_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What whoever imports a file says of it. `symbol` None: its manifest or its name tells."""

    venue: str
    environment: str
    symbol: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What came of it, and what was left out."""

    kept: Kept
    notes: tuple[str, ...]


def import_file(
    path: Path, directory: Path, label: Label, *, now_ms: int, accept_changes: bool = False
) -> Import:
    """Candles of a file into the store of `directory`. Raises DataRefused, and then nothing has changed."""
    read = import_candles(path, symbol=label.symbol, environment=label.environment, now_ms=now_ms)
    if read.candles.venue not in {None, label.venue}:
        raise DataRefused(
            what="data of another venue",
            where=str(path),
            value=f"its manifest says {read.candles.venue!r}, the command {label.venue!r}",
            fix=f"import it with --venue {read.candles.venue}",
        )
    candles = replace(
        read.candles,
        symbol=plain(read.candles.symbol),
        venue=label.venue,
        environment=label.environment,
    )
    kept = keep_candles(candles, directory, now_ms=now_ms, accept_changes=accept_changes, said=_said(path))
    return Import(kept=kept, notes=read.notes)


def keep_candles(candles: Candles, directory: Path, *, now_ms: int, accept_changes: bool, said: str) -> Kept:
    """Join candles to the set that they belong to, and write it. `said` goes into the manifest as the source.

    Raises DataRefused, and then the set is as it was.
    """
    place = place_of(directory, candles)
    with locked(place):
        keeper = Keeper(
            place,
            stored_set(place, now_ms=now_ms),
            interval_ms=candles.interval_ms,
            host_ms=lambda: now_ms,
            accept_changes=accept_changes,
            said=said,
        )
        keeper.join(candles)
        keeper.keep()
        return keeper.kept(asked_ms=(int(candles.open_ms[0]), int(candles.open_ms[-1])))


def import_funding(
    path: Path, directory: Path, label: Label, *, now_ms: int, accept_changes: bool = False
) -> SetManifest:
    """Settlements of a file into the store of `directory`. Raises DataRefused, and then nothing has changed."""
    read = read_funding(path, symbol=label.symbol, environment=label.environment, now_ms=now_ms)
    funding: Funding = replace(
        read, symbol=plain(read.symbol), venue=label.venue, environment=label.environment
    )
    place = funding_place(directory, funding)
    with locked(place):
        stored = stored_funding(place, now_ms=now_ms)
        before = manifest_of(place.path)
        changed = 0
        if stored is not None:
            funding, changed = merged_funding(stored, funding)
            if changed and not accept_changes:
                raise DataRefused(
                    what="settled rates are told otherwise than before",
                    where=str(place.path),
                    value=f"{changed} of them",
                    fix="find out which is right; --accept-changes takes the later word",
                )
        return write_funding(
            directory,
            funding,
            source=_said(path),
            now_ms=now_ms,
            revised=changed + (0 if before is None else before.revised),
        )


def _said(path: Path) -> str:
    return f"imported from {path.name}, sha256 {sha256_of(path)[:16]}"
