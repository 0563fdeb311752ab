"""What `jackline bots list` shows: the configuration's bots, and those that only have something open any more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jackline.cli.config import Config
from jackline.cli.stored import account_facts
from jackline.core.machine import Phase
from jackline.core.trade import Trade
from jackline.engine.startup import stopped_bots


@dataclass(frozen=True, slots=True, kw_only=True)
class BotRow:
    """One bot. `state`: running, stopped, or gone where the configuration does not name it any more. `kept`: in the
    user's file, or beside it by the API."""

    bot: str
    state: str
    strategy: str
    symbols: str
    open: str
    kept: str = "–"


def bot_rows(config: Config) -> list[BotRow]:
    """Every bot of the configuration, in its order; then the owners of trades that it does not name."""
    account, trades = account_facts(config)
    stopped = stopped_bots(account)
    configured = config.engine_options().every_bot
    rows = [
        BotRow(
            bot=one.bot.name,
            state="stopped" if one.bot.name in stopped else "running",
            strategy=one.strategy.name,
            symbols=" ".join(config.symbols if one.bot.symbols is None else one.bot.symbols),
            open=_open(trades, one.bot.name),
            kept="api" if one.bot.name in config.managed.in_force else "file",
        )
        for one in configured
    ]
    known = {one.bot.name for one in configured}
    gone = sorted({trade.bot for trade in trades if trade.bot and trade.bot not in known})
    rows += [
        BotRow(bot=name, state="gone", strategy="–", symbols="–", open=_open(trades, name)) for name in gone
    ]
    return rows


def _open(trades: Iterable[Trade], bot: str) -> str:
    live = (trade for trade in trades if trade.bot == bot and trade.phase is not Phase.DONE)
    return " ".join(f"{trade.symbol}:{trade.side.value}" for trade in live) or "–"
