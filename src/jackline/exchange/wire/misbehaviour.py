"""The board of misbehaviour: rules are put up and taken down while the venue runs, and each case asks it."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from jackline.exchange.account import Account
from jackline.exchange.values import PositionSide
from jackline.exchange.values import Side as OrderSide
from jackline.exchange.wire.faults import (
    Answer,
    NoDial,
    Refuse,
    RequestRule,
    Risk,
    Rule,
    Side,
    Slow,
    Stale,
    Stream,
    StreamDeed,
    check,
)
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.params import Params

RULES_MAX: Final = 256
HELD_MAX: Final = 10_000
"""Messages one rule holds back; beyond it the oldest are lost, as in any buffer that is not drained."""

PLACEMENTS: Final = frozenset({"/fapi/v1/order", "/fapi/v1/algoOrder", "/openApi/swap/v2/trade/order"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of one request. At most one of `refusal` and `answer`; `until_ms` is the end of its rule."""

    refusal: Refuse | None = None
    answer: Answer | None = None
    until_ms: int | None = None
    delay_ms: float = 0.0
    lag_ms: int = 0


CALM: Final = Verdict()


@dataclass(slots=True, kw_only=True)
class Posted:
    """A rule on the board. `applied` counts its cases; `held` is what it keeps back."""

    number: int
    rule: Rule
    until_ms: int | None
    applied: int = 0
    held: deque[tuple[str, Json]] = field(default_factory=lambda: deque(maxlen=HELD_MAX))


class Board:
    """Consulted in the order in which rules were put up. `draw` gives numbers in [0, 1); it is asked only when
    everything else of an uncertain rule fits, so that the same run draws the same."""

    def __init__(self, wire_ms: Callable[[], int], draw: Callable[[], float]) -> None:
        self._wire_ms = wire_ms
        self._draw = draw
        self._posted: dict[int, Posted] = {}
        self._numbers = 0
        self._on_requests: tuple[tuple[Posted, RequestRule], ...] = ()
        self._on_messages: tuple[tuple[Posted, Stream], ...] = ()
        self._next_end_ms: int | None = None
        self._spent = False
        self._released: list[tuple[str, Json]] = []
        self.tally: dict[str, int] = {}
        """Cases by name since the start, for reports."""

    def now_ms(self) -> int:
        """Wire time, by which rules stand."""
        return self._wire_ms()

    @property
    def calm(self) -> bool:
        """No rule stands: the cheap way past the board."""
        return not self._posted

    def put_up(self, rule: Rule) -> int:
        """Puts a rule up and returns its number. Raises ValueError for one that makes no sense, or too many."""
        check(rule)
        self._lapse()
        if len(self._posted) >= RULES_MAX:
            message = f"{RULES_MAX} rules stand already"
            raise ValueError(message)
        until_ms = rule.until_ms if rule.for_ms is None else self._wire_ms() + rule.for_ms
        self._numbers += 1
        self._posted[self._numbers] = Posted(number=self._numbers, rule=rule, until_ms=until_ms)
        self._sort()
        return self._numbers

    def take_down(self, number: int) -> bool:
        """False where no such rule stands (any more)."""
        self._lapse()
        posted = self._posted.pop(number, None)
        if posted is None:
            return False
        self._released.extend(posted.held)
        self._sort()
        return True

    def clear(self) -> None:
        """Takes everything down."""
        for number in list(self._posted):
            self.take_down(number)

    def standing(self) -> list[Posted]:
        """What is up, in the order of being put up."""
        self._lapse()
        return list(self._posted.values())

    def _lapse(self) -> None:
        """Takes down what has had its time or its cases. Asked at every request and message, so that it looks
        at no rule before one is due."""
        if not self._spent and self._next_end_ms is None:
            return
        now_ms = self._wire_ms()
        if not self._spent and self._next_end_ms is not None and now_ms < self._next_end_ms:
            return
        for posted in list(self._posted.values()):
            timed_out = posted.until_ms is not None and posted.until_ms <= now_ms
            if timed_out or posted.applied == posted.rule.count:
                del self._posted[posted.number]
                self._released.extend(posted.held)
        self._sort()

    def _sort(self) -> None:
        """Who asks whom, and when the next rule ends; after every change of the board."""
        every = self._posted.values()
        self._on_requests = tuple(
            (one, one.rule) for one in every if not isinstance(one.rule, (Stream, NoDial))
        )
        self._on_messages = tuple((one, one.rule) for one in every if isinstance(one.rule, Stream))
        self._next_end_ms = min((one.until_ms for one in every if one.until_ms is not None), default=None)
        self._spent = False

    def _happens(self, posted: Posted, name: str) -> bool:
        """The last question to a rule that fits; counts the case."""
        if posted.rule.probability < 1 and self._draw() >= posted.rule.probability:
            return False
        posted.applied += 1
        self._spent = self._spent or posted.applied == posted.rule.count
        self.tally[name] = self.tally.get(name, 0) + 1
        return True

    def meet(self, *, method: str, path: str, params: Params, account: Account | None) -> Verdict:
        """What becomes of a request. `account`: whose key it carries, whether or not it is allowed to.

        The first rule that refuses or answers decides; delays add up; of lags the longest counts.
        """
        self._lapse()
        delay_ms, lag_ms = 0.0, 0
        for posted, rule in self._on_requests:
            if not _fits(rule, method, path, params, account):
                continue
            if isinstance(rule, Stale) and method != "GET":
                continue
            if not self._happens(posted, _name(rule)):
                continue
            match rule:
                case Slow():
                    delay_ms += rule.delay_ms
                case Stale():
                    lag_ms = max(lag_ms, rule.lag_ms)
                case Refuse():
                    return Verdict(refusal=rule, until_ms=posted.until_ms, delay_ms=delay_ms)
                case Answer():
                    return Verdict(answer=rule, delay_ms=delay_ms, lag_ms=lag_ms)
        return Verdict(delay_ms=delay_ms, lag_ms=lag_ms)

    def refuses_dial(self) -> bool:
        """Whether a socket that is being opened now is turned away."""
        self._lapse()
        return any(
            isinstance(posted.rule, NoDial) and self._happens(posted, "no_dial")
            for posted in self._posted.values()
        )

    def copies(self, stream: str, message: Json, *, account: str | None) -> int:
        """How many times a message goes out now: 0 where it is lost or held back. The first rule decides."""
        self._lapse()
        for posted, rule in self._on_messages:
            if not _carries(rule, stream, message, account):
                continue
            if not self._happens(posted, f"stream {rule.deed.value}"):
                continue
            match rule.deed:
                case StreamDeed.DROP:
                    return 0
                case StreamDeed.DUPLICATE:
                    return 2
                case StreamDeed.HOLD:
                    posted.held.append((stream, message))
                    return 0
        return 1

    def released(self) -> list[tuple[str, Json]]:
        """Messages whose rule has come down since the last call, oldest first; they are sent unquestioned."""
        self._lapse()
        released, self._released = self._released, []
        return released


