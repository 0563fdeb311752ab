"""Leverage, margin and mode, balances, positions and listen keys over REST."""

from typing import Final

from jackline.exchange.bingx.account_payloads import balance_row, income_row, position_row
from jackline.exchange.bingx.call import Call, Route
from jackline.exchange.bingx.errors import wrong
from jackline.exchange.bingx.names import read_market, read_market_or_all, spelled
from jackline.exchange.errors import VenueError
from jackline.exchange.market import Market
from jackline.exchange.values import MarginType, text
from jackline.exchange.wire.call import Access
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.order_routes import read_span
from jackline.exchange.wire.params import need

_UNCHANGED: Final = frozenset({-4046, -4059})


def _leverage(call: Call, market: Market) -> dict[str, Json]:
    """One leverage for both sides: the venue has no other."""
    own, most = call.account.setting(market.symbol.name).leverage, market.symbol.leverage_max
    return {
        "symbol": spelled(market.symbol.name),
        "longLeverage": own,
        "shortLeverage": own,
        "maxLongLeverage": most,
        "maxShortLeverage": most,
        "availableLongVol": "0.0",
        "availableShortVol": "0.0",
        "availableLongVal": "0.0",
        "availableShortVal": "0.0",
    }


def get_leverage(call: Call) -> Json:
    market = read_market(call.venue, call.params)
    call.finish()
    return _leverage(call, market)


def set_leverage(call: Call) -> Json:
    market = read_market(call.venue, call.params)
    sides = ("LONG", "SHORT") if call.account.hedge else ("BOTH",)
    if need(call.params.text("side"), "side") not in sides:
        raise wrong(f"side: {' or '.join(sides)} in this position mode")
    leverage = need(call.params.integer("leverage"), "leverage")
    call.finish()
    call.venue.set_leverage(call.account, market.symbol.name, leverage)
    return _leverage(call, market) | {"leverage": leverage}


def margin_tiers(call: Call) -> Json:
    """The margin table of a symbol: maintenance is notional x ratio - amount within a tier."""
    market = read_market(call.venue, call.params)
    call.finish()
    return [
        {
            "tier": f"Tier {row.number}",
            "symbol": spelled(market.symbol.name),
            "minPositionVal": text(row.notional_floor),
            "maxPositionVal": text(row.notional_cap),
            "maintMarginRatio": text(row.maintenance_fraction),
            "maintAmount": text(row.deduction),
        }
        for row in market.symbol.brackets
    ]


def get_margin_type(call: Call) -> Json:
    market = read_market(call.venue, call.params)
    call.finish()
    return {"marginType": call.account.setting(market.symbol.name).margin_type.value}


def set_margin_type(call: Call) -> Json:
    market = read_market(call.venue, call.params)
    margin_type = need(call.params.word("marginType", MarginType, code=-1130), "marginType")
    call.finish()
    try:
        call.venue.set_margin_type(call.account, market.symbol.name, margin_type)
    except VenueError as refused:
        _unless_unchanged(refused)
    return {}


def get_mode(call: Call) -> Json:
    call.finish()
    return {"dualSidePosition": str(call.account.hedge).lower()}


def set_mode(call: Call) -> Json:
    hedge = need(call.params.boolean("dualSidePosition"), "dualSidePosition")
    call.finish()
    try:
        call.venue.set_hedge(call.account, hedge)
    except VenueError as refused:
        _unless_unchanged(refused)
    return {"dualSidePosition": str(hedge).lower()}


def _unless_unchanged(refused: VenueError) -> None:
    """Asking for what is already so is no error here. Raises everything else again."""
    if refused.code not in _UNCHANGED:
        raise refused


def balance(call: Call) -> Json:
    call.finish()
    return [balance_row(call.venue.state, call.account)]


def positions(call: Call) -> Json:
    market = read_market_or_all(call.venue, call.params)
    call.params.text("type")  # ccxt's own word, which its stream of positions leaves in the request
    call.finish()
    name = None if market is None else market.symbol.name
    return [
        position_row(call.venue.state, call.account, one)
        for one in call.account.open_positions()
        if name in {None, one.symbol}
    ]


def commission(call: Call) -> Json:
    market = read_market_or_all(call.venue, call.params)
    call.finish()
    rules = call.venue.state.rules
    taker, maker = rules.taker_fraction, rules.maker_fraction
    rates: Json = {"takerCommissionRate": float(taker), "makerCommissionRate": float(maker)}
    return {"commission": rates} | ({} if market is None else {"symbol": spelled(market.symbol.name)})


def incomes(call: Call) -> Json:
    """From `startTime` on the oldest rows first, else the latest ones."""
    params = call.params
    market, kind = read_market_or_all(call.venue, params), params.text("incomeType")
    anchored = params.text("startTime") is not None
    span = read_span(params)
    limit = params.limit(default=100, largest=1_000)
    call.finish()
    name = None if market is None else market.symbol.name
    rows = [
        income_row(one) for one in call.account.incomes if one.wire_ms in span and name in {None, one.symbol}
    ]
    rows = [one for one in rows if kind in {None, one["incomeType"]}]
    return rows[:limit] if anchored else rows[-limit:]


def open_listen_key(call: Call) -> Json:
    return {"listenKey": call.listen_keys.open(call.account.name, call.wire_ms)}


def extend_listen_key(call: Call) -> Json:
    text = need(call.params.text("listenKey"), "listenKey")
    call.listen_keys.extend(call.account.name, text, call.wire_ms)
    return {}


def close_listen_key(call: Call) -> Json:
    call.listen_keys.close(call.account.name, need(call.params.text("listenKey"), "listenKey"))
    return {}


_KEY_PATH: Final = "/openApi/user/auth/userDataStream"
ROUTES: Final = (
    Route(method="GET", path="/openApi/swap/v2/trade/leverage", handler=get_leverage, per_second=2),
    Route(method="POST", path="/openApi/swap/v2/trade/leverage", handler=set_leverage, per_second=2),
    Route(method="GET", path="/openApi/swap/v1/maintMarginRatio", handler=margin_tiers, per_second=2),
    Route(method="GET", path="/openApi/swap/v2/trade/marginType", handler=get_margin_type, per_second=2),
    Route(method="POST", path="/openApi/swap/v2/trade/marginType", handler=set_margin_type, per_second=2),
    Route(method="GET", path="/openApi/swap/v1/positionSide/dual", handler=get_mode, per_second=2),
    Route(method="POST", path="/openApi/swap/v1/positionSide/dual", handler=set_mode, per_second=2),
    Route(method="GET", path="/openApi/swap/v3/user/balance", handler=balance),
    Route(method="GET", path="/openApi/swap/v2/user/positions", handler=positions, per_second=3),
    Route(method="GET", path="/openApi/swap/v2/user/commissionRate", handler=commission),
    Route(method="GET", path="/openApi/swap/v2/user/income", handler=incomes),
    Route(method="POST", path=_KEY_PATH, handler=open_listen_key, access=Access.KEY, per_second=2, flat=True),
    Route(
        method="PUT", path=_KEY_PATH, handler=extend_listen_key, access=Access.KEY, per_second=2, flat=True
    ),
    Route(
        method="DELETE", path=_KEY_PATH, handler=close_listen_key, access=Access.KEY, per_second=2, flat=True
    ),
)
