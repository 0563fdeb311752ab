"""Stopping and starting a bot: entries alone obey it. What the bot has open keeps its stops and its exits (K2)."""

from __future__ import annotations

from dataclasses import replace

from jackline.core.effects import Level, SaveBots
from jackline.core.events import BotAsked
from jackline.core.turn import Turn


def on_bot_asked(turn: Turn, event: BotAsked) -> None:
    """An operator stops or starts a bot: in force at once, written and answered in one transaction.

    A start whose record is lost with the process is a bot that is stopped at the next start: the careful side.
    """
    before = turn.state.bots_stopped
    if event.bot not in turn.state.bots:
        known = ", ".join(sorted(turn.state.bots)) or "none"
        _save(turn, event, result=f"refused: no bot {event.bot!r} here; there are: {known}")
        return
    after = before - {event.bot} if event.runs else before | {event.bot}
    turn.state = replace(turn.state, bots_stopped=after)
    word = "running" if event.runs else "stopped"
    _save(turn, event, result=word if after != before else f"{word} already")
    if after != before:
        turn.alert(
            Level.INFO, "K2", f"bot {event.bot} {word} by {event.actor}: {event.reason or 'no reason given'}"
        )


def _save(turn: Turn, event: BotAsked, *, result: str) -> None:
    turn.effects.append(
        SaveBots(
            bot=event.bot,
            stopped=tuple(sorted(turn.state.bots_stopped)),
            actor=event.actor,
            reason=event.reason,
            result=result,
            receipt=event.receipt,
        )
    )
