"""The second factor of a token: a time-based one-time password (RFC 6238), its secret in the vault.

Each code is good once, and one step of thirty seconds early or late: telephones' clocks differ.
"""

from __future__ import annotations

import base64
import hmac

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from jackline.core.values import WireMs
from jackline.store.audit import append
from jackline.store.db import Db
from jackline.store.tokens import By, Token
from jackline.store.unlocking import Entropy
from jackline.store.vault import OpenVault, RecordKind

SECRET_BYTES = 20
DIGITS = 6
STEP_S = 30
SLACK_STEPS = 1
ISSUER = "jackline"
_SECRET = "totp"  # noqa: S105  the name it has in its record
KIND = RecordKind.SECOND_FACTOR


def enrol(vault: OpenVault, token: Token, *, entropy: Entropy) -> tuple[OpenVault, str]:
    """A secret for a token, in place of an earlier one; the ``otpauth://`` address to scan, told once."""
    secret = entropy(SECRET_BYTES)
    bare = vault
    if any((one.name, one.kind) == (token.token_id, KIND) for one in vault.vault.records):
        bare = OpenVault(vault=vault.vault.without(token.token_id, KIND), key=vault.key)
    made = bare.with_record(
        token.token_id,
        KIND,
        facts={"token": token.name},
        secrets={_SECRET: base64.b32encode(secret).decode()},
        entropy=entropy,
    )
    return made, _totp(secret).get_provisioning_uri(f"{token.name} {token.token_id}", ISSUER)


def note_enrolment(db: Db, token: Token, *, by: By) -> None:
    """From now on this token has a second factor; inside `AccessStore.changing`, after the vault was written."""
    db.run("INSERT OR REPLACE INTO second_factors VALUES (?, ?, 0)", (token.token_id, by.wire_ms))
    append(db, by.act("token.totp", after=f"{token.token_id} {token.name}"))


def has_second_factor(db: Db, token: Token) -> bool:
    """Whether a code is to be asked for."""
    return bool(db.run("SELECT 1 FROM second_factors WHERE token_id = ?", (token.token_id,)))


def accept_code(db: Db, vault: OpenVault, token: Token, code: str, *, now_ms: WireMs) -> bool:
    """Whether a code is good now; it is used up by that, inside `AccessStore.changing`. Raises VaultRefused."""
    totp = _totp(base64.b32decode(vault.secrets(token.token_id, KIND)[_SECRET]))
    rows = db.run("SELECT used_step FROM second_factors WHERE token_id = ?", (token.token_id,))
    used_step = rows[0][0] if rows else 0
    now_step = now_ms // 1_000 // STEP_S
    found = None
    for step in range(now_step - SLACK_STEPS, now_step + SLACK_STEPS + 1):
        if hmac.compare_digest(totp.generate(step * STEP_S), code.encode()) and step > used_step:
            found = step
    if found is None or not rows:
        return False
    db.run("UPDATE second_factors SET used_step = ? WHERE token_id = ?", (found, token.token_id))
    return True


def _totp(secret: bytes) -> TOTP:
    # SHA-1 is what every telephone's program knows; HMAC does not need its collision resistance.
    return TOTP(secret, DIGITS, SHA1(), STEP_S)  # noqa: S303  what authenticator apps speak (RFC 6238)
