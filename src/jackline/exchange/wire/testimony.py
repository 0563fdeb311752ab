"""The witness's testimony as JSON: what other parts of the project are judged by. Decimals are strings."""

from jackline.exchange.account import Account
from jackline.exchange.conditions import Algo, StopFill
from jackline.exchange.episodes import Episode
from jackline.exchange.orders import Fill, Order
from jackline.exchange.values import ZERO, PositionSide, text
from jackline.exchange.venue import Venue
from jackline.exchange.wire.json import Json


def witness_report(venue: Venue) -> Json:
    """Everything since the start. Living episodes are counted up to now."""
    _look(venue)
    state = venue.state
    accounts = state.accounts.values()
    return {
        "wire_ms": state.clock.wire_ms(),
        "wire_exact_ms": state.clock.exact_ms(),
        "accounts": {account.name: _account(account) for account in accounts},
        "episodes": [_episode(one) for one in venue.witness.episodes],
        "stop_fills": [_stop_fill(one) for one in venue.witness.stop_fills],
        "orders": [_order(one) for account in accounts for one in account.orders.values()],
        "algos": [_algo(one) for account in accounts for one in account.algos.values()],
        "fills": [_fill(one) for account in accounts for one in account.fills],
        "orphans": [one for account in accounts for one in _orphans(venue, account)],
    }


def episodes_report(venue: Venue, *, since_ms: float) -> Json:
    """Episodes that live, or were closed at `since_ms` (exact wire time) or later; `opened` counts all there were."""
    _look(venue)
    episodes = venue.witness.episodes
    recent = [one for one in episodes if one.closed_wire_ms is None or one.closed_wire_ms >= since_ms]
    return {
        "wire_exact_ms": venue.state.clock.exact_ms(),
        "opened": len(episodes),
        "episodes": [_episode(one) for one in recent],
    }


def _look(venue: Venue) -> None:
    for account in venue.state.accounts.values():
        for symbol in venue.state.markets:
            venue.witness.look(account, symbol)


def _account(account: Account) -> Json:
    sums = dict.fromkeys(("REALIZED_PNL", "COMMISSION", "FUNDING_FEE", "TRANSFER"), ZERO)
    for income in account.incomes:
        sums[income.kind] += income.amount
    return {
        "wallet_at_start": text(account.wallet_at_start),
        "wallet": text(account.wallet),
        "realised": text(sums["REALIZED_PNL"]),
        "fees": text(-sums["COMMISSION"]),
        "funding": text(sums["FUNDING_FEE"]),
        "transferred": text(sums["TRANSFER"]),
        "hedge": account.hedge,
        "positions": [
            {
                "symbol": one.symbol,
                "position_side": one.side.value,
                "amount": text(one.amount),
                "entry_price": text(one.entry_price),
            }
            for one in account.open_positions()
        ],
    }


def _episode(episode: Episode) -> Json:
    return {
        "account": episode.account,
        "symbol": episode.symbol,
        "position_side": episode.position_side.value,
        "side": episode.side.value,
        "entry_client_id": episode.entry_client_id,
        "opened_wire_ms": episode.opened_wire_ms,
        "opened_market_ms": episode.opened_market_ms,
        "closed_wire_ms": episode.closed_wire_ms,
        "closed_market_ms": episode.closed_market_ms,
        "max_quantity": text(episode.max_quantity),
        "exposed_ms": episode.exposed_ms,
        "naked_ms": episode.naked_ms,
        "naked_now": episode.naked_since_ms is not None,
        "naked_intervals": [list(span) for span in episode.spans()],
        "lapses": [
            {
                "since_wire_ms": one.since_ms,
                "until_wire_ms": one.until_ms,
                "cause": one.cause.value,
                "algo_id": one.algo_id,
            }
            for one in episode.lapses
        ],
        "naked_notional_ms": episode.naked_notional_ms,
        "liquidated": episode.liquidated,
        "realised": text(episode.realised),
        "fees": text(episode.fees),
        "funding": text(episode.funding),
        "stop_fills": [_stop_fill(one) for one in episode.stop_fills],
    }


