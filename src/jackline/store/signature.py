"""Signatures of promotions: HMAC-SHA256 over the whole wish with the operator's key; no word of it can change."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field

from jackline.core.phases import Stage

KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """The operator's key. Its bytes are never shown (S1)."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) < KEY_BYTES:
            raise ValueError(f"a signing key has at least {KEY_BYTES} bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A signed wish: this account, from this phase to that, for this identity of strategy and risk."""

    account: str
    before: Stage
    to: Stage
    identity: str
    signature: str = ""


def sign(promotion: Promotion, *, command_id: str, actor: str, reason: str, key: SigningKey) -> str:
    """The signature of a wish, in hexadecimal. The command's id makes each good for one use."""
    wish = [promotion.account, promotion.before, promotion.to, promotion.identity, command_id, actor, reason]
    return hmac.new(key.secret, json.dumps(wish).encode(), hashlib.sha256).hexdigest()


def is_signed(promotion: Promotion, *, command_id: str, actor: str, reason: str, key: SigningKey) -> bool:
    """Whether the key's owner signed exactly this."""
    wanted = sign(promotion, command_id=command_id, actor=actor, reason=reason, key=key)
    return hmac.compare_digest(wanted, promotion.signature)
