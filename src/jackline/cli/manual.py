"""The manual: every command with its options, told from the commands themselves, as text or as a man page."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jackline import __version__
from jackline.cli import errors
from jackline.cli.main import COMMANDS, app_command, load
from jackline.cli.page import WIDTH

INDENT = "    "
PROMISE = "A stop always rests at the exchange: a trading engine for leveraged perpetuals."
FILES = (
    ("jackline.toml", "the configuration; jackline config explain tells every key"),
    ("JACKLINE__SECTION__KEY", "in the environment: stands for a key, over the file"),
    ("JACKLINE_TRACEBACK=1", "in the environment: the whole trace of a bug"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One command. `options` are pairs of how it is written and what it does."""

    name: str
    usage: str
    about: str
    options: tuple[tuple[str, str], ...]
    below: tuple[tuple[str, str], ...]
    """Commands below it, each with its line."""


def pages() -> Iterator[Page]:
    """Every command, in the order of the list, each followed by those below it."""
    for name in COMMANDS:
        yield from _walked(load(name), f"jackline {name}")


def find(words: list[str]) -> Page | None:
    """The page of a command such as ``data download``; None where there is none."""
    if not words:
        command = app_command()
        return _page(command, "jackline", _context(command, "jackline"))
    wanted = " ".join(("jackline", *words))
    walked = _walked(load(words[0]), f"jackline {words[0]}") if words[0] in COMMANDS else ()
    return next((page for page in walked if page.name == wanted), None)


def _walked(command: Any, name: str, above: Any = None) -> Iterator[Page]:
    context = _context(command, name, above)
    yield _page(command, name, context)
    for below, inner in getattr(command, "commands", {}).items():
        yield from _walked(inner, f"{name} {below}", context)


def _context(command: Any, name: str, above: Any = None) -> Any:
    """Of a command that is asked about and not run."""
    return command.make_context(name, [], parent=above, resilient_parsing=True)


def _page(command: Any, name: str, context: Any) -> Page:
    records = (param.get_help_record(context) for param in command.get_params(context))
    return Page(
        name=name,
        usage=" ".join((name, *command.collect_usage_pieces(context))),
        about=_plain(command.help or ""),
        options=tuple(record for record in records if record is not None),
        below=tuple(
            (below, inner.get_short_help_str(limit=200))
            for below, inner in getattr(command, "commands", {}).items()
        ),
    )


def _plain(text: str) -> str:
    return textwrap.dedent(text).strip()


def exit_codes() -> tuple[tuple[str, str], ...]:
    """Number and meaning, from the table that the codes are declared beside."""
    found = re.findall(r"^\| (\d) \| (.+) \|$", errors.__doc__ or "", re.M)
    return tuple((number, meaning) for number, meaning in found)


def as_text(page: Page) -> str:
    """A page of 80 columns."""
    parts = [_titled("USAGE", textwrap.fill(page.usage, WIDTH - 4))]
    if page.about:
        paragraphs = (_joined(one) for one in page.about.split("\n\n"))
        parts.append(
            _titled("WHAT IT DOES", "\n\n".join(textwrap.fill(one, WIDTH - 4) for one in paragraphs))
        )
    for title, rows in (("OPTIONS", page.options), ("COMMANDS", page.below), ("EXIT CODES", exit_codes())):
        if rows:
            parts.append(_titled(title, "\n".join(_row(*row) for row in rows)))
    return "\n\n".join(parts)


def _titled(title: str, body: str) -> str:
    return f"{title}\n{textwrap.indent(body, INDENT)}"


def _row(left: str, right: str) -> str:
    body = textwrap.fill(_joined(right), WIDTH - 12)
    if len(left) < 7 and "\n" not in body:
        return f"{left:<8}{body}"
    return f"{left}\n{textwrap.indent(body, '        ')}" if body else left


def _joined(text: str) -> str:
    return " ".join(text.split())


def as_roff() -> str:
    """All of it as `jackline.1`, for man(1)."""
    lines = [
        f'.TH JACKLINE 1 "" "jackline {__version__}" "User Commands"',
        ".SH NAME",
        f"jackline \\- {_roff(PROMISE)}",
        ".SH SYNOPSIS",
        r"\fBjackline\fR \fICOMMAND\fR [\fIOPTIONS\fR]",
        ".SH COMMANDS",
    ]
    for page in pages():
        lines += [f".SS {_roff(page.name)}", _roff(_joined(page.usage)), ""]
        for paragraph in page.about.split("\n\n"):
            lines += [_roff(_joined(paragraph)), ".PP"]
        for left, right in page.options:
            lines += [".TP", f"\\fB{_roff(left)}\\fR", _roff(_joined(right)) or "\\&"]
    lines.append(".SH EXIT STATUS")
    for number, meaning in exit_codes():
        lines += [".TP", f"\\fB{number}\\fR", _roff(meaning)]
    lines.append(".SH FILES AND ENVIRONMENT")
    for name, meaning in FILES:
        lines += [".TP", f"\\fB{_roff(name)}\\fR", _roff(meaning)]
    return "\n".join(lines) + "\n"


def _roff(text: str) -> str:
    """Characters that roff would read as its own, and a first one that would make a line a request."""
    told = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{told}" if told.startswith((".", "'")) else told
