"""What a backtest gave: trades, one continuous curve of equity, and what was denied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRecord:
    """One position from flat to flat, from the exchange's own records.

    Attributes:
        entry_price, exit_price: average of the fills. `exit_*` are None of one that is open at the end.
        reason: the engine's word for why it ended, `open` where it has not; `parameter`: the number behind it.
        pnl_quote: realised, fees and funding in it; of an open one with the last close.
        stop_prices: every stop that rested for it: when it was placed, its trigger.
        naked_ms: wire time with a position and no living stop that covers it, judged by the exchange's witness.
    """

    trade_id: str
    bot: str
    symbol: str
    side: str
    quantity: Decimal
    entry_ms: int
    entry_bar_ms: int
    entry_price: Decimal
    exit_ms: int | None
    exit_bar_ms: int | None
    exit_price: Decimal | None
    reason: str
    parameter: Decimal | None
    fees_quote: Decimal
    funding_quote: Decimal
    pnl_quote: Decimal
    stop_prices: tuple[tuple[int, Decimal], ...]
    naked_ms: float

    @property
    def is_open(self) -> bool:
        """It has not ended with the data."""
        return self.exit_ms is None

    @property
    def sign(self) -> int:
        """+1 for a long."""
        return 1 if self.side == "long" else -1

    @property
    def return_fraction(self) -> Decimal:
        """Net result as a share of what was bought or sold at the entry."""
        return self.pnl_quote / (self.quantity * self.entry_price)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopFilled:
    """A stop that fired: how far from its trigger it was filled, in bps of price, positive when worse."""

    symbol: str
    market_ms: int
    trigger_price: Decimal
    fill_price: Decimal
    slip_bps: Decimal
    is_gap: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestResult:
    """All of one backtest.

    Attributes:
        symbols, interval_ms, strategy: what was traded and by whom.
        first_ms, end_ms: open of the first traded bar, end of the last one.
        warmup_bars: bars before it that were shown as history, a symbol.
        equity: the end of each bar and the equity then: wallet and unrealised result at its close. One curve.
        denied: signals that no gate let pass, counted by reason; `signals`: all that were made; `unfilled`: trades that
            were planned and never opened, as where the next open lies beyond the collar.
        ledger_gap_quote: the exchange's wallet minus what the engine's ledger explains; 0, or something is wrong.
        fills_outside: fills at a price that their bar did not trade; 0, or no figure is to be believed (D2).
        is_in_sample: a model that decided has learnt from some of these bars.
        resets: how often the kill switch had tripped and was reset by the operator of the backtest.
        unrested: steps at which the engine had not come to rest in time; 0, or the figures are not to be trusted.
        notes: what a reader must know, in sentences.
    """

    symbols: tuple[str, ...]
    interval_ms: int
    strategy: str
    first_ms: int
    end_ms: int
    bars: int
    warmup_bars: int
    balance_quote: Decimal
    trades: tuple[TradeRecord, ...]
    equity: tuple[tuple[int, Decimal], ...]
    stop_fills: tuple[StopFilled, ...]
    denied: Mapping[str, int]
    signals: int
    unfilled: int
    costs: Mapping[str, Decimal]
    data: Mapping[str, str]
    ledger_gap_quote: Decimal
    fills_outside: int = 0
    is_in_sample: bool = False
    resets: int = 0
    unrested: int = 0
    notes: tuple[str, ...] = ()

    @property
    def naked_ms(self) -> tuple[float, ...]:
        """Of each trade, in their order."""
        return tuple(trade.naked_ms for trade in self.trades)

    @property
    def closed(self) -> tuple[TradeRecord, ...]:
        """Those that have ended."""
        return tuple(trade for trade in self.trades if not trade.is_open)
