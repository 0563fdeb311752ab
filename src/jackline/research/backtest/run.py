"""The backtest: the engine and the local exchange that ship, in one process, on virtual time and without faults.

Nothing in here decides, fills or stops anything. It opens an exchange, starts an engine on it, walks the market
(`walk.py`) and reads what both have written down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from jackline.core.trade import ExitReason
from jackline.data.candles import Candles
from jackline.engine.options import EngineOptions
from jackline.research.backtest.collecting import seldom_collected
from jackline.research.backtest.fitting import (
    begin_ms_of,
    exact_candles,
    fitted,
    history_bars_of,
    spelled_as_traded,
)
from jackline.research.backtest.overlap import opened, overlaps, refuse_overlap
from jackline.research.backtest.playing import Run, open_run, play
from jackline.research.backtest.reading import count_fills_outside, read_journal, read_stop_fills, read_trades
from jackline.research.backtest.result import BacktestResult
from jackline.research.backtest.settings import BacktestSettings
from jackline.research.backtest.street import STATE_DIR, account_of
from jackline.research.backtest.unlogged import unlogged
from jackline.research.backtest.walk import Lane, funding_by_symbol
from jackline.store.boot import ENGINE_FILE
from jackline.store.reader import StoreReader

__all__ = ["BacktestSettings", "run_backtest"]


def run_backtest(
    options: EngineOptions,
    candles: Sequence[Candles],
    *,
    settings: BacktestSettings | None = None,
    funding: Mapping[str, Sequence[tuple[int, Decimal]]] | None = None,
    progress: Callable[[int, int], None] | None = None,
    journal: Callable[[StoreReader], None] | None = None,
) -> BacktestResult:
    """Play `options` on `candles`, one data set a symbol, all of one interval.

    Args:
        options: of a configuration; account, mode, directories and phase are the backtest's own.
        candles: their first bars warm the strategies up and are not traded.
        settings: costs, window, transport.
        funding: by symbol, (ms, fraction of notional) ascending; a symbol without any pays the usual rate.
        progress: called with the bars done and all of them.
        journal: shown the engine's own store once it has stopped; it goes with the backtest.

    Raises:
        BacktestRefused: data and configuration do not fit, with the fix.
        StartRefused: the engine will not start on this account.
    """
    settings = settings or BacktestSettings()
    candles = spelled_as_traded(options, candles)
    options = fitted(options, candles)
    history_bars = history_bars_of(options)
    rows = {one.symbol: exact_candles(one) for one in candles}
    begin_ms = begin_ms_of(rows, settings, history_bars=history_bars, interval_ms=options.interval_ms)
    end_ms = max(bars[-1].open_ms for bars in rows.values()) + options.interval_ms
    is_in_sample = overlaps(options, first_ms=begin_ms, end_ms=min(end_ms, settings.to_ms or end_ms))
    if is_in_sample and not settings.allows_training_overlap:
        refuse_overlap(options, first_ms=begin_ms, end_ms=min(end_ms, settings.to_ms or end_ms))
    if is_in_sample:
        options = opened(options, first_ms=begin_ms)
    histories = {
        name: [bar for bar in bars if bar.open_ms < begin_ms][-history_bars:] for name, bars in rows.items()
    }
    lanes = [
        Lane(
            symbol=name,
            bars=[
                bar
                for bar in bars
                if bar.open_ms >= begin_ms and (settings.to_ms is None or bar.open_ms < settings.to_ms)
            ],
            funding=funding_by_symbol(funding, name),
        )
        for name, bars in rows.items()
    ]
    run = open_run(options, settings, histories, begin_ms)
    try:
        with unlogged(), seldom_collected():
            run.loop.run_until_complete(play(run, options, lanes, progress))
        if journal is not None:
            with StoreReader(run.disk, STATE_DIR / ENGINE_FILE) as reader:
                journal(reader)
        found = _result(run, options, lanes, candles, history_bars=history_bars)
        return replace(found, is_in_sample=is_in_sample)
    finally:
        run.process.kill()
        run.process.bury()
        run.loop.close()
        run.disk.close()


def _result(
    run: Run, options: EngineOptions, lanes: Sequence[Lane], candles: Sequence[Candles], *, history_bars: int
) -> BacktestResult:
    """What exchange and journal say."""
    venue, account = run.street.venue, account_of(run.street)
    journalled = read_journal(run.disk, STATE_DIR / ENGINE_FILE)
    first = min(lane.bars[0].open_ms for lane in lanes)
    last = max(lane.bars[-1].open_ms for lane in lanes)
    costs, settings = run.settings.costs, run.settings
    return BacktestResult(
        symbols=tuple(lane.symbol for lane in lanes),
        interval_ms=options.interval_ms,
        strategy=", ".join(dict.fromkeys(one.strategy.name for one in options.every_bot)),
        first_ms=first,
        end_ms=last + options.interval_ms,
        bars=sum(len(lane.bars) for lane in lanes),
        warmup_bars=history_bars,
        balance_quote=settings.balance_quote,
        trades=read_trades(venue, account, journalled, run.moments, interval_ms=options.interval_ms),
        equity=tuple(run.equity),
        stop_fills=read_stop_fills(venue),
        denied=dict(journalled.denied.most_common()),
        signals=journalled.denied.total() + len(journalled.bots),
        unfilled=sum(end.reason is ExitReason.NEVER_FILLED for end in journalled.ends.values()),
        costs={
            "taker_fraction": costs.taker_fraction,
            "maker_fraction": costs.maker_fraction,
            "slippage_bps": costs.slippage_bps,
            "funding_fraction": costs.funding_fraction,
            "jump_leg_fraction": settings.jump_leg_fraction,
        },
        data={
            "venue": ", ".join(sorted({one.venue or "unknown" for one in candles})),
            "environment": ", ".join(sorted({one.environment or "unknown" for one in candles})),
        },
        fills_outside=count_fills_outside(
            account,
            {lane.symbol: {bar.open_ms: bar for bar in lane.bars} for lane in lanes},
            interval_ms=options.interval_ms,
            slippage=costs.slippage_fraction,
        ),
        ledger_gap_quote=account.wallet - journalled.wallet_quote,
        resets=run.resets,
        unrested=run.unrested,
    )
