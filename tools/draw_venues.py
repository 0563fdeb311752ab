"""Draws docs/venues.md: what is known of every venue, by what kind of evidence, and what stands behind each card."""

from __future__ import annotations

from pathlib import Path

from jackline.core.outcomes import Refusal
from jackline.venue.profile import BINANCE_USDM, BINGX_SWAP
from jackline.venue.recorded.cards import Card, Proof, Standing, standing
from jackline.venue.recorded.opening import refuse_opening
from jackline.venue.recorded.profiles import AS_OF, RecordedProfile
from jackline.venue.recorded.refusals import CODES, TOLD_APART
from jackline.venue.recorded.registry import VENUES

TARGET = Path(__file__).resolve().parent.parent / "docs" / "venues.md"

CARD_TESTS = "tests/venue/test_cards.py"
LOCAL_WIRE: dict[str, frozenset[Card]] = {
    BINANCE_USDM.name: frozenset(Card) - {Card.A03, Card.A05},
    BINGX_SWAP.name: frozenset(Card) - {Card.A03},
}
"""Cards that an adapter plays in full on the local exchange; the others show that it sends no such thing."""

TRAILING = ", ".join(one.name for one in (BINANCE_USDM, BINGX_SWAP) if one.trails)

HEAD = f"""# Venues

Drawn from the code by `python tools/draw_venues.py`; a test keeps it current.

**None of this was checked against a live venue.** *Local wire*: shown by `{CARD_TESTS}`, in both position modes,
against the local exchange, which speaks the venue's protocol; these two can be configured. *Recorded shape only*: the
request is fixed to the letter, stands beside what the real ccxt 4.5.90 would send ({AS_OF}), and everything else is
refused; what the venue makes of it nobody has seen. *Not supported*: none. **A venue that is known by recorded shapes
alone opens no account, in any mode**: asking for one is refused with the reason. The live transport cannot be
constructed at all in this version (C2).

An order of the venue's may trail (`exits.trailing_by`, docs/exits.md) at: {TRAILING}. It rests beside the stop, and
counts as no cover.

## Cards
"""

EVIDENCE = """
## What is known

**W** captured from the real client, **S** read in a client's source, **D** the venue's documents, **I** an issue
thread, **K** background knowledge, **-** nobody said, and the strict reading stands.
"""

GUESSES = """## Guessed

Where nobody said, and we had to choose; a demo account would tell.

- Binance: a trailing order takes no `priceProtect`, two decimals of a per cent in `callbackRate`, and shows both again;
  while it waits it does not count against what may be reduced.
- Bybit: a reduce-only flag beside a position index in hedge mode; a stop of the whole position is not cancelled, for
  its only name is the position.
- OKX: the leg's own id beside its trigger; in hedge mode `closeFraction` without the flag, which is for net mode.
- Bitget: `force` in capitals, as ccxt writes it; a stop of a quantity is `loss_plan`; what fires the attached leg.
- KuCoin: a stop that closes the whole position names its side, though it need not; a stop is cancelled by our id as a
  plain order is.
- Hyperliquid: a stop of the whole position has size 0 under `positionTpsl`; a worst price 10 % beyond the trigger; no
  trigger but mark.
- HTX: `sl_type`, `sl_trigger_price_type` and `reduce_only` are taken by separate stops as by attached ones; a stop is
  cancelled by our id; the kind of a listing is called `type`.
- Gate: `close`, size 0 and `order_type` together for a stop of the whole position; `text` on price orders, which may
  not come back.
- Everywhere: one slot for stops a side, until somebody shows two; no close without its flag; one page of each listing.
"""

CODES_HEAD = """
## Codes that are told apart

From the tables of ccxt 4.5.90. An empty field is unknown and stays so: such a refusal is `other`, and what became of
the order is read. Hyperliquid answers in sentences, which are not branched on.
"""


def page() -> str:
    """The whole page."""
    parts = [
        HEAD,
        *_cards(),
        EVIDENCE,
        *_known(),
        GUESSES,
        CODES_HEAD,
        *_codes(),
        "\n## Why each opens no account\n",
    ]
    parts += [f"- {refuse_opening(venue.profile)}" for venue in VENUES.values()]
    return "\n".join(parts) + "\n"


def _cards() -> list[str]:
    names = [*LOCAL_WIRE, *VENUES]
    lines = [_row("card", *names), _row(*["---"] * (len(names) + 1))]
    for card in Card:
        local = (Proof.LOCAL_WIRE if card in played else Proof.MISSING for played in LOCAL_WIRE.values())
        cells = [
            *(proof.value for proof in local),
            *(standing(venue, card).proof.value for venue in VENUES.values()),
        ]
        lines.append(_row(f"{card.name} {card}", *cells))
    lines += ["", _row("card", "venue", "what to know"), _row("---", "---", "---")]
    for card in Card:
        lines += [_row(card.name, venues, note) for note, venues in _notes(card).items()]
    return lines


def _notes(card: Card) -> dict[str, str]:
    """Notes with the venues that share them."""
    shared: dict[str, str] = {}
    for name, venue in VENUES.items():
        stands: Standing = standing(venue, card)
        if venue.shapes:
            shared[stands.note] = f"{shared[stands.note]}, {name}" if stands.note in shared else name
    return shared


def _known() -> list[str]:
    lines = []
    for venue in VENUES.values():
        profile = venue.profile
        lines += [f"### {profile.name}", "", _row("what", "is", "evidence"), _row("---", "---", "---")]
        lines += [_row(what, _shown(profile, what), told) for what, told in profile.evidence.items()]
        lines.append("")
    return lines


def _shown(profile: RecordedProfile, what: str) -> str:
    if what == "client_id":
        return profile.client_id.says
    value = getattr(profile, what)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value == ():
        return "none"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _codes() -> list[str]:
    lines = [_row("means", *CODES), _row(*["---"] * (len(CODES) + 1))]
    for meaning in TOLD_APART:
        lines.append(_row(f"`{meaning}`", *(_listed(name, meaning) for name in CODES)))
    lines.append(_row("`bad time stamp`", *(", ".join(sorted(codes.bad_clock)) for codes in CODES.values())))
    return lines


def _listed(name: str, meaning: Refusal) -> str:
    return ", ".join(code for code, kind in CODES[name].meanings.items() if kind is meaning)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
