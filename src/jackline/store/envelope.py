"""The envelope: a secret sealed by a data key of its own, and that data key sealed by the wrapping key. AES-256-GCM.

What is bound to a box (its name and facts) is authenticated with it: a box under another name does not open.
"""

from __future__ import annotations

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from jackline.store.errors import StoreError
from jackline.store.unlocking import KEY_BYTES, Entropy

NONCE_BYTES = 12


class NotOpened(StoreError):
    """A box does not open: another key, a changed byte, or another name. Which of them cannot be told."""


class Box(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ciphertext with its tag, and the nonce it was made with."""

    nonce: bytes
    text: bytes


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A secret, and the wrapped data key that opens it."""

    wrapped: Box
    sealed: Box


def shut(key: bytes, secret: bytes, *, bound: bytes, entropy: Entropy) -> Box:
    """Encrypt with a fresh nonce; `bound` is authenticated and not hidden."""
    nonce = entropy(NONCE_BYTES)
    return Box(nonce=nonce, text=AESGCM(key).encrypt(nonce, secret, bound))


def open_box(key: bytes, box: Box, *, bound: bytes) -> bytes:
    """Decrypt. Raises NotOpened."""
    try:
        return AESGCM(key).decrypt(box.nonce, box.text, bound)
    except (InvalidTag, ValueError):
        raise NotOpened("the box does not open") from None


def seal(wrapping: bytes, secret: bytes, *, bound: bytes, entropy: Entropy) -> Envelope:
    """Put a secret under a data key that nothing else uses, and that key under the wrapping key."""
    data_key = entropy(KEY_BYTES)
    return Envelope(
        wrapped=shut(wrapping, data_key, bound=b"wrap " + bound, entropy=entropy),
        sealed=shut(data_key, secret, bound=b"data " + bound, entropy=entropy),
    )


def unseal(wrapping: bytes, envelope: Envelope, *, bound: bytes) -> bytes:
    """The secret. Raises NotOpened."""
    data_key = open_box(wrapping, envelope.wrapped, bound=b"wrap " + bound)
    return open_box(data_key, envelope.sealed, bound=b"data " + bound)


def rewrap(before: bytes, after: bytes, envelope: Envelope, *, bound: bytes, entropy: Entropy) -> Envelope:
    """The same secret under another wrapping key; the secret itself is not touched. Raises NotOpened."""
    data_key = open_box(before, envelope.wrapped, bound=b"wrap " + bound)
    wrapped = shut(after, data_key, bound=b"wrap " + bound, entropy=entropy)
    return Envelope(wrapped=wrapped, sealed=envelope.sealed)
