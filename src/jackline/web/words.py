"""Values as the API writes them: decimals as texts, times as RFC 3339 in UTC with milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal


def told(value: Decimal | None) -> str | None:
    """A decimal without an exponent; None stays None."""
    return None if value is None else f"{value:f}"


def moment(wire_ms: int | None) -> str | None:
    """``2026-01-31T12:00:00.000Z``; None stays None."""
    if wire_ms is None:
        return None
    at = datetime.fromtimestamp(wire_ms / 1_000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{wire_ms % 1_000:03d}Z"


def number(value: Decimal | None) -> float | None:
    """A ratio as JSON writes numbers; None stays None."""
    return None if value is None else float(value)
