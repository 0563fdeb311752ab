"""O2, O4, C3: one id one content, everything explained, one owner at a time."""

from __future__ import annotations

import math

from jackline.world.acts import Kind
from jackline.world.judges.breach import Judge
from jackline.world.judges.journal import RunEnd
from jackline.world.judges.lives import ENGINE, life_number
from jackline.world.judges.names import ASKED, OrderName, Role, parse
from jackline.world.judges.requests import Request, RequestKind
from jackline.world.judges.scene import Scene
from jackline.world.watching import Departure, ProcessEvent

REPLACING = frozenset({Kind.LOST_DISK.value, Kind.OLD_BACKUP.value})
"""Acts after which the disk is another one."""
_PLACING = (RequestKind.ORDER, RequestKind.CONDITIONAL)
_CANCELLING = (RequestKind.CANCEL, RequestKind.CANCEL_CONDITIONAL)


class ContentJudge(Judge):
    """O2: an id that leaves again leaves with the same content. What leaves without an id is another order each time:
    that it does no harm is P3's, and that it is not sent twice for nothing the venue's one slot shows."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._first: dict[str, Request] = {}

    def on_departure(self, departure: Departure) -> None:
        """Compare with the first sending."""
        request = self.scene.request(departure)
        if request.kind not in _PLACING or not request.client_id:
            return
        first = self._first.setdefault(request.client_id, request)
        if first is not request and first.content != request.content:
            changed = sorted({key for key, _ in set(first.content) ^ set(request.content)})
            self.breach(
                "O2", departure.at_ms, f"{request.client_id} leaves again with other {', '.join(changed)}"
            )


class ExplainedJudge(Judge):
    """O4: once healed, the journal names every order that left, or the trade its id derives from.

    A stop that left without an id is told of by a row with its symbol and trigger, or belongs to a trade that is known.
    """

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._left: dict[str, Departure] = {}
        self._nameless: dict[str, Request] = {}
        self._epochs: dict[str, tuple[int, int]] = {}
        self._started_ms: dict[str, float] = {}
        self._replaced_ms = -math.inf

    def on_process(self, process: str, event: ProcessEvent, at_ms: float) -> None:
        """When a life began; it has sent nothing yet, and may be long on its way to the first request that counts."""
        if event is ProcessEvent.STARTED:
            self._started_ms[process] = at_ms

    def on_act(self, act: str, detail: str, at_ms: float) -> None:
        """The disk was lost, or an older one put back."""
        if act in REPLACING:
            self._replaced_ms = at_ms

    def on_departure(self, departure: Departure) -> None:
        """Remember which order each mutation is about, and whose disk its sender began with."""
        self._epochs.setdefault(departure.process, self._epoch())
        request = self.scene.request(departure)
        client_id = request.client_id if request.kind in _PLACING + _CANCELLING else ""
        if not client_id and request.kind is RequestKind.CONDITIONAL:
            self._nameless[request.label] = request
        if not client_id and request.kind is RequestKind.CANCEL_CONDITIONAL:
            stop = self.scene.stop_named(request)
            client_id = stop.algo.client_id if stop is not None and not stop.is_nameless else ""
        if client_id and client_id not in self._left:
            self._left[client_id] = departure

    def finish(self, end: RunEnd) -> None:
        """Look each of them up."""
        if not end.healed:
            return
        journals = [self.scene.journal]
        if self.scene.watch_journal is not None:
            journals.append(self.scene.watch_journal)
        for client_id, departure in self._left.items():
            name = parse(client_id)
            named = any(client_id in journal.named for journal in journals)
            derived = name is not None and any(name.trade_id in journal.trades for journal in journals)
            # A disk that was lost explains nothing, nor does what is still written to it by whoever outlives it.
            lost = self._is_lost(departure.process)
            if not named and not derived and not lost:
                text = (
                    f"{departure.process} sent {client_id}: no row names it and no durable trade derives it"
                )
                self.breach("O4", departure.at_ms, text)
        for label, request in self._nameless.items():
            trade_id = request.name.trade_id if request.name is not None else ""
            derived = any(trade_id in journal.trades for journal in journals)
            told = any(
                (request.symbol, price) in journal.stops
                for journal in journals
                for price in (request.trigger_price, None)
            )
            lost = self._is_lost(request.departure.process)
            if not told and not derived and not lost:
                text = f"{request.departure.process} sent {label}: no row tells of such a stop"
                self.breach("O4", request.at_ms, text)

    def _is_lost(self, process: str) -> bool:
        """The disk that this process began with is not the one that is there now."""
        outlived = self._started_ms.get(process, math.inf) <= self._replaced_ms
        return outlived or self._epochs[process] != self._epoch()

    def _epoch(self) -> tuple[int, int]:
        watch = self.scene.watch_journal
        return self.scene.journal.view.epoch, watch.view.epoch if watch is not None else 0


class OwnerJudge(Judge):
    """C3: once a newer engine has acted as the owner, an older one enters nothing."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._owner = ""

    def on_departure(self, departure: Departure) -> None:
        """Only an owner enters, cancels, ratchets or takes profit; anybody may add a whole-position stop or close."""
        if not departure.process.startswith(ENGINE):
            return
        request = self.scene.request(departure)
        older = bool(self._owner) and life_number(departure.process) < life_number(self._owner)
        if older and request.is_entry:
            text = f"{departure.process} enters {request.client_id} after {self._owner} took over"
            self.breach("C3", departure.at_ms, text)
        elif not older and (request.kind in _CANCELLING or _is_owners(request.name)):
            self._owner = departure.process


def _is_owners(name: OrderName | None) -> bool:
    return name is not None and name.role in {
        Role.ENTRY,
        Role.WORKING,
        Role.TARGET,
        Role.TRAILING,
        Role.CANARY,
        *ASKED,
    }
