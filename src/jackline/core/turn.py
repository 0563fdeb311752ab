"""One turn of `step`: the working copy of the state and the effects collected so far.

Mutable on purpose and never seen outside `step`: handlers read and write it, `finish` freezes it again.
"""

from __future__ import annotations

from jackline.core.asked_order import AskedOrder
from jackline.core.effects import Alert, Effect, Level, SaveTrade
from jackline.core.events import Now
from jackline.core.ids import TradeId
from jackline.core.machine import AT_RISK, Phase
from jackline.core.money import Money
from jackline.core.orders import Snapshot
from jackline.core.replacing import replace
from jackline.core.requests import CancelOrder, Mutation, ReadFills, ReadOrder, ReadSnapshot
from jackline.core.state import MarketState, State
from jackline.core.trade import Trade
from jackline.core.values import Side, Symbol, WireMs

RISKY_LOOK_MS = 800
"""A look that is out for this long while something is at risk is asked again beside it: a few round trips."""
MISSES_COUNTED_MAX = 2
"""Pauses and patience double twice with looks that fail, then stay: a minute's request weight bears no more."""
FILLS_GAP_MS = 250
"""Between two reads of one symbol's trade list: a thin book fills in a hundred pieces, and each read costs five."""
BALANCE_AGE_MS_MAX = 5_000
"""While something is at risk looks come fast, a close changes the money with every piece, and it is read this often."""
LATE_LISTING_MS = 10_000
"""The second full listing follows the first this soon: what the life before this one had sent may have come late."""


CHEAP_TRADES_MAX = 8
"""With more trades than this a look is dear: it lists the orders of each, and a minute has 2,400 of weight for all."""
LISTED_EACH_MAX = 40
"""The orders of more symbols are listed at once, for as much."""
GAP_WEIGHT_MS, GAP_WEIGHT_AT_RISK_MS = 20, 8
"""Pause before a dear look for one unit of its weight, whatever hints at it; and while something is at risk: with forty
trades half of P1's deadline."""
CALM_WEIGHT_MS = 40
"""The same between looks that nothing asks for: 1,500 a minute, and the watchdog has 600 more."""
SUSPECT_MS = 7_000
"""A stop in doubt arrives within its receive window of 5 s or never: a later look that shows nothing is believed."""
SUSPECTS_LISTED_MAX = 4
"""Symbols without a trade that every look lists while something may still arrive there. Of more, as while the canaries
of a start sing, each waits for the look that is believed: to list them all at every look would cost a minute's weight
in seconds."""


