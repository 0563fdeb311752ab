"""Wallet, margin and positions as the REST wire spells them."""

from decimal import Decimal
from typing import Final

from jackline.exchange import margin
from jackline.exchange.account import Account
from jackline.exchange.position import Position
from jackline.exchange.state import State
from jackline.exchange.symbols import QUOTE, Symbol
from jackline.exchange.values import ZERO, MarginType, PositionSide, money, text
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.order_payloads import quantity_text

FEE_TIER: Final = 0


def amount_text(value: Decimal) -> str:
    """Money in the venue's eight decimals."""
    return text(money(value))


def _sums(state: State, account: Account) -> dict[str, Decimal]:
    """All margin figures of an account, in quote, under the wire's names."""
    positions = account.open_positions()
    marks = state.markets
    profit = sum((one.unrealised(marks[one.symbol].mark) for one in positions), ZERO)
    crossed = margin.cross_positions(account)
    cross_profit = sum((one.unrealised(marks[one.symbol].mark) for one in crossed), ZERO)
    held = sum((margin.initial_margin(state, account, one) for one in positions), ZERO)
    resting = sum((margin.order_margin(account, order) for order in account.open_orders.values()), ZERO)
    return {
        "walletBalance": account.wallet,
        "unrealizedProfit": profit,
        "marginBalance": account.wallet + profit,
        "maintMargin": sum((margin.maintenance(marks[one.symbol], one) for one in positions), ZERO),
        "initialMargin": held + resting,
        "positionInitialMargin": held,
        "openOrderInitialMargin": resting,
        "crossWalletBalance": account.cross_wallet,
        "crossUnPnl": cross_profit,
        "availableBalance": margin.available(state, account),
        "maxWithdrawAmount": margin.available(state, account),
    }


def account_payload(state: State, account: Account, *, wire_ms: int, with_settings: bool) -> Json:
    """v3/account; `with_settings` adds what only v2 shows (permissions, leverage, all symbols)."""
    sums = {name: amount_text(value) for name, value in _sums(state, account).items()}
    totals: dict[str, Json] = {
        "totalInitialMargin": sums["initialMargin"],
        "totalMaintMargin": sums["maintMargin"],
        "totalWalletBalance": sums["walletBalance"],
        "totalUnrealizedProfit": sums["unrealizedProfit"],
        "totalMarginBalance": sums["marginBalance"],
        "totalPositionInitialMargin": sums["positionInitialMargin"],
        "totalOpenOrderInitialMargin": sums["openOrderInitialMargin"],
        "totalCrossWalletBalance": sums["crossWalletBalance"],
        "totalCrossUnPnl": sums["crossUnPnl"],
        "availableBalance": sums["availableBalance"],
        "maxWithdrawAmount": sums["maxWithdrawAmount"],
        "assets": [{"asset": QUOTE, **sums, "marginAvailable": True, "updateTime": wire_ms}],
    }
    rows = shown_positions(state, account, everything=with_settings)
    if with_settings:
        rights = account.rights
        totals |= {"feeTier": FEE_TIER, "canTrade": rights.trades, "canDeposit": True}
        totals |= {"canWithdraw": rights.withdraws}
        totals |= {"updateTime": 0, "multiAssetsMargin": False, "tradeGroupId": -1}
        totals["positions"] = [
            _account_row(state, account, one) | _settings(state, account, one) for one in rows
        ]
    else:
        totals["positions"] = [_account_row(state, account, one) for one in rows]
    return totals


def balance_payload(state: State, account: Account, *, wire_ms: int) -> Json:
    sums = {name: amount_text(value) for name, value in _sums(state, account).items()}
    return [
        {
            "accountAlias": account.name,
            "asset": QUOTE,
            "balance": sums["walletBalance"],
            "crossWalletBalance": sums["crossWalletBalance"],
            "crossUnPnl": sums["crossUnPnl"],
            "availableBalance": sums["availableBalance"],
            "maxWithdrawAmount": sums["maxWithdrawAmount"],
            "marginAvailable": True,
            "updateTime": wire_ms,
        }
    ]


