"""What opens the gate for entries on a symbol: leverage and margin read back, a canary proven (C4)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping

import structlog

from jackline.core.events import RungProven
from jackline.core.ids import ATTEMPTS_MAX, mint_trade_id
from jackline.core.instrument import Instrument
from jackline.core.orders import Bar
from jackline.core.outcomes import Refused
from jackline.core.plan import Rung
from jackline.core.requests import SendEntry, SendStop
from jackline.core.state import MarketState, State
from jackline.core.values import Price, Symbol, WireMs
from jackline.engine.clock import TwoClocks
from jackline.engine.inbox import Inbox
from jackline.engine.key_gate import KeyGate
from jackline.engine.options import EngineOptions
from jackline.engine.recorder import Recorder
from jackline.engine.startup import StreamingVenue
from jackline.venue.canary import CanaryProof, CanaryTask, prove_rung
from jackline.venue.canary_attached import prove_attached
from jackline.venue.port import SymbolFacts

log = structlog.get_logger("opening")

CANARY_ORDINAL = 36**4 - 1
"""Canaries share the last trade ordinal of a fence: no trade ever reaches it."""
PROOF_MS_MAX = 24 * 3_600_000
EXPIRY_POLL_S = 60.0
KEY_REFUSED = "S3: the venue has refused the key: what it may do is asked again"
RETRY_S = 1.0
"""A venue that did not answer is asked again after this."""
UNPROVEN_RETRY_S_MAX = 60.0
"""A canary that proved nothing sings again, after a pause that doubles from `RETRY_S` up to this: a symbol must not
stay closed because one answer was lost."""
UNPACED_MAX = 20
"""Symbols whose opening, twenty of weight each, fits into any minute."""
MARK_WAIT_S = 0.05
TAKEN_IN_TRIES_MAX = 20
HISTORY_TRIES_MAX = 30


class NotYet(Exception):
    """No mark or no snapshot has come in: the symbol's turn comes again in a moment."""


