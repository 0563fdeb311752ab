"""Unlocking: how the key that wraps all others comes from a passphrase, or from a key file of an unattended host.

Argon2id is RFC 9106 with its second recommended set of parameters; HKDF is RFC 5869. Both are of `cryptography`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from jackline.store.errors import StoreError

Entropy = Callable[[int], bytes]
"""So many bytes of the system's own randomness: `secrets.token_bytes`, or a test's."""

KEY_BYTES = 32
SALT_BYTES = 16
PASSPHRASE_CHARS_MIN = 12
MEMORY_KIB_MAX = 1_048_576
ITERATIONS_MAX = 64
LANES_MAX = 16
"""A file that was tampered with must not take the host's memory before it is refused."""
_PURPOSE = b"jackline keys v1"


class UnlockRefused(StoreError):
    """What was given does not open the file. The text says what to do; nothing was changed."""


class UnlockKind(StrEnum):
    """What opens a file of keys."""

    PASSPHRASE = "passphrase"  # noqa: S105  the word, not a secret
    KEY_FILE = "key_file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passphrase:
    """What a person types. Its text is never shown (S1)."""

    text: str = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.text) < PASSPHRASE_CHARS_MIN:
            raise UnlockRefused(
                f"the passphrase has fewer than {PASSPHRASE_CHARS_MIN} characters. Fix: take five or more words"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockKey:
    """32 random bytes of a file or a credential of the service manager. They are never shown (S1)."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise UnlockRefused(f"a key file holds {KEY_BYTES} bytes as {2 * KEY_BYTES} hexadecimal digits")


Unlocker = Passphrase | UnlockKey


class Cost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one guess at a passphrase costs (RFC 9106, section 4): memory in KiB, passes over it, parallel lanes."""

    memory_kib: int = 65_536
    iterations: int = 3
    lanes: int = 4


class LockHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the wrapping key of a file is made. `cost` is None for a key file: 256 random bits need no stretching."""

    kind: UnlockKind
    salt: bytes
    cost: Cost | None = None


def new_header(unlocker: Unlocker, *, entropy: Entropy, cost: Cost | None = None) -> LockHeader:
    """A header with a fresh salt for what will open the file."""
    salt = entropy(SALT_BYTES)
    match unlocker:
        case Passphrase():
            return LockHeader(kind=UnlockKind.PASSPHRASE, salt=salt, cost=cost or Cost())
        case UnlockKey():
            return LockHeader(kind=UnlockKind.KEY_FILE, salt=salt)


def wrapping_key(header: LockHeader, unlocker: Unlocker) -> bytes:
    """The 32 bytes that wrap every data key of the file. Raises UnlockRefused for what opens another kind of file."""
    if header.kind is UnlockKind.KEY_FILE and isinstance(unlocker, UnlockKey):
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=header.salt, info=_PURPOSE).derive(
            unlocker.secret
        )
    cost = header.cost
    if header.kind is UnlockKind.PASSPHRASE and isinstance(unlocker, Passphrase) and cost is not None:
        _check(cost)
        kdf = Argon2id(
            salt=header.salt,
            length=KEY_BYTES,
            iterations=cost.iterations,
            lanes=cost.lanes,
            memory_cost=cost.memory_kib,
            ad=_PURPOSE,
        )
        # A keyboard composes letters in one way, a file in another: they are the same passphrase.
        return kdf.derive(unicodedata.normalize("NFKC", unlocker.text).encode())
    given = "a passphrase" if isinstance(unlocker, Passphrase) else "a key file"
    raise UnlockRefused(f"the file is opened by a {header.kind.replace('_', ' ')}, not by {given}")


def _check(cost: Cost) -> None:
    fits = (
        8 * cost.lanes <= cost.memory_kib <= MEMORY_KIB_MAX
        and 1 <= cost.iterations <= ITERATIONS_MAX
        and 1 <= cost.lanes <= LANES_MAX
    )
    if not fits:
        raise UnlockRefused(
            f"the file asks for {cost.memory_kib} KiB, {cost.iterations} passes and {cost.lanes} lanes: damaged"
        )
