"""The engine's whole memory, as one value. `step` maps it to the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from jackline.core.bots import Bot
from jackline.core.claims import Claim
from jackline.core.ids import TradeId
from jackline.core.instrument import Instrument
from jackline.core.money import UNKNOWN_MONEY, Money
from jackline.core.orders import PositionMode
from jackline.core.plan import Rung
from jackline.core.regime import Average
from jackline.core.risk_limits import RiskLimits
from jackline.core.settings import NOTHING_MORE, AdoptSettings, ProtectionSettings, RiskSettings
from jackline.core.trade import Trade
from jackline.core.traits import FULL_TRAITS, VenueTraits
from jackline.core.values import MarketMs, Price, Quote, Symbol, WireMs


class KillLevel(StrEnum):
    """How much the engine may still do (K3), from all to least. Reductions pass every level (K2)."""

    NORMAL = "normal"
    NO_NEW_RISK = "no_new_risk"
    FLATTEN = "flatten"
    LOCKED = "locked"

    @property
    def rank(self) -> int:
        """0 for normal; a higher one allows less."""
        return tuple(KillLevel).index(self)

    @property
    def closes(self) -> bool:
        """Every position of the account is closed, and any that appears."""
        return self in {KillLevel.FLATTEN, KillLevel.LOCKED}


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketState:
    """What is known of one symbol besides its trades.

    Attributes:
        rung: the proven rung, or None with `rung_detail` saying why entries are blocked here.
        fills_read_to: the trade list is read up to this fill id.
        booked_to: the ledger holds it up to here; a live trade's fills are read again after a start.
        fills_due_ms: when the list must be read again because something may have filled; None when nothing did.
        fills_gap_ms: not before this, whatever fills.
        mutated: number of the last snapshot asked before the latest mutation or its answer; a snapshot counts only
            if its number is higher (rule 5).
        leftover_ms: first flat snapshot that showed orders of ours without a trade.
        suspect_ms: when something of ours that no trade owns may last have left for here: a canary, a stop of a trade
            that has ended. A message that was held up arrives after the cancel that was meant for it (P6).
    """

    symbol: Symbol
    mark: Price | None = None
    mark_wire_ms: WireMs = WireMs(0)
    mark_market_ms: MarketMs = MarketMs(0)
    rung: Rung | None = None
    rung_detail: str = "not proven yet"
    fills_read_to: int = 0
    booked_to: int = 0
    fills_due_ms: WireMs | None = None
    fills_asked_ms: WireMs | None = None
    fills_gap_ms: WireMs = WireMs(0)
    mutated: int = 0
    leftover_ms: WireMs | None = None
    suspect_ms: WireMs | None = None
    cooldown_until_ms: MarketMs = MarketMs(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything `step` knows.

    Attributes:
        mode: the position mode as configured: entries are planned for it.
        traits: what the venue's stops are like.
        doubted_ms: when a refusal last contradicted the mode that trades were taken to stand in.
        fence, ordinal: the next trade id is minted from them.
        in_flight: client ids of mutations without an answer, with their symbol.
        order_turns: when the last orders left, or will, where the venue takes few; this process's own.
        asking: client ids of order queries without an answer.
        asked: number of the last snapshot asked for.
        taken: number of the newest snapshot taken in; one that was asked before it and comes later is old news.
        snapshot_sent_ms: when the outstanding snapshot request left; None when none is out.
        snapshot_due_ms: when the next guard pass is due.
        snapshot_misses: snapshots in a row that failed or are late, counted only as far as pauses grow with them.
        full_due_ms: when a pass that lists every symbol's orders is due; it costs forty times as much.
        frozen: reasons that block entries until a human or a reconciliation clears them.
        claims: records of stops that carry no id of ours and that no trade keeps.
        foreign_seen: ids of strangers' orders already reported.
        books_from_ms: the ledger's opening balance stands for every fill before this (A3).
        reset_pending: an operator's reset of the kill level is on its way to the disk (K4).
        bar_ms: length of the bars that are decided on; None where nobody says, and no bar is too old.
        averages: by symbol, of the reference too, which need not be traded.
        bots: by name, who may ask for entries.
        bots_stopped: of whom none is taken, by an operator's word; a name that is no bot's any more is kept.
        adopting: what positions that nobody planned get besides the default stop.
        limits_of_file: what no limit is ever looser than; None while those in force are the file's own.
    """

    tag: str
    mode: PositionMode
    traits: VenueTraits
    doubted_ms: WireMs | None
    fence: int
    ordinal: int
    risk: RiskSettings
    protection: ProtectionSettings
    instruments: Mapping[Symbol, Instrument]
    markets: Mapping[Symbol, MarketState]
    trades: Mapping[TradeId, Trade]
    in_flight: Mapping[str, Symbol]
    order_turns: tuple[WireMs, ...]
    asking: frozenset[str]
    asked: int
    taken: int
    snapshot_sent_ms: WireMs | None
    snapshot_due_ms: WireMs
    snapshot_misses: int
    full_due_ms: WireMs
    equity_quote: Quote | None
    frozen: frozenset[str]
    stream_up: bool
    journal_ok: bool
    kill_level: KillLevel
    foreign_seen: frozenset[str]
    claims: tuple[Claim, ...]
    books_from_ms: WireMs
    money: Money
    reset_pending: bool
    bar_ms: int | None
    averages: Mapping[Symbol, Average]
    bots: Mapping[str, Bot]
    bots_stopped: frozenset[str]
    adopting: AdoptSettings = NOTHING_MORE
    limits_of_file: RiskLimits | None = None


def initial_state(
    *,
    tag: str,
    mode: PositionMode,
    fence: int,
    risk: RiskSettings,
    protection: ProtectionSettings,
    instruments: Mapping[Symbol, Instrument],
    symbols: tuple[Symbol, ...],
    kill_level: KillLevel,
    books_from_ms: WireMs,
    money: Money = UNKNOWN_MONEY,
    traits: VenueTraits = FULL_TRAITS,
    bar_ms: int | None = None,
    bots: tuple[Bot, ...] = (),
    bots_stopped: frozenset[str] = frozenset(),
    adopting: AdoptSettings = NOTHING_MORE,
) -> State:
    """The state of an engine that has read nothing yet: blind, no rung proven, a guard pass due at once."""
    return State(
        tag=tag,
        mode=mode,
        traits=traits,
        doubted_ms=None,
        fence=fence,
        ordinal=0,
        risk=risk,
        protection=protection,
        instruments=instruments,
        markets={symbol: MarketState(symbol=symbol) for symbol in symbols},
        trades={},
        in_flight={},
        order_turns=(),
        asking=frozenset(),
        asked=0,
        taken=0,
        snapshot_sent_ms=None,
        snapshot_due_ms=WireMs(0),
        snapshot_misses=0,
        full_due_ms=WireMs(0),
        equity_quote=None,
        frozen=frozenset(),
        stream_up=False,
        journal_ok=True,
        kill_level=kill_level,
        foreign_seen=frozenset(),
        claims=(),
        books_from_ms=books_from_ms,
        money=money,
        reset_pending=False,
        bar_ms=bar_ms,
        averages={},
        bots={bot.name: bot for bot in bots},
        bots_stopped=bots_stopped,
    )
