"""The vault: one file of secrets at rest, each under its name in an envelope of its own (security.md 2).

A name and its facts can be read without unlocking, and cannot be changed unnoticed. The file is replaced whole or not
at all; a damaged one is left as it was found.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from jackline.store.disk import Disk
from jackline.store.envelope import Box, Envelope, NotOpened, open_box, rewrap, seal, shut, unseal
from jackline.store.errors import StoreDamaged
from jackline.store.unlocking import (
    Cost,
    Entropy,
    LockHeader,
    Unlocker,
    UnlockRefused,
    new_header,
    wrapping_key,
)

FORMAT = "jackline-keys"
VERSION = 1
RECORDS_MAX = 256
FILE_BYTES_MAX = 1_000_000
_PROOF = b"this is the right key"


class VaultRefused(UnlockRefused):
    """The file is in order and what was asked of it is not: no such name, a name that is taken."""


class RecordKind(StrEnum):
    """What a record keeps."""

    EXCHANGE_KEY = "exchange_key"
    SECOND_FACTOR = "second_factor"


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One secret. `facts` are authenticated with it, `notes` are only remarks (what a venue said last of a key)."""

    name: str
    kind: RecordKind
    facts: dict[str, str]
    notes: dict[str, str]
    envelope: Envelope


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    version: int
    lock: LockHeader
    proof: Box
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """What the file holds, locked: names, facts and notes."""

    path: Path
    lock: LockHeader
    proof: Box
    records: tuple[Record, ...]

    def find(self, name: str, kind: RecordKind) -> Record:
        """The record of that name. Raises VaultRefused with the names there are."""
        for record in self.records:
            if (record.name, record.kind) == (name, kind):
                return record
        names = ", ".join(one.name for one in self.records if one.kind is kind) or "none"
        raise VaultRefused(f"{self.path}: no {kind.replace('_', ' ')} is called {name}. Known: {names}")

    def with_notes(self, name: str, kind: RecordKind, notes: Mapping[str, str]) -> Vault:
        """The same with other remarks beside a record. Raises VaultRefused."""
        found = self.find(name, kind)
        noted = msgspec.structs.replace(found, notes=dict(notes))
        return replace(self, records=tuple(noted if one is found else one for one in self.records))

    def without(self, name: str, kind: RecordKind) -> Vault:
        """The same without a record. Raises VaultRefused."""
        found = self.find(name, kind)
        return replace(self, records=tuple(one for one in self.records if one is not found))

    def unlocked(self, unlocker: Unlocker) -> OpenVault:
        """Raises UnlockRefused for the wrong passphrase or key file."""
        key = wrapping_key(self.lock, unlocker)
        try:
            open_box(key, self.proof, bound=_head(self.lock))
        except NotOpened:
            raise UnlockRefused(
                f"{self.path}: the {self.lock.kind.replace('_', ' ')} is wrong, or the head of the file is damaged. "
                "Fix: try again, or put a backup of the file in its place; nothing was changed"
            ) from None
        return OpenVault(vault=self, key=key)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenVault:
    """A vault and the key that wraps its data keys, which is never shown (S1)."""

    vault: Vault
    key: bytes = field(repr=False)

    def secrets(self, name: str, kind: RecordKind) -> dict[str, str]:
        """What a record keeps. Raises VaultRefused, and StoreDamaged for a record that was changed or exchanged."""
        record = self.vault.find(name, kind)
        try:
            text = unseal(self.key, record.envelope, bound=_bound(name, kind, record.facts))
            return msgspec.json.decode(text, type=dict[str, str])
        except (NotOpened, msgspec.MsgspecError):
            raise _tampered(self.vault.path, name) from None

    def with_record(
        self,
        name: str,
        kind: RecordKind,
        *,
        facts: Mapping[str, str],
        secrets: Mapping[str, str],
        entropy: Entropy,
    ) -> OpenVault:
        """The same with one record more. Raises VaultRefused for a name that is taken, and for one too many."""
        if any((one.name, one.kind) == (name, kind) for one in self.vault.records):
            raise VaultRefused(
                f"{self.vault.path}: {name} is taken. Fix: another name, or remove that one first"
            )
        if len(self.vault.records) >= RECORDS_MAX:
            raise VaultRefused(f"{self.vault.path}: it holds {RECORDS_MAX} records already. Fix: remove some")
        text = msgspec.json.encode(dict(secrets))
        envelope = seal(self.key, text, bound=_bound(name, kind, facts), entropy=entropy)
        record = Record(name=name, kind=kind, facts=dict(facts), notes={}, envelope=envelope)
        return replace(self, vault=replace(self.vault, records=(*self.vault.records, record)))

    def with_facts(
        self, name: str, kind: RecordKind, facts: Mapping[str, str], *, entropy: Entropy
    ) -> OpenVault:
        """The same secret with other facts, sealed anew: facts cannot be changed in any other way."""
        secrets, notes = self.secrets(name, kind), self.vault.find(name, kind).notes
        bare = replace(self, vault=self.vault.without(name, kind))
        made = bare.with_record(name, kind, facts=facts, secrets=secrets, entropy=entropy)
        return replace(made, vault=made.vault.with_notes(name, kind, notes))

    def rotated(self, unlocker: Unlocker, *, entropy: Entropy, cost: Cost | None = None) -> OpenVault:
        """The same secrets under another passphrase or key file. Raises StoreDamaged for a record that does not open:
        then nothing is rotated."""
        fresh = empty_vault(self.vault.path, unlocker, entropy=entropy, cost=cost)
        records = []
        for one in self.vault.records:
            bound = _bound(one.name, one.kind, one.facts)
            try:
                envelope = rewrap(self.key, fresh.key, one.envelope, bound=bound, entropy=entropy)
            except NotOpened:
                raise _tampered(self.vault.path, one.name) from None
            records.append(msgspec.structs.replace(one, envelope=envelope))
        return replace(fresh, vault=replace(fresh.vault, records=tuple(records)))