def _stop_fill(fill: StopFill) -> Json:
    return {
        "account": fill.account,
        "symbol": fill.symbol,
        "position_side": fill.position_side.value,
        "side": fill.side.value,
        "type": fill.type.value,
        "algo_id": fill.algo_id,
        "client_algo_id": fill.client_algo_id,
        "order_id": fill.order_id,
        "trigger_price": text(fill.trigger_price),
        "fill_price": text(fill.fill_price),
        "quantity": text(fill.quantity),
        "slip_bps": float(fill.slip_bps),
        "gap": fill.gap,
        "prev_last": text(fill.prev_last),
        "wire_ms": fill.wire_ms,
        "market_ms": fill.market_ms,
    }


def _order(order: Order) -> Json:
    return {
        "account": order.account,
        "order_id": order.order_id,
        "client_id": order.client_id,
        "algo_id": None if order.trigger is None else order.trigger.algo_id,
        "symbol": order.symbol,
        "side": order.side.value,
        "position_side": order.position_side.value,
        "type": order.type.value,
        "status": order.status.value,
        "reducing": order.reducing,
        "quantity": text(order.quantity),
        "executed": text(order.executed),
        "average_price": text(order.average),
        "created_wire_ms": order.created_ms,
        "updated_wire_ms": order.updated_ms,
        "market_ms": order.market_ms,
    }


def _algo(algo: Algo) -> Json:
    return {
        "account": algo.account,
        "algo_id": algo.algo_id,
        "client_id": algo.client_id,
        "symbol": algo.symbol,
        "side": algo.side.value,
        "position_side": algo.position_side.value,
        "type": algo.type.value,
        "status": algo.status.value,
        "reducing": algo.reducing,
        "close_position": algo.close_position,
        "quantity": text(algo.quantity),
        "trigger_price": text(algo.trigger_price),
        "working_type": algo.working_type.value,
        "child_order_id": algo.child_order_id,
        "reject_reason": algo.reject_reason,
        "created_wire_ms": algo.created_ms,
        "updated_wire_ms": algo.updated_ms,
        "market_ms": algo.market_ms,
    }


def _fill(fill: Fill) -> Json:
    return {
        "account": fill.account,
        "trade_id": fill.trade_id,
        "order_id": fill.order_id,
        "client_id": fill.client_id,
        "symbol": fill.symbol,
        "side": fill.side.value,
        "position_side": fill.position_side.value,
        "price": text(fill.price),
        "quantity": text(fill.quantity),
        "commission": text(fill.commission),
        "realised": text(fill.realised),
        "maker": fill.maker,
        "liquidation": fill.liquidation,
        "wire_ms": fill.wire_ms,
        "market_ms": fill.market_ms,
    }


def _orphans(venue: Venue, account: Account) -> list[Json]:
    """Open orders where there is no position. Since when: the later of going flat and being placed, in wire
    time."""
    rows: list[Json] = []
    resting: list[tuple[int, str, Order | Algo]] = []
    resting.extend((order.order_id, "order", order) for order in account.open_orders.values())
    resting.extend((algo.algo_id, "algo", algo) for algo in account.open_algos.values())
    for number, kind, one in resting:
        if account.position(one.symbol, one.position_side).amount:
            continue
        flat_ms = _flat_since(venue, account, one.symbol, one.position_side)
        rows.append(
            {
                "account": account.name,
                "kind": kind,
                "id": number,
                "client_id": one.client_id,
                "symbol": one.symbol,
                "position_side": one.position_side.value,
                "side": one.side.value,
                "type": one.type.value,
                "since_wire_ms": max(flat_ms, one.created_ms),
            }
        )
    return rows


def _flat_since(venue: Venue, account: Account, symbol: str, side: PositionSide) -> int:
    return venue.witness.flat_since_ms.get((account.name, symbol, side), 0)
