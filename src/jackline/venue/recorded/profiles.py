"""What each venue is known to do, with the kind of evidence for it. A declaration alone opens nothing.

Evidence, as in the study of the venues: **W** the outgoing request of the real client was captured, **S** read in a
client's source, **D** the venue's documents, **I** an issue thread, **K** background knowledge, **-** nobody said, and
the strict reading stands. Nothing here was checked against a live venue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jackline.core.plan import Rung
from jackline.venue.profile import LegScope
from jackline.venue.recorded import ids
from jackline.venue.recorded.ids import IdRule

AS_OF = "2026-11-21"
"""When the evidence was gathered, with ccxt 4.5.90."""
TAGS = frozenset("WSDIK-")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedProfile:
    """One venue and its linear perpetuals.

    Attributes:
        rungs: what a canary may prove once there is a connection; empty: asking for one is refused with `no_rung`.
        leg_scope: what an attached stop covers; None where there is none.
        stops_per_side_max: 1 is one slot, moved by amendment only; also where nobody said that there may be two.
        mark_on_leg, mark_on_stop: whether mark can be chosen as what fires the attached and the separate stop.
        leg_has_id, stop_has_id: whether it carries our client id; without, it is found by listing alone.
        hedge: whether requests for hedge mode have shapes.
        expiry: where a request says until when it may execute; None: nowhere.
        late_execution_ms_max: measured bound of execution after sending, for venues without `expiry`; None: not
            measured, and their entries do not leave (protocol, rule 3).
        evidence: by attribute, a tag and a few words.
    """

    name: str
    ccxt_id: str
    client_id: IdRule
    rungs: tuple[Rung, ...]
    no_rung: str | None = None
    leg_scope: LegScope | None = None
    stops_per_side_max: int = 1
    mark_on_leg: bool = False
    mark_on_stop: bool = True
    leg_has_id: bool = False
    stop_has_id: bool = True
    hedge: bool = True
    expiry: str | None = None
    late_execution_ms_max: int | None = None
    evidence: Mapping[str, str]


BYBIT = RecordedProfile(
    name="bybit",
    ccxt_id="bybit",
    client_id=ids.BYBIT,
    rungs=(Rung.ATTACHED,),
    leg_scope=LegScope.POSITION,
    mark_on_leg=True,
    expiry="header X-BAPI-RECV-WINDOW",
    evidence={
        "rungs": "W stopLoss travels with the order",
        "leg_scope": "S tpslMode Full is the whole position's stop",
        "stops_per_side_max": "K one Full stop; whether conditional orders may stand beside it is not proven",
        "mark_on_leg": "S slTriggerBy; left out it is the last price",
        "mark_on_stop": "S triggerBy; left out it is the last price",
        "leg_has_id": "K a position stop has no orderLinkId",
        "stop_has_id": "W orderLinkId; not for a whole-position stop, which trading-stop sets",
        "hedge": "W positionIdx 1 and 2",
        "expiry": "W the header; S 10002 refuses what is outside the window",
        "client_id": "S at most 36 characters",
    },
)
OKX = RecordedProfile(
    name="okx",
    ccxt_id="okx",
    client_id=ids.OKX,
    rungs=(Rung.ATTACHED,),
    leg_scope=LegScope.QUANTITY,
    mark_on_leg=True,
    leg_has_id=True,
    expiry="header expTime",
    evidence={
        "rungs": "W attachAlgoOrds",
        "leg_scope": "K the leg has the entry's filled size; I it may outlive the position (python-okx #111, #112)",
        "stops_per_side_max": "- not said",
        "mark_on_leg": "W slTriggerPxType; left out it is last",
        "mark_on_stop": "W slTriggerPxType; left out it is last",
        "leg_has_id": "S attachAlgoClOrdId",
        "stop_has_id": "S algoClOrdId; the unified clientOrderId arrives as clOrdId [W]",
        "hedge": "W posSide",
        "expiry": "K ccxt does not send it",
        "client_id": "K 32 letters and digits",
    },
)
BITGET = RecordedProfile(
    name="bitget",
    ccxt_id="bitget",
    client_id=ids.BITGET,
    rungs=(Rung.ATTACHED,),
    leg_scope=LegScope.QUANTITY,
    evidence={
        "rungs": "W presetStopLossPrice",
        "leg_scope": "- not said; a leg counts for its quantity only",
        "stops_per_side_max": "- not said",
        "mark_on_leg": "W ccxt sends no field for it, K there is none: the venue's default fires the leg",
        "mark_on_stop": "W triggerType mark_price; ccxt's own word mark is none of the venue's",
        "leg_has_id": "W no field for it",
        "stop_has_id": "W clientOid",
        "hedge": "W holdSide, tradeSide",
        "expiry": "- none",
        "late_execution_ms_max": "- not measured",
        "client_id": "- not said",
    },
)
KUCOIN = RecordedProfile(
    name="kucoin-futures",
    ccxt_id="kucoinfutures",
    client_id=ids.KUCOIN,
    rungs=(Rung.ATTACHED,),
    leg_scope=LegScope.QUANTITY,
    mark_on_leg=True,
    evidence={
        "rungs": "W st-orders; a short's stop is triggerStopUpPrice [S], ccxt sends the other one [W]",
        "leg_scope": "- not said; a leg counts for its quantity only",
        "stops_per_side_max": "- not said",
        "mark_on_leg": "W stopPriceType MP",
        "mark_on_stop": "W stopPriceType MP",
        "leg_has_id": "W no field for it",
        "stop_has_id": "W clientOid",
        "hedge": "W positionSide",
        "expiry": "- none; K the venue refuses a time stamp older than 5 s",
        "late_execution_ms_max": "- not measured",
        "client_id": "K 40 characters",
    },
)
HYPERLIQUID = RecordedProfile(
    name="hyperliquid",
    ccxt_id="hyperliquid",
    client_id=ids.HYPERLIQUID,
    rungs=(Rung.ATTACHED,),
    leg_scope=LegScope.QUANTITY,
    mark_on_leg=True,
    leg_has_id=True,
    hedge=False,
    expiry="expiresAfter beside the action",
    evidence={
        "rungs": "W one signed action with grouping normalTpsl",
        "leg_scope": "W the leg has a size of its own; partial fills of the entry [-] not known",
        "stops_per_side_max": "- not said",
        "mark_on_leg": "K mark and nothing else: there is no field",
        "mark_on_stop": "K mark and nothing else: there is no field",
        "leg_has_id": "W each order of the action has its own cloid; ccxt gives both the same",
        "stop_has_id": "W cloid",
        "hedge": "S one net position per market",
        "expiry": "S signed beside the action; ccxt does not send it with orders",
        "client_id": "S 128 bits of hex",
    },
)
HTX = RecordedProfile(
    name="htx",
    ccxt_id="htx",
    client_id=ids.HTX,
    rungs=(Rung.ATTACHED,),
    leg_scope=LegScope.QUANTITY,
    mark_on_leg=True,
    evidence={
        "rungs": "W sl_trigger_price",
        "leg_scope": "- not said; a leg counts for its quantity only",
        "stops_per_side_max": "- not said",
        "mark_on_leg": "S sl_trigger_price_type of the v5 orders; left out it is last [K]",
        "mark_on_stop": "S sl_trigger_price_type of the v5 algo orders",
        "leg_has_id": "S no field for it",
        "stop_has_id": "S algo_client_order_id, a whole number; text leaks as clientOrderId [W]",
        "hedge": "S position_side",
        "expiry": "- none",
        "late_execution_ms_max": "- not measured",
        "client_id": "S a whole number",
    },
)
GATE = RecordedProfile(
    name="gate",
    ccxt_id="gate",
    client_id=ids.GATE,
    rungs=(Rung.AFTER_FILL,),
    leg_scope=None,
    stop_has_id=False,
    hedge=False,
    expiry="header X-Gate-Exptime",
    evidence={
        "rungs": "W a stopLoss with the entry is ignored in silence; K a stop before the position is not proven",
        "leg_scope": "W none",
        "stops_per_side_max": "- not said",
        "mark_on_leg": "W no leg",
        "mark_on_stop": "W price_type 1; left out it is 0, the last price",
        "leg_has_id": "W no leg",
        "stop_has_id": "D text of a price order names its source; nobody says that it comes back",
        "hedge": "S partial: closing one side needs auto_size",
        "expiry": "D ccxt does not send it",
        "client_id": "S t- and 28 characters",
    },
)
MEXC = RecordedProfile(
    name="mexc",
    ccxt_id="mexc",
    client_id=ids.BYBIT,
    rungs=(),
    no_rung=(
        "a stop sent through ccxt is an immediate market order there, a stop with the entry is ignored in silence, "
        "and no hand-written request has been shown to do better"
    ),
    mark_on_stop=False,
    stop_has_id=False,
    hedge=False,
    evidence={
        "rungs": "W stopLossPrice posts an ordinary market order: side 4 closes now, side 3 opens a short",
        "leg_scope": "W a stopLoss with the entry is ignored in silence",
        "stops_per_side_max": "- not said",
        "mark_on_leg": "W no leg",
        "mark_on_stop": "- no stop",
        "leg_has_id": "W no leg",
        "stop_has_id": "- no stop",
        "hedge": "- no shapes",
        "expiry": "- none",
        "late_execution_ms_max": "- not measured",
        "client_id": "- externalOid; not used",
    },
)
