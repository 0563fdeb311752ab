"""A run of an engine, played again as a backtest on the bars it heard: where do the two part?

The run is what its journal and ledger say, the backtest what its own say: both are read by the same function. The
replay of the tape (`engine.replay`) asks whether today's code decides the same on the same events; this asks whether
the backtest, from candles alone, comes to the trades that were made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from jackline.core.values import Symbol
from jackline.data.candles import Candles
from jackline.engine.options import EngineOptions
from jackline.research.backtest.fitting import history_bars_of
from jackline.research.backtest.run import run_backtest
from jackline.research.backtest.settings import BacktestSettings
from jackline.research.parity.bars import Heard, played_on
from jackline.research.parity.bounds import Bounds
from jackline.research.parity.compare import Comparison, compare
from jackline.research.parity.record import Record, capital_moves, read_record, wallet_at
from jackline.research.refusal import BacktestRefused
from jackline.store.batch import JournalKind
from jackline.store.reader import StoreReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """A run beside its backtest.

    Attributes:
        from_ms, to_ms: the open of the first bar and the end of the last that both have seen.
        notes: what a reader must know before believing either.
    """

    symbols: tuple[str, ...]
    interval_ms: int
    from_ms: int
    to_ms: int
    bars: int
    balance_quote: Decimal
    comparison: Comparison
    notes: tuple[str, ...]


def measure(
    reader: StoreReader,
    options: EngineOptions,
    heard: Heard,
    files: Mapping[str, Candles],
    *,
    bounds: Bounds,
    window_ms: tuple[int | None, int | None] = (None, None),
    progress: Callable[[int, int], None] | None = None,
) -> Parity:
    """Play the bars of a run as a backtest of `options` and compare. Nothing is written.

    Args:
        reader: the run's store.
        options: what the run was configured with.
        heard: the bars on its tape.
        files: candles by symbol: what came before the run, so that strategies are warm.
        bounds: how much may differ.
        window_ms: begin and end there instead of with the run.
        progress: called with the bars done and all of them.

    Raises:
        BacktestRefused: there is nothing to compare, or not enough to play, with the fix.
        StoreError: the journal cannot be read.
    """
    interval_ms = options.interval_ms
    symbols = [str(one) for one in options.symbols] or sorted(heard.bars)
    run = read_record(reader, interval_ms=interval_ms)
    reference = str(options.risk.regime.reference_symbol)
    others = (
        [reference] if reference not in symbols and (reference in heard.bars or reference in files) else []
    )
    candles, notes = played_on(heard, files, [*symbols, *others], interval_ms=interval_ms)
    from_ms, to_ms = _window(reader, heard, symbols, candles, window_ms, interval_ms)
    warm_ms = _warm_ms(candles, history_bars_of(options))
    if warm_ms > from_ms:
        notes.append("the run is older than the bars that warm it up: its beginning is left out")
        from_ms = warm_ms
    flat_ms = _flat_ms(run, from_ms)
    if flat_ms > from_ms:
        left_out = (flat_ms - from_ms) // interval_ms
        notes.append(f"{left_out} bars are left out: a position was open then, and a backtest begins flat")
        from_ms = flat_ms
    balance = wallet_at(reader, from_ms)
    settings = BacktestSettings(balance_quote=balance, from_ms=from_ms, to_ms=to_ms, resets_next_day=False)
    record = _backtest(options, symbols, candles, settings, interval_ms, progress)
    found = compare(
        run.within(from_ms, to_ms),
        record.within(from_ms, to_ms),
        bounds=bounds,
        interval_ms=interval_ms,
        to_ms=to_ms,
    )
    notes += [*heard.notes, *_about(reader, heard, symbols, run, from_ms, to_ms, interval_ms)]
    return Parity(
        symbols=tuple(symbols),
        interval_ms=interval_ms,
        from_ms=from_ms,
        to_ms=to_ms,
        bars=(to_ms - from_ms) // interval_ms,
        balance_quote=balance,
        comparison=found,
        notes=tuple(notes),
    )


def _backtest(
    options: EngineOptions,
    symbols: Sequence[str],
    candles: Sequence[Candles],
    settings: BacktestSettings,
    interval_ms: int,
    progress: Callable[[int, int], None] | None,
) -> Record:
    records: list[Record] = []

    def keep(reader: StoreReader) -> None:
        records.append(read_record(reader, interval_ms=interval_ms))

    traded = replace(options, symbols=tuple(Symbol(one) for one in symbols))
    run_backtest(traded, candles, settings=settings, progress=progress, journal=keep)
    return records[0]


def _window(
    reader: StoreReader,
    heard: Heard,
    symbols: Sequence[str],
    candles: Sequence[Candles],
    asked: tuple[int | None, int | None],
    interval_ms: int,
) -> tuple[int, int]:
    """The bars that the run has heard; without a tape, from its first journal row to its last."""
    span = heard.span(symbols)
    if span is None:
        rows = reader.journal_of((JournalKind.INTENT, JournalKind.DENIED), after_seq=0)
        if not rows:
            raise BacktestRefused(
                what="the run has decided nothing, and no bar is on its tape",
                fix="let the engine run, with account.tape_mib_max above 0",
            )
        times = [int(row.market_ms) // interval_ms * interval_ms for row in rows]
        span = min(times) - interval_ms, max(times)
    last_ms = min(int(one.open_ms[-1]) for one in candles)
    from_ms = max(span[0], asked[0] or 0)
    to_ms = min(span[1], last_ms, (asked[1] or span[1] + interval_ms) - interval_ms) + interval_ms
    if to_ms - from_ms < 2 * interval_ms:
        raise BacktestRefused(
            what="fewer than two bars that both the run and the data have",
            fix="let it run for longer, or give a file that covers the run",
        )
    return from_ms, to_ms


def _warm_ms(candles: Sequence[Candles], history_bars: int) -> int:
    """The first bar at which every symbol has its history before it."""
    short = [one.symbol for one in candles if len(one) <= history_bars + 1]
    if short:
        raise BacktestRefused(
            what=f"too few bars of {', '.join(short)} to warm up",
            value=f"{history_bars} are needed before the first one that counts",
            fix="give a file with --data that begins before the run, or let it run for longer",
        )
    return max(int(one.open_ms[history_bars]) for one in candles)


def _flat_ms(run: Record, from_ms: int) -> int:
    """The first bar from which on no position of before is open; the same where one never ended."""
    at = from_ms
    for one in run.trades:
        if one.entry_bar_ms <= at and one.exit_bar_ms is not None and one.exit_bar_ms > at:
            at = one.exit_bar_ms
    return at


def _about(
    reader: StoreReader,
    heard: Heard,
    symbols: Sequence[str],
    run: Record,
    from_ms: int,
    to_ms: int,
    interval_ms: int,
) -> list[str]:
    """What explains differences that no decision is to blame for."""
    notes = []
    unheard = sum(heard.unheard(one, from_ms, to_ms, interval_ms) for one in symbols) if heard.bars else 0
    if unheard:
        notes.append(
            f"{unheard} bars closed while no engine heard them: it was down, or it was not connected"
        )
    held = [
        one
        for one in run.trades
        if one.entry_bar_ms <= from_ms and (one.exit_bar_ms is None or one.exit_bar_ms > from_ms)
    ]
    if held:
        notes.append(f"{len(held)} positions stay open from before the window: the backtest begins flat")
    if moves := capital_moves(reader, from_ms, to_ms):
        notes.append(f"money came or went {moves} times: sizes differ from then on")
    asked = reader.journal_of((JournalKind.COMMAND,), after_seq=0)
    within = sum(from_ms < row.market_ms <= to_ms for row in asked)
    if within:
        notes.append(f"{within} orders of operators fall into the window: a backtest has none")
    return notes
