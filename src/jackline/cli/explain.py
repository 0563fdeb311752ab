"""One key of the configuration on a page: what it means, its unit, its range, its default, and what holds now."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from difflib import get_close_matches

from jackline.cli.bot_checks import BOT
from jackline.cli.catalogue import ANY_BOT, Entry, entries
from jackline.cli.config import ENVIRONMENT_PREFIX
from jackline.cli.effective import Setting
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.old_variables import TABLE
from jackline.cli.page import WIDTH
from jackline.cli.spoken import spoken, toml_text

NEAREST_MAX = 4
_LABEL = 14


def find(asked: str) -> tuple[Entry, ...]:
    """The entries of a key, however it is written, or of a whole table.

    ``risk.leverage``, ``leverage`` where one table alone has it, ``JACKLINE__RISK__LEVERAGE``, ``risk``, or the
    variable of an older program that became a key.

    Raises:
        CommandFailed: no such key; names the nearest ones.
    """
    key = asked.strip().strip("[]")
    key = TABLE[key].key if key in TABLE else key
    if key.upper().startswith(ENVIRONMENT_PREFIX):
        key = key[len(ENVIRONMENT_PREFIX) :].replace("__", ".")
    key = re.sub(rf"^{BOT}\.[^.]+", ANY_BOT, key.lower())
    known = entries()
    exact = tuple(entry for entry in known if entry.key == key)
    table = tuple(entry for entry in known if entry.key.startswith(f"{key}."))
    named = tuple(entry for entry in known if entry.key.endswith(f".{key}"))
    # What a bot may set instead has the name of the account's key, which is the one that is meant.
    named = tuple(entry for entry in named if not entry.key.startswith(f"{BOT}.")) or named
    found = exact or table
    if found:
        return found
    if len(named) == 1:
        return named
    nearest = [entry.key for entry in named] or _nearest(key, [entry.key for entry in known])
    fix = f"did you mean {' or '.join(nearest)}?" if nearest else "jackline config explain lists all keys"
    raise CommandFailed(ExitCode.BAD_INPUT, f"{asked}: no such key. Fix: {fix}")


def page(entry: Entry, now: Setting | None) -> str:
    """The page of one key. `now` is what holds under a configuration that was given."""
    rows = [
        ("unit", entry.unit),
        ("allowed", entry.allowed),
        ("default", _default(entry)),
        ("environment", entry.variable),
        ("now", "" if now is None else f"{_said(entry.key, now.value)}, {_from(now)}"),
    ]
    body = [
        textwrap.fill(
            text, WIDTH, initial_indent=f"  {label:<{_LABEL}}", subsequent_indent=" " * (_LABEL + 2)
        )
        for label, text in rows
        if text
    ]
    meaning = textwrap.fill(
        f"{entry.meaning[0].upper()}{entry.meaning[1:]}.", WIDTH, initial_indent="  ", subsequent_indent="  "
    )
    return "\n".join([entry.key, meaning, "", *body])


def index(found: Iterable[Entry]) -> str:
    """The keys of a table, a line or two each."""
    lines = []
    for entry in found:
        lines.append(f"{entry.key}   {entry.allowed}" if len(entry.allowed) < WIDTH // 2 else entry.key)
        meaning = f"{entry.strategy}: {entry.meaning}" if entry.strategy else entry.meaning
        lines.append(textwrap.fill(meaning, WIDTH, initial_indent="    ", subsequent_indent="    "))
    return "\n".join(lines)


def _default(entry: Entry) -> str:
    if entry.required:
        return "none, it must be given"
    return _said(entry.key, entry.default)


def _said(key: str, value: object) -> str:
    if value is None:
        return "not set"
    aloud = spoken(key, value)
    return f"{toml_text(value)} ({aloud})" if aloud else toml_text(value)


def _from(now: Setting) -> str:
    return (
        "the default"
        if now.source == "default"
        else f"from {now.source}".replace("from file", "from the file")
    )


def _nearest(key: str, known: list[str]) -> list[str]:
    """By the whole key first, then by its last part: a table is easily forgotten."""
    near = get_close_matches(key, known, n=NEAREST_MAX, cutoff=0.6)
    last = key.rpartition(".")[2]
    parts = get_close_matches(last, {name.rpartition(".")[2] for name in known}, n=NEAREST_MAX, cutoff=0.6)
    near += [name for part in parts for name in known if name.endswith(f".{part}")]
    return list(dict.fromkeys(near))[:NEAREST_MAX]
