"""How often the watchdog looks: as often as P1 needs, and no oftener than a minute's request weight bears (K2).

An address that is banned, or has used its minute up, protects nothing. A look weighs five, and two for each symbol that
is listed.
"""

from __future__ import annotations

from dataclasses import dataclass

from jackline.core.turn import LISTED_EACH_MAX
from jackline.core.values import WireMs

CALM_MS = 2_000
"""Beside a living engine: they share the address's request weight, and the engine needs most of it."""
CALM_WEIGHT_MS = 100
"""Pause for one unit of weight then: 600 a minute, a quarter of what the address has."""
ALONE_MS = 800
"""While no engine looks: twice inside the protect deadline, and an hour of them fits the weight."""
ALARMED_MS = 250
"""While an entry may be executing unprotected, or something is uncovered: several times inside P1, in steps of
the probe of the engine's lock."""
ALARM_YOUNG_MS = 6_000
"""So young an alarm is looked at whatever it costs: for longer than an entry of a dead engine may still execute."""
LASTING_WEIGHT_MS = 75
"""Pause for one unit of weight in an alarm that lasts, beside a living engine."""
LASTING_WEIGHT_ALONE_MS = 36
"""The same while nobody else looks: 1,660 a minute, two thirds of what the address has."""


def look_weight(listed: int) -> int:
    """What a look costs that lists the orders of so many symbols, or of all."""
    return 5 + 2 * min(listed, LISTED_EACH_MAX)


@dataclass(slots=True)
class LookPace:
    """The time between looks. Remembers since when there is alarm."""

    _alarmed_since: WireMs | None = None
    _alarmed_last: WireMs = WireMs(0)
    _urgent: bool = False

    def period_ms(self, now: WireMs, *, silent: bool, risky: bool, urgent: bool, listed: int) -> int:
        """`silent`: no engine looks. `risky`: it says that an entry is under way or something is not protected.
        `urgent`: something was seen uncovered, or the engine was just lost. `listed`: how many symbols the next look
        lists.

        Beside an engine that lives, alarms that follow each other closely are one: in a market where entries come by
        the second, each of them would begin with looks whatever they cost.
        """
        weight = look_weight(listed)
        period_ms = ALONE_MS if silent else max(CALM_MS, weight * CALM_WEIGHT_MS)
        began, self._urgent = urgent and not self._urgent, urgent
        if not (risky or urgent):
            if silent or abs(now - self._alarmed_last) > ALARM_YOUNG_MS:
                self._alarmed_since = None
            return period_ms
        self._alarmed_last = now
        if began or self._alarmed_since is None:
            self._alarmed_since = now
        if abs(now - self._alarmed_since) <= ALARM_YOUNG_MS:
            return ALARMED_MS
        lasting_ms = weight * (LASTING_WEIGHT_ALONE_MS if silent else LASTING_WEIGHT_MS)
        return max(ALARMED_MS, min(period_ms, lasting_ms))