class Turn:
    """Working copy for one event. Everything it does is recorded in `state` and `effects`."""

    def __init__(self, state: State, now: Now) -> None:
        self.now = now
        self.state = state
        self.trades: dict[TradeId, Trade] = dict(state.trades)
        self.markets: dict[Symbol, MarketState] = dict(state.markets)
        self.in_flight: dict[str, Symbol] = dict(state.in_flight)
        self.asking: set[str] = set(state.asking)
        self.effects: list[Effect] = []
        self.intents: set[TradeId] = set()
        self.ended: list[Trade] = []

    # -- reading ---------------------------------------------------------------------------------------------

    def market(self, symbol: Symbol) -> MarketState:
        """The state of a symbol, created on first sight."""
        market = self.markets.get(symbol)
        if market is None:
            market = self.markets[symbol] = MarketState(symbol=symbol)
        return market

    def trade_of(self, symbol: Symbol, side: Side) -> Trade | None:
        """The live trade on this symbol and side; there is at most one."""
        for trade in self.trades.values():
            if trade.symbol == symbol and trade.side is side:
                return trade
        return None

    def is_fresh(self, snapshot: Snapshot, symbol: Symbol) -> bool:
        """Rule 5: asked after the symbol's last mutation and its answer, and listing its orders.

        Where a stop cannot be asked for by name, an entry without an answer does not stand in the way once the position
        is shown: what it did is seen.
        """
        settled = self.flights(symbol) <= self._seen_through(snapshot, symbol)
        return settled and snapshot.asked > self.market(symbol).mutated and snapshot.lists(symbol)

    def _seen_through(self, snapshot: Snapshot, symbol: Symbol) -> set[str]:
        if self.state.traits.stops_are_named:
            return set()
        return {
            trade.entry_slot.client_id
            for trade in self.trades.values()
            if trade.symbol == symbol
            and trade.phase is Phase.EXPOSED
            and trade.entry_slot is not None
            and snapshot.position(symbol, trade.side) is not None
        }

    def flights(self, symbol: Symbol) -> set[str]:
        """What is out for this symbol and not answered, by the keys of `flight_key`."""
        return {key for key, flown in self.in_flight.items() if flown == symbol}

    # -- writing ---------------------------------------------------------------------------------------------

    def put(self, trade: Trade) -> Trade:
        """Store the new version of a trade."""
        self.trades[trade.trade_id] = trade
        return trade

    def put_market(self, market: MarketState) -> None:
        """Store the new version of a symbol's state."""
        self.markets[market.symbol] = market

    def put_money(self, money: Money) -> None:
        """Store the new version of the account's money."""
        self.state = replace(self.state, money=money)

    def send(self, request: Mutation, symbol: Symbol) -> None:
        """Emit a mutation; until it is answered no snapshot counts for its symbol."""
        self.in_flight[flight_key(request)] = symbol
        self._touch(symbol)
        self.effects.append(request)
        pace = self.state.traits.pace
        if pace is not None and not isinstance(request, CancelOrder):
            turns = pace.taken(self.state.order_turns, self.now.wire_ms)
            self.state = replace(self.state, order_turns=turns)

    def settle(self, request: Mutation, symbol: Symbol) -> None:
        """A mutation was answered: snapshots asked before now are poison for its symbol."""
        self.in_flight.pop(flight_key(request), None)
        self._touch(symbol)
        if self.state.traits.is_narrow:
            # A look that is out may be waiting for its turn: one that counts is asked beside it, and shares that turn.
            self.state = replace(self.state, snapshot_sent_ms=None)

    def ask_order(self, request: ReadOrder) -> None:
        """Query an order unless a query for it is already out."""
        if request.client_id not in self.asking:
            self.asking.add(request.client_id)
            self.effects.append(request)

    def want_snapshot(self, delay_ms: int = 0) -> None:
        """Make the next guard pass due within `delay_ms`; where it is dear, not sooner than its weight allows (K2)."""
        due = WireMs(self.now.wire_ms + max(delay_ms, self._look_gap_ms()))
        if due < self.state.snapshot_due_ms:
            self.state = replace(self.state, snapshot_due_ms=due)

    def want_fills(self, symbol: Symbol, delay_ms: int = 0) -> None:
        """The symbol's trade list must be read again, `delay_ms` from now at the latest."""
        market = self.market(symbol)
        due = WireMs(self.now.wire_ms + delay_ms)
        if market.fills_due_ms is None or due < market.fills_due_ms:
            self.put_market(replace(market, fills_due_ms=due))

    def fills_settled(self, symbol: Symbol) -> bool:
        """No read of the symbol's trade list is due or out."""
        market = self.market(symbol)
        return market.fills_due_ms is None and market.fills_asked_ms is None

    def want_full_listing(self, delay_ms: int = 0) -> None:
        """Let a snapshot list every symbol's orders so soon; the first one of all does so anyway."""
        if self.state.full_due_ms > 0:
            self.state = replace(self.state, full_due_ms=WireMs(self.now.wire_ms + delay_ms))

    def alert(self, level: Level, code: str, text: str) -> None:
        """Raise something a human should see."""
        self.effects.append(Alert(level=level, code=code, text=text))

    def freeze(self, reason: str) -> None:
        """Block entries until the reason is cleared; protection goes on."""
        if reason not in self.state.frozen:
            self.state = replace(self.state, frozen=self.state.frozen | {reason})
            self.alert(Level.CRITICAL, "L1", f"entries frozen: {reason}")

    def thaw(self, reason: str) -> None:
        """The reason no longer holds: what it blocked may go on (every blocking state names who ends it)."""
        if reason in self.state.frozen:
            self.state = replace(self.state, frozen=self.state.frozen - {reason})
            self.alert(Level.INFO, "L1", f"no longer frozen: {reason}")

    def finish(self) -> tuple[State, tuple[Effect, ...]]:
        """Freeze the turn: saves of changed trades first, so that the journal is written ahead of what leaves."""
        self._ask_reads()
        saves: list[Effect] = []
        for trade_id, trade in self.trades.items():
            before = self.state.trades.get(trade_id)
            if before is trade:
                continue
            if before is None or _is_worth_a_write(before, trade):
                intent = trade_id in self.intents
                saves.append(SaveTrade(trade=trade, why=trade.phase.value, intent=intent))
        if self._is_idle():
            return self.state, (*saves, *self.effects)
        ended = {trade.trade_id for trade in self.ended}
        saves.extend(SaveTrade(trade=trade, why=trade.phase.value, intent=False) for trade in self.ended)
        state = replace(
            self.state,
            trades={key: trade for key, trade in self.trades.items() if key not in ended},
            markets=self.markets,
            in_flight=self.in_flight,
            asking=frozenset(self.asking),
        )
        return state, (*saves, *self.effects)

    def _is_idle(self) -> bool:
        """Nothing that lives in the turn has changed: most ticks find nothing to do, twenty times a second."""
        state = self.state
        return (
            not self.ended
            and self.trades == state.trades
            and self.markets == state.markets
            and self.in_flight == state.in_flight
            and frozenset(self.asking) == state.asking
        )

    # -- inside ----------------------------------------------------------------------------------------------

    def _symbols_to_list(self, *, first: bool) -> tuple[Symbol, ...]:
        """Whose orders the next snapshot lists: where something of ours may rest. Each costs two requests.

        A position elsewhere brings its symbol's orders along by itself; orders elsewhere wait for the full pass.
        """
        if first:
            return tuple(sorted(self.markets))
        concerned = {trade.symbol for trade in self.trades.values()}
        concerned.update(one.symbol for one in self.markets.values() if one.leftover_ms is not None)
        suspects = {
            one.symbol: self.now.wire_ms - one.suspect_ms
            for one in self.markets.values()
            if one.suspect_ms is not None
        }
        few = len(suspects) <= SUSPECTS_LISTED_MAX
        concerned.update(
            symbol for symbol, age_ms in suspects.items() if few or not 0 <= age_ms <= SUSPECT_MS
        )
        return tuple(sorted(concerned))

    def _look_weight(self) -> int:
        """What the next look costs: the positions, and both listings of each symbol with a trade."""
        return 5 + 2 * min(len(self.trades), LISTED_EACH_MAX)

    def _look_gap_ms(self) -> int:
        if len(self.trades) <= CHEAP_TRADES_MAX:
            return 0
        at_risk = any(trade.phase in AT_RISK for trade in self.trades.values())
        return self._look_weight() * (GAP_WEIGHT_AT_RISK_MS if at_risk else GAP_WEIGHT_MS)

    def _look_period_ms(self) -> int:
        """Until the next look that nothing else asks for. A stop that vanished must be replaced within its allowance,
        half of which is left to the replacing (P1)."""
        settings = self.state.protection
        if not any(trade.quantity > 0 for trade in self.trades.values()):
            return settings.guard_idle_ms
        longest_ms = settings.guard_exposed_ms + settings.repair_allowance_ms // 2
        return max(settings.guard_exposed_ms, min(self._look_weight() * CALM_WEIGHT_MS, longest_ms))

    def _touch(self, symbol: Symbol) -> None:
        self.put_market(replace(self.market(symbol), mutated=self.state.asked))

    def _look_patience_ms(self) -> int:
        """How long a snapshot that is out is waited for: one lost message must not cost P1's deadline."""
        state = self.state
        patience_ms = state.protection.snapshot_timeout_ms
        if any(trade.phase in AT_RISK for trade in self.trades.values()):
            return min(patience_ms, RISKY_LOOK_MS << state.snapshot_misses)
        return patience_ms

    def _wants_money(self) -> bool:
        """Whether the next snapshot asks for equity too."""
        balance = self.state.money.balance
        if balance is None or not any(trade.phase in AT_RISK for trade in self.trades.values()):
            return True
        return self.now.wire_ms - balance.asked_ms > BALANCE_AGE_MS_MAX

    def _ask_reads(self) -> None:
        """Emit the reads that are due: at most one snapshot and one trade-list read a symbol at a time."""
        state, now = self.state, self.now.wire_ms
        sent_ms = state.snapshot_sent_ms
        overdue = sent_ms is not None and now - sent_ms > self._look_patience_ms()
        if overdue:
            state = replace(state, snapshot_misses=min(state.snapshot_misses + 1, MISSES_COUNTED_MAX))
        if (sent_ms is None and now >= state.snapshot_due_ms) or overdue:
            asked = state.asked + 1
            full = 0 < state.full_due_ms <= now
            symbols = None if full else self._symbols_to_list(first=state.equity_quote is None)
            if full or state.full_due_ms == 0:
                first = state.full_due_ms == 0
                again_ms = LATE_LISTING_MS if first else state.protection.full_listing_ms
                state = replace(state, full_due_ms=WireMs(now + again_ms))
            due = WireMs(now + self._look_period_ms())
            self.state = replace(state, asked=asked, snapshot_sent_ms=now, snapshot_due_ms=due)
            self.effects.append(ReadSnapshot(asked=asked, symbols=symbols, money=self._wants_money()))
        for market in list(self.markets.values()):
            due_ms = market.fills_due_ms
            if due_ms is None or market.fills_asked_ms is not None:
                continue
            # A gap that lies further ahead than it is long comes from a clock that has been set back.
            if now >= due_ms and not 0 < market.fills_gap_ms - now <= FILLS_GAP_MS:
                gap_ms = WireMs(now + FILLS_GAP_MS)
                self.put_market(replace(market, fills_due_ms=None, fills_asked_ms=now, fills_gap_ms=gap_ms))
                self.effects.append(ReadFills(symbol=market.symbol, after_fill_id=market.fills_read_to))


def flight_key(request: Mutation) -> str:
    """What a mutation in flight is known by; a cancel has no client id of its own."""
    if isinstance(request, CancelOrder):
        return f"cancel:{request.key.client_id}"
    return request.client_id


def _is_worth_a_write(before: Trade, after: Trade) -> bool:
    """More has changed than best prices and the time of a look: marks move many times a second, reads repeat."""
    if before.asked is not after.asked and _durable(before.asked) != _durable(after.asked):
        return True
    same = replace(before, best_price=after.best_price, quantity_ms=after.quantity_ms, asked=after.asked)
    return same != after


def _durable(asked: tuple[AskedOrder, ...]) -> list[AskedOrder]:
    return [replace(order, best_price=None) for order in asked]
