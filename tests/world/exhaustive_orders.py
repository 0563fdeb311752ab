"""Every order in which the messages around an entry can arrive, and every one of them lost.

A network that holds six messages of the first trade: the entry's request and answer, the stop's request and answer,
what the stream says of the entry and of the stop. Whenever the others have gone as far as they can without them, one
of those held is let through, or lost; the search takes every choice. Causes precede what they cause by themselves: a
message exists only when something has sent it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from jackline.core.ids import Role, parse_client_id
from jackline.exchange.wire.messages import Inbound
from jackline.venue.net import HttpAnswer
from jackline.world.network import Network
from jackline.world.process import Process
from jackline.world.sockets import SimEnd
from jackline.world.watching import Departure
from tests.world.exhaustive_tally import Tally
from tests.world.exhaustive_world import Ended, Script, SmallWorld


class Message(StrEnum):
    """What may be held, once each; repeats travel as everything else does."""

    ENTRY_REQUEST = "entry request"
    ENTRY_ANSWER = "entry answer"
    ENTRY_EVENTS = "entry events"
    """All that the stream says of the execution: order, fill, account."""
    STOP_REQUEST = "stop request"
    STOP_ANSWER = "stop answer"
    STOP_EVENT = "stop event"


_ANSWERS = {
    Message.ENTRY_REQUEST: Message.ENTRY_ANSWER,
    Message.STOP_REQUEST: Message.STOP_ANSWER,
}
_REQUESTS = {Role.ENTRY: Message.ENTRY_REQUEST, Role.DISASTER: Message.STOP_REQUEST}
_EVENTS = {Role.ENTRY: Message.ENTRY_EVENTS, Role.DISASTER: Message.STOP_EVENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Which search.

    Attributes:
        hold_ms: how long the world runs on before the next of the held messages is let through. Long enough for
            every answer to what is not held, so that all that can be held at once is.
        losses: at most so many of the held messages are lost.
    """

    script: Script
    hold_ms: float
    losses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the things that may happen next."""

    message: Message
    lost: bool

    def __str__(self) -> str:
        return f"{self.message} lost" if self.lost else str(self.message)


@dataclass(slots=True, kw_only=True)
class Gate:
    """Holds messages, and lets them through by a list of choices; past its end, in the order in which they came.

    Attributes:
        wanted: indexes among the choices there were.
        taken: what was chosen, and among how many.
    """

    later: Callable[[float, Callable[[], None]], None]
    hold_s: float
    losses: int
    wanted: Sequence[int]
    taken: list[tuple[Choice, int]] = field(default_factory=list)
    held: dict[Message, list[Callable[[], None]]] = field(default_factory=dict)
    _known: set[Message] = field(default_factory=set)
    _is_waiting: bool = False

    def takes(self, message: Message) -> bool:
        """Whether this message is to be held: the first of its kind, or more of what is held already."""
        if message in self._known and message not in self.held:
            return False
        self._known.add(message)
        return True

    def hold(self, message: Message, deliver: Callable[[], None]) -> None:
        """Keep it until it is chosen."""
        self.held.setdefault(message, []).append(deliver)
        self._wait()

    def _wait(self) -> None:
        if not self._is_waiting and self.held:
            self._is_waiting = True
            self.later(self.hold_s, self._choose)

    def _choose(self) -> None:
        self._is_waiting = False
        choices = [Choice(message=message, lost=False) for message in self.held]
        if self.losses:
            choices += [Choice(message=message, lost=True) for message in self.held]
        at = len(self.taken)
        choice = choices[self.wanted[at] if at < len(self.wanted) else 0]
        self.taken.append((choice, len(choices)))
        deliveries = self.held.pop(choice.message)
        if choice.lost:
            self.losses -= 1
        else:
            for deliver in deliveries:
                deliver()
        self._wait()


class HoldingNetwork(Network):
    """The world's network with a gate in it."""

    gate: Gate
    _awaited: Message | None = None
    _answers: dict[int, Message]

    def set_up(self, gate: Gate) -> None:
        """Put the gate in."""
        self.gate, self._answers = gate, {}

    def later(self, delay_s: float, what: Callable[[], None]) -> None:
        """The one message that is on its way to the gate does not travel by the clock."""
        message, self._awaited = self._awaited, None
        if message is None:
            super().later(delay_s, what)
        else:
            self.gate.hold(message, what)

    def _travel(
        self, process: Process, departure: Departure, inbound: Inbound, answer: asyncio.Future[HttpAnswer]
    ) -> None:
        params = departure.params
        name = parse_client_id(params.get("newClientOrderId", params.get("clientAlgoId", "")))
        message = _REQUESTS.get(name.role) if name is not None and departure.method == "POST" else None
        if message is not None and self.gate.takes(message):
            self._awaited = message
            self._answers[departure.number] = _ANSWERS[message]
        super()._travel(process, departure, inbound, answer)

    def _arrive(
        self,
        process: Process,
        departure: Departure,
        inbound: Inbound,
        answer: asyncio.Future[HttpAnswer] | None,
    ) -> None:
        message = self._answers.get(departure.number)
        if message is not None and self.gate.takes(message):
            self._awaited = message
        super()._arrive(process, departure, inbound, answer)

    def _carry(self, socket: SimEnd, frame: bytes) -> None:
        message = _told(frame) if socket.private and socket.process.name.startswith("engine") else None
        if message is not None and self.gate.takes(message):
            self.gate.hold(message, lambda: socket.deliver(frame))
        else:
            super()._carry(socket, frame)


def _told(frame: bytes) -> Message | None:
    """What a frame of the user stream is about; a change of the account is part of what the entry did."""
    event = json.loads(frame)
    if event["e"] == "ACCOUNT_UPDATE":
        return Message.ENTRY_EVENTS
    order = event.get("o", event)
    if not isinstance(order, dict):
        return None
    name = parse_client_id(str(order.get("caid", order.get("c", ""))))
    return _EVENTS.get(name.role) if name is not None else None


def play(orders: Orders, wanted: Sequence[int], *, keep: int = 1) -> tuple[Ended, list[tuple[Choice, int]]]:
    """One world with these choices, and the choices it had."""
    world = SmallWorld(orders.script, keep=keep)
    network = world.stage.network
    gate = Gate(later=network.later, hold_s=orders.hold_ms / 1_000, losses=orders.losses, wanted=wanted)
    # The stage builds its own network; this one differs in its ways only, not in what it holds.
    network.__class__ = HoldingNetwork
    if isinstance(network, HoldingNetwork):
        network.set_up(gate)
    ended = world.run()
    return ended, gate.taken


def schedules(orders: Orders) -> Iterator[tuple[str, Ended]]:
    """Every world of a search, each once: depth first, by counting the choices up from the last."""
    wanted: list[int] = []
    while True:
        ended, taken = play(orders, wanted)
        yield ", ".join(str(choice) for choice, _ in taken), ended
        wanted += [0] * (len(taken) - len(wanted))
        counts = [count for _, count in taken]
        while wanted and wanted[-1] + 1 == counts[len(wanted) - 1]:
            wanted.pop()
        if not wanted:
            return
        wanted[-1] += 1


def search(orders: Orders) -> Tally:
    """All of them judged. A schedule that came twice would be counted twice: it is refused."""
    tally, seen = Tally(), set()
    for schedule, ended in schedules(orders):
        if schedule in seen:
            raise AssertionError(f"searched twice: {schedule}")
        seen.add(schedule)
        tally.take(schedule, ended, points=1)
    return tally
