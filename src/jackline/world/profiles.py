"""Where the dice are loaded: the swarm draws everything, a directed profile digs in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from jackline.core.plan import Rung
from jackline.world.acts import Kind
from jackline.world.wires import Wire

RUNGS: Mapping[Wire, tuple[Rung | None, ...]] = {
    Wire.BINANCE: (Rung.STOP_FIRST, Rung.STOP_FIRST, Rung.CONCURRENT, Rung.AFTER_FILL),
    Wire.BINGX: (Rung.ATTACHED, Rung.ATTACHED, None, Rung.AFTER_FILL),
}
CRASHES = (
    Kind.KILL_ENGINE, Kind.KILL_ENGINE, Kind.KILL_BOTH, Kind.KILL_AT_REQUEST, Kind.KILL_AT_REQUEST,
    Kind.KILL_AT_STEP, Kind.KILL_AT_STEP, Kind.POWER_CUT,
)  # fmt: skip
"""What makes a process lose its memory between two steps."""


RARE = (
    Kind.SLOW_FILLS, Kind.IMMEDIATE_RESTS, Kind.BARS_MISSING, Kind.STOP_WATCHDOG, Kind.SETS_MARGIN, Kind.PLACES_STOP,
    Kind.SLEEPS, Kind.FLIPS_BY_HAND, Kind.REENTERS_BY_HAND, Kind.BRINGS_ORDERS, Kind.NO_ENGINE,
    Kind.ANSWERS_AND_DIES, Kind.ASKS_ORDER, Kind.DROPS_ORDER, Kind.TIGHTENS,
)  # fmt: skip
"""Not in the swarm. No venue of ours was seen to go on filling an immediate order, or to let one rest: only the profile
that digs there has the one, and the canary, which looks for it, the other. The rest leads to places of the code that
the swarm seldom visits, where the aimed worlds kill."""
TRADER = (
    Kind.OPENS_BY_HAND, Kind.ADDS_BY_HAND, Kind.CLOSES_BY_HAND, Kind.FLIPS_BY_HAND, Kind.REENTERS_BY_HAND,
    Kind.BRINGS_ORDERS, Kind.CANCELS_STOP,
)  # fmt: skip
"""Another bot, or a person, with an account of their own mind."""
WISHES = (Kind.ASKS_ORDER, Kind.ASKS_ORDER, Kind.DROPS_ORDER, Kind.TIGHTENS)
"""What somebody may want of the stops of a position that is open."""
EVERYTHING = tuple(kind for kind in Kind if kind not in RARE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A distribution of experiments.

    Attributes:
        kinds: drawn from with equal chance; name one twice to double it.
        acts: fewest and most acts beside the crash.
        always: acts that every seed has.
        noise, slowness, wildness: multiply message trouble, latency and volatility.
        late_orders: this fraction of entries and closes arrives 1 to 7 seconds after it left.
        hedge: probability of hedge mode.
        wires: drawn from with equal chance: whose client trades.
        rungs: drawn from with equal chance; None is what the wire has.
        staged, opinions: probability of stops in stages, and of a strategy that has exits of its own.
        patiences_ms: times without progress (market ms; None is off) drawn from.
        trailed: probability that the venue trails, beside the stop.
        guards: the engine enters nothing and protects what others open.
        trades_per_symbol: entries that one position may be built of, drawn from; 1 adds to none.
        signal_rates: least and most probability of a wish at the close of a bar.
        trailings, holds_ms: trailing distances (fractions; None is off) and longest holds (market ms) drawn from.
    """

    name: str
    why: str
    kinds: tuple[Kind, ...] = EVERYTHING
    crashes: tuple[Kind, ...] = CRASHES
    acts: tuple[int, int] = (3, 9)
    always: tuple[Kind, ...] = ()
    rungs: tuple[Rung | None, ...] | None = None
    noise: float = 1.0
    slowness: float = 1.0
    wildness: float = 1.0
    late_orders: float = 0.0
    hedge: float = 0.3
    trailings: tuple[Decimal | None, ...] = (None, Decimal("0.008"), Decimal("0.015"))
    holds_ms: tuple[int, ...] = (60_000, 120_000, 300_000)
    wires: tuple[Wire, ...] = (Wire.BINANCE,)
    staged: float = 0.0
    opinions: float = 0.0
    patiences_ms: tuple[int | None, ...] = (None,)
    guards: bool = False
    trailed: float = 0.0
    trades_per_symbol: tuple[int, ...] = (1,)
    signal_rates: tuple[float, float] = (0.35, 0.9)


SWARM = Profile(name="swarm", why="everything, uniformly; one world of four speaks BingX",
                wires=(Wire.BINANCE, Wire.BINANCE, Wire.BINANCE, Wire.BINGX))  # fmt: skip
PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        SWARM,
        Profile(name="quiet", why="no fault but one crash: what the system does when left alone",
                kinds=(Kind.KILL_ENGINE,), crashes=(Kind.KILL_ENGINE,), acts=(0, 0), noise=0.0),
        Profile(name="stale", why="reads lag behind writes", kinds=(Kind.READ_LAG,), acts=(2, 5),
                always=(Kind.READ_LAG, Kind.READ_LAG, Kind.JUMP, Kind.CLOSES_BY_HAND)),
        Profile(name="slow", why="requests and answers are late by seconds",
                kinds=(Kind.SLOW_NETWORK, Kind.CONDITIONAL_SLOW, Kind.JUMP, Kind.KILL_AT_REQUEST),
                always=(Kind.SLOW_NETWORK,), slowness=6.0, noise=1.5),
        Profile(name="liar", why="the venue acknowledges stops and loses, rejects or sticks them",
                kinds=(Kind.STOP_DROPPED, Kind.STOP_EXPIRED, Kind.STICKY_TRIGGERING, Kind.REJECTED_AT_TRIGGER,
                       Kind.THROUGH_STOP, Kind.CHILD_PART_FILLED),
                always=(Kind.STOP_DROPPED, Kind.STOP_DROPPED)),
        Profile(name="crashes", why="one crash after another, also during recovery",
                kinds=CRASHES, acts=(4, 10)),
        Profile(name="disk", why="the disk fails in every way it can",
                kinds=(Kind.POWER_CUT, Kind.DISK_FULL, Kind.READ_ONLY, Kind.SLOW_DISK, Kind.SYNC_FAILS,
                       Kind.PAGE_CORRUPTED, Kind.TAIL_CUT, Kind.OLD_BACKUP, Kind.LOST_DISK),
                crashes=(Kind.POWER_CUT,), acts=(3, 7)),
        Profile(name="hands", why="people trade on the account",
                kinds=(Kind.OPENS_BY_HAND, Kind.ADDS_BY_HAND, Kind.CLOSES_BY_HAND, Kind.CANCELS_STOP,
                       Kind.SETS_LEVERAGE, Kind.SETS_MODE, Kind.DEPOSITS, Kind.WITHDRAWS, Kind.KILLS,
                       Kind.CLOSES_ALL, Kind.RECONFIGURES, Kind.KEY_REVOKED)),
        Profile(name="kill", why="the kill switch at any moment, with crashes around it",
                kinds=(Kind.KILLS, Kind.KILL_AT_REQUEST, Kind.KILL_AT_STEP, Kind.POWER_CUT), always=(Kind.KILLS,)),
        Profile(name="unheard", why="operators give orders while no engine lives to hear them, but the watchdog",
                kinds=(Kind.KILLS, Kind.CLOSES_ALL, Kind.OPENS_BY_HAND, Kind.ADDS_BY_HAND, Kind.CLOSES_BY_HAND,
                       Kind.PAUSE_ENGINE, Kind.KILL_WATCHDOG, Kind.STOP_DROPPED, Kind.THROUGH_STOP, Kind.READ_LAG,
                       Kind.SLOW_FILLS, Kind.SILENT_REST, Kind.LOST_DISK, Kind.POWER_CUT, Kind.DISK_FULL),
                acts=(4, 9), hedge=0.4, wires=(Wire.BINANCE, Wire.BINANCE, Wire.BINGX),
                always=(Kind.NO_ENGINE, Kind.NO_ENGINE, Kind.OPENS_BY_HAND, Kind.OPENS_BY_HAND, Kind.KILLS, Kind.KILLS,
                        Kind.CLOSES_ALL, Kind.CLOSES_ALL)),
        Profile(name="accepted", why="an engine answers an order to close, dies before it is flat, and stays away",
                kinds=(Kind.OPENS_BY_HAND, Kind.ADDS_BY_HAND, Kind.CLOSES_BY_HAND, Kind.KILL_WATCHDOG,
                       Kind.PAUSE_WATCHDOG, Kind.STOP_DROPPED, Kind.THROUGH_STOP, Kind.READ_LAG, Kind.SLOW_FILLS,
                       Kind.THIN_BOOK, Kind.BAND, Kind.KILLS, Kind.LOST_DISK, Kind.POWER_CUT, Kind.OLD_BACKUP),
                acts=(2, 6), hedge=0.4, holds_ms=(300_000, 600_000), wires=(Wire.BINANCE, Wire.BINANCE, Wire.BINGX),
                always=(Kind.ANSWERS_AND_DIES, Kind.ANSWERS_AND_DIES, Kind.OPENS_BY_HAND)),
        Profile(name="market", why="cascades, gaps, empty books",
                kinds=(Kind.JUMP, Kind.THROUGH_STOP, Kind.TOUCH_STOP, Kind.THROUGH_TARGET, Kind.MARK_APART,
                       Kind.SPREAD, Kind.EMPTY_BOOK, Kind.THIN_BOOK, Kind.CASCADE, Kind.ADL, Kind.FUNDING,
                       Kind.BAND), wildness=2.0),
        Profile(name="twins", why="a second engine is started while the first one trades",
                kinds=(Kind.SECOND_ENGINE, Kind.PAUSE_ENGINE), always=(Kind.SECOND_ENGINE, Kind.SECOND_ENGINE)),
        Profile(name="reconnects", why="market streams end and begin again",
                kinds=(Kind.HANG_UP, Kind.CUT_STREAMS), acts=(1, 3),
                always=(Kind.HANG_UP, Kind.HANG_UP, Kind.HANG_UP)),
        Profile(name="stopless", why="the venue takes entries and no stops",
                kinds=(Kind.CONDITIONAL_DOWN, Kind.TYPE_WITHDRAWN, Kind.STOP_DROPPED, Kind.STOP_EXPIRED),
                always=(Kind.CONDITIONAL_DOWN, Kind.TYPE_WITHDRAWN, Kind.STOP_DROPPED)),
        Profile(name="trails", why="prices that run, so that working stops move often",
                kinds=(Kind.JUMP, Kind.CONDITIONAL_SLOW, Kind.SLOW_NETWORK), acts=(3, 6), wildness=3.0,
                trailings=(Decimal("0.008"),)),
        Profile(name="trailing", why="the venue trails beside the stop, and loses, clamps or forgets what it took",
                kinds=(*CRASHES, Kind.STOP_DROPPED, Kind.STOP_EXPIRED, Kind.CANCELS_STOP, Kind.TYPE_WITHDRAWN,
                       Kind.STICKY_TRIGGERING, Kind.REJECTED_AT_TRIGGER, Kind.CHILD_PART_FILLED, Kind.REFUSES,
                       Kind.CONDITIONAL_SLOW, Kind.CONDITIONAL_DOWN, Kind.SLOW_NETWORK, Kind.JUMP, Kind.MARK_APART,
                       Kind.ADDS_BY_HAND, Kind.CLOSES_BY_HAND, Kind.READ_LAG, Kind.LOST_DISK, Kind.SETS_MODE),
                wildness=3.0, hedge=0.4, trailings=(Decimal("0.002"), Decimal("0.004"), Decimal("0.008")), trailed=0.9,
                holds_ms=(120_000, 300_000)),
        Profile(name="exits", why="prices that run, stops in stages, strategies that want out, and crashes in between",
                kinds=(*CRASHES, Kind.JUMP, Kind.CONDITIONAL_SLOW, Kind.SLOW_NETWORK, Kind.THROUGH_TARGET,
                       Kind.TOUCH_STOP, Kind.STOP_DROPPED),
                wildness=3.0, staged=0.8, opinions=0.5, patiences_ms=(None, None, 120_000, 240_000),
                holds_ms=(120_000, 300_000, 600_000), wires=(Wire.BINANCE, Wire.BINANCE, Wire.BINGX)),
        Profile(name="full", why="the disk is slow or full while stops are needed",
                kinds=(Kind.DISK_FULL, Kind.SLOW_DISK, Kind.STOP_DROPPED), rungs=(Rung.CONCURRENT, Rung.AFTER_FILL),
                always=(Kind.SLOW_DISK, Kind.SLOW_DISK, Kind.SLOW_DISK, Kind.SLOW_DISK, Kind.STOP_DROPPED)),
        Profile(name="amnesia", why="stops move while the disk refuses, then the engine dies; or an old one is back",
                kinds=(Kind.DISK_FULL, Kind.OLD_BACKUP, Kind.KILL_ENGINE), acts=(2, 4),
                always=(Kind.DISK_FULL, Kind.DISK_FULL, Kind.OLD_BACKUP, Kind.OLD_BACKUP, Kind.KILL_ENGINE),
                rungs=(Rung.STOP_FIRST,), trailings=(Decimal("0.008"),), holds_ms=(28_800_000,)),
        Profile(name="lossy", why="requests and answers are lost and connections reset",
                kinds=(Kind.LOSSY, Kind.RESETS, Kind.SILENT_REST), acts=(2, 4),
                always=(Kind.LOSSY, Kind.LOSSY, Kind.RESETS)),
        Profile(name="late", why="requests arrive seconds late, and their sender is killed meanwhile",
                kinds=(Kind.KILL_AT_REQUEST, Kind.READ_LAG), acts=(2, 4), crashes=(Kind.KILL_AT_REQUEST,),
                always=(Kind.KILL_AT_REQUEST, Kind.KILL_AT_REQUEST), late_orders=0.5),
        Profile(name="slow_fills", why="entries fill in part, and the rest when the position was closed already",
                kinds=(Kind.SLOW_FILLS, Kind.CLOSES_ALL, Kind.THROUGH_STOP), acts=(3, 6),
                always=(Kind.SLOW_FILLS, Kind.SLOW_FILLS, Kind.SLOW_FILLS, Kind.CLOSES_ALL, Kind.CLOSES_ALL)),
        Profile(name="lagging", why="most reads come from a replica that is behind, while the stop already rests",
                kinds=(Kind.READ_LAG,), acts=(3, 6), rungs=(Rung.STOP_FIRST,),
                always=(Kind.READ_LAG, Kind.READ_LAG, Kind.READ_LAG)),
        Profile(name="thin", why="entries meet a part of what they want, and must be closed in hedge mode",
                kinds=(Kind.THIN_BOOK,), acts=(0, 2), hedge=1.0, holds_ms=(300_000,),
                always=(Kind.THIN_BOOK, Kind.THIN_BOOK, Kind.THIN_BOOK, Kind.KILLS, Kind.KILLS)),
        Profile(name="overtaken", why="slow reads are overtaken by orders; none is served from a replica",
                kinds=(Kind.SLOW_NETWORK, Kind.CONDITIONAL_SLOW), acts=(2, 4), slowness=3.0,
                always=(Kind.SLOW_NETWORK, Kind.SLOW_NETWORK)),
        Profile(name="adds", why="people open positions and add to them",
                kinds=(Kind.OPENS_BY_HAND, Kind.ADDS_BY_HAND), acts=(4, 8),
                always=(Kind.OPENS_BY_HAND, Kind.ADDS_BY_HAND, Kind.ADDS_BY_HAND)),
        Profile(name="pyramid", why="everything, where open trades are added to while their prices run",
                hedge=0.4, holds_ms=(300_000, 600_000), wildness=1.5, acts=(2, 8), trades_per_symbol=(2, 2, 3, 5),
                signal_rates=(0.85, 1.0)),
        Profile(name="guard", why="somebody else trades; the engine enters nothing and protects what it finds",
                kinds=(*TRADER, *TRADER, Kind.STOP_DROPPED, Kind.STOP_EXPIRED, Kind.REFUSES, Kind.CONDITIONAL_SLOW,
                       Kind.JUMP, Kind.THROUGH_STOP, Kind.KILL_WATCHDOG, Kind.KILL_AT_REQUEST, Kind.KILL_AT_STEP,
                       Kind.LOST_DISK, Kind.CUT_STREAMS, Kind.SETS_LEVERAGE, Kind.READ_LAG), acts=(6, 14),
                always=(Kind.OPENS_BY_HAND, Kind.OPENS_BY_HAND, Kind.BRINGS_ORDERS, Kind.REENTERS_BY_HAND),
                wires=(Wire.BINANCE, Wire.BINANCE, Wire.BINGX), hedge=0.4, guards=True),
        Profile(name="asked", why="somebody asks for stops and targets beside the plan's, drops and tightens them",
                kinds=(*CRASHES, *WISHES, *WISHES, Kind.JUMP, Kind.THROUGH_STOP, Kind.STOP_DROPPED, Kind.STOP_EXPIRED,
                       Kind.REJECTED_AT_TRIGGER, Kind.STICKY_TRIGGERING, Kind.CONDITIONAL_SLOW, Kind.SLOW_NETWORK,
                       Kind.READ_LAG, Kind.LOSSY, Kind.ADDS_BY_HAND, Kind.CLOSES_BY_HAND, Kind.OPENS_BY_HAND,
                       Kind.CANCELS_STOP, Kind.KILLS, Kind.OLD_BACKUP, Kind.LOST_DISK), acts=(4, 8), wildness=2.0,
                always=(Kind.OPENS_BY_HAND, *(Kind.ASKS_ORDER,) * 6, *(Kind.DROPS_ORDER,) * 3, *(Kind.TIGHTENS,) * 2),
                holds_ms=(300_000, 600_000), wires=(Wire.BINANCE, Wire.BINANCE, Wire.BINANCE, Wire.BINGX)),
        Profile(name="bingx", why="everything, at a venue that takes the stop in the entry and has one slot for it",
                wires=(Wire.BINGX,), hedge=0.5),
        Profile(name="bingx_liar", why="the same venue, which loses, rejects or sticks the stops it took",
                wires=(Wire.BINGX,), hedge=0.5,
                kinds=(Kind.STOP_DROPPED, Kind.STOP_EXPIRED, Kind.STICKY_TRIGGERING, Kind.REJECTED_AT_TRIGGER,
                       Kind.THROUGH_STOP, Kind.CHILD_PART_FILLED, Kind.TYPE_WITHDRAWN, Kind.CONDITIONAL_DOWN),
                always=(Kind.STOP_DROPPED, Kind.STOP_EXPIRED)),
    )
}  # fmt: skip
