"""All that a page is made of, at one moment."""

from __future__ import annotations

from dataclasses import dataclass

from jackline.store.disk import Disk
from jackline.web.account import Account, Seen, Source
from jackline.web.bot_book import BotBook
from jackline.web.history import Past
from jackline.web.measures import naked_ms, open_ones
from jackline.web.options import WebOptions
from jackline.web.pages.journal import TradeRows
from jackline.web.pages.series import Series
from jackline.web.pages.words import age


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One look, what the journal tells of the past, and where more can be asked. `stage`: the phase, or empty."""

    seen: Seen
    past: Past
    account: Account
    options: WebOptions
    series: Series
    trade_rows: TradeRows
    disk: Disk
    bots: BotBook
    stage: str

    @property
    def deadline_ms(self) -> int:
        """P1's, as the engine has it; as it is by default while none has shown itself."""
        return 1_500 if self.seen.published is None else self.seen.published.naked_ms_deadline

    @property
    def open_count(self) -> int:
        """Positions that hold something."""
        return len(open_ones(self.seen))

    @property
    def protected_count(self) -> int:
        """Of those, how many are covered by confirmed stops."""
        return sum(one.is_protected for one in open_ones(self.seen))

    @property
    def naked_count(self) -> int:
        """Of those, how many are not."""
        return self.open_count - self.protected_count

    @property
    def naked_longest_ms(self) -> int:
        """The longest running exposure clock."""
        return max((naked_ms(one, self.seen) for one in open_ones(self.seen)), default=0)

    @property
    def voice(self) -> str:
        """Who says what is shown, in a sentence; empty while the engine shows itself."""
        seen = self.seen
        if seen.is_live:
            return ""
        said = age(seen.age_ms)
        if seen.source is Source.WATCHDOG:
            gone = "The engine is gone" if seen.engine is None else "The engine is silent"
            word = "Positions and stops are the venue\u2019s word through the watchdog"
            return f"{gone}. {word}, {said} old."
        if seen.said_ms is None:
            return "No engine has shown itself here yet. Nobody says what is open."
        if seen.engine is None:
            return f"The engine is gone. This is its last word, {said} old; stops that rest at the venue rest on."
        return f"The engine has not shown itself for {said}; stops that rest at the venue rest on."
