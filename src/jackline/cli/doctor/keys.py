"""The key: that it is there and opens, and what the venue lets it do."""

from __future__ import annotations

from jackline.cli.config import Config
from jackline.cli.doctor.finding import Finding, fail, ok, warn
from jackline.cli.errors import explain
from jackline.cli.keys import LOCAL_KEY
from jackline.cli.venue_key import StoredKey, masked
from jackline.store.errors import StoreError
from jackline.venue.port import KeyFacts
from jackline.venue.transport.endpoint import Credentials, VenueMode

CHECK, RIGHTS = "key", "key's rights"


def opened(config: Config) -> tuple[Finding, Credentials | None]:
    """Whether the key can be read; one in the vault is unlocked, which may ask for a passphrase."""
    from jackline.cli.errors import CommandFailed

    try:
        pair = config.credentials
    except (CommandFailed, StoreError) as error:
        what, _, fix = explain(error)[0].partition("Fix: ")
        return fail(CHECK, what.strip(), fix or "jackline keys list"), None
    if pair == LOCAL_KEY:
        return ok(CHECK, "the play money of the local exchange"), pair
    where = f"{config.venue.key_name} of the vault, which opens" if _is_stored(config) else "of a file"
    return ok(CHECK, f"{masked(pair.api_key)}, {where}, its owner's alone"), pair


def rights(config: Config, pair: Credentials, facts: KeyFacts) -> Finding:
    """What the venue says that the key may do (S3)."""
    wrong = [f"it may {what}" for what, has in _powers(facts) if has]
    if wrong:
        fix = "at the venue, take that from the key, or make one that may only read and trade"
        return fail(RIGHTS, f"S3: {' and '.join(wrong)}", fix)
    if facts.may_trade is False:
        return fail(RIGHTS, "it may not trade futures", "at the venue, allow the key to trade futures")
    if facts.may_withdraw is None:
        return ok(RIGHTS, "the venue does not tell: see at the venue that it may only read and trade")
    if facts.is_bound_to_addresses is False and pair != LOCAL_KEY:
        accepted = isinstance(config.venue_key, StoredKey) and config.venue_key.any_address_accepted
        seen = "S3: it trades, cannot withdraw, and works from every address"
        fix = "at the venue, bind it to this host's address"
        if config.mode is VenueMode.LIVE and not accepted:
            return fail(RIGHTS, seen, f"{fix}; or jackline keys accept-any-address")
        return ok(RIGHTS, f"{seen}, as accepted") if accepted else warn(RIGHTS, seen, fix)
    return ok(RIGHTS, "it may read and trade, and neither withdraw nor transfer")


def _powers(facts: KeyFacts) -> tuple[tuple[str, bool | None], ...]:
    return (("withdraw", facts.may_withdraw), ("transfer", facts.may_transfer))


def _is_stored(config: Config) -> bool:
    return isinstance(config.venue_key, StoredKey)
