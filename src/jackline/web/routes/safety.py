"""`/api/trading-safety`: the source documents' endpoints, with their meaning mended. They answer numbers, as they did.

What ends in `_pct` is a fraction of one here, as it was there: 0.05 is five per cent.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from jackline.core.risk_limits import RiskLimits, limits_of
from jackline.core.settings import StopBasis
from jackline.core.sides import SPELLINGS
from jackline.core.values import Fraction, Price, Quantity, Quote, Symbol
from jackline.core.what_if import Held, Standing, Supposed, adverse_slippage_fraction, verdict
from jackline.web.access import Reader
from jackline.web.account import Seen
from jackline.web.once import KnownRoute
from jackline.web.options import WebOptions
from jackline.web.parts import Now, Options, TheAccount, ThePast
from jackline.web.routes.health import judged
from jackline.web.words import moment

router = APIRouter(prefix="/api/trading-safety", tags=["trading safety"], route_class=KnownRoute)

MOST = Decimal("1e15")
"""No price, quantity or balance of ours is larger: a number beyond it is a mistake."""

SideWord = Literal["buy", "sell", "long", "short", "BUY", "SELL", "LONG", "SHORT"]
Amount = Annotated[Decimal, Field(gt=0, le=MOST, allow_inf_nan=False)]
SymbolName = Annotated[str, Field(min_length=2, max_length=50, pattern=r"^[A-Z0-9]{2,40}(-[A-Z0-9]{2,10})?$")]


class Strict(BaseModel):
    """Fields that nobody reads are refused: they were meant for something."""

    model_config = ConfigDict(extra="forbid")


class HeldPosition(Strict):
    """A position as the caller supposes it; `quantity` below 0 is a short."""

    value: Annotated[Decimal, Field(ge=-MOST, le=MOST, allow_inf_nan=False)]
    quantity: Annotated[Decimal, Field(ge=-MOST, le=MOST, allow_inf_nan=False)]


class Validate(Strict):
    """An order that somebody thinks of, on the account as they suppose it."""

    symbol: SymbolName
    side: SideWord
    quantity: Amount
    price: Amount
    account_balance: Amount
    current_positions: dict[SymbolName, HeldPosition] = Field(default_factory=dict, max_length=500)


class Adjustments(BaseModel):
    """What the size would have to be."""

    original_quantity: float
    adjusted_quantity: float
    reason: str


class Validated(BaseModel):
    """`valid` with `adjustments`: valid at the adjusted quantity."""

    valid: bool
    reason: str
    adjustments: Adjustments | None


class CheckSlippage(Strict):
    """What was expected, and what came."""

    expected_price: Amount
    actual_price: Amount
    side: SideWord


class Slippage(BaseModel):
    """`slippage_pct` above 0 is adverse; below, it is better than expected, which is never a reason."""

    acceptable: bool
    slippage_pct: float
    slippage_value: float
    reason: str


class Configuration(BaseModel):
    """The limits in force."""

    max_position_size_pct: float
    daily_loss_limit_pct: float
    max_consecutive_losses: int | None
    min_account_balance: float
    max_slippage_pct: float
    max_portfolio_heat: float


class Status(BaseModel):
    """The safety service of the account."""

    kill_switch_active: bool
    kill_switch_reason: str | None
    kill_level: str
    daily_pnl: float
    trades_today: int
    consecutive_losses: int
    last_reset: str | None
    configuration: Configuration


class ServiceHealth(BaseModel):
    """`status` is healthy, degraded or critical; critical comes with 503."""

    status: Literal["healthy", "degraded", "critical"]
    checks: dict[str, bool]


@router.post("/validate")
async def validate(asked: Validate, seen: Now, options: Options, _: Reader) -> Validated:
    """Every rule in turn; the most severe wins, and a size that can be shrunk hides none. Nothing is changed by it.

    Kill level, day and streak are the account's own; balance and positions are the caller's supposition.
    """
    supposed = Supposed(
        symbol=Symbol(asked.symbol),
        side=SPELLINGS[asked.side.lower()],
        quantity=Quantity(asked.quantity),
        price=Price(asked.price),
        balance_quote=Quote(asked.account_balance),
        positions={
            Symbol(name): Held(value_quote=Quote(held.value), quantity=held.quantity)
            for name, held in asked.current_positions.items()
        },
    )
    found = verdict(supposed, _standing(seen, options), limits_now(seen, options))
    shrunk = found.is_valid and found.quantity < asked.quantity
    adjusted = Adjustments(
        original_quantity=float(asked.quantity), adjusted_quantity=float(found.quantity), reason=found.reason
    )
    return Validated(valid=found.is_valid, reason=found.reason, adjustments=adjusted if shrunk else None)


@router.post("/check-slippage")
async def check_slippage(asked: CheckSlippage, seen: Now, options: Options, _: Reader) -> Slippage:
    """Only adverse slippage counts."""
    side = SPELLINGS[asked.side.lower()]
    adverse = adverse_slippage_fraction(
        expected=Price(asked.expected_price), actual=Price(asked.actual_price), side=side
    )
    most = limits_now(seen, options).slippage_adverse_max_fraction
    acceptable = adverse <= most
    told = "within" if acceptable else "beyond"
    better = ", better than expected" if adverse < 0 else ""
    return Slippage(
        acceptable=acceptable,
        slippage_pct=float(adverse),
        slippage_value=float((asked.actual_price - asked.expected_price) * side.sign),
        reason=f"{adverse * 100:.4f} % is {told} {most * 100:f} %{better}",
    )


@router.get("/status")
async def status(seen: Now, past: ThePast, account: TheAccount, options: Options, _: Reader) -> Status:
    """The kill switch, the day, and the limits in force."""
    shown, switched = seen.account, past.switched
    level = "unknown" if shown is None else shown.kill_level
    days = (await account.stated()).statement.days
    today = None if shown is None else shown.day_number
    return Status(
        kill_switch_active=level != "normal",
        kill_switch_reason=switched.reason if switched is not None and level != "normal" else None,
        kill_level=level,
        daily_pnl=0.0 if shown is None else float(shown.day_result_quote or 0),
        trades_today=sum(day.trades_closed for day in days if day.number == today),
        consecutive_losses=0 if shown is None else shown.losing_streak,
        last_reset=None if past.reset is None else moment(past.reset.wire_ms),
        configuration=configuration(limits_now(seen, options)),
    )


@router.get("/health", responses={503: {"model": ServiceHealth}})
async def safety_health(seen: Now, response: Response, _: Reader) -> ServiceHealth:
    """Whether the rules can be enforced right now."""
    shown = seen.account
    checks = {
        "engine_runs": seen.engine is not None,
        "engine_live": seen.is_live,
        "journal_writable": shown is not None and shown.journal_ok,
        "stream_up": shown is not None and shown.stream_up,
        "all_protected": all(one.is_protected for one in seen.positions if one.quantity > 0),
    }
    word = judged(seen)
    if word == "critical":
        response.status_code = 503
    return ServiceHealth(status="healthy" if word == "ok" else word, checks=checks)


def limits_now(seen: Seen, options: WebOptions) -> RiskLimits:
    """The limits that the engine has in force; those of the configuration while none has said."""
    return limits_of(options.risk) if seen.published is None else seen.published.limits


def configuration(limits: RiskLimits) -> Configuration:
    """As it is answered."""
    return Configuration(
        max_position_size_pct=float(limits.size_cap_fraction),
        daily_loss_limit_pct=float(limits.daily_loss_max_fraction),
        max_consecutive_losses=limits.losing_streak_max,
        min_account_balance=float(limits.equity_min_quote),
        max_slippage_pct=float(limits.slippage_adverse_max_fraction),
        max_portfolio_heat=float(limits.heat_loss_max_fraction),
    )


def stop_fraction(options: WebOptions) -> Decimal:
    """Distance of a planned stop from its entry, of price; the widest that is planned where it follows the market."""
    stop, leverage = options.risk.stop, options.risk.leverage
    if stop.basis is StopBasis.PRICE:
        return stop.value_fraction
    return stop.value_fraction / leverage if stop.basis is StopBasis.MARGIN else stop.distance_max_fraction


def _standing(seen: Seen, options: WebOptions) -> Standing:
    """A universe trades more than the configuration names: the engine shows what."""
    shown, distance = seen.account, Fraction(stop_fraction(options))
    if shown is None:
        denied = "no_engine: nobody says what state the account is in"
        return Standing(
            denied=denied,
            day_result_quote=None,
            day_start_quote=None,
            losing_streak=0,
            stop_fraction=distance,
            symbols=frozenset(options.symbols),
        )
    return Standing(
        denied=shown.denied,
        day_result_quote=shown.day_result_quote,
        day_start_quote=shown.day_start_quote,
        losing_streak=shown.losing_streak,
        stop_fraction=distance,
        symbols=frozenset({*options.symbols, *(Symbol(row.symbol) for row in shown.markets)}),
    )
