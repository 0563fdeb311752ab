"""What a venue says of a key: read-only questions through the venue's transport, and nothing else (S3)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from jackline.cli.compose import VenueAccess, open_venue
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.core.outcomes import Refusal, Refused, Unknown
from jackline.engine.clock import TwoClocks
from jackline.engine.host import HostWorld
from jackline.engine.process import ENTRY_DENIED
from jackline.venue.port import AccountFacts, KeyFacts
from jackline.venue.transport.endpoint import VenueMode

READS_MAX = 3
"""A read that fails is tried again at once; a venue that fails three times is down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the venue says. `may_…` are yes, no, or unknown where the venue does not offer the question."""

    may_read: bool
    may_withdraw: bool | None
    may_transfer: bool | None
    bound_to_addresses: bool | None
    refusals: tuple[str, ...]

    @property
    def notes(self) -> dict[str, str]:
        """For the record of the key: what was found last."""
        return {
            "read": word(self.may_read),
            "withdraw": word(self.may_withdraw),
            "transfer": word(self.may_transfer),
            "bound": word(self.bound_to_addresses),
        }


def word(fact: bool | None) -> str:
    """``yes``, ``no``, or ``untold``."""
    return "untold" if fact is None else "yes" if fact else "no"


def probe(access: VenueAccess, *, any_address_accepted: bool) -> Verdict:
    """Ask. Raises CommandFailed where the venue does not know the key, or does not answer."""
    return asyncio.run(_probe(access, any_address_accepted=any_address_accepted))


async def _probe(access: VenueAccess, *, any_address_accepted: bool) -> Verdict:
    venue = await open_venue(access, TwoClocks(HostWorld()), lambda _: ENTRY_DENIED)
    try:
        cause = ""
        for _ in range(READS_MAX):
            account, key = await venue.read_account(), await venue.read_key()
            if isinstance(account, AccountFacts) and isinstance(key, KeyFacts):
                return _verdict(key, access.mode, any_address_accepted=any_address_accepted)
            failed = account if not isinstance(account, AccountFacts) else key
            if isinstance(failed, Refused) and failed.kind is not Refusal.OVERLOADED:
                raise CommandFailed(
                    ExitCode.BAD_INPUT,
                    f"{access.url}: the venue refuses the key: {failed.code} {failed.text.rstrip('.')}.\nFix: see that "
                    f"it lives, that it is of {access.name} in mode {access.mode}, and that it allows this address",
                )
            cause = failed.cause if isinstance(failed, Unknown) else str(failed)
    finally:
        await venue.close()
    raise CommandFailed(
        ExitCode.UNANSWERED,
        f"{access.url}: the venue does not answer: {cause}\nFix: see that it runs and that venue.url is right",
    )


def _verdict(key: KeyFacts, mode: VenueMode, *, any_address_accepted: bool) -> Verdict:
    powers = [name for name, has in (("withdraw", key.may_withdraw), ("transfer", key.may_transfer)) if has]
    refusals = [f"S3: it may {power}" for power in powers]
    loose = key.is_bound_to_addresses is False
    if loose and mode is VenueMode.LIVE and not any_address_accepted:
        refusals.append("S3: it works from every address, and the mode is live")
    return Verdict(
        may_read=True,
        may_withdraw=key.may_withdraw,
        may_transfer=key.may_transfer,
        bound_to_addresses=key.is_bound_to_addresses,
        refusals=tuple(refusals),
    )