class Opener:
    """Works through the symbols that want a rung, one at a time, whenever they are flat."""

    def __init__(
        self,
        *,
        options: EngineOptions,
        venue: StreamingVenue,
        clock: TwoClocks,
        recorder: Recorder,
        inbox: Inbox,
        instruments: Mapping[Symbol, Instrument],
        fence: int,
        view: Callable[[], State],
    ) -> None:
        self._options = options
        self._venue = venue
        self._clock = clock
        self._recorder = recorder
        self._inbox = inbox
        self._instruments = instruments
        self._trade_id = mint_trade_id(tag=view().tag, fence=fence, ordinal=CANARY_ORDINAL)
        self._view = view
        self._members = frozenset(options.symbols)
        self._key = KeyGate(options=options, venue=venue, clock=clock)
        self._attempt = 0
        self._wanted: asyncio.Queue[Symbol] = asyncio.Queue(maxsize=1_000)
        self._at_rest = asyncio.Event()
        self._at_rest.set()
        self._decided: set[Symbol] = set()
        self._proved_ms: dict[Symbol, WireMs] = {}
        self._details: dict[Symbol, str] = {}
        self._unproven: dict[Symbol, int] = {}
        self._waiting: set[Symbol] = set()
        self._due: dict[Symbol, asyncio.TimerHandle] = {}
        venue.on_key_doubt(self._expire)

    def admit(self, members: Iterable[Symbol]) -> None:
        """From now on these symbols may be opened, and no others."""
        self._members = frozenset(members)

    def want(self, symbol: Symbol) -> None:
        """Prove a rung on this symbol unless one is proven."""
        unproven = symbol in self._members and self._market(symbol).rung is None
        if unproven and symbol not in self._waiting:
            self._waiting.add(symbol)
            self._wanted.put_nowait(symbol)

    def is_decided(self, symbol: Symbol) -> bool:
        """The symbol's canary has ended, one way or the other, or waits for the symbol to be flat."""
        return symbol in self._decided

    def are_decided(self, symbols: Iterable[Symbol]) -> bool:
        """Each knows its rung, or that it has none for now."""
        markets = self._view().markets
        return all(
            (symbol in markets and markets[symbol].rung is not None) or self.is_decided(symbol)
            for symbol in symbols
        )

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                async with asyncio.timeout(EXPIRY_POLL_S):
                    symbol = await self._wanted.get()
            except TimeoutError:
                self._expire()
                continue
            while self._must_wait():  # noqa: ASYNC110 # time itself gives the weight back
                await asyncio.sleep(RETRY_S)
            self._waiting.discard(symbol)
            if symbol not in self._members or self._market(symbol).rung is not None:
                continue
            self._at_rest.clear()
            try:
                await self._open(symbol)
            except NotYet:
                await asyncio.sleep(MARK_WAIT_S)
                self.want(symbol)
                continue
            finally:
                self._at_rest.set()
            self._decided.add(symbol)
            detail = self._details.pop(symbol, None)
            if detail is not None:
                await self._taken_in(symbol, detail)

    async def settle(self, timeout_s: float) -> None:
        """Wait until no canary is out: an orderly stop leaves no order of ours on a flat symbol (P6)."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._at_rest.wait()

    async def history(self, symbol: Symbol) -> tuple[Bar, ...]:
        """Completed bars of the past; empty when the venue stays silent: the strategy is then cold."""
        for _ in range(HISTORY_TRIES_MAX):
            while self._must_wait():  # noqa: ASYNC110 # time itself gives the weight back
                await asyncio.sleep(RETRY_S)
            bars = await self._venue.read_bars(symbol, self._options.interval_ms, self._options.history_bars)
            if isinstance(bars, tuple):
                return bars
            log.warning("history_unreadable", symbol=symbol, answer=str(bars))
            await asyncio.sleep(RETRY_S)
        return ()

    def _must_wait(self) -> bool:
        """History and canaries of many symbols take minutes, and wait until there is weight to spare (K2)."""
        many = len(self._members) > UNPACED_MAX
        return many and self._venue.pace_refusal() is not None

    def _expire(self) -> None:
        """A proof is worth a day, and the key's word: then the symbol's entries wait for the next canary (C4, S3)."""
        now_ms, doubted = self._clock.now().wire_ms, self._venue.key_is_doubted()
        if doubted and self._proved_ms:
            log.warning("key_refused", code="S3", symbols=len(self._proved_ms))
        for symbol, proved_ms in list(self._proved_ms.items()):
            if doubted or now_ms - proved_ms > PROOF_MS_MAX:
                del self._proved_ms[symbol]
                detail = KEY_REFUSED if doubted else "the canary's proof has expired"
                self._inbox.put(RungProven(symbol=symbol, rung=None, detail=detail))
                self._retry(symbol, MARK_WAIT_S)  # once the core has heard of it

    async def _open(self, symbol: Symbol) -> None:
        """Leverage and margin, then the canary, on a flat symbol. A busy one is asked again when its trade ends."""
        if not self._knows(symbol):
            raise NotYet
        state = self._view()
        if any(trade.symbol == symbol for trade in state.trades.values()):
            log.info("canary_waits", symbol=symbol, why="a trade is open on it")
            return
        denied = await self._key.denial()
        if denied is not None:
            self._decide(symbol, None, denied)
            return
        facts = await self._venue.prepare_symbol(
            symbol, self._options.risk.leverage, self._options.margin_type
        )
        if not isinstance(facts, SymbolFacts):
            why = f"refused {facts.code} {facts.text}" if isinstance(facts, Refused) else facts.cause
            self._decide(symbol, None, f"leverage or margin type could not be set: {why}")
            return
        mark = state.markets[symbol].mark
        if mark is not None:
            await self._sing(symbol, mark)

    def _knows(self, symbol: Symbol) -> bool:
        """A mark and one snapshot have come in."""
        return self._view().equity_quote is not None and self._market(symbol).mark is not None

    def _market(self, symbol: Symbol) -> MarketState:
        """What the core knows of it: nothing yet of one that has just come."""
        return self._view().markets.get(symbol, MarketState(symbol=symbol))

    async def _sing(self, symbol: Symbol, mark: Price) -> None:
        # Begins anew before it outgrows its width: weeks of canaries that prove nothing.
        self._attempt = (self._attempt + 3) % (ATTEMPTS_MAX - 3)
        task = CanaryTask(
            trade_id=self._trade_id,
            attempt=self._attempt,
            instrument=self._instruments[symbol],
            mark=mark,
            position_mode=self._options.position_mode,
            price_source=self._options.risk.stop.price_source,
        )
        try:
            proof = await self._canary(task)
        except TimeoutError:
            self._decide(symbol, None, "the journal did not take the canary in time")
            return
        rung, detail = self._choose(proof.rung, proof.evidence)
        self._decide(symbol, rung, detail)

    def _canary(self, task: CanaryTask) -> Awaitable[CanaryProof]:
        """With a stop while flat, or, where the venue takes the stop in the entry, with an entry far away."""
        if self._venue.profile.leg_scope is None:
            return prove_rung(
                venue=self._venue,
                task=task,
                on_stop=self._write_ahead,
                on_cancel=self._recorder.canary,
                clock=self._clock,
            )
        return prove_attached(
            venue=self._venue,
            task=task,
            on_entry=self._write_ahead,
            on_cancel=self._recorder.canary,
            clock=self._clock,
        )

    def _choose(self, proven: Rung | None, evidence: str) -> tuple[Rung | None, str]:
        """The forced rung where the proof allows it, else the proven one."""
        forced = self._options.forced_rung
        if proven is None or forced is None:
            return proven, evidence
        if forced not in self._venue.profile.rungs:
            return None, f"{forced} is no rung of {self._venue.profile.name}"
        if proven is Rung.AFTER_FILL and forced is not Rung.AFTER_FILL:
            return None, f"{forced} needs a stop while flat; the venue said: {evidence}"
        return forced, f"forced; {evidence}"

    def _decide(self, symbol: Symbol, rung: Rung | None, detail: str) -> None:
        if symbol not in self._members:  # it left while its canary sang
            rung, detail = None, f"not opened any more; {detail}"
        log.info("rung", code="C4", symbol=symbol, rung=rung, detail=detail)
        self._decided.add(symbol)
        self._details[symbol] = detail
        if rung is None:
            failed = self._unproven[symbol] = self._unproven.get(symbol, 0) + 1
            pause_s = min(RETRY_S * 2 ** (failed - 1), UNPROVEN_RETRY_S_MAX)
            self._retry(symbol, pause_s)
        else:
            self._unproven.pop(symbol, None)
            self._proved_ms[symbol] = self._clock.now().wire_ms
        self._inbox.put(RungProven(symbol=symbol, rung=rung, detail=detail))

    def _retry(self, symbol: Symbol, pause_s: float) -> None:
        """One wish to come a symbol, however often it was wished for meanwhile."""
        due = self._due.get(symbol)
        if due is not None:
            due.cancel()
        self._due[symbol] = asyncio.get_running_loop().call_later(pause_s, self.want, symbol)

    async def _taken_in(self, symbol: Symbol, detail: str) -> None:
        """Wait until the core knows what was decided: else a second wish for it sings beside its first entry (P5)."""
        for _ in range(TAKEN_IN_TRIES_MAX):
            if self._market(symbol).rung_detail == detail:
                return
            await asyncio.sleep(MARK_WAIT_S)

    async def _write_ahead(self, request: SendStop | SendEntry) -> None:
        """A canary is a journalled trade that opens nothing: durable before it leaves."""
        async with asyncio.timeout(RETRY_S):
            await self._recorder.canary(request)
