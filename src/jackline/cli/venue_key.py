"""The key an account signs with: of the vault by its name, of a file, or the play money of the local exchange."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jackline.cli.keys import LOCAL_KEY, read_key_file
from jackline.cli.keys_section import KeysSection
from jackline.cli.problems import Problem
from jackline.cli.redaction import hold
from jackline.cli.sections import VenueSection
from jackline.cli.unlock import locked_vault, open_vault
from jackline.store.errors import StoreError
from jackline.store.vault import OpenVault, Record, RecordKind
from jackline.venue.transport.endpoint import Credentials, VenueMode

KIND = RecordKind.EXCHANGE_KEY
VENUE, MODE, MASK, ADDED_MS, ANY_ADDRESS = "venue", "mode", "mask", "added_ms", "any_address"
"""Facts of a record, sealed with the key."""
ACCEPTED = "accepted"
NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class Telling(Protocol):
    """How a problem of a key of the configuration is told."""

    def problem(self, key: str, value: object, what: str, fix: str) -> Problem:
        """With the source of its key."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A key that lies in the vault, not yet unlocked.

    Attributes:
        any_address_accepted: an operator typed that it may be used from every address.
    """

    name: str
    section: KeysSection
    directory: Path
    any_address_accepted: bool

    def unlock(self) -> Credentials:
        """Ask whatever opens the vault. Raises CommandFailed, UnlockRefused and StoreDamaged."""
        return credentials_of(open_vault(self.section, self.directory), self.name)

    def every_secret(self) -> tuple[str, ...]:
        """Whatever the vault holds, for who must not say any of it; from now on this process does not. Raises as
        `unlock` does."""
        opened = open_vault(self.section, self.directory)
        found = [opened.secrets(one.name, one.kind).values() for one in opened.vault.records]
        told = tuple(value for values in found for value in values)
        hold(*told)
        return told


def credentials_of(opened: OpenVault, name: str) -> Credentials:
    """The key pair of a record; from now on this process does not say it. Raises VaultRefused and StoreDamaged."""
    kept = opened.secrets(name, KIND)
    return held(Credentials(api_key=kept["key"], secret=kept["secret"]))


def held(credentials: Credentials) -> Credentials:
    """The same, kept out of whatever this process says. Play money is no secret, and its name is a word."""
    if credentials != LOCAL_KEY:
        hold(credentials.api_key, credentials.secret)
    return credentials


def choose_key(
    venue: VenueSection, keys: KeysSection, *, mode: str | None, directory: Path, found: Telling
) -> Credentials | StoredKey | list[Problem]:
    """What the configuration says, or what is wrong with it. The vault is looked at and not opened."""
    if venue.key_name is not None and venue.key_file is not None:
        what = f'C2: a key file stands beside it: key_file = "{venue.key_file}"'
        return [found.problem("venue.key_name", venue.key_name, what, "keep one of the two")]
    if venue.key_file is not None:
        pair = read_key_file(directory / venue.key_file)
        return held(pair) if isinstance(pair, Credentials) else pair
    if venue.key_name is None:
        if mode not in {None, VenueMode.PAPER}:
            fix = "jackline keys add NAME, then venue.key_name"
            return [
                found.problem("venue.key_name", None, f"S1: mode {mode} has no key that is a default", fix)
            ]
        return LOCAL_KEY
    try:
        record = locked_vault(keys.vault_path(directory)).find(venue.key_name, KIND)
    except StoreError as error:
        what, _, fix = str(error).partition(". Fix: ")
        return [
            found.problem(
                "venue.key_name", venue.key_name, what, fix or f"jackline keys add {venue.key_name}"
            )
        ]
    wrong = record_fault(record, venue=venue.name, mode=mode)
    if wrong is not None:
        fix = f"name a key of {venue.name} in mode {mode}: jackline keys list"
        return [found.problem("venue.key_name", venue.key_name, wrong, fix)]
    return StoredKey(
        name=venue.key_name,
        section=keys,
        directory=directory,
        any_address_accepted=record.facts.get(ANY_ADDRESS) == ACCEPTED,
    )


def record_fault(record: Record, *, venue: str, mode: str | None) -> str | None:
    """Why a key is not for this venue and environment (C2, S3); None where it is."""
    made_for = record.facts.get(VENUE), record.facts.get(MODE)
    if made_for[0] != venue:
        return f"S3: it is a key of {made_for[0]}, and the venue is {venue}"
    if mode is not None and made_for[1] != mode:
        return f"C2: it is a key of mode {made_for[1]}, and the mode is {mode}"
    return None


def masked(api_key: str) -> str:
    """The end of a key, for people to tell two apart; nothing of one that is short."""
    return f"…{api_key[-4:]}" if len(api_key) >= 16 else "…"
