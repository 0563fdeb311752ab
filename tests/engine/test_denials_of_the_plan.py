"""Denials for what the planned trade would be, through the running engine against the local exchange, in virtual time.

One trade is open before each: the next one is what does not fit any more. Its stop stays, and a close works (K2).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from jackline.core.bots import Bot
from jackline.core.outcomes import Reason
from jackline.core.settings import CapBasis, RiskSettings, SizeMode
from jackline.core.values import Quote, fraction
from tests.cases.denied import BTC, ETH, Desk, Scene


def same(settings: RiskSettings) -> RiskSettings:
    return settings


def little(settings: RiskSettings) -> RiskSettings:
    """30 quote: enough for ETH, too little for BTC."""
    return replace(settings, size_mode=SizeMode.FIXED, size_fixed_quote=Quote(Decimal(30)))


def by_confidence(settings: RiskSettings) -> RiskSettings:
    return replace(
        settings,
        size_mode=SizeMode.SIGNAL,
        size_cap_basis=CapBasis.MARGIN,
        size_cap_fraction=fraction("0.95"),
    )


def cool_loss(settings: RiskSettings) -> RiskSettings:
    """One trade loses 0.25 % of equity at its stop; a second one is too many."""
    return replace(settings, heat_loss_max_fraction=fraction("0.004"))


def cool_notional(settings: RiskSettings) -> RiskSettings:
    """One trade is worth 10 % of equity; a second one is too many."""
    return replace(settings, heat_notional_max_fraction=fraction("0.15"))


def ample(settings: RiskSettings) -> RiskSettings:
    return replace(settings, equity_min_quote=Quote(Decimal(9_000)))


def poor(bot: Bot) -> Bot:
    """One trade binds 2.5 % of equity as margin; a second one is too many."""
    return replace(bot, budget_fraction=fraction("0.04"))


def runs_away(world: Desk) -> None:
    world.gap(0.008)


def drained(world: Desk) -> None:
    """Nearly all that the open trade leaves free is withdrawn."""
    world.stage.venue.transfer(world.account, Decimal(-9_700))
    world.means.deliver()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Rules under which a trade on ETH opens and one on BTC is then denied, by which gate."""

    reason: Reason
    gate: str
    rules: Callable[[RiskSettings], RiskSettings] = same
    bot: Callable[[Bot], Bot] | None = None
    happens: Callable[[Desk], object] = lambda _: None
    confidence: tuple[str, str] | tuple[None, None] = (None, None)
    waits_s: float = 0.0


CASES = (
    Case(reason=Reason.CONFIDENCE, gate="size", rules=by_confidence, confidence=("0.9", "0.4")),
    Case(reason=Reason.HEAT_LOSS, gate="heat", rules=cool_loss),
    Case(reason=Reason.HEAT_NOTIONAL, gate="heat", rules=cool_notional),
    Case(reason=Reason.BUDGET, gate="heat", bot=poor),
    Case(reason=Reason.SLIPPAGE, gate="slippage", happens=runs_away, waits_s=1.0),
    Case(reason=Reason.MINIMUM_ORDER, gate="venue_minimums", rules=little),
    Case(reason=Reason.EQUITY_TOO_SMALL, gate="equity", rules=ample, happens=drained, waits_s=8.0),
)


@pytest.mark.owns("K2")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.reason.value)
def test_K2_the_next_trade_does_not_fit_and_the_open_one_keeps_its_stop(case: Case) -> None:
    async def script(world: Desk) -> None:
        passes, fails = case.confidence
        await world.ready_for(BTC, ETH)
        stops = await world.opened(ETH, confidence=passes)
        case.happens(world)
        await world.passes(case.waits_s)
        await world.refused(case.reason, case.gate, confidence=fails)
        assert world.stops_of(ETH) == stops
        await world.closes(ETH)

    played = Scene(symbols=(BTC, ETH), rules=case.rules, bot=case.bot).play(script)
    assert played.traded() == [ETH]
