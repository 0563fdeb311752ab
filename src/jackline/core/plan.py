"""The only place where size, stop, target, trigger source, deadline and rung of a trade are decided."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from jackline.core import rules
from jackline.core.errors import invariant
from jackline.core.exit_settings import ExitSettings
from jackline.core.ids import TradeId
from jackline.core.instrument import Instrument
from jackline.core.orders import PositionMode, PriceSource
from jackline.core.outcomes import Denied, Reason
from jackline.core.settings import RiskSettings, StopBasis, StopSettings
from jackline.core.sizing import Conditions, wanted_notional
from jackline.core.values import (
    ZERO,
    Fraction,
    MarketMs,
    Price,
    Quantity,
    Quote,
    Side,
    Symbol,
    WireMs,
    tighter,
)


class Rung(StrEnum):
    """How a stop and an entry meet at the venue, best first: the ladder (docs/decisions/0003)."""

    ATTACHED = "attached"
    STOP_FIRST = "stop_first"
    CONCURRENT = "concurrent"
    AFTER_FILL = "after_fill"

    @property
    def rests_early(self) -> bool:
        """A stop of its own leaves before a fill is known of."""
        return self in {Rung.STOP_FIRST, Rung.CONCURRENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class StopPlan:
    """Where the disaster stop D stands and what it is based on.

    Attributes:
        distance_fraction: planned distance from the fill as a fraction of price; also sets an adopted position's stop.
        disaster_price: trigger of D, on the tick, computed from the worst fill the collar allows.
        price_source: which price fires it.
    """

    side: Side
    distance_fraction: Fraction
    disaster_price: Price
    price_source: PriceSource


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedEntry:
    """An entry that carries its stop. Nothing else can increase exposure (P2); it cannot be built without one.

    Attributes:
        collar_price: worst fill allowed; the entry is an IOC limit at it.
        entry_latest_ms: wire time after which the request gate refuses to sign it.
        receive_window_ms: how long after signing the venue may still execute it.
        risk_quote: loss when D fires after the worst fill, fees both ways and stressed slippage included.
        costs_fraction: of the entry price: what a stop at break-even must earn above it.
    """

    trade_id: TradeId
    symbol: Symbol
    side: Side
    mode: PositionMode
    quantity: Quantity
    signal_price: Price
    collar_price: Price
    stop: StopPlan
    target_price: Price | None
    trailing_fraction: Fraction | None
    hold_max_ms: int
    leverage: int
    rung: Rung
    risk_quote: Quote
    entry_latest_ms: WireMs
    receive_window_ms: int
    signal_reason: str
    signal_market_ms: MarketMs
    exits: ExitSettings = ExitSettings()
    costs_fraction: Fraction = Fraction(ZERO)

    def __post_init__(self) -> None:
        bare = not isinstance(self.stop, StopPlan)  # pyright: ignore[reportUnnecessaryIsInstance]  # the runtime check
        invariant(not bare, "P2", trade_id=self.trade_id, stop=self.stop)
        invariant(self.quantity > 0, "P2", trade_id=self.trade_id, quantity=self.quantity)
        invariant(self.stop.side is self.side, "P2", trade_id=self.trade_id, stop_side=self.stop.side)
        losing_side = tighter(self.side, self.collar_price, self.stop.disaster_price)
        invariant(
            losing_side, "P2", trade_id=self.trade_id, stop=self.stop.disaster_price, worst=self.collar_price
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRequest:
    """What a strategy or an operator asks for; everything else is decided here."""

    trade_id: TradeId
    symbol: Symbol
    side: Side
    reason: str
    market_ms: MarketMs
    confidence: Fraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanContext:
    """What the plan depends on besides the request: the market, the account, the venue's proven rung."""

    instrument: Instrument
    mode: PositionMode
    mark: Price
    spread_fraction: Fraction
    noise_fraction: Fraction
    equity_quote: Quote
    rung: Rung
    now_ms: WireMs
    risk: RiskSettings
    conditions: Conditions = Conditions()


def stop_distance(*, stop: StopSettings, leverage: int | Decimal, notional_share: Decimal) -> Fraction:
    """Distance of the stop as a fraction of price, from its configured basis (`policy.md`, stop plan).

    `notional_share`: of equity, what the trade is worth: position fraction times leverage.
    """
    match stop.basis:
        case StopBasis.PRICE:
            return stop.value_fraction
        case StopBasis.MARGIN:
            return Fraction(stop.value_fraction / leverage)
        case StopBasis.EQUITY:
            return Fraction(stop.value_fraction / notional_share)


def plan_stop(
    *,
    side: Side,
    distance: Fraction,
    worst_fill: Price,
    mark: Price,
    instrument: Instrument,
    quantity: Quantity | None,
    risk: RiskSettings,
) -> StopPlan | Denied:
    """Compute D for a position that may have filled at `worst_fill`. The only source of a stop price.

    `distance`: fraction of price, of `stop_distance`.
    `quantity` sets the liquidation bracket; None judges the smallest bracket (size is not known yet).
    Denied when the distance is outside its band or inside the noise, when liquidation is too near (P7), or when
    the mark has already reached the stop.
    """
    low, high = risk.stop.distance_min_fraction, risk.stop.distance_max_fraction
    if not low <= distance <= high:
        return _denied(Reason.STOP_DISTANCE, f"stop distance {distance} is outside {low} … {high}")
    trigger = instrument.stop_price(rules.stop_level(worst_fill, distance, side.sign), side)
    if trigger <= 0 or not tighter(side, worst_fill, trigger):
        return _denied(Reason.STOP_SIDE, f"stop {trigger} is not on the losing side of {worst_fill}")
    if rules.is_beyond(mark, trigger, side.sign):
        return _denied(Reason.STOP_REACHED, f"mark {mark} is already beyond the stop {trigger}")
    liquidation = instrument.liquidation_price(
        side=side, entry=worst_fill, quantity=quantity or instrument.quantity_min, leverage=risk.leverage
    )
    if liquidation is not None:
        room = abs(worst_fill - liquidation) * risk.stop.liquidation_share_max
        if abs(worst_fill - trigger) > room:
            return _denied(
                Reason.LIQUIDATION,
                f"stop {trigger} lies {abs(worst_fill - trigger)} from {worst_fill}; at {risk.leverage}x the "
                f"liquidation price is {liquidation:.2f}, which allows at most {room:.2f}: lower leverage or stop",
            )
    return StopPlan(
        side=side, distance_fraction=distance, disaster_price=trigger, price_source=risk.stop.price_source
    )


