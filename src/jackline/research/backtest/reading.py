"""From what a backtest left behind, the exchange's records and the engine's journal, to its trades."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from jackline.core.effects import NoteDenied
from jackline.core.ids import parse_client_id
from jackline.core.trade import Trade
from jackline.engine.recorder import EndNote
from jackline.exchange.account import Account
from jackline.exchange.episodes import Episode
from jackline.exchange.orders import Fill
from jackline.exchange.ports import Candle
from jackline.exchange.values import ZERO, AlgoStatus, OrderType
from jackline.exchange.venue import Venue
from jackline.research.backtest.result import StopFilled, TradeRecord
from jackline.store.batch import JournalKind
from jackline.store.db import open_reader
from jackline.store.disk import Disk
from jackline.store.encode import decode
from jackline.store.ledger import totals
from jackline.store.reader import StoreReader

Moments = Sequence[tuple[float, int]]
"""Wire time and market time, both ascending."""
OPEN = "open"
UNKNOWN = "unknown"
ROUNDING = Decimal("0.00002")
"""Of a price: prices are rounded to the tick twice."""
_ROWS = "SELECT trade_id, body FROM journal WHERE kind = ? ORDER BY seq"


@dataclass(frozen=True, slots=True, kw_only=True)
class Journalled:
    """What the engine wrote down: why trades ended, whose they were, which signals it denied."""

    ends: dict[str, EndNote]
    bots: dict[str, str]
    denied: Counter[str]
    wallet_quote: Decimal


def read_journal(disk: Disk, path: Path) -> Journalled:
    """Everything that is asked of a journal. Raises StoreError."""
    db = open_reader(disk, path)
    ends = {str(row[0]): decode(row[1], EndNote) for row in db.run(_ROWS, (JournalKind.ENDED.value,))}
    bots = {str(row[0]): decode(row[1], Trade).bot for row in db.run(_ROWS, (JournalKind.INTENT.value,))}
    denials = (decode(row[1], NoteDenied).denied for row in db.run(_ROWS, (JournalKind.DENIED.value,)))
    denied = Counter(one.reason.value for one in denials)
    with StoreReader(disk, path) as reader:
        wallet = totals(reader.ledger_entries()).wallet_quote
    return Journalled(ends=ends, bots=bots, denied=denied, wallet_quote=wallet)


def read_trades(
    venue: Venue, account: Account, journalled: Journalled, moments: Moments, *, interval_ms: int
) -> tuple[TradeRecord, ...]:
    """Every position from flat to flat, in the order of their entries."""
    found = []
    for episode, fills in _matched(venue.witness.episodes, account.fills):
        found.append(_record(venue, account, episode, fills, journalled, moments, interval_ms=interval_ms))
    return tuple(sorted(found, key=lambda trade: (trade.entry_ms, trade.symbol)))


def count_fills_outside(
    account: Account, bars: Mapping[str, Mapping[int, Candle]], *, interval_ms: int, slippage: Decimal
) -> int:
    """Fills at a price that their bar did not trade, slippage and rounding apart: more than 0 is a bug of ours (D2)."""
    outside = 0
    for fill in account.fills:
        bar = bars[fill.symbol].get(fill.market_ms // interval_ms * interval_ms)
        room = fill.price * (slippage + ROUNDING)
        if bar is None or not bar.low - room <= fill.price <= bar.high + room:
            outside += 1
    return outside


def read_stop_fills(venue: Venue) -> tuple[StopFilled, ...]:
    """Every stop that fired; targets and trails left out."""
    return tuple(
        StopFilled(
            symbol=fill.symbol,
            market_ms=fill.market_ms,
            trigger_price=fill.trigger_price,
            fill_price=fill.fill_price,
            slip_bps=fill.slip_bps,
            is_gap=fill.gap,
        )
        for fill in venue.witness.stop_fills
        if fill.type is OrderType.STOP_MARKET
    )


def _matched(episodes: Iterable[Episode], fills: Sequence[Fill]) -> Iterator[tuple[Episode, list[Fill]]]:
    """Each episode with its fills: on a symbol and side one follows the other, each ends flat."""
    waiting: dict[tuple[str, str], list[Fill]] = {}
    for fill in fills:
        waiting.setdefault((fill.symbol, fill.position_side), []).append(fill)
    for episode in episodes:
        row = waiting[episode.symbol, episode.position_side]
        amount, taken = ZERO, 0
        for fill in row:
            amount += fill.quantity * fill.side.sign
            taken += 1
            if amount == ZERO:
                break
        waiting[episode.symbol, episode.position_side] = row[taken:]
        yield episode, row[:taken]


def _record(
    venue: Venue,
    account: Account,
    episode: Episode,
    fills: Sequence[Fill],
    journalled: Journalled,
    moments: Moments,
    *,
    interval_ms: int,
) -> TradeRecord:
    opening = [fill for fill in fills if fill.side is episode.side]
    closing = [fill for fill in fills if fill.side is not episode.side]
    name = parse_client_id(episode.entry_client_id)
    trade_id = episode.entry_client_id if name is None else str(name.trade_id)
    is_open = episode.closed_market_ms is None
    end = journalled.ends.get(trade_id)
    market = venue.state.markets[episode.symbol]
    unrealised = account.positions[episode.symbol, episode.position_side].unrealised(market.mark)
    entry_ms = opening[0].market_ms
    exit_ms = None if is_open else closing[-1].market_ms
    return TradeRecord(
        trade_id=trade_id,
        bot=journalled.bots.get(trade_id, ""),
        symbol=episode.symbol,
        side="long" if episode.side.sign > 0 else "short",
        quantity=episode.max_quantity,
        entry_ms=entry_ms,
        entry_bar_ms=entry_ms // interval_ms * interval_ms,
        entry_price=_average(opening),
        exit_ms=exit_ms,
        exit_bar_ms=None if exit_ms is None else exit_ms // interval_ms * interval_ms,
        exit_price=None if is_open else _average(closing),
        reason=OPEN if is_open else UNKNOWN if end is None else end.reason.value,
        parameter=None if end is None else end.parameter,
        fees_quote=episode.fees,
        funding_quote=episode.funding,
        pnl_quote=episode.realised - episode.fees + episode.funding + (unrealised if is_open else ZERO),
        stop_prices=_stops(account, episode, moments),
        naked_ms=episode.naked_ms,
    )


def _average(fills: Sequence[Fill]) -> Decimal:
    return sum((fill.quantity * fill.price for fill in fills), ZERO) / sum(
        (fill.quantity for fill in fills), ZERO
    )


def _stops(account: Account, episode: Episode, moments: Moments) -> tuple[tuple[int, Decimal], ...]:
    """When each stop of the position was placed, market time, not before the entry; and its trigger."""
    begin_ms, end_ms = episode.opened_wire_ms, episode.closed_wire_ms
    return tuple(
        (max(_market_ms(moments, algo.created_ms), episode.opened_market_ms), algo.trigger_price)
        for algo in account.algos.values()
        if algo.symbol == episode.symbol
        and algo.type is OrderType.STOP_MARKET
        and algo.position_side is episode.position_side
        and algo.side is not episode.side
        and (algo.status is AlgoStatus.NEW or algo.updated_ms >= begin_ms - 1)
        and (end_ms is None or algo.created_ms < int(end_ms))
    )


def _market_ms(moments: Moments, wire_ms: float) -> int:
    """Market time at some wire time: of the last step until then."""
    found = bisect_right(moments, wire_ms + 1, key=lambda one: one[0])
    return moments[max(0, found - 1)][1] if moments else 0
