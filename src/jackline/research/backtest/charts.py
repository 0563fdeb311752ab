"""The charts of a backtest's report: each a plotly figure of what the result holds, nothing computed twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

import plotly.graph_objects as go

from jackline.data.candles import Candles
from jackline.research.backtest.figures import Figures
from jackline.research.backtest.result import BacktestResult, TradeRecord

Point = TypeVar("Point")

POINTS_MAX = 4_000
"""A screen has fewer columns; more make the page slow and no clearer."""
GREEN, RED, BLUE, GREY, AMBER = "#1a7f37", "#b42318", "#1f5fbf", "#6b7280", "#b7791f"
HEIGHT_PX = 320
BINS = 40
CANDLES_HEIGHT_PX = 520


def equity_chart(result: BacktestResult) -> go.Figure:
    """One curve over all of it, at bar closes."""
    points = _thinned(result.equity)
    chart = go.Figure(
        go.Scatter(
            x=[_time(at_ms) for at_ms, _ in points],
            y=[float(value) for _, value in points],
            line={"color": BLUE, "width": 1.5},
            name="equity",
        )
    )
    return _laid_out(chart, "Equity (quote)")


def drawdown_chart(result: BacktestResult) -> go.Figure:
    """How far below its highest value the curve is, in per cent."""
    peak, fallen = result.equity[0][1], []
    for at_ms, value in result.equity:
        peak = max(peak, value)
        fallen.append((at_ms, -100 * float(1 - value / peak) if peak > 0 else 0.0))
    # The deepest point of each stretch is what must not be thinned away.
    step = max(1, len(fallen) // POINTS_MAX)
    points = [min(fallen[at : at + step], key=lambda one: one[1]) for at in range(0, len(fallen), step)]
    chart = go.Figure(
        go.Scatter(
            x=[_time(at_ms) for at_ms, _ in points],
            y=[value for _, value in points],
            fill="tozeroy",
            line={"color": RED, "width": 1},
            name="drawdown",
        )
    )
    return _laid_out(chart, "Drawdown (%)")


def trades_chart(candles: Candles, trades: Sequence[TradeRecord]) -> go.Figure:
    """Candles, each trade from entry to exit, and where its stops stood."""
    bars = _merged(candles)
    chart = go.Figure(
        go.Candlestick(
            x=[_time(row[0]) for row in bars],
            open=[row[1] for row in bars],
            high=[row[2] for row in bars],
            low=[row[3] for row in bars],
            close=[row[4] for row in bars],
            name=candles.symbol,
            increasing_line_color=GREY,
            decreasing_line_color="#374151",
        )
    )
    end_ms = int(candles.open_ms[-1]) + candles.interval_ms
    _stop_lines(chart, trades, end_ms)
    for side, mark in (("long", "triangle-up"), ("short", "triangle-down")):
        _marks(chart, [one for one in trades if one.side == side], side, mark)
    chart.update_xaxes(rangeslider_visible=False)
    return _laid_out(chart, f"{candles.symbol}: trades and their stops", height=CANDLES_HEIGHT_PX)


def naked_chart(result: BacktestResult) -> go.Figure:
    """How many trades spent how long without a covering stop, wire time, by the exchange's witness."""
    each_ms = max(1.0, max(result.naked_ms, default=0.0) / BINS)
    bins = {"start": 0, "size": each_ms, "end": each_ms * (BINS + 1)}
    chart = go.Figure(go.Histogram(x=list(result.naked_ms), xbins=bins, marker_color=AMBER))
    chart.update_xaxes(title="ms with a position and no covering stop", range=[0, each_ms * (BINS + 1)])
    chart.update_yaxes(title="trades")
    return _laid_out(chart, "Naked time")


def costs_chart(figures: Figures) -> go.Figure:
    """What trading earned before costs, each cost, and what is left."""
    slippage = float(figures.slippage_quote)
    gross = float(figures.gross_quote) + slippage
    fees, funding = float(figures.fees_quote), float(figures.funding_quote)
    chart = go.Figure(
        go.Waterfall(
            x=["before costs", "slippage (estimate)", "fees", "funding", "net"],
            y=[gross, -slippage, -fees, funding, 0],
            measure=["absolute", "relative", "relative", "relative", "total"],
            increasing={"marker": {"color": GREEN}},
            decreasing={"marker": {"color": RED}},
            totals={"marker": {"color": BLUE}},
        )
    )
    return _laid_out(chart, "From gross to net (quote)")


def _stop_lines(chart: go.Figure, trades: Sequence[TradeRecord], end_ms: int) -> None:
    """One broken line for all stops: each from its placement to the next, the last to the end of the trade."""
    xs: list[datetime | None] = []
    ys: list[float | None] = []
    for trade in trades:
        last_ms = end_ms if trade.exit_ms is None else trade.exit_ms
        starts = [*trade.stop_prices]
        for index, (begin_ms, price) in enumerate(starts):
            until_ms = starts[index + 1][0] if index + 1 < len(starts) else last_ms
            xs += [_time(begin_ms), _time(max(begin_ms, until_ms)), None]
            ys += [float(price), float(price), None]
    chart.add_trace(
        go.Scatter(x=xs, y=ys, mode="lines", line={"color": RED, "width": 1.5, "dash": "dot"}, name="stop")
    )


def _marks(chart: go.Figure, trades: Sequence[TradeRecord], side: str, mark: str) -> None:
    colour = GREEN if side == "long" else RED
    chart.add_trace(
        go.Scatter(
            x=[_time(one.entry_ms) for one in trades],
            y=[float(one.entry_price) for one in trades],
            mode="markers",
            marker={"symbol": mark, "size": 9, "color": colour, "line": {"width": 1, "color": "white"}},
            name=f"{side} entry",
            text=[f"{one.trade_id}<br>{one.quantity} at {one.entry_price}" for one in trades],
        )
    )
    ended = [one for one in trades if one.exit_ms is not None and one.exit_price is not None]
    chart.add_trace(
        go.Scatter(
            x=[_time(one.exit_ms or 0) for one in ended],
            y=[float(one.exit_price or 0) for one in ended],
            mode="markers",
            marker={"symbol": "x", "size": 7, "color": colour},
            name=f"{side} exit",
            text=[f"{one.trade_id}: {one.reason}<br>net {one.pnl_quote:.2f}" for one in ended],
        )
    )


def _merged(candles: Candles) -> list[tuple[int, float, float, float, float]]:
    """At most `POINTS_MAX` candles: several in one where there are more."""
    each = -(-len(candles) // POINTS_MAX)
    return [
        (
            int(candles.open_ms[at]),
            float(candles.open[at]),
            float(candles.high[at : at + each].max()),
            float(candles.low[at : at + each].min()),
            float(candles.close[min(at + each, len(candles)) - 1]),
        )
        for at in range(0, len(candles), each)
    ]


def _thinned(points: Sequence[Point]) -> list[Point]:
    step = max(1, len(points) // POINTS_MAX)
    thinned = list(points[::step])
    return thinned if thinned[-1] == points[-1] else [*thinned, points[-1]]


def _laid_out(chart: go.Figure, title: str, *, height: int = HEIGHT_PX) -> go.Figure:
    chart.update_layout(
        title={"text": title, "font": {"size": 15}},
        height=height,
        margin={"l": 60, "r": 20, "t": 45, "b": 40},
        template="plotly_white",
        # Below the plot: above it the buttons of the page would lie over the names.
        legend={"orientation": "h", "y": -0.12, "yanchor": "top", "x": 1, "xanchor": "right"},
    )
    return chart


def _time(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1_000, UTC)
