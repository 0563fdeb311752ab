"""The key gate: a key that could take money away is not traded with (S3), nor live one that works from everywhere.

Asked by a start on an account that holds nothing, and before a symbol is opened for entries, so at least once a day: a
permission that was added meanwhile closes the gate. And again, for every symbol, once the venue has refused the key:
somebody may have changed it. Protection asks nobody: what is open is guarded with whatever key there is.
"""

from __future__ import annotations

import structlog

from jackline.core.outcomes import Refused, Unknown
from jackline.core.ports import Clock
from jackline.engine.options import EngineOptions, StartRefused
from jackline.venue.port import Failed, KeyFacts, Venue

LIVE = "live"
KEY_AGE_MS_MAX = 2_000
"""One answer serves every symbol that is opened within this time."""

log = structlog.get_logger("key_gate")


def check_key(key: KeyFacts | Failed, options: EngineOptions) -> None:
    """Raises StartRefused, with the fix, for a key that may move money, and live for one that is bound to no address.
    One that cannot be judged blocks entries."""
    if not isinstance(key, KeyFacts):
        log.warning("key_unchecked", code="S3", why=_untold(key))
        return
    if key.may_withdraw is None:
        log.warning(
            "key_unchecked", code="S3", why="this venue does not say what a key may do: see to it by hand"
        )
        return
    powers = _powers(key)
    if powers:
        raise StartRefused(
            f"venue.key_file: the key may {powers} (S3). Fix: at the venue, take that permission from the key, or make "
            "a key that may only read and trade futures"
        )
    if is_loose(key, options):
        raise StartRefused(
            "venue.key_file: the key works from every address, and the mode is live (S3). Fix: at the venue, bind it "
            "to the address of this host; or store it by jackline keys add, and accept that in writing: jackline keys "
            "accept-any-address"
        )
    log.info("key_checked", code="S3", bound_to_addresses=key.is_bound_to_addresses)


def is_loose(key: KeyFacts, options: EngineOptions) -> bool:
    """Whether a key is not bound to addresses where it should be: stolen, it could be used from anywhere."""
    return options.mode == LIVE and key.is_bound_to_addresses is False and not options.any_address_accepted


class KeyGate:
    """Why nothing may be opened with this key, asked of the venue and kept for a moment."""

    def __init__(self, *, options: EngineOptions, venue: Venue, clock: Clock) -> None:
        self._options = options
        self._venue = venue
        self._clock = clock
        self._asked_ms: int | None = None
        self._denial: str | None = None

    async def denial(self) -> str | None:
        """None where the key may open positions, as far as the venue says what it may do."""
        now_ms = self._clock.now().wire_ms
        aged = self._asked_ms is None or abs(now_ms - self._asked_ms) > KEY_AGE_MS_MAX
        if aged or self._venue.key_is_doubted():
            key = await self._venue.read_key()
            self._denial = _denial(key, self._options)
            # What could not be answered is asked again; the opener paces it.
            self._asked_ms = now_ms if isinstance(key, KeyFacts) else None
        return self._denial


def _denial(key: KeyFacts | Failed, options: EngineOptions) -> str | None:
    if not isinstance(key, KeyFacts):
        return f"S3: what the key may do cannot be read: {_untold(key)}"
    powers = _powers(key)
    if powers:
        return f"S3: the key may {powers}: take that permission from it at the venue"
    if is_loose(key, options):
        return "S3: the key works from every address: bind it to this host's at the venue"
    return None


def _powers(key: KeyFacts) -> str:
    held = [name for name, has in (("withdraw", key.may_withdraw), ("transfer", key.may_transfer)) if has]
    return " and ".join(held)


def _untold(failed: Refused | Unknown) -> str:
    return f"{failed.code} {failed.text}" if isinstance(failed, Refused) else failed.cause
