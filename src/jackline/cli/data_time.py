"""Times of `jackline data`: those a person writes, and the host's own."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from jackline.cli.errors import CommandFailed, ExitCode


def host_ms() -> int:
    """The wall clock of this host, UTC epoch ms."""
    return time.time_ns() // 1_000_000


def read_ms(text: str, option: str) -> int:
    """`2025-10-10`, `2025-10-10T21:15`, with an offset or in UTC, or epoch ms. Raises CommandFailed."""
    if text.isdecimal() and len(text) == 13:
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandFailed(
            ExitCode.BAD_INPUT,
            f"{option} {text}: no time. Fix: write it as 2025-10-10T21:15, in UTC, or as epoch ms",
        ) from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000)
