"""What the commands of `jackline keys` do: read secrets in, change the vault under its lock, leave an audit row."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from jackline.cli.config import Config, load_config
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.new_file import new_file
from jackline.cli.page import fitted
from jackline.cli.private_file import others_may
from jackline.cli.redaction import hold
from jackline.cli.stored import actor
from jackline.cli.unlock import ask_secret, locked_vault, open_or_new_vault, open_vault
from jackline.cli.venue_key import (
    ACCEPTED,
    ADDED_MS,
    ANY_ADDRESS,
    KIND,
    MASK,
    MODE,
    VENUE,
    credentials_of,
    masked,
    record_fault,
)
from jackline.cli.views import print_json
from jackline.core.values import WireMs
from jackline.store.access import ACCESS_FILE, AccessStore
from jackline.store.audit import record
from jackline.store.host_disk import HostDisk
from jackline.store.private import make_private_directory
from jackline.store.tokens import By
from jackline.store.unlocking import UnlockRefused
from jackline.store.vault import Record, Vault, changing, read_vault, write_vault
from jackline.venue.transport.endpoint import Credentials, VenueMode

if TYPE_CHECKING:
    from jackline.cli.probe import Verdict

__all__ = ["KIND", "write_vault"]
SECRET_CHARS_MIN = 8
SECRET_CHARS_MAX = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """One key, masked. `permissions` as the venue said when it was `validated` last."""

    name: str
    venue: str
    mode: str
    key: str
    added: str
    validated: str
    permissions: str
    in_use: str


def without_key(config: Path) -> Config:
    """The configuration, but for the key it names: that may be the one which is to be added."""
    return load_config(config, {"venue.key_name": None, "venue.key_file": None})


def vault_path(config: Config) -> Path:
    """The file of keys."""
    return config.keys.vault_path(config.path.parent)


def access_store(config: Config) -> AccessStore:
    """The account's audit and tokens."""
    return AccessStore(HostDisk(), config.state_dir / ACCESS_FILE)


def by(reason: str = "") -> By:
    """This command, now."""
    return By(wire_ms=now_ms(), actor=actor(), reason=reason)


