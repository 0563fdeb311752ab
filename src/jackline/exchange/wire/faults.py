"""Ways in which a venue's wire misbehaves, as rules that can be put up and taken down: a closed union.

A rule aims at requests or messages, stands for a time or a number of cases, and does one thing. Nothing here
is random: the board that applies the rules is given its draws.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

import msgspec

from jackline.exchange.wire.forms import Form
from jackline.exchange.wire.limits import BANNED
from jackline.exchange.wire.turned_away import KEY_REFUSED, knows

DELAY_MS_MAX: Final = 600_000.0
"""Ten minutes: longer than any client waits, so it is a lost answer, which is the network's to do."""

LAG_MS_MAX: Final = 600_000
NAMES_MAX: Final = 64
_STATUSES: Final = range(400, 600)


class Risk(StrEnum):
    """Which placements a rule means. Reads, cancels and settings are neither of the two."""

    ANY = "any"
    ADDING = "adding"
    REDUCING = "reducing"


class Side(StrEnum):
    """Whose messages a stream rule means."""

    ANY = "any"
    USER = "user"
    MARKET = "market"


class StreamDeed(StrEnum):
    """What happens to a message. What is held goes out in order when its rule comes down."""

    DROP = "drop"
    DUPLICATE = "duplicate"
    HOLD = "hold"


class Standing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a rule stands: until a wire time, or for so long from when it is put up; at most `count` cases;
    each case with `probability`."""

    until_ms: int | None = None
    for_ms: int | None = None
    count: int | None = None
    probability: float = 1.0


class Aimed(Standing, frozen=True, kw_only=True):
    """Which requests a rule means: empty lists mean every method and path, no account means every account and
    requests without a key."""

    methods: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    risk: Risk = Risk.ANY
    account: str | None = None


class Refuse(Aimed, frozen=True, kw_only=True, tag_field="kind", tag="refuse"):
    """Turns the request away before it is executed, with the venue's number. Without `status` the usual one;
    -1003 under 418 is a ban, whose text names the end of the rule."""

    code: int
    status: int | None = None
    retry_after_s: int | None = None


class Answer(Aimed, frozen=True, kw_only=True, tag_field="kind", tag="answer"):
    """Answers something else than the venue's words; `executed` says whether the request was carried out."""

    form: Form
    executed: bool


class Slow(Aimed, frozen=True, kw_only=True, tag_field="kind", tag="slow"):
    """Delays the answer, after the request was carried out. Several add up."""

    delay_ms: float


class Stale(Aimed, frozen=True, kw_only=True, tag_field="kind", tag="stale"):
    """Answers signed reads from the account as it was `lag_ms` ago."""

    lag_ms: int


class Stream(Standing, frozen=True, kw_only=True, tag_field="kind", tag="stream"):
    """Loses, repeats or holds back messages: of one side, one account, these streams, these event names ("e")."""

    deed: StreamDeed
    side: Side = Side.ANY
    account: str | None = None
    streams: tuple[str, ...] = ()
    events: tuple[str, ...] = ()


class NoDial(Standing, frozen=True, kw_only=True, tag_field="kind", tag="no_dial"):
    """Lets nobody open a socket."""


class ForgetKey(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="forget_key"):
    """At once: the account's listen key is gone, and nobody is told."""

    account: str


class HangUp(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="hang_up"):
    """At once: closes every socket, or those of one account's user stream."""

    account: str | None = None


RequestRule = Refuse | Answer | Slow | Stale
Rule = RequestRule | Stream | NoDial
Deed = ForgetKey | HangUp
"""What is done at once and leaves nothing standing."""


def ban(*, until_ms: int) -> Refuse:
    """The address is banned: everything, reads included, is refused until that wire time."""
    return Refuse(code=BANNED, status=418, until_ms=until_ms)


def revoke(account: str) -> Refuse:
    """The account's API key is no longer good for anything."""
    return Refuse(code=KEY_REFUSED, account=account)


def check(rule: Rule) -> None:
    """Raises ValueError with everything that is wrong with a rule."""
    wrong = [*_wrong_standing(rule), *_wrong(rule)]
    if wrong:
        raise ValueError("; ".join(wrong))


def _wrong_standing(rule: Standing) -> Iterator[str]:
    if rule.until_ms is not None and rule.for_ms is not None:
        yield "until_ms and for_ms exclude each other"
    if rule.for_ms is not None and rule.for_ms <= 0:
        yield f"for_ms {rule.for_ms} must be above 0"
    if rule.count is not None and rule.count < 1:
        yield f"count {rule.count} must be at least 1"
    if not 0 < rule.probability <= 1:
        yield f"probability {rule.probability} must be in (0, 1]"


def _wrong(rule: Rule) -> Iterator[str]:
    match rule:
        case Refuse():
            yield from _wrong_refusal(rule)
        case Answer():
            if rule.executed and rule.form.never_executed:
                yield f"form {rule.form.value} says that nothing was executed, so executed must be false"
        case Slow():
            if not 0 < rule.delay_ms <= DELAY_MS_MAX:
                yield f"delay_ms {rule.delay_ms} must be in (0, {DELAY_MS_MAX}]"
        case Stale():
            if not 0 < rule.lag_ms <= LAG_MS_MAX:
                yield f"lag_ms {rule.lag_ms} must be in (0, {LAG_MS_MAX}]"
        case Stream():
            if rule.account is not None and rule.side is Side.MARKET:
                yield "an account has no market stream"
            if rule.deed is StreamDeed.HOLD and rule.count is not None:
                yield "count has no meaning for hold: it ends all at once"
        case NoDial():
            return
    if isinstance(rule, Aimed):
        yield from _wrong_aim(rule)


def _wrong_refusal(rule: Refuse) -> Iterator[str]:
    if not knows(rule.code):
        yield f"code {rule.code} is none that this venue says"
    if rule.status is not None and rule.status not in _STATUSES:
        yield f"status {rule.status} must be in 400 to 599"
    if rule.status == 418 and (rule.code != BANNED or (rule.until_ms is None and rule.for_ms is None)):
        yield "status 418 is a ban: it needs code -1003 and an end"
    if rule.retry_after_s is not None and rule.retry_after_s < 0:
        yield f"retry_after_s {rule.retry_after_s} must not be negative"


def _wrong_aim(rule: Aimed) -> Iterator[str]:
    unknown = sorted(set(rule.methods) - {"GET", "POST", "PUT", "DELETE"})
    if unknown:
        yield f"methods {', '.join(unknown)}: GET, POST, PUT or DELETE"
    if len(rule.paths) > NAMES_MAX:
        yield f"more than {NAMES_MAX} paths"
    for path in rule.paths:
        if not path.startswith("/"):
            yield f"path {path!r} must begin with /"
