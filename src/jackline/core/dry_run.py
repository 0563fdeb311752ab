"""A dry run of every gate and of the plan, without a venue: what would become of a signal on a calm, flat account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from jackline.core import deciding
from jackline.core.events import Now, Signalled
from jackline.core.gate_settings import OpportunityForm, Rule
from jackline.core.gates import GATES, Asked, Gate
from jackline.core.instrument import Instrument, MarginTier
from jackline.core.orders import PositionMode
from jackline.core.outcomes import Denied
from jackline.core.plan import ProtectedEntry, Rung
from jackline.core.regime import Average
from jackline.core.settings import ProtectionSettings, RiskSettings
from jackline.core.state import KillLevel, MarketState, State, initial_state
from jackline.core.turn import Turn
from jackline.core.values import (
    ONE,
    ZERO,
    Fraction,
    MarketMs,
    Price,
    Quantity,
    Quote,
    Side,
    Symbol,
    WireMs,
)

_MOMENT = 1
"""Both clocks stand here: nothing is old, and nothing is in the future."""


class Word(StrEnum):
    """What a gate says in a dry run. `ASSUMED`: it would pass on what was assumed in place of a live account."""

    PASSED = "pass"
    DENIED = "denied"
    ASSUMED = "assumed"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One gate's word, and why or on which assumption."""

    name: str
    word: Word
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """Of a whole entry. `denied` is the first denial in the order of the gates; `plan` may exist beside it.

    `liquidation_price` is the venue's by the assumed margin table; None without a plan, and where there is none.
    """

    verdicts: tuple[Verdict, ...]
    denied: Denied | None
    plan: ProtectedEntry | None
    liquidation_price: Price | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked. `entry` is the price the whole trade is taken to fill at: the collar is left out.

    `traded`: symbols of a configuration; None where any is taken. `ratios`: close / average by symbol, where known.
    `instrument`: the venue's filters and margin table; None takes typical ones.
    """

    symbol: Symbol
    side: Side
    entry: Price
    equity_quote: Quote
    confidence: Fraction | None
    risk: RiskSettings
    traded: tuple[Symbol, ...] | None = None
    ratios: Mapping[Symbol, Decimal]
    instrument: Instrument | None = None


def typical_instrument(symbol: Symbol, price: Price) -> Instrument:
    """An instrument such as large markets are: tick, step and minimum order by the magnitude of its price."""
    magnitude = price.adjusted()
    return Instrument(
        symbol=symbol,
        price_tick=Decimal(1).scaleb(magnitude - 6),
        price_min=Price(Decimal(1).scaleb(magnitude - 6)),
        price_max=Price(price * 1_000),
        quantity_step=Decimal(1).scaleb(1 - magnitude),
        quantity_min=Quantity(Decimal(1).scaleb(1 - magnitude)),
        quantity_max=Quantity(Decimal(1).scaleb(9 - magnitude)),
        market_quantity_max=Quantity(Decimal(1).scaleb(9 - magnitude)),
        notional_min=Quote(Decimal(5)),
        tiers=(
            MarginTier(
                notional_floor=Quote(ZERO),
                maintenance_fraction=Fraction(Decimal("0.005")),
                maintenance_amount=Quote(ZERO),
                leverage_max=125,
            ),
        ),
    )


def dry_run(question: Question) -> DryRun:
    """Ask every gate, also behind the first that denies."""
    instrument = question.instrument or typical_instrument(question.symbol, question.entry)
    signal = Signalled(
        symbol=question.symbol,
        side=question.side,
        reason="dry run",
        market_ms=MarketMs(_MOMENT),
        confidence=question.confidence,
        price=question.entry,
    )
    turn = Turn(_state(question, instrument), Now(wire_ms=WireMs(_MOMENT), market_ms=MarketMs(_MOMENT)))
    known = question.symbol in turn.state.instruments
    plan = deciding.plan_of(turn, signal) if known else None
    asked = Asked(turn=turn, signal=signal, plan=plan)
    denials = [(gate, gate.denial(asked) if known or not gate.needs_plan else None) for gate in GATES]
    entry = plan if isinstance(plan, ProtectedEntry) else None
    return DryRun(
        verdicts=tuple(_verdict(gate, denied, question, plan) for gate, denied in denials),
        denied=next((denied for _, denied in denials if denied is not None), None),
        plan=entry,
        liquidation_price=None if entry is None else _liquidation(instrument, entry, question.entry),
    )


def _liquidation(instrument: Instrument, plan: ProtectedEntry, fill: Price) -> Price | None:
    return instrument.liquidation_price(
        side=plan.side, entry=fill, quantity=plan.quantity, leverage=plan.leverage
    )


def _state(question: Question, instrument: Instrument) -> State:
    """A flat account of a running engine: streams up, a fresh mark at the entry, a rung proven, no loss today."""
    symbol, risk = question.symbol, replace(question.risk, collar_fraction=Fraction(ZERO))
    if not _knows_regime(question):
        risk = replace(risk, regime=replace(risk.regime, gate=Rule.OFF))
    known = question.traded is None or symbol in question.traded
    state = initial_state(
        tag="dry",
        mode=PositionMode.NETTING,
        fence=1,
        risk=risk,
        protection=ProtectionSettings(),
        instruments={symbol: instrument} if known else {},
        symbols=(symbol,),
        kill_level=KillLevel.NORMAL,
        books_from_ms=WireMs(0),
    )
    market = MarketState(
        symbol=symbol, mark=question.entry, mark_wire_ms=WireMs(_MOMENT), rung=Rung.STOP_FIRST
    )
    return replace(
        state,
        markets={symbol: market},
        stream_up=True,
        equity_quote=question.equity_quote,
        averages={name: _average(name, ratio) for name, ratio in question.ratios.items()},
    )


def _knows_regime(question: Question) -> bool:
    return question.risk.regime.reference_symbol in question.ratios


def _average(symbol: Symbol, ratio: Decimal) -> Average:
    """An average of 1, so that the close is the ratio."""
    return Average(
        symbol=symbol,
        close=Price(ratio),
        value=Price(ONE),
        bars=1,
        bars_needed=1,
        close_ms=MarketMs(_MOMENT),
        interval_ms=_MOMENT,
    )


_ASSUMED = {
    "account": "kill level normal, nothing frozen, the ledger explains the wallet, streams up",
    "freshness": "the mark is fresh and stands at the entry; the bar has just completed",
    "daily_loss": "no loss today, and equity at its peak",
    "losing_streak": "no losing trade today",
    "symbol": "nothing is open on the symbol, and no cool-down runs",
    "slippage": "mark stands where the signal was decided, and the entry fills there, not at its collar",
}
"""Gates that only a live account can answer, and what was put in its place."""


def _verdict(
    gate: Gate, denied: Denied | None, question: Question, plan: ProtectedEntry | Denied | None
) -> Verdict:
    if denied is not None:
        return Verdict(name=gate.name, word=Word.DENIED, detail=f"{denied.reason}: {denied.detail}")
    if gate.name in _ASSUMED:
        return Verdict(name=gate.name, word=Word.ASSUMED, detail=_ASSUMED[gate.name])
    word, detail = _told(gate, question, plan)
    return Verdict(name=gate.name, word=word, detail=detail)


def _told(gate: Gate, question: Question, plan: ProtectedEntry | Denied | None) -> tuple[Word, str]:
    """What a gate passed with."""
    risk = question.risk
    if gate.needs_plan and not isinstance(plan, ProtectedEntry):
        return Word.NOT_ASKED, "there is no plan to look at"
    match gate.name:
        case "input":
            return Word.PASSED, f"{question.symbol} {question.side} at {question.entry:f}"
        case "equity":
            return Word.PASSED, f"{question.equity_quote:f} quote of at least {risk.equity_min_quote:f}"
        case "regime" if risk.regime.gate is Rule.OFF:
            return Word.NOT_ASKED, 'regime.gate = "off"'
        case "regime" if not _knows_regime(question):
            return Word.NOT_ASKED, "no candles here: say where the reference stands"
        case "regime":
            return Word.PASSED, "the regime forbids nothing here"
        case "opportunity" if risk.opportunity.form is OpportunityForm.OFF:
            return Word.NOT_ASKED, 'opportunity.form = "off"'
        case "opportunity":
            return Word.NOT_ASKED, "only signals that carry probabilities are asked"
        case _:
            told = Word.PASSED, ""
    return _told_of_plan(gate, plan, question) if isinstance(plan, ProtectedEntry) else told


def _told_of_plan(gate: Gate, plan: ProtectedEntry, question: Question) -> tuple[Word, str]:
    risk = question.risk
    match gate.name:
        case "size":
            notional = plan.quantity * question.entry
            share = notional / question.equity_quote
            return Word.PASSED, f"{notional:.2f} quote are {share:.4f} of equity"
        case "heat":
            most = risk.heat_loss_max_fraction * question.equity_quote
            return (
                Word.ASSUMED,
                f"nothing else is open: {plan.risk_quote:.2f} of {most:.2f} quote at the stop",
            )
        case "venue_minimums":
            return Word.ASSUMED, "a typical instrument: at least 5 quote an order, up to 125x"
        case _:
            return Word.ASSUMED, "a proven rung; typical margin table (0.5 % maintenance)"