def now_ms() -> WireMs:
    """The wall clock, UTC epoch milliseconds."""
    return WireMs(time.time_ns() // 1_000_000)


@contextlib.contextmanager
def change(
    config: Config, what: str, *, before: str = "", after: str = "", reason: str = ""
) -> Iterator[HostDisk]:
    """One change of the vault. It is asked for in the audit before, and told there after: none leaves no trace."""
    disk, store, asking = HostDisk(), access_store(config), by(reason)
    path = vault_path(config)
    make_private_directory(path.parent)
    with changing(disk, path):
        record(store, asking.act(what, before=before, after=after, outcome="asked"))
        try:
            yield disk
        except Exception as error:
            record(
                store, asking.act(what, before=before, after=after, outcome=f"failed: {type(error).__name__}")
            )
            raise
        record(store, asking.act(what, before=before, after=after))


def unchanged_lock(before: Vault) -> Vault:
    """The vault as it is now. Raises UnlockRefused where it was rotated meanwhile."""
    now = read_vault(HostDisk(), before.path)
    if now.lock != before.lock:
        raise UnlockRefused(f"{before.path}: it was rotated meanwhile; nothing was changed. Fix: try again")
    return now


def read_pair(key_file: Path | None, secret_file: Path | None) -> Credentials:
    """The key and its secret, from files or from a terminal."""
    fix = "give --key-file FILE and --secret-file FILE"
    key = _one_line(key_file) if key_file else ask_secret("Key", fix=fix)
    secret = _one_line(secret_file) if secret_file else ask_secret("Secret", fix=fix)
    for what, text in (("key", key), ("secret", secret)):
        if (
            not SECRET_CHARS_MIN <= len(text) <= SECRET_CHARS_MAX
            or not text.isascii()
            or not text.isprintable()
        ):
            raise CommandFailed(
                ExitCode.BAD_INPUT,
                f"the {what} is not {SECRET_CHARS_MIN} to {SECRET_CHARS_MAX} plain characters. Fix: copy it anew",
            )
    if key == secret:
        raise CommandFailed(ExitCode.BAD_INPUT, "key and secret are the same. Fix: copy each from the venue")
    return Credentials(api_key=key, secret=secret)


def new_facts(pair: Credentials, *, venue: str, mode: VenueMode) -> dict[str, str]:
    """What is known of a key without unlocking it, and bound to it."""
    return {VENUE: venue, MODE: mode.value, MASK: masked(pair.api_key), ADDED_MS: str(now_ms())}


def add(config: Config, name: str, pair: Credentials, *, venue: str) -> dict[str, str]:
    """Put a pair into the vault, which is made where there is none; what is known of it without unlocking."""
    with change(config, "keys.add", after=f"{name} {venue} {config.mode}") as disk:
        opened = open_or_new_vault(config.keys, config.path.parent)
        facts = new_facts(pair, venue=venue, mode=config.mode)
        made = opened.with_record(
            name,
            KIND,
            facts=facts,
            secrets={"key": pair.api_key, "secret": pair.secret},
            entropy=secrets.token_bytes,
        )
        write_vault(disk, made.vault)
    return facts


def rows(config: Config) -> list[KeyRow]:
    """Every exchange key, masked; none where there is no vault."""
    if not HostDisk().exists(vault_path(config)):
        return []
    in_use = _named_by(config)
    kept = (one for one in locked_vault(vault_path(config)).records if one.kind is KIND)
    return [_row(one, in_use=one.name == in_use) for one in kept]


def validate(config: Config, name: str) -> Verdict:
    """Ask the venue; what it says is noted beside the key, and audited. Raises CommandFailed."""
    from jackline.cli.compose import VenueAccess
    from jackline.cli.probe import probe  # with what speaks to venues: no other command pays for it

    opened = open_vault(config.keys, config.path.parent)
    found = opened.vault.find(name, KIND)
    fault = record_fault(found, venue=config.venue.name, mode=config.mode)
    if fault is not None:
        raise CommandFailed(
            ExitCode.BAD_INPUT, f"{name}: {fault}. Fix: set venue.name and account.mode to match"
        )
    access = VenueAccess(
        name=config.venue.name,
        mode=config.mode,
        url=config.venue.url,
        credentials=credentials_of(opened, name),
    )
    verdict = probe(access, any_address_accepted=found.facts.get(ANY_ADDRESS) == ACCEPTED)
    notes = {**verdict.notes, "validated_ms": str(now_ms())}
    with change(
        config, "keys.validate", before=name, after="; ".join(verdict.refusals) or "accepted"
    ) as disk:
        write_vault(disk, read_vault(disk, vault_path(config)).with_notes(name, KIND, notes))
    return verdict


def write_secret_file(path: Path, text: str) -> None:
    """One line for its owner's eyes alone. Raises FileExistsError: a secret is never written over another."""
    hold(text)
    with new_file(path) as file:
        file.write(f"{text}\n".encode())


def agree(yes: bool, question: str) -> None:
    """Ask, unless told not to. Raises CommandFailed where the answer is no."""
    if not yes and not (sys.stdin.isatty() and typer.confirm(question, err=True)):
        raise CommandFailed(
            ExitCode.NOTHING, f"{question}\nNothing was changed. Fix: answer y, or give --yes"
        )


def typed_name() -> str:
    """A name that a person types, to show that it was read."""
    if not sys.stdin.isatty():
        raise CommandFailed(ExitCode.NOTHING, "Nothing was changed. Fix: give --typed NAME")
    return str(typer.prompt("Type the name of the key", err=True))


def tell(as_json: bool, text: str, **facts: object) -> None:
    """The answer, for people or for programs."""
    if as_json:
        print_json(**facts)
    else:
        print(fitted(text))


def when(ms: str | int | None) -> str:
    """A moment in UTC, for people."""
    if not ms:
        return "–"
    return datetime.fromtimestamp(int(ms) / 1_000, UTC).strftime("%Y-%m-%d %H:%M")


def _row(kept: Record, *, in_use: bool) -> KeyRow:
    said = [f"{what} {kept.notes[what]}" for what in ("withdraw", "transfer", "bound") if what in kept.notes]
    return KeyRow(
        name=kept.name,
        venue=kept.facts.get(VENUE, "–"),
        mode=kept.facts.get(MODE, "–"),
        key=kept.facts.get(MASK, "…"),
        added=when(kept.facts.get(ADDED_MS)),
        validated=when(kept.notes.get("validated_ms")),
        permissions=", ".join(said) or "–",
        in_use="yes" if in_use else "no",
    )


def _named_by(config: Config) -> str | None:
    """The key that the file or the environment names, which `without_key` left out."""
    from jackline.cli.tree import read_tree

    given = os.environ.get("JACKLINE__VENUE__KEY_NAME")
    venue = read_tree(config.path).get("venue")
    named = given or (venue.get("key_name") if isinstance(venue, dict) else None)
    return str(named) if named else None


def _one_line(path: Path) -> str:
    with path.open("rb") as file:
        text = file.read(2 * SECRET_CHARS_MAX).decode(errors="replace").strip()
    mode = path.stat().st_mode
    if others_may(path, mode):
        raise CommandFailed(
            ExitCode.BAD_INPUT,
            f"{path}: S1: its mode {stat.S_IMODE(mode):04o} lets others read it. Fix: chmod 600 {path}",
        )
    hold(text)
    return text
