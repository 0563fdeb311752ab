"""What a scenario may know: the venue's truth, what left and arrived, what the disk holds; never an engine's memory."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from jackline.core.ids import Role, parse_client_id
from jackline.exchange.account import Account
from jackline.exchange.conditions import Algo
from jackline.exchange.orders import Fill, Order
from jackline.exchange.position import Position
from jackline.exchange.values import OrderType
from jackline.store.boot import ENGINE_FILE
from jackline.store.errors import DbTrouble
from jackline.world.stage import Stage
from jackline.world.supervisor import STATE_DIR
from jackline.world.watching import Arrival, Departure

SYMBOL = "BTCUSDT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the engine's journal; `body` is the JSON inside its envelope."""

    seq: int
    kind: str
    body: Any

    def __str__(self) -> str:
        return f"{self.kind}: {json.dumps(self.body)}"


class Facts:
    """Questions to a stage, while it runs and after."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.sent: list[Departure] = []
        self.arrived: list[Arrival] = []
        self._rows: list[Row] = []

    # -- facts of the venue ----------------------------------------------------------------------------------

    @property
    def account(self) -> Account:
        return self.stage.account

    def positions(self) -> list[Position]:
        return self.account.open_positions()

    def fills(self) -> list[Fill]:
        return self.account.fills

    def ours(self) -> list[Algo | Order]:
        """Orders of ours that rest."""
        resting: list[Algo | Order] = [*self.account.open_algos.values(), *self.account.open_orders.values()]
        return [order for order in resting if parse_client_id(order.client_id)]

    def stops(self, *roles: Role) -> list[Algo]:
        """Stops of ours that rest, newest last."""
        wanted = roles or (Role.DISASTER, Role.WORKING, Role.WATCHDOG_STOP)
        return [
            algo
            for algo in self.account.open_algos.values()
            if algo.type is OrderType.STOP_MARKET and role_of(algo.client_id) in wanted
        ]

    def placed(self, *roles: Role) -> list[Algo]:
        """Conditional orders of these roles that the venue ever took and has not lost without a word."""
        return [algo for algo in self.account.algos.values() if role_of(algo.client_id) in roles]

    def mark(self) -> Decimal:
        return self.stage.venue.state.markets[SYMBOL].mark

    def asked(self, *roles: Role, method: str = "POST") -> list[Departure]:
        """Requests that left for an order of these roles."""
        return [one for one in self.sent if one.method == method and role_of(name_of(one)) in roles]

    def said(self, code: int) -> list[Arrival]:
        """Requests the venue refused with this number."""
        return [one for one in self.arrived if one.code == code]

    def bought_and_sold(self) -> int:
        """Market entries of ours that the venue executed."""
        entries = {fill.client_id for fill in self.fills() if role_of(fill.client_id) is Role.ENTRY}
        return len(entries)

    # -- facts of the disk -----------------------------------------------------------------------------------

    def rows(self, kind: str) -> list[Row]:
        """Journal rows of one kind, as written so far."""
        return [row for row in self._rows or self._read() if row.kind == kind]

    def written(self, kind: str, text: str) -> bool:
        """Whether a row of this kind says this."""
        return any(text in str(row) for row in self.rows(kind))

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """A query on the engine's store."""
        try:
            with closing(self.stage.disk.look(STATE_DIR / ENGINE_FILE, durable=True)) as db:
                return db.run(sql)
        except DbTrouble:
            return []

    def _read(self) -> list[Row]:
        rows = self.ask("SELECT seq, kind, body FROM journal ORDER BY seq")
        return [Row(seq=seq, kind=kind, body=json.loads(body)["body"]) for seq, kind, body in rows]


def role_of(client_id: str) -> Role | None:
    """What an order of ours is for; None for a stranger's."""
    name = parse_client_id(client_id)
    return None if name is None else name.role


def name_of(departure: Departure) -> str:
    params = departure.params
    return (
        params.get("newClientOrderId") or params.get("clientAlgoId") or params.get("origClientOrderId") or ""
    )
