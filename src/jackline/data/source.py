"""What a download asks a venue, and in which words it may fail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

CandleRow = tuple[int, float, float, float, float, float]
"""Open in epoch ms, then open, high, low, close, volume."""
FundingRow = tuple[int, float]
"""Settlement in epoch ms, rate as a fraction."""


class VenueSilent(Exception):
    """A venue did not answer, however often it was asked. What was fetched before is kept."""


class Source(Protocol):
    """Public data of one venue. Each question is asked again for a while before it raises VenueSilent."""

    venue: str
    environment: str
    page_bars: int
    """Bars that one question may ask for."""

    async def now_ms(self, symbol: str) -> int:
        """The venue's clock: a bar that ends after it is not complete (D1)."""
        ...

    async def candles(
        self, symbol: str, interval_ms: int, *, first_ms: int, end_ms: int
    ) -> Sequence[CandleRow]:
        """Bars that open at or after `first_ms` and before `end_ms`, oldest first; at most `page_bars` apart."""
        ...

    async def funding(self, symbol: str, *, first_ms: int, end_ms: int) -> Sequence[FundingRow]:
        """Settlements at or after `first_ms` and before `end_ms`, oldest first."""
        ...

    async def close(self) -> None: ...
