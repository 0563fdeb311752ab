"""Whether a process still speaks for its account, and what may leave where that is not certain (C3). Pure.

A lease of a database has a term, so its holder must know by a clock of its own until when it certainly holds: from the
moment it *asked*, for the database may have answered at once, and less a margin for what is still on the wire. When
that time is over nobody knows, and three different things may be true: another one holds it, nobody was asked yet, or
nobody can be asked. They are told apart here, because what may leave is different in each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """How sure a process may be that it speaks for its account."""

    HELD = "held"
    FADING = "fading"
    """Certain, and not for long: a position opened now might need a stop when it no longer is."""
    CUT_OFF = "cut_off"
    """Run out, and the database was asked since and cannot be reached: then perhaps nobody can take over either."""
    UNASKED = "unasked"
    """Run out, and nobody was asked since: a process that was stopped and goes on begins here."""
    LOST = "lost"
    """Another one holds it, with a greater number. That never changes back."""


class Traffic(StrEnum):
    """What a request does at the venue."""

    READ = "read"
    REDUCES = "reduces"
    CANCELS = "cancels"
    SETS = "sets"
    """Leverage, margin type: it changes how others' positions are kept."""
    OPENS = "opens"
    """Entries, and a close without the reduce-only flag: where another one closed first, it opens."""


_LEAVES: dict[Standing, frozenset[Traffic]] = {
    Standing.HELD: frozenset(Traffic),
    Standing.FADING: frozenset(Traffic) - {Traffic.OPENS},
    Standing.CUT_OFF: frozenset({Traffic.READ, Traffic.REDUCES}),
    Standing.UNASKED: frozenset(),
    Standing.LOST: frozenset(),
}
_WHY = {
    Standing.FADING: "the lease of the account was not renewed in time",
    Standing.CUT_OFF: "the lease of the account has run out, and its database cannot be reached",
    Standing.UNASKED: "the lease of the account has run out, and its database was not asked since",
    Standing.LOST: "another process holds the lease of the account",
}


def refusal(standing: Standing, traffic: Traffic) -> str | None:
    """Why a request must not leave; None where it may."""
    return (
        None if traffic in _LEAVES[standing] else f"{_WHY[standing]}: nothing leaves that {_shown(traffic)}"
    )


def _shown(traffic: Traffic) -> str:
    return "asks" if traffic is Traffic.READ else traffic.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Now, by the two clocks of a host.

    Attributes:
        steady_ms: goes on while a process is stopped and while the host sleeps; its zero means nothing.
        wire_ms: the wall. It is set right after a pause of a virtual machine, in which the other one stood.
    """

    steady_ms: int
    wire_ms: int

    def later(self, span_ms: int) -> Moment:
        """So much later."""
        return Moment(steady_ms=self.steady_ms + span_ms, wire_ms=self.wire_ms + span_ms)

    def left_ms(self, now: Moment) -> int:
        """Until this moment, by the clock that says less. Negative: it is over."""
        return min(self.steady_ms - now.steady_ms, self.wire_ms - now.wire_ms)


QUESTION_MS_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The times of a fleet's leases, milliseconds; `ValueError` where they cannot work together.

    Attributes:
        term_ms: a lease ends so long after its last renewal, by the database's clock.
        renew_ms: between two renewals.
        claim_ms: between two looks for accounts that nobody holds.
        margin_ms: less than the term for the holder itself: as long as an entry may be on the wire, so that none
            arrives when another one may already hold.
        question_ms: the database has so long to answer.
        opening_ms: an entry leaves only while the lease is certain for so long: its stop must be able to leave too.
    """

    term_ms: int
    renew_ms: int
    claim_ms: int
    margin_ms: int
    question_ms: int
    opening_ms: int

    @classmethod
    def of(cls, term_ms: int) -> Terms:
        """The times that go with a term: of ten seconds, two, two, two, one and three.

        A question is given up after a second at most, however long the term is: until then nobody knows.
        """
        fifth, tenth = term_ms // 5, term_ms // 10
        return cls(
            term_ms=term_ms,
            renew_ms=fifth,
            claim_ms=fifth,
            margin_ms=fifth,
            question_ms=min(tenth, QUESTION_MS_MAX),
            opening_ms=3 * tenth,
        )

    def __post_init__(self) -> None:
        left_ms = self.term_ms - self.margin_ms - self.renew_ms - 2 * self.question_ms
        if min(self.renew_ms, self.claim_ms, self.margin_ms, self.question_ms, self.opening_ms) <= 0:
            raise ValueError("every time of a lease is above 0")
        if left_ms < self.opening_ms:
            raise ValueError(
                f"a term of {self.term_ms} ms leaves {left_ms} ms after a renewal that came late; "
                f"entries need {self.opening_ms}"
            )

    @property
    def takeover_ms(self) -> int:
        """From the death of a holder until another one has claimed, at most, while workers have room.

        A term after a renewal that had just been made, then the longest pause until somebody looks, and its question.
        """
        return self.term_ms + self.claim_ms + self.question_ms


PULSE_AGE_MS = 5_000
"""Whoever asks the database says so before and behind each question, and the longest, for a new connection, takes
three seconds. An older word is of somebody who was stopped, or is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What whoever asks the database knows of one lease.

    Attributes:
        number: the fencing number, greater than every earlier one of the account.
        until: certain before.
        said: when this was written.
        failed: when the last question began that got no answer.
        asking: when the question began that is under way.
        lost_to: who holds it instead; empty while nobody does.
    """

    number: int
    until: Moment
    said: Moment
    failed: Moment | None = None
    asking: Moment | None = None
    lost_to: str = ""


def certain_until(asked: Moment, terms: Terms) -> Moment:
    """Until when a lease certainly holds that was renewed by a question begun at `asked`."""
    return asked.later(terms.term_ms - terms.margin_ms)


def standing(hold: Hold, now: Moment, terms: Terms) -> Standing:
    """How sure the holder may be."""
    if hold.lost_to:
        return Standing.LOST
    left_ms = hold.until.left_ms(now)
    if left_ms > 0:
        return Standing.HELD if left_ms >= terms.opening_ms else Standing.FADING
    is_fresh = abs(now.steady_ms - hold.said.steady_ms) <= PULSE_AGE_MS
    is_cut_off = is_fresh and any(hold.until.left_ms(asked) <= 0 for asked in _unanswered(hold, now, terms))
    return Standing.CUT_OFF if is_cut_off else Standing.UNASKED


def _unanswered(hold: Hold, now: Moment, terms: Terms) -> Iterator[Moment]:
    """When questions began that had their time and got no answer."""
    if hold.failed is not None:
        yield hold.failed
    if hold.asking is not None and now.steady_ms - hold.asking.steady_ms >= terms.question_ms:
        yield hold.asking
