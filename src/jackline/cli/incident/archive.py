"""The archive: every file of it is made here, hidden what is to be hidden, and written whole or not at all."""

from __future__ import annotations

import json
import platform
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import msgspec

from jackline import __version__
from jackline.cli.checkout import commit
from jackline.cli.config import Config
from jackline.cli.effective import as_toml, effective
from jackline.cli.incident import drawing, pages
from jackline.cli.incident.choosing import Chosen
from jackline.cli.incident.hiding import Hiding
from jackline.cli.incident.turns import Turns, cut
from jackline.cli.new_file import new_file
from jackline.store.boot import WATCHDOG_FILE
from jackline.store.db import Row
from jackline.store.disk import Disk
from jackline.store.errors import StoreError
from jackline.store.stores import is_there, open_kept

TURNS_BEFORE_MS = 60_000
"""Of a trade of days the last minute is decided again."""
_PACKAGES = ("msgspec", "aiohttp", "cryptography", "pydantic", "numpy")
_WATCHED = "SELECT * FROM journal WHERE wire_ms BETWEEN ? AND ? ORDER BY seq LIMIT 2000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What is in the archive. `identical`: today's code decides as was decided; None without decisions."""

    rows: int
    turns: int
    identical: bool | None
    notes: tuple[str, ...]


def pack(disk: Disk, config: Config, chosen: Chosen, target: Path, *, keep_names: bool) -> Packed:
    """Write the archive of an incident. Raises FileExistsError and OSError."""
    hiding = Hiding([config.account.name], keeps_names=keep_names)
    turns = cut(
        disk,
        config.state_dir,
        from_ms=max(chosen.from_ms, chosen.at_ms - TURNS_BEFORE_MS),
        at_ms=chosen.at_ms,
        to_ms=chosen.to_ms,
        hiding=hiding,
    )
    watched, unread = _watchdog(disk, config.state_dir, chosen)
    notes = (*chosen.notes, *turns.notes, *unread)
    with new_file(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in _files(config, chosen, turns, watched, notes, hiding, hides=not keep_names):
            archive.writestr(name, body)
    return Packed(
        rows=len(chosen.rows),
        turns=turns.count,
        identical=turns.identical if turns.count else None,
        notes=notes,
    )


def _files(
    config: Config,
    chosen: Chosen,
    turns: Turns,
    watched: tuple[Row, ...],
    notes: tuple[str, ...],
    hiding: Hiding,
    *,
    hides: bool,
) -> Iterator[tuple[str, bytes]]:
    """Name and content. What is for people is hidden once more, as a whole: nothing gets round it."""
    rows = tuple(_hidden_rows(chosen.rows, hiding))
    seen = tuple(_hidden_rows(watched, hiding))
    found = drawing.events(rows, seen)
    title = f"Incident: row {chosen.seq}"
    told = {
        "README.md": pages.readme(chosen, turns, found, notes, hides=hides),
        "lanes.txt": drawing.as_text(found),
        "lanes.html": drawing.as_html(found, title=title),
        "configuration.toml": as_toml(effective(config)) + "\n",
        "versions.json": json.dumps(_versions(), indent=2) + "\n",
    }
    for name, text in told.items():
        yield name, hiding.text(text).encode()
    yield "journal.jsonl", _lines(map(msgspec.json.encode, rows))
    yield "watchdog.jsonl", _lines(map(msgspec.json.encode, seen))
    yield "listings.jsonl", _lines(turns.listings)
    if turns.count:
        yield "turns.jsonl", _lines(turns.lines)
        yield "test_incident.py", pages.test_file(turns, chosen.seq).encode()


def _hidden_rows(rows: Iterable[Row], hiding: Hiding) -> Iterator[Row]:
    for row in rows:
        hidden = msgspec.json.decode(hiding.json(msgspec.json.encode(row)))
        yield tuple(hidden)


def _watchdog(disk: Disk, state_dir: Path, chosen: Chosen) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """The watchdog's rows of that time; none where it never ran."""
    path = state_dir / WATCHDOG_FILE
    try:
        if not is_there(disk, path):
            return (), ("no watchdog has written anything here",)
        with closing(open_kept(disk, path)) as db:
            return tuple(db.run(_WATCHED, (chosen.from_ms, chosen.to_ms))), ()
    except StoreError as error:
        return (), (f"the watchdog's rows cannot be read: {error}",)


def _versions() -> dict[str, object]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return {
        "jackline": __version__,
        "commit": commit(),
        "python": platform.python_version(),
        "system": platform.system(),
        "packages": found,
    }


def _lines(lines: Iterable[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)
