"""Account settings, balances, positions, incomes and the listen key over REST."""

from typing import Final

from jackline.exchange.errors import VenueError
from jackline.exchange.orders import Income
from jackline.exchange.symbols import QUOTE
from jackline.exchange.values import MarginType, text
from jackline.exchange.wire import account_payloads
from jackline.exchange.wire.call import Access, Call, Route
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.order_routes import read_span
from jackline.exchange.wire.params import need

_DONE: Final[Json] = {"code": 200, "msg": "success"}


def _wire_ms(call: Call) -> int:
    return call.venue.state.clock.wire_ms()


def set_leverage(call: Call) -> Json:
    symbol = need(call.params.symbol(), "symbol")
    leverage = need(call.params.integer("leverage"), "leverage")
    call.finish()
    call.venue.set_leverage(call.account, symbol, leverage)
    cap = call.venue.state.market(symbol).symbol.notional_max(leverage)
    return {"symbol": symbol, "leverage": leverage, "maxNotionalValue": text(cap)}


def set_margin_type(call: Call) -> Json:
    symbol = need(call.params.symbol(), "symbol")
    margin_type = need(call.params.word("marginType", MarginType, code=-1130), "marginType")
    call.finish()
    call.venue.set_margin_type(call.account, symbol, margin_type)
    return _DONE


def get_mode(call: Call) -> Json:
    call.finish()
    return {"dualSidePosition": call.account.hedge}


def set_mode(call: Call) -> Json:
    hedge = need(call.params.boolean("dualSidePosition"), "dualSidePosition")
    call.finish()
    call.venue.set_hedge(call.account, hedge)
    return _DONE


def symbol_config(call: Call) -> Json:
    symbol = call.params.symbol()
    call.finish()
    markets = call.venue.state.markets
    names = list(markets) if symbol is None else [call.venue.state.market(symbol).symbol.name]
    return [
        {
            "symbol": name,
            "marginType": call.account.setting(name).margin_type.value,
            "isAutoAddMargin": False,
            "leverage": call.account.setting(name).leverage,
            "maxNotionalValue": text(markets[name].symbol.notional_max(call.account.setting(name).leverage)),
        }
        for name in names
    ]


def account_config(call: Call) -> Json:
    call.finish()
    return {
        "feeTier": account_payloads.FEE_TIER,
        "canTrade": call.account.rights.trades,
        "canDeposit": True,
        "canWithdraw": call.account.rights.withdraws,
        "dualSidePosition": call.account.hedge,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }


def commission_rate(call: Call) -> Json:
    symbol = need(call.params.symbol(), "symbol")
    call.finish()
    call.venue.state.market(symbol)
    rules = call.venue.state.rules
    return {
        "symbol": symbol,
        "makerCommissionRate": text(rules.maker_fraction),
        "takerCommissionRate": text(rules.taker_fraction),
        "rpiCommissionRate": text(rules.maker_fraction),
    }


def leverage_bracket(call: Call) -> Json:
    symbol = call.params.symbol()
    call.finish()
    if symbol is not None:
        return [account_payloads.brackets_payload(call.venue.state.market(symbol).symbol)]
    return [account_payloads.brackets_payload(market.symbol) for market in call.venue.state.markets.values()]


def account_v2(call: Call) -> Json:
    call.finish()
    return account_payloads.account_payload(
        call.venue.state, call.account, wire_ms=_wire_ms(call), with_settings=True
    )


def account_v3(call: Call) -> Json:
    call.finish()
    return account_payloads.account_payload(
        call.venue.state, call.account, wire_ms=_wire_ms(call), with_settings=False
    )


def balance(call: Call) -> Json:
    call.finish()
    return account_payloads.balance_payload(call.venue.state, call.account, wire_ms=_wire_ms(call))


