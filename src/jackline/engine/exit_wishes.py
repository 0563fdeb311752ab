"""What the strategy thinks of its open trades at the close of a bar, if it has an opinion (M2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from jackline.core.effects import NoteDenied
from jackline.core.events import ExitSignalled
from jackline.core.exiting import MAY_CLOSE
from jackline.core.orders import Bar
from jackline.core.outcomes import Denied, Reason
from jackline.core.ports import ExitStrategy
from jackline.core.state import State
from jackline.core.values import ONE, ZERO, MarketMs
from jackline.engine.bars import told
from jackline.engine.options import BotOptions


def exit_wishes(
    asked: BotOptions, bars: Sequence[Bar], interval_ms: int, state: State
) -> Iterator[ExitSignalled | NoteDenied]:
    """One opinion for each planned trade of a bot that is open on the symbol of `bars`, which end with the bar just
    closed. A trade from before bots had names is anybody's; a bot that is stopped still ends what it began.

    None where the strategy has no exits, is cold, or says nothing. What it raises, and what is no confidence, is
    journalled and says nothing: a user's code closes by what it says, never by failing, and nothing waits for it.
    """
    strategy = asked.strategy
    if not state.trades or len(bars) < strategy.warmup_bars:
        return
    # Looking through a protocol costs more than everything else on a quiet bar: one without the method need not be.
    if not hasattr(strategy, "exit_confidence") or not isinstance(strategy, ExitStrategy):
        return
    shown = tuple(bars[-strategy.warmup_bars :])
    symbol, close_ms = shown[-1].symbol, MarketMs(shown[-1].open_ms + interval_ms)
    for trade in state.trades.values():
        is_its_own = trade.bot in {asked.bot.name, ""} and trade.symbol == symbol
        if not is_its_own or trade.entry is None or trade.phase not in MAY_CLOSE:
            continue
        try:
            sure = strategy.exit_confidence(shown, trade.side)
            if sure is not None and (
                type(sure) is not Decimal or not sure.is_finite() or not ZERO <= sure <= ONE
            ):
                raise ValueError(f"exit_confidence() gave {sure!r}; give a Decimal from 0 to 1, or None")
        except BaseException as error:  # noqa: BLE001 # not our code, and none of ours runs inside it: not even an exit is
            denied = Denied(reason=Reason.STRATEGY, detail=f"{strategy.name}: no opinion: {told(error)}")
            yield NoteDenied(
                symbol=symbol, side=trade.side, market_ms=close_ms, denied=denied, bot=asked.bot.name
            )
            continue
        if sure is not None:
            yield ExitSignalled(
                symbol=symbol, side=trade.side, confidence=sure, market_ms=close_ms, bar_ms=interval_ms
            )