def shown_positions(state: State, account: Account, *, everything: bool) -> list[Position]:
    """v3 lists positions that are open or have orders resting; v2 lists every symbol and side."""
    sides = (PositionSide.LONG, PositionSide.SHORT) if account.hedge else (PositionSide.BOTH,)
    ordered = {(order.symbol, order.position_side) for order in account.open_orders.values()}
    every = [account.position(symbol, side) for symbol in state.markets for side in sides]
    if everything:
        return every
    return [one for one in every if one.amount or (one.symbol, one.side) in ordered]


def risk_row(state: State, account: Account, position: Position) -> dict[str, Json]:
    """A row of v3/positionRisk."""
    market = state.markets[position.symbol]
    profit = position.unrealised(market.mark)
    isolated = ZERO if account.crossed(position) else position.isolated_margin
    held = margin.initial_margin(state, account, position)
    return {
        "symbol": position.symbol,
        "positionSide": position.side.value,
        "positionAmt": quantity_text(position.symbol, position.amount),
        "entryPrice": amount_text(position.entry_price),
        "breakEvenPrice": amount_text(_break_even(state, position)),
        "markPrice": amount_text(market.mark),
        "unRealizedProfit": amount_text(profit),
        "liquidationPrice": amount_text(margin.liquidation_price(state, account, position)),
        "isolatedMargin": amount_text(isolated + profit if isolated else ZERO),
        "notional": amount_text(position.amount * market.mark),
        "marginAsset": QUOTE,
        "isolatedWallet": amount_text(isolated),
        "initialMargin": amount_text(held),
        "maintMargin": amount_text(margin.maintenance(market, position)),
        "positionInitialMargin": amount_text(held),
        "openOrderInitialMargin": "0",
        "adl": 0,
        "bidNotional": "0",
        "askNotional": "0",
        "updateTime": position.updated_ms,
    }


def risk_row_v2(state: State, account: Account, position: Position) -> dict[str, Json]:
    """A row of v2/positionRisk: with the settings of its symbol."""
    crossed = account.crossed(position)
    row = risk_row(state, account, position) | _settings(state, account, position)
    return row | {"marginType": "cross" if crossed else "isolated", "isAutoAddMargin": "false"}


def _account_row(state: State, account: Account, position: Position) -> dict[str, Json]:
    row = risk_row(state, account, position)
    names = ("symbol", "positionSide", "positionAmt", "isolatedMargin", "notional", "isolatedWallet")
    shown: dict[str, Json] = {
        name: row[name] for name in (*names, "initialMargin", "maintMargin", "updateTime")
    }
    return shown | {"unrealizedProfit": row["unRealizedProfit"]}


def _settings(state: State, account: Account, position: Position) -> dict[str, Json]:
    setting = account.setting(position.symbol)
    cap = state.markets[position.symbol].symbol.notional_max(setting.leverage)
    return {
        "leverage": str(setting.leverage),
        "isolated": setting.margin_type is MarginType.ISOLATED,
        "entryPrice": amount_text(position.entry_price),
        "maxNotional": text(cap),
        "maxNotionalValue": text(cap),
    }


def _break_even(state: State, position: Position) -> Decimal:
    """The entry price moved by the fee of closing."""
    if not position.amount:
        return ZERO
    direction = 1 if position.amount > 0 else -1
    return position.entry_price * (1 + direction * state.rules.taker_fraction)


def brackets_payload(symbol: Symbol) -> Json:
    """A row of leverageBracket."""
    return {
        "symbol": symbol.name,
        "notionalCoef": 1,
        "brackets": [
            {
                "bracket": row.number,
                "initialLeverage": row.leverage_max,
                "notionalCap": int(row.notional_cap),
                "notionalFloor": int(row.notional_floor),
                "maintMarginRatio": float(row.maintenance_fraction),
                "cum": float(row.deduction),
            }
            for row in symbol.brackets
        ],
    }
