"""What to do about an alert, by its code: one sentence that can be followed at three in the morning."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from jackline.notify.event import TRADE

LOOK = "see jackline positions --direct"
NOTHING = "nothing; it is told for the record"

ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "P1": f"{LOOK}: every position needs a stop. If one stays without, close it at the venue or by "
        "jackline close-all",
        "P2": f"{LOOK}; the engine does not trade on; report it with the engine's log",
        "P3": f"{LOOK}; report it with the engine's log",
        "P4": f"{LOOK}; the loss limit is reached and the position is being closed",
        "P5": f"{LOOK}: the stops named there must cover the position",
        "P6": "see jackline orders --direct; an order that is not ours is yours to keep or cancel",
        "P7": f"{LOOK}: the liquidation price has moved too near the stop; add margin or close",
        "P8": "nothing is at risk: no trade was opened; see [risk] in the configuration",
        "O1": f"{LOOK}; an entry in doubt is protected as if it were filled, and never sent again",
        "O2": f"{LOOK}; stops and closes are sent again by themselves",
        "O3": "see jackline orders --direct; doubt ends by what the venue says",
        "O4": "free space on the disk and see its health; no entry leaves until the journal is written, stops do",
        "K1": "see what raised the level; jackline reset with a reason lowers it",
        "K2": NOTHING,
        "K3": f"{LOOK}; when the cause is understood: jackline reset with a reason",
        "K4": NOTHING,
        "K5": "see jackline ledger; nothing new opens until jackline reset with a reason",
        "A1": "see jackline ledger; the venue's own listing decides",
        "A2": "see jackline ledger check",
        "A3": "see jackline ledger; if you moved the money: jackline account-for",
        "D4": "see jackline replay; report it with the difference that it shows",
        "C1": "jackline config check names every problem and its fix",
        "C2": "see jackline phase status",
        "C3": "stop one of the two engines, or give it a state directory of its own",
        "C4": "entries on that symbol wait; see the start of the engine's log for what did not fit",
        "L1": f"{LOOK}; entries wait until the reason is gone, protection goes on",
        "L2": f"{LOOK}; see that engine and watchdog run and reach the venue; a restart protects first",
        "S1": "change the secret that was shown, and the file's mode to 600",
        "S2": "see who asked; revoke what was forged",
        "S3": "make a key that cannot withdraw, and put it in the place of this one",
        TRADE: NOTHING,
    }
)


def advice(code: str) -> str:
    """For a code that nobody knows: where to look at all."""
    return ADVICE.get(code, LOOK)