def plan_trade(request: TradeRequest, context: PlanContext) -> ProtectedEntry | Denied:
    """Decide a whole trade, or deny it with the figures. Pure; the same inputs give the same plan (D4)."""
    risk, instrument = context.risk, context.instrument
    sign = request.side.sign
    level = rules.worst_fill_level(context.mark, risk.collar_fraction, sign)
    worst = instrument.collar_price(level, request.side)
    noise = _noise(context)
    notional = wanted_notional(
        risk=risk,
        equity_quote=context.equity_quote,
        confidence=request.confidence,
        conditions=context.conditions,
    )
    if isinstance(notional, Denied):
        return notional
    distance = stop_distance(
        stop=risk.stop, leverage=risk.leverage, notional_share=notional / context.equity_quote
    )
    if distance < noise:
        return _denied(Reason.STOP_DISTANCE, f"stop distance {distance} is inside cost and noise {noise}")
    stop = plan_stop(
        side=request.side,
        distance=distance,
        worst_fill=worst,
        mark=context.mark,
        instrument=instrument,
        quantity=None,
        risk=risk,
    )
    if isinstance(stop, Denied):
        return stop
    sized = _size(worst=worst, stop=stop, notional=notional, context=context)
    if isinstance(sized, Denied):
        return sized
    quantity, risk_quote = sized
    confirmed = plan_stop(
        side=request.side,
        distance=distance,
        worst_fill=worst,
        mark=context.mark,
        instrument=instrument,
        quantity=quantity,
        risk=risk,
    )
    if isinstance(confirmed, Denied):
        return confirmed
    return ProtectedEntry(
        trade_id=request.trade_id,
        symbol=request.symbol,
        side=request.side,
        mode=context.mode,
        quantity=quantity,
        signal_price=context.mark,
        collar_price=worst,
        stop=confirmed,
        target_price=_target(request.side, context),
        trailing_fraction=risk.trailing_fraction,
        hold_max_ms=risk.hold_max_ms,
        leverage=risk.leverage,
        rung=context.rung,
        risk_quote=risk_quote,
        entry_latest_ms=WireMs(context.now_ms + risk.entry_patience_ms),
        receive_window_ms=risk.entry_receive_window_ms,
        signal_reason=request.reason,
        signal_market_ms=request.market_ms,
        exits=risk.exits,
        costs_fraction=Fraction(rules.round_trip_costs(risk.taker_fraction, risk.slippage_fraction)),
    )


def _noise(context: PlanContext) -> Decimal:
    """The distance that costs and recent moves use up by themselves, as a fraction of price."""
    costs = context.spread_fraction + 2 * context.risk.taker_fraction
    return context.risk.stop.noise_multiple * (costs + context.noise_fraction)


def _target(side: Side, context: PlanContext) -> Price | None:
    """Where profit is taken; None where the configuration asks for none."""
    target_fraction = context.risk.target_fraction
    if target_fraction is None:
        return None
    level = rules.target_level(context.mark, target_fraction, side.sign)
    return context.instrument.target_price(level, side)


def _size(
    *, worst: Price, stop: StopPlan, notional: Quote, context: PlanContext
) -> tuple[Quantity, Quote] | Denied:
    """Quantity of this notional whose loss at D fits the budget; it only ever shrinks (P8)."""
    risk, instrument = context.risk, context.instrument
    budget = context.equity_quote * risk.risk_per_trade_fraction
    unit_loss = rules.loss_per_unit(worst, stop.disaster_price, risk.taker_fraction, risk.slippage_fraction)
    by_risk = budget / unit_loss
    by_mode = notional / worst
    # Stops, targets and closes become market orders: one of each must be able to take the whole position.
    largest = min(instrument.quantity_max, instrument.market_quantity_max)
    quantity = instrument.quantity_down(min(by_risk, by_mode, largest))
    lower = min(worst, stop.disaster_price)
    if quantity < instrument.quantity_min or quantity * lower < instrument.notional_min or quantity <= ZERO:
        return _denied(
            Reason.MINIMUM_ORDER,
            f"the budget of {budget:.2f} quote and the size of {notional:.2f} quote allow {quantity} "
            f"{context.instrument.symbol}; the venue's minimum is {instrument.quantity_min} and "
            f"{instrument.notional_min} quote",
        )
    leverage_max = instrument.leverage_max(quantity * worst)
    if risk.leverage > leverage_max:
        return _denied(
            Reason.LEVERAGE,
            f"leverage {risk.leverage} is above the venue's {leverage_max} for {instrument.symbol}",
        )
    loss = quantity * unit_loss
    invariant(loss <= budget, "P8", loss=loss, budget=budget, quantity=quantity)
    return quantity, Quote(loss)


def _denied(reason: Reason, detail: str) -> Denied:
    return Denied(reason=reason, detail=detail)
