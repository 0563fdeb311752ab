"""A venue without a wire: a clock that stands where it is put, and shorthand for ticks and orders."""

from dataclasses import dataclass, field
from decimal import Decimal

from jackline.exchange.account import Account, AccountSpec
from jackline.exchange.conditions import Algo, AlgoRequest
from jackline.exchange.orders import Order, OrderRequest
from jackline.exchange.ports import Candle, Tick
from jackline.exchange.state import Rules
from jackline.exchange.values import MarginType, OrderType, PositionSide, Side, TimeInForce, WorkingType
from jackline.exchange.venue import Venue, VenueSpec

START_MS = 1_700_006_400_000  # a multiple of eight hours: a funding boundary
BAR_MS = 300_000
BUY, SELL = Side.BUY, Side.SELL
BOTH, LONG, SHORT = PositionSide.BOTH, PositionSide.LONG, PositionSide.SHORT


@dataclass(slots=True)
class HandClock:
    """Wire time that moves only when told."""

    now_ms: float = 1_000_000.0

    def wire_ms(self) -> int:
        return int(self.now_ms)

    def exact_ms(self) -> float:
        return self.now_ms


@dataclass(slots=True)
class World:
    """One venue with BTCUSDT at 60,000, its one account, and the hand on both clocks."""

    hedge: bool = False
    balance: str = "10000"
    rules: Rules = field(default_factory=Rules)
    clock: HandClock = field(default_factory=HandClock)
    market_ms: int = START_MS + 1_000
    venue: Venue = field(init=False)

    def __post_init__(self) -> None:
        price = Decimal(60_000)
        bar = Candle(
            open_ms=START_MS - BAR_MS, open=price, high=price, low=price, close=price, volume=Decimal(1)
        )
        spec = AccountSpec(name="main", key="k", secret="s", balance=Decimal(self.balance), hedge=self.hedge)
        self.venue = Venue(
            VenueSpec(
                accounts=(spec,),
                symbols=("BTCUSDT",),
                interval_ms=BAR_MS,
                history={"BTCUSDT": (bar,)},
                rules=self.rules,
            ),
            self.clock,
        )

    @property
    def account(self) -> Account:
        return self.venue.state.accounts["main"]

    def amount(self, side: PositionSide = BOTH) -> Decimal:
        return self.account.position("BTCUSDT", side).amount

    def tick(
        self, last: object, mark: object | None = None, *, wire_ms: float = 0.0, step_ms: int = 1_000
    ) -> None:
        """Moves the price; `mark` follows `last` unless given. Wire time moves first."""
        self.clock.now_ms += wire_ms
        self.market_ms += step_ms
        self.venue.on_tick(
            Tick(
                symbol="BTCUSDT",
                market_ms=self.market_ms,
                last=Decimal(str(last)),
                mark=Decimal(str(last if mark is None else mark)),
                volume=Decimal(1),
            )
        )

    def order(
        self,
        side: Side,
        quantity: object,
        *,
        price: object | None = None,
        position_side: PositionSide = BOTH,
        reduce_only: bool = False,
        time_in_force: TimeInForce = TimeInForce.GTC,
        client_id: str | None = None,
    ) -> Order:
        return self.venue.place_order(
            self.account,
            OrderRequest(
                symbol="BTCUSDT",
                side=side,
                position_side=position_side,
                type=OrderType.MARKET if price is None else OrderType.LIMIT,
                quantity=Decimal(str(quantity)),
                price=None if price is None else Decimal(str(price)),
                time_in_force=time_in_force,
                reduce_only=reduce_only,
                client_id=client_id,
            ),
        )

    def stop(
        self,
        side: Side,
        trigger: object | None,
        *,
        price: object | None = None,
        quantity: object | None = None,
        kind: OrderType = OrderType.STOP_MARKET,
        position_side: PositionSide = BOTH,
        reduce_only: bool = False,
        working_type: WorkingType = WorkingType.MARK_PRICE,
        callback_fraction: str | None = None,
        activate_price: object | None = None,
        time_in_force: TimeInForce = TimeInForce.GTC,
        client_id: str | None = None,
    ) -> Algo:
        """A conditional order; without `quantity` it closes the position."""
        return self.venue.place_algo(
            self.account,
            AlgoRequest(
                symbol="BTCUSDT",
                side=side,
                position_side=position_side,
                type=kind,
                quantity=Decimal(str(quantity or 0)),
                price=None if price is None else Decimal(str(price)),
                trigger_price=None if trigger is None else Decimal(str(trigger)),
                activate_price=None if activate_price is None else Decimal(str(activate_price)),
                callback_fraction=None if callback_fraction is None else Decimal(callback_fraction),
                time_in_force=time_in_force,
                working_type=working_type,
                close_position=quantity is None,
                reduce_only=reduce_only,
                price_protect=False,
                client_id=client_id,
            ),
        )

    def isolate(self, leverage: int) -> None:
        self.venue.set_margin_type(self.account, "BTCUSDT", MarginType.ISOLATED)
        self.venue.set_leverage(self.account, "BTCUSDT", leverage)

    def status(self, algo: Algo) -> str:
        return self.account.algos[algo.algo_id].status.value
