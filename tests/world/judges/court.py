"""A real exchange driven by hand before judges: requests leave and arrive, rows become durable, time passes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count

from jackline.exchange.conditions import Algo
from jackline.exchange.errors import VenueError
from jackline.exchange.values import OrderType, Side
from jackline.world.judges.breach import Judge
from jackline.world.judges.journal import JournalIndex, JournalRow, LedgerRow, RunEnd, TradeRow
from jackline.world.judges.names import Role, spell
from jackline.world.judges.panel import Panel
from jackline.world.judges.scene import Scene
from jackline.world.watching import Arrival, Departure, ProcessEvent
from tests.exchange.worlds import BUY, SELL, World

TRADE = "jabctest010001"
OTHER = "jabctest010002"
ENGINE = "engine-1"
BTC = "BTCUSDT"
STOP_AT = 59_400
QUANTITY = "0.01"


@dataclass
class ListJournal:
    """A `JournalView` over a list."""

    rows: list[JournalRow] = field(default_factory=list)
    epoch: int = 0

    def durable_after(self, seq: int) -> Sequence[JournalRow]:
        return [row for row in self.rows if row.seq > seq]

    def add(self, kind: str, body: object, trade_id: str | None = TRADE, wire_ms: int = 0) -> None:
        text = (
            body if isinstance(body, str) and body.startswith('{"v"') else json.dumps({"v": 1, "body": body})
        )
        seq = len(self.rows) + 1
        self.rows.append(JournalRow(seq=seq, kind=kind, trade_id=trade_id, wire_ms=wire_ms, body=text))

    def intend(
        self, trade_id: str = TRADE, *, quantity: object = QUANTITY, stop: object | None = STOP_AT
    ) -> None:
        plan = None if stop is None else {"disaster_price": str(stop)}
        body = {"phase": "intended", "entry": {"quantity": str(quantity)}, "stop": plan}
        self.add("intent", body, trade_id)


class Court:
    """One venue with BTCUSDT at 60,000, one engine able to act, and the judges under test."""

    def __init__(
        self, *makers: Callable[[Scene], Judge], world: World | None = None, root: str = "/fapi/v1/"
    ) -> None:
        self.world = world or World()
        self.root = root
        self.journal, self.watch_journal = ListJournal(), ListJournal()
        self.scene = Scene(
            venue=self.world.venue,
            account="main",
            journal=JournalIndex(view=self.journal),
            watch_journal=JournalIndex(view=self.watch_journal),
        )
        self.judges = [make(self.scene) for make in makers]
        self.panel = Panel(self.scene, self.judges)
        self._numbers = count(1)
        self.start(ENGINE)
        self.look()
        self.passing(3_000)

    # -- time and processes ------------------------------------------------------------------------------------

    @property
    def now_ms(self) -> float:
        return self.world.clock.now_ms

    def look(self) -> None:
        self.panel.on_venue(self.world.venue, self.now_ms)

    def passing(self, ms: float) -> None:
        """Time in which nothing happens, looked at every 250 ms as the world does."""
        end_ms = self.now_ms + ms
        while self.now_ms < end_ms:
            self.world.clock.now_ms = min(end_ms, self.now_ms + 250)
            self.look()

    def tick(self, last: object, mark: object | None = None) -> None:
        self.world.tick(last, mark)
        self.look()

    def start(self, process: str) -> None:
        self.panel.on_process(process, ProcessEvent.STARTED, self.now_ms)

    def end(self, process: str, event: ProcessEvent = ProcessEvent.KILLED) -> None:
        self.panel.on_process(process, event, self.now_ms)

    def reach(self, process: str, *, reachable: bool) -> None:
        self.panel.on_reach(process, reachable=reachable, at_ms=self.now_ms)

    def command(self, kind: str, *, acknowledged: bool = True) -> None:
        self.panel.on_command(kind, acknowledged=False, at_ms=self.now_ms)
        if acknowledged:
            self.panel.on_command(kind, acknowledged=True, at_ms=self.now_ms)

    # -- requests ----------------------------------------------------------------------------------------------

    def leaves(
        self, method: str, path: str, params: Mapping[str, object], process: str = ENGINE
    ) -> Departure:
        departure = Departure(
            number=next(self._numbers),
            at_ms=self.now_ms,
            process=process,
            method=method,
            path=f"{self.root}{path}",
            params={key: str(text) for key, text in params.items() if text is not None},
        )
        self.panel.on_departure(departure)
        return departure

    def arrives(self, departure: Departure, execute: Callable[[], object] | None = None) -> int | None:
        """Execute at the venue; the code of a refusal."""
        code = None
        if execute is not None:
            try:
                execute()
            except VenueError as refused:
                code = refused.code
        self.look()
        status = 200 if code is None else 400
        self.panel.on_arrival(
            Arrival(number=departure.number, at_ms=self.now_ms, departure=departure, status=status, code=code)
        )
        return code

    def enter(
        self,
        trade_id: str = TRADE,
        *,
        quantity: object = QUANTITY,
        side: Side = BUY,
        process: str = ENGINE,
        fills: bool = True,
        attempt: int = 0,
    ) -> Departure:
        """An entry of a trade, its first or a further one: a collared limit, filled at the last price."""
        client_id = spell(trade_id, Role.ENTRY, attempt)
        price = "60500" if side is BUY else "59500"
        departure = self.leaves(
            "POST",
            "order",
            {
                "symbol": BTC,
                "side": side.value,
                "type": "LIMIT",
                "timeInForce": "IOC",
                "quantity": quantity,
                "price": price,
                "newClientOrderId": client_id,
            },
            process,
        )
        if fills:
            self.arrives(departure, lambda: self.world.order(side, quantity, client_id=client_id))
        return departure

    def stop(
        self,
        trigger: object = STOP_AT,
        *,
        role: Role = Role.DISASTER,
        attempt: int = 1,
        trade_id: str = TRADE,
        quantity: object | None = None,
        side: Side = SELL,
        kind: OrderType = OrderType.STOP_MARKET,
        reduce_only: bool = True,
        process: str = ENGINE,
    ) -> Algo:
        """A stop or target as it leaves and is accepted."""
        client_id = spell(trade_id, role, attempt)
        departure = self.leaves(
            "POST",
            "algoOrder",
            {
                "symbol": BTC,
                "side": side.value,
                "type": kind.value,
                "triggerPrice": trigger,
                "clientAlgoId": client_id,
                "quantity": quantity,
                "closePosition": "true" if quantity is None else None,
                "reduceOnly": "true" if quantity is not None and reduce_only else None,
            },
            process,
        )
        self.arrives(
            departure,
            lambda: self.world.stop(
                side,
                trigger,
                quantity=quantity,
                kind=kind,
                reduce_only=reduce_only and quantity is not None,
                client_id=client_id,
            ),
        )
        return next(stop.algo for stop in self.scene.stops.values() if stop.algo.client_id == client_id)

    def close(
        self,
        quantity: object = QUANTITY,
        *,
        attempt: int = 5,
        side: Side = SELL,
        reduce_only: bool = True,
        executes: bool = True,
        trade_id: str = TRADE,
        **more: object,
    ) -> Departure:
        client_id = spell(trade_id, Role.CLOSE, attempt)
        departure = self.leaves(
            "POST",
            "order",
            {
                "symbol": BTC,
                "side": side.value,
                "type": "MARKET",
                "quantity": quantity,
                "reduceOnly": "true" if reduce_only else None,
                "newClientOrderId": client_id,
                **more,
            },
        )
        if executes:
            self.arrives(
                departure,
                lambda: self.world.order(side, quantity, reduce_only=reduce_only, client_id=client_id),
            )
        return departure

    def cancel(self, algo: Algo, process: str = ENGINE) -> None:
        departure = self.leaves("DELETE", "algoOrder", {"algoId": algo.algo_id}, process)
        self.arrives(departure, lambda: self.world.venue.cancel_algo(self.world.account, algo))

    def drop(self, algo: Algo, *, quietly: bool = True) -> None:
        self.world.venue.drop_algo(self.world.account, algo, quietly=quietly)
        self.look()

    # -- the verdict -------------------------------------------------------------------------------------------

    def finish(
        self,
        *,
        healed: bool = True,
        trades: Mapping[str, str] | None = None,
        ledger: Sequence[LedgerRow] = (),
        inboxes: Mapping[str, int] | None = None,
    ) -> None:
        rows = [TradeRow(trade_id=one, phase=phase, symbol=BTC) for one, phase in (trades or {}).items()]
        self.panel.finish(
            RunEnd(
                at_ms=self.now_ms,
                healed=healed,
                calm_ms=60_000,
                trades=rows,
                ledger=ledger,
                inboxes=inboxes or {},
                symbols=(BTC,),
            )
        )

    @property
    def codes(self) -> list[str]:
        return [breach.code for breach in self.panel.breaches]


def money(text: object) -> Decimal:
    return Decimal(str(text))
