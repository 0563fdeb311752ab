"""Bans of addresses that go on asking after they were told to stop: the venue's 418."""

from dataclasses import dataclass
from typing import Final

from jackline.exchange.wire.lives import Lives

REFUSALS_MAX: Final = 10
"""Requests refused with 429 in one minute before the address is banned. The venue says only that going on without
backing off leads there."""

FIRST_MS: Final = 2 * 60_000
LONGEST_MS: Final = 3 * 86_400_000
"""Shortest and longest ban, as the venue publishes them."""

GROWTH: Final = 6
"""Each ban of an address is so many times the one before: 2 min, 12 min, 72 min, 7 h, 43 h, 3 days."""

FORGOTTEN_MS: Final = LONGEST_MS
"""An address that was not banned for this long starts at the shortest again."""


@dataclass(slots=True, kw_only=True)
class _Record:
    """What is remembered of one address."""

    minute: int = -1
    refused: int = 0
    banned: int = 0
    until_ms: int = 0
    last_ms: int = 0


class Bans:
    """Counts refusals per address. All times are wire time."""

    def __init__(self, lives: Lives) -> None:
        self._lives = lives
        self._records: dict[str, _Record] = {}

    def until_ms(self, address: str, wire_ms: int) -> int | None:
        """The end of the ban under which an address stands, or None."""
        record = self._records.get(address)
        return None if record is None or record.until_ms <= wire_ms else record.until_ms

    def refuse(self, address: str, wire_ms: int, *, minute: int) -> int | None:
        """One more 429 in that minute; the end of the ban if it was one too many."""
        record = self._records.setdefault(address, _Record())
        if record.minute != minute:
            record.minute, record.refused = minute, 0
        record.refused += 1
        if record.refused <= REFUSALS_MAX:
            return None
        if wire_ms - record.last_ms > self._lives.scaled(FORGOTTEN_MS):
            record.banned = 0
        length_ms = self._lives.scaled(min(LONGEST_MS, FIRST_MS * GROWTH**record.banned))
        record.banned += 1
        record.refused = 0
        record.until_ms = record.last_ms = wire_ms + length_ms
        return record.until_ms
