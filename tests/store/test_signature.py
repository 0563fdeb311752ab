"""Signatures of promotions: no word of a wish can change, and a key is never shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jackline.core.phases import Stage
from jackline.store.signature import Promotion, SigningKey, is_signed, sign

KEY = SigningKey(secret=bytes(range(32)))
WISH = Promotion(account="main", before=Stage.PAPER, to=Stage.TESTNET, identity="abc")
SAID = {"command_id": "c1", "actor": "me", "reason": "ready"}
SIGNED = replace(WISH, signature=sign(WISH, **SAID, key=KEY))


def test_only_the_very_wish_that_was_signed_holds() -> None:
    assert is_signed(SIGNED, **SAID, key=KEY)
    others = [
        replace(SIGNED, account="other"),
        replace(SIGNED, before=Stage.TESTNET),
        replace(SIGNED, to=Stage.LIVE),
        replace(SIGNED, identity="abd"),
        replace(SIGNED, signature=SIGNED.signature[:-1]),
        WISH,
    ]
    assert not any(is_signed(other, **SAID, key=KEY) for other in others)
    for name in SAID:
        assert not is_signed(SIGNED, **{**SAID, name: "another"}, key=KEY)
    assert not is_signed(SIGNED, **SAID, key=SigningKey(secret=bytes(32)))


def test_S1_a_key_is_not_shown_and_a_short_one_is_refused() -> None:
    assert "secret" not in repr(KEY)
    with pytest.raises(ValueError, match="at least 32 bytes"):
        SigningKey(secret=b"short")