def positions_v2(call: Call) -> Json:
    symbol = call.params.symbol()
    call.finish()
    state = call.venue.state
    rows = account_payloads.shown_positions(state, call.account, everything=True)
    return [
        account_payloads.risk_row_v2(state, call.account, one) for one in rows if symbol in {None, one.symbol}
    ]


def positions_v3(call: Call) -> Json:
    symbol = call.params.symbol()
    call.finish()
    state = call.venue.state
    if symbol is not None:
        state.market(symbol)
    rows = account_payloads.shown_positions(state, call.account, everything=False)
    return [
        account_payloads.risk_row(state, call.account, one) for one in rows if symbol in {None, one.symbol}
    ]


def income(call: Call) -> Json:
    """From `startTime` on the oldest rows first, else the latest ones."""
    params = call.params
    symbol, kind = params.symbol(), params.text("incomeType")
    anchored = params.text("startTime") is not None
    span = read_span(params)
    limit = params.limit(default=100, largest=1_000)
    page = params.integer("page")
    if page is not None and page < 1:
        raise VenueError(-1130, name="page")
    call.finish()
    rows = [
        one
        for one in call.account.incomes
        if one.wire_ms in span and symbol in {None, one.symbol} and kind in {None, one.kind}
    ]
    if page is not None:
        rows = rows[(page - 1) * limit : page * limit]
    return [_income_row(one) for one in (rows[:limit] if anchored else rows[-limit:])]


def _income_row(one: Income) -> Json:
    return {
        "symbol": one.symbol,
        "incomeType": one.kind,
        "income": account_payloads.amount_text(one.amount),
        "asset": QUOTE,
        "time": one.wire_ms,
        "info": one.kind,
        "tranId": one.income_id,
        "tradeId": "" if one.trade_id is None else str(one.trade_id),
        "mt": one.market_ms,
    }


def open_listen_key(call: Call) -> Json:
    return {"listenKey": call.listen_keys.open(call.account.name, _wire_ms(call))}


def extend_listen_key(call: Call) -> Json:
    return {"listenKey": call.listen_keys.extend(call.account.name, _wire_ms(call))}


def close_listen_key(call: Call) -> Json:
    """Ends the key for every process that shares it; its listeners hear nothing more, not even this."""
    call.listen_keys.close(call.account.name)
    return {}


ROUTES: Final = (
    Route(method="POST", path="/fapi/v1/leverage", handler=set_leverage),
    Route(method="POST", path="/fapi/v1/marginType", handler=set_margin_type),
    Route(method="GET", path="/fapi/v1/positionSide/dual", handler=get_mode, weight=30),
    Route(method="POST", path="/fapi/v1/positionSide/dual", handler=set_mode),
    Route(method="GET", path="/fapi/v1/symbolConfig", handler=symbol_config, weight=5),
    Route(method="GET", path="/fapi/v1/accountConfig", handler=account_config, weight=5),
    Route(method="GET", path="/fapi/v1/commissionRate", handler=commission_rate, weight=20),
    Route(method="GET", path="/fapi/v1/leverageBracket", handler=leverage_bracket),
    Route(method="GET", path="/fapi/v2/account", handler=account_v2, weight=5),
    Route(method="GET", path="/fapi/v3/account", handler=account_v3, weight=5),
    Route(method="GET", path="/fapi/v2/balance", handler=balance, weight=5),
    Route(method="GET", path="/fapi/v3/balance", handler=balance, weight=5),
    Route(method="GET", path="/fapi/v2/positionRisk", handler=positions_v2, weight=5),
    Route(method="GET", path="/fapi/v3/positionRisk", handler=positions_v3, weight=5),
    Route(method="GET", path="/fapi/v1/income", handler=income, weight=30),
    Route(method="POST", path="/fapi/v1/listenKey", handler=open_listen_key, access=Access.KEY),
    Route(method="PUT", path="/fapi/v1/listenKey", handler=extend_listen_key, access=Access.KEY),
    Route(method="DELETE", path="/fapi/v1/listenKey", handler=close_listen_key, access=Access.KEY),
)
