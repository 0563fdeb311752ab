"""Signals from outside, by hand or by webhook: made into what a strategy's wish would be, or refused with the reason.

They pass the same gates. What is decided here is only whether somebody was meant to speak for this bot, and lately.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jackline.core.bots import Bot, SignalSource
from jackline.core.effects import Effect, NoteDenied, SaveTrade
from jackline.core.events import Signalled
from jackline.core.values import MarketMs, Price, WireMs
from jackline.engine.bars import REASON_CHARS_MAX
from jackline.store.alert_commands import AHEAD_MS_MAX
from jackline.store.commands import Command, CommandKind

SOURCES = {CommandKind.SIGNAL: SignalSource.MANUAL, CommandKind.ALERT: SignalSource.WEBHOOK}
REFUSED = "refused: "


def heard(
    command: Command,
    *,
    bots: Mapping[str, Bot],
    newest: tuple[MarketMs, Price] | None,
    now_ms: WireMs,
    age_ms_max: int,
) -> Signalled | str:
    """The signal that a command gives, or why it gives none.

    `newest` is close time and close of the newest complete bar of its symbol: what the signal is taken to know (D1).
    `age_ms_max` counts wire time from when it was made, not from when it was posted.
    """
    bot, source = bots.get(command.bot), SOURCES[command.kind]
    if bot is None:
        return f"{REFUSED}no bot {command.bot!r} here; there are: {', '.join(sorted(bots))}"
    if bot.source is not source:
        return f"{REFUSED}bot {bot.name} takes its signals from {bot.source}, not from {source}"
    made_ms = command.created_ms if command.told_ms is None else command.told_ms
    age_ms = now_ms - made_ms
    if not -AHEAD_MS_MAX <= age_ms <= age_ms_max:
        return f"{REFUSED}the signal is {age_ms} ms old; at most {age_ms_max} are taken"
    if command.symbol is None or command.side is None or newest is None:
        return f"{REFUSED}no complete bar of {command.symbol} is known yet"
    close_ms, close = newest
    return Signalled(
        symbol=command.symbol,
        side=command.side,
        reason=f"{source}: {command.reason}"[:REASON_CHARS_MAX],
        market_ms=close_ms,
        confidence=command.confidence,
        price=close,
        bot=bot.name,
    )


def decision(effects: Iterable[Effect]) -> str:
    """What the gates made of a signal, for whoever gave it."""
    for effect in effects:
        if isinstance(effect, NoteDenied):
            return f"denied: {effect.denied.reason}: {effect.denied.detail}"
        if isinstance(effect, SaveTrade) and effect.intent:
            return f"taken: trade {effect.trade.trade_id}"
    return "denied: nothing came of it"
