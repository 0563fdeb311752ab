"""Every code of the promise as a page: what it means, whether money is at risk now, and what to do.

`jackline explain P1`, the pages of the dashboard and the texts of alerts are written from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

LOOK = "jackline positions --direct"
"""Asks the venue itself, and needs neither engine nor store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePage:
    """One code. `risk`: whether money is at risk when an alert carries it. `to_do`: one sentence for three at night."""

    code: str
    title: str
    meaning: str
    risk: str
    to_do: str


def _pages(*rows: tuple[str, str, str, str, str]) -> Mapping[str, CodePage]:
    return MappingProxyType(
        {
            code: CodePage(code=code, title=title, meaning=meaning, risk=risk, to_do=to_do)
            for code, title, meaning, risk, to_do in rows
        }
    )


PAGES = _pages(
    (
        "P1",
        "Protected or flattening in time",
        "A position has a confirmed stop, or is being closed, within 1,500 ms of its first fill, and within 5,000 ms "
        "of the moment a stop of it ceased to work.",
        "Yes, while the alert stands: a position may be open without a stop. Engine and watchdog both go on trying.",
        f"{LOOK}: every position needs a stop; if one stays without, close it at the venue or by jackline close-all "
        "--direct.",
    ),
    (
        "P2",
        "No bare entry",
        "Only an entry that carries its whole plan, stop included, can leave.",
        "No: the entry was stopped before it was signed.",
        f"{LOOK}; report it with the engine's log: nothing should ever build such an entry.",
    ),
    (
        "P3",
        "Protection only reduces",
        "Every stop, target and close can only make a position smaller.",
        "Perhaps: an order that could open was found among those that protect.",
        f"{LOOK}; report it with the engine's log.",
    ),
    (
        "P4",
        "A stop never loosens",
        "A stop is only ever moved nearer to the market. One that would fire at once means that the loss limit is "
        "reached: the position is closed.",
        "The planned loss is being taken, no more than that.",
        f"{LOOK}: the position is being closed; if it is still open after half a minute, close it at the venue.",
    ),
    (
        "P5",
        "No gap while a stop moves",
        "A stop is cancelled only when a newer read shows that others cover the position, or that it is flat.",
        "No: the old stop stays until the new one is seen.",
        f"{LOOK}: the stops named there cover the position together.",
    ),
    (
        "P6",
        "Nothing of ours stays behind",
        "Once flat, every order of ours on the symbol is removed by its id. Orders of others are never touched.",
        "No: what is left can only reduce.",
        "jackline orders --direct; an order that is not ours is yours to keep or to cancel.",
    ),
    (
        "P7",
        "The stop comes before liquidation",
        "The stop lies inside the liquidation price with a buffer, checked again when leverage, margin or size "
        "changes.",
        "Yes: the venue could liquidate before the stop fires.",
        f"{LOOK}; add margin, lower the leverage, or close.",
    ),
    (
        "P8",
        "The loss fits the budget",
        "Loss at the stop, with fees both ways and stressed slippage, fits what a trade may lose. Size only shrinks.",
        "No: no trade was opened.",
        "Nothing; jackline plan shows the figures, [risk] in the configuration sets them.",
    ),
    (
        "O1",
        "Entries at most once",
        "An entry is sent once. One that nobody knows the outcome of is treated as filled, and protected.",
        "No: its stop rests, or is being placed, as if it had filled.",
        f"{LOOK}; nothing is to be done: it is never sent again.",
    ),
    (
        "O2",
        "Stops and closes at least once",
        "They are sent again under the same id until the venue shows them.",
        "Only while the alert stands.",
        f"{LOOK}; they are sent again by themselves.",
    ),
    (
        "O3",
        "Doubt ends by evidence",
        "Whether an order exists is decided by what the venue shows; absent means two misses a second apart.",
        "No: what is in doubt is protected.",
        "jackline orders --direct shows what the venue has.",
    ),
    (
        "O4",
        "The journal explains what left",
        "Every request that leaves is explained by a row; what raises risk waits for its row.",
        "No: stops and closes go out all the same, entries wait.",
        "Free space on the disk and see its health.",
    ),
    (
        "K1",
        "The kill level is durable",
        "It is read before any strategy loads, and outlives every crash.",
        "No: it only forbids.",
        "jackline status says what raised it; jackline reset with a reason lowers it.",
    ),
    (
        "K2",
        "What reduces risk passes",
        "Stops and closes pass every gate and limit of ours, and a part of every order window is kept for them.",
        "No.",
        "Nothing; it is told for the record.",
    ),
    (
        "K3",
        "Levels of the kill switch",
        "normal, no_new_risk, flatten, locked. From flatten on every position is closed; stops stay until flat.",
        "Positions are being closed at the market.",
        f"{LOOK}; when the cause is understood: jackline reset with a reason.",
    ),
    (
        "K4",
        "A reset needs a reason",
        "A level falls only by an operator's word and a written reason, durable before it holds.",
        "No.",
        "Nothing; the journal has who and why.",
    ),
    (
        "K5",
        "Limits on the event that breaches them",
        "Daily loss, drawdown and losing streak are judged at once, and survive a restart.",
        "No more than before: what is open stays protected, nothing new opens.",
        "jackline ledger days; then jackline reset with a reason, or leave it for tomorrow.",
    ),
    (
        "A1",
        "The ledger is the venue's word",
        "It is built from the venue's fills, fees and funding alone; no exit price is invented.",
        "No: it is about what is known of the past.",
        "jackline ledger check compares with the venue's own listings.",
    ),
    (
        "A2",
        "Profit without leverage",
        "Quantity times price difference times sign, less fees, with funding.",
        "No.",
        "jackline ledger check.",
    ),
    (
        "A3",
        "Money that nothing explains",
        "The wallet changed by what no fill, funding or transfer explains; nothing new opens until it is.",
        "Perhaps: somebody else may be trading on the account.",
        "jackline ledger; if you moved the money: jackline account-for with a reason.",
    ),
    (
        "D1",
        "Completed bars only",
        "Decisions are made on bars that have ended, by the venue's time.",
        "No.",
        "Nothing.",
    ),
    (
        "D2",
        "The past stays as it was",
        "A later bar never changes an earlier decision.",
        "No.",
        "Report it: what was decided would be decided otherwise today.",
    ),
    (
        "D3",
        "Data says where it comes from",
        "A data set's manifest states its environment; mixing environments is refused.",
        "No.",
        "Use data of one environment.",
    ),
    (
        "D4",
        "Decided again, the same",
        "The journal of an engine, replayed through today's code, decides the same, or the difference is shown.",
        "No.",
        "jackline replay shows the difference; report it.",
    ),
    (
        "M1",
        "A model that does not fit is refused",
        "A bundle must match its manifest: columns, types, thresholds, range, hashes.",
        "No: the model has no opinion.",
        "jackline model check names what does not match.",
    ),
    (
        "M2",
        "A model may only tighten or close",
        "It never widens, never cancels a stop, never holds longer. A stale one has no opinion.",
        "No.",
        "Nothing; train it anew where it is stale.",
    ),
    (
        "C1",
        "The configuration is checked as a whole",
        "Unknown keys, values out of range and percentages without a unit stop the start.",
        "No: nothing was started. What rests at the venue rests on.",
        "jackline config check names every problem and its fix.",
    ),
    (
        "C2",
        "One mode, by evidence",
        "A mode runs only what its phase allows; contradictions stop the start.",
        "No: nothing was started.",
        "jackline phase status says what is missing.",
    ),
    (
        "C3",
        "One engine an account",
        "A second engine exits and says who holds the lease.",
        "No.",
        "Stop one of the two, or give it an account and a state directory of its own.",
    ),
    (
        "C4",
        "The venue is read back at the start",
        "Mode, margin, leverage, filters, positions and orders are read, and a rung is proven, before an entry may "
        "leave.",
        "No: entries on that symbol wait, protection goes on.",
        "See the engine's log for what did not fit.",
    ),
    (
        "L1",
        "When faults end, order returns",
        "Every position is protected or flat, and no order is in doubt, within a stated time.",
        "Perhaps, while the trouble lasts: what rests at the venue rests on.",
        f"{LOOK}; entries wait until the reason is gone.",
    ),
    (
        "L2",
        "Healthy means progress",
        "Each loop publishes a heartbeat with its lag; a process that only exists is not healthy.",
        "Perhaps: while an engine is silent the watchdog looks after what is open.",
        f"{LOOK}; see that engine and watchdog run and reach the venue; a restart protects first.",
    ),
    (
        "S1",
        "No secret is shown",
        "No key, token or passphrase stands in a log, a journal, an answer or a crash report.",
        "Yes, if one was shown.",
        "Change the secret that was shown, and the file's mode to 600.",
    ),
    (
        "S2",
        "Nothing changes without a credential",
        "Every change needs a token whose scope covers it; who was turned away is written down.",
        "Not by itself: it was refused.",
        "jackline audit list shows who asked; revoke what was forged.",
    ),
    (
        "S3",
        "No key that can withdraw",
        "A key with the permission to withdraw opens nothing.",
        "The money on the account, if the key leaks.",
        "Make a key that can trade only, and put it in the place of this one.",
    ),
)


def page(code: str) -> CodePage | None:
    """The page of a code, however it is spelt; None where there is none."""
    return PAGES.get(code.strip().upper())
