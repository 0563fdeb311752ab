"""Logging of the long-running processes: structured events, one line each, on standard error or as JSON.

`JACKLINE_LOG=json` prints one JSON object a line on standard output, for programs; otherwise aligned text on
standard error. `JACKLINE_LOG_LEVEL` is debug, info (default), warning or error.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import textwrap
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, Literal, TextIO, cast

import structlog

from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.page import WIDTH
from jackline.cli.redaction import hide_named, redact_line
from jackline.engine.banner import EVENT as BANNER

_HEAD = ("event", "level", "timestamp")
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class Stream:
    """A standard stream as it is when a line is written: loggers are kept, and who replaced it may have gone since."""

    def __init__(self, name: Literal["stdout", "stderr"]) -> None:
        self._name = name

    def write(self, text: str) -> int:
        """Write to the stream of now."""
        return int(getattr(sys, self._name).write(text))

    def flush(self) -> None:
        """The same."""
        getattr(sys, self._name).flush()


def configure(*, usual: str = "info") -> None:
    """Set up structlog for this process; `usual` is the level unless the variable says another one.

    Raises CommandFailed for a level that does not exist.
    """
    with suppress(OSError, RuntimeError):  # where nobody hears it
        # A process that a library takes down says where: lines of code and no values, so no secret (S1).
        faulthandler.enable()
    level = os.environ.get("JACKLINE_LOG_LEVEL", usual).lower()
    if level not in LEVELS:
        text = f"JACKLINE_LOG_LEVEL is {level!r}, no such level. Fix: one of {', '.join(LEVELS)}"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    as_json = os.environ.get("JACKLINE_LOG") == "json"
    rendering: list[structlog.typing.Processor] = [structlog.processors.JSONRenderer()]
    if not as_json:
        rendering = [below_each_other, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            hide_named,
            *rendering,
            redact_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(
            cast("TextIO", Stream("stdout" if as_json else "stderr"))
        ),
    )


def below_each_other(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The banner's groups of facts as a block under it, for people: on one line nobody would read them."""
    if event["event"] != BANNER:
        return event
    groups = {name: facts for name, facts in event.items() if isinstance(facts, dict)}
    single = [f"{name}={value}" for name, value in event.items() if name not in {*groups, *_HEAD}]
    width = max(len(name) for name in groups) + 4
    block = [
        textwrap.fill(
            " ".join(f"{key}={_fact(value)}" for key, value in facts.items()),
            WIDTH,
            initial_indent=f"  {name:<{width - 2}}",
            subsequent_indent=" " * width,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for name, facts in groups.items()
    ]
    kept = {name: event[name] for name in _HEAD if name in event}
    return {**kept, "event": "\n".join([" ".join([str(event["event"]), *single]), *block])}


def _fact(value: object) -> str:
    if value is None:
        return "–"
    return ",".join(str(item) for item in value) if isinstance(value, list) else str(value)
