"""The keys that a configuration names: to the venue, and to promotions. They are read while it is checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from jackline.cli import checks
from jackline.cli.keys_section import KeysSection
from jackline.cli.phase_section import PhaseSection, read_signing_key
from jackline.cli.problems import Problem
from jackline.cli.sections import AccountSection, VenueSection
from jackline.cli.venue_key import StoredKey, choose_key
from jackline.store.signature import SigningKey
from jackline.venue.transport.endpoint import Credentials


def read_keys(
    sections: Mapping[str, BaseModel], directory: Path, found: checks.Found
) -> tuple[Credentials | StoredKey | None, SigningKey | None, list[Problem]]:
    """The key to the venue, the one that verifies promotions, and what is wrong with either."""
    problems: list[Problem] = []
    account, venue, keys = sections.get("account"), sections.get("venue"), sections.get("keys")
    venue_key: Credentials | StoredKey | None = None
    if isinstance(venue, VenueSection) and isinstance(keys, KeysSection):
        mode = account.mode if isinstance(account, AccountSection) else None
        chosen = choose_key(venue, keys, mode=mode, directory=directory, found=found)
        if isinstance(chosen, list):
            problems.extend(chosen)
        else:
            venue_key = chosen
    phase, signing_key = sections.get("phase"), None
    if isinstance(phase, PhaseSection) and phase.key_file is not None:
        read = read_signing_key(directory / phase.key_file)
        if isinstance(read, SigningKey):
            signing_key = read
        else:
            problems.append(read)
    return venue_key, signing_key, problems
