"""Client ids in each venue's own form. All are derived again after a crash, so none needs to be read backwards."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from jackline.core.ids import ClientId, OrderName, Role, client_id, parse_client_id
from jackline.core.requests import SendEntry
from jackline.venue.recorded.wire import NotWired

GATE_PREFIX = "t-"
"""Without it Gate refuses the text; with it, 28 characters more."""
CLOID_HEX = 32
"""128 bits: what Hyperliquid calls a cloid."""
HTX_BITS = 53
"""HTX takes a whole number. One above 2**53 does not survive a client that keeps numbers as floats: ccxt rounds it, and
the id that arrives is not ours. 53 bits meet by chance once in ten thousand among a million orders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdRule:
    """How an id is spelled on one venue.

    Attributes:
        pattern: every spelled id matches it.
        spell: from our id to the venue's.
        says: the rule in words.
    """

    pattern: str
    spell: Callable[[str], str]
    says: str

    def __call__(self, ours: str) -> str:
        """Our id in the venue's form. Raises NotWired when the venue would refuse it."""
        spelled = self.spell(ours)
        if not re.fullmatch(self.pattern, spelled):
            raise NotWired(f"client id {ours!r} has no form that fits: {self.says}")
        return spelled


def _same(ours: str) -> str:
    return ours


def _hashed(ours: str) -> str:
    return "0x" + hashlib.sha256(ours.encode()).hexdigest()[:CLOID_HEX]


def _numbered(ours: str) -> str:
    return str(int(hashlib.sha256(ours.encode()).hexdigest(), 16) % (2**HTX_BITS - 1) + 1)


BYBIT = IdRule(pattern=r"[0-9A-Za-z_-]{1,36}", spell=_same, says="at most 36 of letters, digits, - and _")
OKX = IdRule(pattern=r"[0-9A-Za-z]{1,32}", spell=_same, says="at most 32 letters and digits")
BITGET = IdRule(pattern=r"[.A-Z:/a-z0-9_-]{1,32}", spell=_same, says="at most 32; the documents are silent")
KUCOIN = IdRule(pattern=r"[0-9A-Za-z_-]{1,40}", spell=_same, says="at most 40 of letters, digits, - and _")
GATE = IdRule(
    pattern=r"t-[0-9A-Za-z_.-]{1,28}",
    spell=lambda ours: GATE_PREFIX + ours,
    says="t- and at most 28 of letters, digits, -, _ and .",
)
HYPERLIQUID = IdRule(
    pattern=r"0x[0-9a-f]{32}", spell=_hashed, says="the first 128 bits of SHA-256, as 0x and hex"
)
HTX = IdRule(
    pattern=r"[1-9][0-9]{0,15}", spell=_numbered, says="53 bits of SHA-256, as a whole number above 0"
)


def leg_id(request: SendEntry) -> ClientId | None:
    """Our id of the stop that travels with an entry, where a venue takes one; None for an entry named by a stranger.

    The attempt counter is shared by the roles of a trade, so the entry's number is no other disaster stop's.
    """
    name = parse_client_id(request.client_id)
    return None if name is None else client_id(name.trade_id, Role.DISASTER, name.attempt)


def role_of(ours: str) -> Role | None:
    """What an order of ours is for; None when the id is not one of ours."""
    name: OrderName | None = parse_client_id(ours)
    return None if name is None else name.role
