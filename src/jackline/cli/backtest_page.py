"""What a backtest says on a terminal: figures, months, costs, denials. 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from jackline.cli.page import fitted
from jackline.research.backtest.figures import Figures
from jackline.research.backtest.result import BacktestResult
from jackline.research.backtest.warnings import warnings

LABEL = 12
DENIALS_SHOWN = 8


def summary(result: BacktestResult, figures: Figures) -> str:
    """The whole of it."""
    return "\n".join(fitted(line) for line in _lines(result, figures))


def _lines(result: BacktestResult, figures: Figures) -> Iterator[str]:
    yield f"{result.strategy} on {', '.join(result.symbols)}, {_span(result.first_ms, result.end_ms)}"
    told = f"of {result.data['venue']}, {result.data['environment']}"
    whose = "no manifest says whose" if result.data["venue"] == "unknown" else told
    yield _row("data", f"{result.bars:,} bars, {result.warmup_bars} before them to warm up; {whose}")
    for text in warnings(result, figures):
        yield _row("note", text)
    fallen = figures.drawdown
    yield _row("result", f"{100 * figures.return_fraction:+.2f} %: {result.balance_quote:,.2f} to "
                         f"{figures.final_equity_quote:,.2f} quote in {figures.days:.1f} days")  # fmt: skip
    yield _row("drawdown", f"{100 * fallen.fraction:.2f} %, {_span(fallen.peak_ms, fallen.trough_ms)}")
    yield _row("Sharpe", _or("{:.2f}, of daily returns, times √365", figures.sharpe))
    yield _row("trades", f"{figures.trades:,}, {figures.won:,} won; " + _or("{:+.1f} bps each", figures.mean_trade_bps)
                         + _or(", profit factor {:.2f}", figures.profit_factor)
                         + _or(", {:.1f} h held", figures.hold_hours))  # fmt: skip
    yield _row("ended by", ", ".join(f"{name} {count:,}" for name, count in figures.reasons) or "–")
    yield _row("exposure", f"{100 * figures.exposure_fraction:.1f} % of the time")
    yield _row("costs", f"fees {figures.fees_quote:,.2f}, funding {figures.funding_quote:+,.2f}, slippage about "
                        f"{figures.slippage_quote:,.2f} quote on {figures.turnover_quote:,.0f} traded")  # fmt: skip
    yield _row("naked", f"{figures.naked_ms_max:.0f} ms at most, {figures.naked_ms_total:.0f} ms in all")
    if figures.stop_slip_bps_max is not None:
        yield _row("stops", f"{len(result.stop_fills):,} fired, {figures.stops_gapped} over a gap; beyond their "
                            f"trigger {figures.stop_slip_bps_mean:.1f} bps on average, {figures.stop_slip_bps_max:.1f} "
                            "at worst")  # fmt: skip
    yield _row("signals", f"{result.signals:,}, {sum(result.denied.values()):,} denied" + _denials(result))
    if result.unfilled:
        yield _row("unfilled", f"{result.unfilled:,} entries: the next open lay beyond their collar")
    yield from _months(figures)


def _denials(result: BacktestResult) -> str:
    if not result.denied:
        return ""
    named = list(result.denied.items())
    shown = ", ".join(f"{name} {count:,}" for name, count in named[:DENIALS_SHOWN])
    return f": {shown}" + (" …" if len(named) > DENIALS_SHOWN else "")


def _months(figures: Figures) -> Iterator[str]:
    yield ""
    yield f"{'month':<{LABEL}}{'%':>9}{'quote':>13}{'trades':>8}"
    for one in figures.months:
        month = f"{one.year}-{one.month:02}"
        yield f"{month:<{LABEL}}{100 * one.return_fraction:>+9.2f}{one.result_quote:>+13,.2f}{one.trades:>8,}"


def _row(label: str, text: str) -> str:
    """A label and its text; broken lines go on under the text."""
    import textwrap

    from jackline.cli.page import WIDTH

    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=f"{label:<{LABEL}}",
        subsequent_indent=" " * LABEL,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _or(text: str, value: float | None) -> str:
    return "" if value is None else text.format(value)


def _span(first_ms: int, last_ms: int) -> str:
    return f"{_day(first_ms)} to {_day(last_ms)}"


def _day(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1_000, UTC):%Y-%m-%d}"
