"""The BingX exchange without a server: BTC-USDT and ETH-USDT at 60,000, time by hand."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from jackline.exchange.account import AccountSpec
from jackline.exchange.bingx.exchange import BingxExchange, open_bingx
from jackline.exchange.ports import Tick
from jackline.exchange.wire.call import WireOptions
from jackline.exchange.wire.exchange import ExchangeConfig
from jackline.exchange.wire.messages import Inbound
from tests.exchange.bingx.sessions import UNLIMITED, signed_query
from tests.exchange.served import BAR_MS, KEY, SECRET, START_MS, SYMBOLS, Ear
from tests.exchange.worlds import HandClock


@dataclass(slots=True)
class Unserved:
    hedge: bool = False
    options: WireOptions = UNLIMITED
    clock: HandClock = field(default_factory=HandClock)
    market_ms: int = START_MS
    exchange: BingxExchange = field(init=False)

    def __post_init__(self) -> None:
        account = AccountSpec(name="main", key=KEY, secret=SECRET, balance=Decimal(10_000), hedge=self.hedge)
        other = AccountSpec(name="other", key="other-key", secret=SECRET, balance=Decimal(10_000))
        config = ExchangeConfig(
            accounts=(account, other),
            symbols=SYMBOLS,
            interval_ms=BAR_MS,
            draw=lambda: 0.0,
            options=self.options,
        )
        self.exchange = open_bingx(config, self.clock)
        self.tick(60_000)

    def tick(self, price: int, mark: int | None = None) -> None:
        self.market_ms += 1_000
        for symbol in SYMBOLS:
            self.exchange.floor.apply(
                Tick(
                    symbol=symbol,
                    market_ms=self.market_ms,
                    last=Decimal(price),
                    mark=Decimal(price if mark is None else mark),
                    volume=Decimal(1),
                )
            )
        self.flush()

    def flush(self) -> None:
        self.exchange.floor.flush(force=True)

    def later(self, ms: float) -> None:
        self.clock.now_ms += ms
        self.flush()

    def raw(self, method: str, path: str, query: str, *, key: str | None = KEY, body: str = "") -> Any:
        headers = {} if key is None else {"x-bx-apikey": key}
        inbound = Inbound(method=method, path=f"/openApi/{path}", query=query, headers=headers, body=body)
        outbound = self.exchange.rest.respond(inbound)
        assert outbound.status == 200
        return msgspec.json.decode(outbound.body)

    def ask(self, method: str, path: str, *, key: str = KEY, **fields: object) -> Any:
        query = signed_query({"timestamp": self.clock.wire_ms()} | fields)
        return self.raw(method, path, query, key=key)

    def place(self, **fields: object) -> Any:
        """An order for 0.01 BTC-USDT, bought at the market unless `fields` say otherwise."""
        order: dict[str, object] = {
            "symbol": "BTC-USDT",
            "side": "BUY",
            "positionSide": "LONG" if self.hedge else "BOTH",
            "type": "MARKET",
            "quantity": "0.01",
        } | fields
        sent = {name: value for name, value in order.items() if value is not None}
        query = signed_query({"timestamp": self.clock.wire_ms()} | sent)
        return self.raw("POST", "swap/v2/trade/order", query)

    def stop(self, **fields: object) -> Any:
        """A stop-loss for a long, at 59,000."""
        return self.place(**({"side": "SELL", "type": "STOP_MARKET", "stopPrice": 59_000} | fields))

    def open_orders(self) -> list[Any]:
        rows: list[Any] = self.ask("GET", "swap/v2/trade/openOrders")["data"]["orders"]
        return rows

    def positions(self) -> list[Any]:
        rows: list[Any] = self.ask("GET", "swap/v2/user/positions")["data"]
        return rows

    def listen_key(self) -> str:
        return str(self.raw("POST", "user/auth/userDataStream", "")["listenKey"])

    def user_ear(self) -> Ear:
        """Someone on the account's stream, under a key of its own."""
        ear = Ear()
        assert self.exchange.floor.hub.attach("/swap-market", f"listenKey={self.listen_key()}", ear)
        return ear


LEG = '{"type":"STOP_MARKET","stopPrice":59000,"workingType":"MARK_PRICE"}'
