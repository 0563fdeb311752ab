"""Wallet and positions as BingX spells them over REST."""

from decimal import Decimal
from typing import Final

from jackline.exchange import margin
from jackline.exchange.account import Account
from jackline.exchange.bingx.names import spelled
from jackline.exchange.orders import Income
from jackline.exchange.position import Position
from jackline.exchange.state import State
from jackline.exchange.symbols import QUOTE
from jackline.exchange.values import ZERO, MarginType, text
from jackline.exchange.wire.account_payloads import amount_text
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.order_payloads import price_text, quantity_text

_INCOMES: Final = {"COMMISSION": "TRADING_FEE"}
"""Kinds of booking that BingX calls otherwise than the venue does."""


def income_row(income: Income) -> dict[str, Json]:
    """`mt` is our own: market time."""
    kind = _INCOMES.get(income.kind, income.kind)
    return {
        "symbol": spelled(income.symbol) if income.symbol else "",
        "incomeType": kind,
        "income": amount_text(income.amount),
        "asset": QUOTE,
        "info": kind,
        "time": income.wire_ms,
        "tranId": str(income.income_id),
        "tradeId": "" if income.trade_id is None else str(income.trade_id),
        "mt": income.market_ms,
    }


def side_of(position: Position) -> str:
    """LONG or SHORT, in one-way mode too: there by the sign."""
    return "LONG" if position.amount > 0 else "SHORT"


def position_id(account: Account, position: Position) -> str:
    """One id per account, symbol and side."""
    return f"{account.name}-{position.symbol}-{position.side.value}"


def balance_row(state: State, account: Account) -> dict[str, Json]:
    """The USDT row of v3/user/balance."""
    positions = account.open_positions()
    profit = sum((one.unrealised(state.markets[one.symbol].mark) for one in positions), ZERO)
    used = sum((margin.initial_margin(state, account, one) for one in positions), ZERO)
    frozen = sum((margin.order_margin(account, order) for order in account.open_orders.values()), ZERO)
    realised = sum((one.amount for one in account.incomes if one.kind != "TRANSFER"), ZERO)
    return {
        "userId": account.name,
        "asset": QUOTE,
        "balance": amount_text(account.wallet),
        "equity": amount_text(account.wallet + profit),
        "unrealizedProfit": amount_text(profit),
        "realisedProfit": amount_text(realised),
        "availableMargin": amount_text(margin.available(state, account)),
        "usedMargin": amount_text(used),
        "freezedMargin": amount_text(frozen),
        "shortUid": account.name,
    }


def position_row(state: State, account: Account, position: Position) -> dict[str, Json]:
    """A row of v2/user/positions; the amount has no sign."""
    market, setting = state.markets[position.symbol], account.setting(position.symbol)
    profit = position.unrealised(market.mark)
    held = margin.initial_margin(state, account, position)
    isolated = setting.margin_type is MarginType.ISOLATED
    size = quantity_text(position.symbol, abs(position.amount))
    return {
        "positionId": position_id(account, position),
        "symbol": spelled(position.symbol),
        "currency": QUOTE,
        "positionAmt": size,
        "availableAmt": size,
        "positionSide": side_of(position),
        "isolated": isolated,
        "avgPrice": amount_text(position.entry_price),
        "initialMargin": amount_text(held),
        "margin": amount_text((position.isolated_margin if isolated else held) + profit),
        "leverage": setting.leverage,
        "unrealizedProfit": amount_text(profit),
        "realisedProfit": "0.00000000",
        "liquidationPrice": float(margin.liquidation_price(state, account, position)),
        "pnlRatio": text((profit / held).quantize(Decimal("1e-4"))) if held else "0",
        "maxMarginReduction": "0.0000",
        "riskRate": "0.0000",
        "markPrice": price_text(position.symbol, market.mark),
        "positionValue": amount_text(abs(position.amount) * market.mark),
        "onlyOnePosition": not account.hedge,
        "createTime": position.updated_ms,
        "updateTime": position.updated_ms,
    }