def _fits(rule: RequestRule, method: str, path: str, params: Params, account: Account | None) -> bool:
    if rule.methods and method not in rule.methods:
        return False
    if rule.paths and path not in rule.paths:
        return False
    if rule.account is not None and (account is None or account.name != rule.account):
        return False
    return rule.risk is Risk.ANY or rule.risk is risk_of(method, path, params, account)


def risk_of(method: str, path: str, params: Params, account: Account | None) -> Risk:
    """Whether a request could make a position larger, or only smaller; ANY for one that is no placement."""
    if method != "POST" or path not in PLACEMENTS:
        return Risk.ANY
    if "true" in {params.peek("closePosition").lower(), params.peek("reduceOnly").lower()}:
        return Risk.REDUCING
    closing = {PositionSide.LONG: OrderSide.SELL, PositionSide.SHORT: OrderSide.BUY}
    hedged = account is not None and account.hedge
    reducing = hedged and (params.peek("positionSide"), params.peek("side")) in closing.items()
    return Risk.REDUCING if reducing else Risk.ADDING


def _name(rule: RequestRule) -> str:
    match rule:
        case Refuse():
            return f"refuse {rule.code}" if rule.status is None else f"refuse {rule.code} ({rule.status})"
        case Answer():
            return f"answer {rule.form.value}, {'executed' if rule.executed else 'not executed'}"
        case Slow():
            return "slow"
        case Stale():
            return "stale"


def _carries(rule: Stream, stream: str, message: Json, account: str | None) -> bool:
    if rule.side is not Side.ANY and (rule.side is Side.USER) != (account is not None):
        return False
    if rule.account is not None and rule.account != account:
        return False
    if rule.streams and stream not in rule.streams:
        return False
    return not rule.events or (isinstance(message, Mapping) and message.get("e") in rule.events)
