"""Logging of the long-running processes: structured events, one line each, on standard error or as JSON.

`JACKLINE_LOG=json` prints one JSON object a line on standard output, for programs; otherwise aligned text on
standard error. `JACKLINE_LOG_LEVEL` is debug, info (default), warning or error.
"""

from __future__ import annotations

import logging
import os
import sys

import structlog

from jackline.cli.errors import CommandFailed, ExitCode

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure() -> None:
    """Set up structlog for this process. Raises CommandFailed for a level that does not exist."""
    level = os.environ.get("JACKLINE_LOG_LEVEL", "info").lower()
    if level not in LEVELS:
        text = f"JACKLINE_LOG_LEVEL is {level!r}, no such level. Fix: one of {', '.join(LEVELS)}"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    as_json = os.environ.get("JACKLINE_LOG") == "json"
    renderer: structlog.typing.Processor = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    if as_json:
        renderer = structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout if as_json else sys.stderr),
        cache_logger_on_first_use=True,
    )