def empty_vault(path: Path, unlocker: Unlocker, *, entropy: Entropy, cost: Cost | None = None) -> OpenVault:
    """A vault without records, not yet on the disk."""
    lock = new_header(unlocker, entropy=entropy, cost=cost)
    key = wrapping_key(lock, unlocker)
    proof = shut(key, _PROOF, bound=_head(lock), entropy=entropy)
    return OpenVault(vault=Vault(path=path, lock=lock, proof=proof, records=()), key=key)


def read_vault(disk: Disk, path: Path) -> Vault:
    """The file as it is, locked. Raises VaultRefused where there is none, StoreDamaged for what is no such file."""
    if not disk.exists(path):
        raise VaultRefused(f"{path}: there is no such file of keys. Fix: jackline keys add NAME makes it")
    if disk.size(path) > FILE_BYTES_MAX:
        raise _damaged(path, f"it is longer than {FILE_BYTES_MAX} bytes")
    try:
        found = msgspec.json.decode(disk.read(path), type=_File)
    except msgspec.MsgspecError:
        # The library's own text may quote what it found.
        raise _damaged(path, "not a file of keys, or cut short") from None
    if (found.format, found.version) != (FORMAT, VERSION):
        raise _damaged(path, f"format {found.format[:20]!r} version {found.version}, not {FORMAT} {VERSION}")
    return Vault(path=path, lock=found.lock, proof=found.proof, records=found.records)


def write_vault(disk: Disk, vault: Vault) -> None:
    """Put it in the place of the file, whole or not at all, durable on return. Hold `changing` meanwhile."""
    body: Any = _File(
        format=FORMAT, version=VERSION, lock=vault.lock, proof=vault.proof, records=vault.records
    )
    disk.replace(vault.path, msgspec.json.format(msgspec.json.encode(body)), durable=True)


@contextlib.contextmanager
def changing(disk: Disk, path: Path) -> Iterator[None]:
    """One change at a time: of two at once the second would undo the first. Raises LockBusy."""
    lock = disk.lock(path.with_name(path.name + ".lock"))
    try:
        yield
    finally:
        lock.release()


def _head(lock: LockHeader) -> bytes:
    """What the proof is bound to: a changed header is noticed before anything is unlocked by it."""
    return msgspec.json.encode([FORMAT, VERSION, lock], order="deterministic")


def _bound(name: str, kind: RecordKind, facts: Mapping[str, str]) -> bytes:
    return msgspec.json.encode([FORMAT, VERSION, name, kind, sorted(facts.items())])


def _damaged(path: Path, what: str) -> StoreDamaged:
    return StoreDamaged(
        what=what, where=str(path), fix="put a backup of it in its place; nothing was changed"
    )


def _tampered(path: Path, name: str) -> StoreDamaged:
    return StoreDamaged(
        what="S1: the record does not open: it was changed, or another one's ciphertext was put in its place",
        where=f"{path}, record {name}",
        fix="make a new key at the venue, remove this record and add the new one; the others are as they were",
    )
