"""One trading account: its wallet, its settings per symbol, and everything that was ever ordered on it."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from jackline.exchange.conditions import Algo
from jackline.exchange.orders import Fill, Income, Order
from jackline.exchange.position import Position
from jackline.exchange.rights import KeyRights
from jackline.exchange.values import ZERO, AlgoStatus, MarginType, PositionSide, Side

LEVERAGE_AT_FIRST: Final = 20
"""What the venue gives a symbol nobody has set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSpec:
    """An account to open: a name for reports, its API key and secret, the starting balance in quote."""

    name: str
    key: str
    secret: str = field(repr=False)
    balance: Decimal
    hedge: bool = False
    rights: KeyRights = KeyRights()


@dataclass(slots=True, kw_only=True)
class SymbolSettings:
    leverage: int = LEVERAGE_AT_FIRST
    margin_type: MarginType = MarginType.CROSSED


@dataclass(slots=True, kw_only=True)
class Account:
    """Orders and conditional orders are kept for ever, and the live ones indexed; the witness and the venue's
    histories read the same records.

    `countdowns`: per symbol, the wire time at which its open orders are cancelled unless it is set again.
    `dropped` are conditional orders that the venue lost without a word: no listing shows them. `version`
    counts changes of anything in here. `liquidating` is the venue's state of taking the account over, in which its
    owner can only watch and cancel.
    """

    name: str
    wallet: Decimal
    wallet_at_start: Decimal
    hedge: bool
    rights: KeyRights = KeyRights()
    liquidating: bool = False
    settings: dict[str, SymbolSettings] = field(default_factory=dict)
    positions: dict[tuple[str, PositionSide], Position] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    open_orders: dict[int, Order] = field(default_factory=dict)
    order_ids: dict[str, int] = field(default_factory=dict)
    algos: dict[int, Algo] = field(default_factory=dict)
    open_algos: dict[int, Algo] = field(default_factory=dict)
    triggering_algos: dict[int, Algo] = field(default_factory=dict)
    algo_ids: dict[str, int] = field(default_factory=dict)
    dropped: dict[int, Algo] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    incomes: list[Income] = field(default_factory=list)
    countdowns: dict[str, int] = field(default_factory=dict)
    version: int = 0

    def setting(self, symbol: str) -> SymbolSettings:
        return self.settings.setdefault(symbol, SymbolSettings())

    def position(self, symbol: str, side: PositionSide) -> Position:
        return self.positions.setdefault((symbol, side), Position(symbol=symbol, side=side))

    def open_positions(self) -> list[Position]:
        return [position for position in self.positions.values() if position.amount]

    def crossed(self, position: Position) -> bool:
        return self.setting(position.symbol).margin_type is MarginType.CROSSED

    @property
    def cross_wallet(self) -> Decimal:
        """The wallet without what is set aside for isolated positions."""
        return self.wallet - sum((position.isolated_margin for position in self.positions.values()), ZERO)

    def keep(self, order: Order) -> Order:
        """Records the present state of an order."""
        self.version += 1
        self.orders[order.order_id] = order
        self.order_ids[order.client_id] = order.order_id
        if order.status.open:
            self.open_orders[order.order_id] = order
        else:
            self.open_orders.pop(order.order_id, None)
        return order

    def keep_algo(self, algo: Algo) -> Algo:
        """Records the present state of a conditional order; only NEW counts as open."""
        self.version += 1
        self.algos[algo.algo_id] = algo
        self.algo_ids[algo.client_id] = algo.algo_id
        if algo.status is AlgoStatus.NEW:
            self.open_algos[algo.algo_id] = algo
            return algo
        self.open_algos.pop(algo.algo_id, None)
        if algo.status is AlgoStatus.TRIGGERING:
            self.triggering_algos[algo.algo_id] = algo
        else:
            self.triggering_algos.pop(algo.algo_id, None)
        return algo

    def forget_algo(self, algo: Algo) -> None:
        """Loses an open conditional order: it is neither listed nor found any more."""
        self.version += 1
        del self.open_algos[algo.algo_id]
        del self.algos[algo.algo_id]
        if self.algo_ids.get(algo.client_id) == algo.algo_id:
            del self.algo_ids[algo.client_id]
        self.dropped[algo.algo_id] = algo

    def copy(self) -> "Account":
        """The account as it is now, untouched by what happens to the original later."""
        return Account(
            name=self.name,
            wallet=self.wallet,
            wallet_at_start=self.wallet_at_start,
            hedge=self.hedge,
            rights=self.rights,
            liquidating=self.liquidating,
            settings={symbol: replace(setting) for symbol, setting in self.settings.items()},
            positions={key: replace(position) for key, position in self.positions.items()},
            orders=self.orders.copy(),
            open_orders=self.open_orders.copy(),
            order_ids=self.order_ids.copy(),
            algos=self.algos.copy(),
            open_algos=self.open_algos.copy(),
            triggering_algos=self.triggering_algos.copy(),
            algo_ids=self.algo_ids.copy(),
            dropped=self.dropped.copy(),
            fills=self.fills.copy(),
            incomes=self.incomes.copy(),
            version=self.version,
        )

    def can_only_reduce(self, *, side: Side, position_side: PositionSide, reduce_only: bool) -> bool:
        """In hedge mode the closing side of a position side cannot open anything; else only reduce-only is
        safe."""
        if position_side is PositionSide.BOTH:
            return reduce_only
        return (side is Side.SELL) == (position_side is PositionSide.LONG)
