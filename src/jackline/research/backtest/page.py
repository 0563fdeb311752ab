"""A backtest as one HTML file: it opens without a network, and asks nobody for anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape

from plotly.offline import get_plotlyjs

from jackline.data.candles import Candles
from jackline.research.backtest import charts
from jackline.research.backtest.figures import Figures, Month
from jackline.research.backtest.result import BacktestResult
from jackline.research.backtest.warnings import warnings

TRADES_SHOWN_MAX = 500
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #111827; margin: 0 auto; max-width: 1180px; padding: 16px; }
h1 { font-size: 22px; margin: 8px 0; } h2 { font-size: 17px; margin: 28px 0 6px; }
.warn { background: #fef3c7; border-left: 4px solid #b7791f; padding: 8px 12px; margin: 8px 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: 8px; }
.figures div { border: 1px solid #e5e7eb; border-radius: 6px; padding: 6px 10px; }
.figures b { display: block; font-size: 18px; } .figures span { color: #4b5563; font-size: 13px; }
table { border-collapse: collapse; font-size: 13px; } td, th { padding: 2px 9px; text-align: right; }
th { color: #4b5563; font-weight: 600; } tr:nth-child(even) td { background: #f9fafb; }
td:first-child, th:first-child { text-align: left; } .scroll { overflow-x: auto; }
.minus { color: #b42318; } .plus { color: #1a7f37; }
"""


def page(result: BacktestResult, figures: Figures, candles: Sequence[Candles]) -> str:
    """The whole file."""
    drawn = [charts.equity_chart(result), charts.drawdown_chart(result)]
    drawn += [
        charts.trades_chart(one, [trade for trade in result.trades if trade.symbol == one.symbol])
        for one in candles
    ]
    drawn += [charts.costs_chart(figures), charts.naked_chart(result)]
    plots = "\n".join(
        chart.to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False})
        for chart in drawn
    )
    title = f"Backtest: {result.strategy} on {', '.join(result.symbols)}"
    return "\n".join(
        (
            "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
            "<meta name='viewport' content='width=device-width, initial-scale=1'>",
            f"<title>{escape(title)}</title><style>{STYLE}</style>",
            f"<script>{get_plotlyjs()}</script></head><body>",
            f"<h1>{escape(title)}</h1>",
            f"<p>{_day(result.first_ms)} to {_day(result.end_ms)} UTC, {result.bars:,} bars. "
            "The engine and the local exchange that ship decided and filled all of this, without faults.</p>",
            *(f"<p class='warn'>{escape(text)}</p>" for text in warnings(result, figures)),
            _figures(result, figures),
            plots,
            "<h2>Months</h2>",
            _months(figures.months),
            "<h2>Signals that were denied</h2>",
            _table(("reason", "signals"), ((name, f"{count:,}") for name, count in result.denied.items())),
            "<h2>How trades ended</h2>",
            _table(("reason", "trades"), ((name, f"{count:,}") for name, count in figures.reasons)),
            "<h2>Trades</h2>",
            _trades(result),
            "</body></html>",
        )
    )


def _figures(result: BacktestResult, figures: Figures) -> str:
    fallen = figures.drawdown
    rows = (
        (f"{100 * figures.return_fraction:+.2f} %", "return after costs"),
        (f"{figures.final_equity_quote:,.2f}", "final equity (quote)"),
        (f"{100 * fallen.fraction:.2f} %", f"deepest drawdown, to {_day(fallen.trough_ms)}"),
        (_or_dash(figures.sharpe, "{:.2f}"), "Sharpe, daily, × √365"),
        (f"{figures.trades:,}", f"trades, {figures.won:,} won"),
        (_or_dash(figures.mean_trade_bps, "{:+.1f} bps"), "mean net result of a trade"),
        (_or_dash(figures.profit_factor, "{:.2f}"), "profit factor"),
        (f"{100 * figures.exposure_fraction:.1f} %", "of the time in a position"),
        (f"{figures.fees_quote:,.2f}", "fees (quote)"),
        (f"{figures.funding_quote:+,.2f}", "funding (quote)"),
        (f"{figures.naked_ms_max:.0f} ms", "longest naked time of a trade"),
        (
            _or_dash(figures.stop_slip_bps_max, "{:.1f} bps"),
            f"worst stop fill; {figures.stops_gapped} gapped",
        ),
    )
    cells = "".join(f"<div><b>{escape(value)}</b><span>{escape(name)}</span></div>" for value, name in rows)
    return f"<div class='figures'>{cells}</div>"


def _months(months: Sequence[Month]) -> str:
    by_year: dict[int, dict[int, Month]] = {}
    for one in months:
        by_year.setdefault(one.year, {})[one.month] = one
    rows = []
    for year, found in by_year.items():
        cells = [
            _signed(100 * found[month].return_fraction) if month in found else ""
            for month in range(1, len(MONTHS) + 1)
        ]
        whole = 1.0
        for one in found.values():
            whole *= 1 + one.return_fraction
        rows.append((str(year), *cells, _signed(100 * (whole - 1))))
    return _table(("%", *MONTHS, "year"), rows, is_html=True)


def _trades(result: BacktestResult) -> str:
    shown = result.trades[-TRADES_SHOWN_MAX:]
    rows = (
        (
            escape(one.trade_id),
            one.side,
            f"{one.quantity:f}",
            _minute(one.entry_ms),
            f"{one.entry_price:.8g}",
            "" if one.exit_ms is None else _minute(one.exit_ms),
            "" if one.exit_price is None else f"{one.exit_price:.8g}",
            escape(one.reason),
            f"{one.fees_quote:.2f}",
            f"{one.funding_quote:+.2f}",
            _signed(float(one.pnl_quote)),
        )
        for one in shown
    )
    heads = ("trade", "side", "quantity", "entry", "at", "exit", "at", "reason", "fees", "funding", "net")
    left = len(result.trades) - len(shown)
    more = f"<p>The last {len(shown)} of {len(result.trades):,}; all are in the JSON.</p>" if left else ""
    return f"{more}<div class='scroll'>{_table(heads, rows, is_html=True)}</div>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, is_html: bool = False) -> str:
    """`is_html`: the cells are markup of ours."""
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{one if is_html else escape(one)}</td>" for one in row) + "</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _signed(value: float) -> str:
    kind = "plus" if value > 0 else "minus" if value < 0 else ""
    return f"<span class='{kind}'>{value:+.2f}</span>"


def _or_dash(value: float | None, spec: str) -> str:
    return "–" if value is None else spec.format(value)


def _day(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1_000, UTC):%Y-%m-%d}"


def _minute(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1_000, UTC):%Y-%m-%d %H:%M}"
