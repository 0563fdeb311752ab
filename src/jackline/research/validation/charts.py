"""The charts of a validation, each a plotly figure of numbers that the gate looked at."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from jackline.research.validation.libraries import library
from jackline.research.validation.running import Validated
from jackline.research.validation.sharpe import Floats
from jackline.research.validation.trades import DAY_MS

BLUE, GREY, GREEN, RED, AMBER = "#1f5fbf", "#6b7280", "#1a7f37", "#b42318", "#b7791f"
HEIGHT_PX = 340
BPS = 10_000
BINS = 40
MAPS_MAX = 6
"""Pairs of axes that are drawn; with more the first ones."""


def curve_chart(found: Validated) -> Any:
    """One curve over searched part and holdout, sums of results in per cent of notional, and buy and hold beside it."""
    go = library("plotly.graph_objects")
    first = int(found.candles.open_ms[0]) // DAY_MS
    results = np.concatenate(
        (found.material.returns[:, found.material.chosen], found.material.holdout_returns)
    )
    days = [_day(first + day) for day in range(len(results))]
    closes = found.candles.close[
        np.searchsorted(found.candles.open_ms // DAY_MS - first, np.arange(len(results)), side="right") - 1
    ]
    chart = go.Figure()
    chart.add_scatter(x=days, y=100 * np.cumsum(results), name="strategy", line={"color": BLUE, "width": 2})
    chart.add_scatter(
        x=days,
        y=100 * np.log(closes / found.candles.open[0]),
        name="buy and hold",
        line={"color": GREY, "width": 1},
    )
    chart.add_vrect(
        x0=days[found.cut.holdout_day],
        x1=days[-1],
        fillcolor=AMBER,
        opacity=0.12,
        line_width=0,
        annotation_text="holdout",
        annotation_position="bottom left",
    )
    return _laid_out(chart, "Results after costs, sum in % of notional", y="%")


def splits_chart(found: Validated) -> Any:
    """The setting that was best in one half of the time, there and in the other half."""
    go = library("plotly.graph_objects")
    splits = found.measured.overfitting
    lost = splits.out_of_sample < 0
    chart = go.Figure()
    for name, kept, color in (("earned", ~lost, GREEN), ("lost", lost, RED)):
        chart.add_scatter(
            x=splits.in_sample[kept],
            y=splits.out_of_sample[kept],
            mode="markers",
            name=f"{name} in the other half ({int(kept.sum())})",
            marker={"color": color, "size": 5, "opacity": 0.5},
        )
    chart.add_hline(y=0, line_color=GREY)
    return _laid_out(
        chart,
        "The best setting of one half of the time, in both halves",
        x="Sharpe ratio a day, in sample",
        y="out of sample",
    )


def random_chart(found: Validated) -> Any:
    """Mean trades of entries by chance with the same exits, and the strategy's own."""
    go = library("plotly.graph_objects")
    chart = go.Figure(
        go.Histogram(
            x=BPS * found.material.random_means, nbinsx=BINS, marker_color=GREY, name="entries by chance"
        )
    )
    chart.add_vline(
        x=BPS * found.measured.interval.mean, line_color=BLUE, line_width=3, annotation_text="strategy"
    )
    return _laid_out(
        chart, "Mean trade, against entries by chance with the same exits", x="bps, costs paid", y="runs"
    )


def plateau_charts(found: Validated) -> list[Any]:
    """Mean day around the configuration, two axes at a time, the others at its own values. It stands in the middle."""
    names = list(found.candidate.axes)
    places = found.candidate.tried.places
    means = BPS * found.material.returns.mean(axis=0)
    charts: list[Any] = []
    for across, up in combinations(range(len(names)), 2):
        grid = _grid(places, means, found.material.chosen, across, up)
        if np.isfinite(grid).sum() > 5 and len(charts) < MAPS_MAX:
            charts.append(_map(found, grid, names[across], names[up]))
    return charts


def _grid(places: Any, means: Floats, chosen: int, across: int, up: int) -> Floats:
    """Shape (values of `up`, values of `across`); nan where nothing was tried."""
    others = [axis for axis in range(places.shape[1]) if axis not in {across, up}]
    here = (places[:, others] == places[chosen, others]).all(axis=1)
    grid = np.full((int(places[:, up].max()) + 1, int(places[:, across].max()) + 1), np.nan)
    grid[places[here, up], places[here, across]] = means[here]
    return grid


def _map(found: Validated, grid: Floats, across: str, up: str) -> Any:
    go = library("plotly.graph_objects")
    axes = found.candidate.axes
    most = float(np.nanmax(np.abs(grid))) or 1.0
    chart = go.Figure(
        go.Heatmap(
            x=[f"{one:.4g}" for one in axes[across]],
            y=[f"{one:.4g}" for one in axes[up]],
            z=grid,
            zmin=-most,
            zmax=most,
            colorscale=[[0, RED], [0.5, "#ffffff"], [1, GREEN]],
            texttemplate="%{z:.1f}",
            colorbar={"title": "bps"},
        )
    )
    # Values are names here: equal steps, whatever the numbers are.
    chart.update_xaxes(type="category")
    chart.update_yaxes(type="category")
    return _laid_out(chart, f"Plateau: mean day by {across} and {up}", x=across, y=up)


def power_chart(plain: dict[str, Any]) -> Any:
    """Share accepted by the strength of the planted edge; strategies without one stand at zero."""
    go = library("plotly.graph_objects")
    points = [(0.0, plain["noise_accept_fraction"], plain["strategies"])]
    points += [
        (one["information_coefficient"], one["accept_fraction"], one["strategies"])
        for one in plain["planted"]
    ]
    chart = go.Figure(
        go.Scatter(
            x=[one[0] for one in points],
            y=[100 * one[1] for one in points],
            mode="lines+markers+text",
            text=[f"{100 * one[1]:.1f} % of {one[2]:,}" for one in points],
            textposition="top center",
            line={"color": BLUE, "width": 2},
            error_y={
                "type": "data",
                "array": [196 * float(np.sqrt(one[1] * (1 - one[1]) / one[2])) for one in points],
            },
        )
    )
    chart.add_hline(y=5, line_color=RED, line_dash="dot", annotation_text="5 %: allowed without an edge")
    chart.add_hline(y=80, line_color=GREEN, line_dash="dot", annotation_text="80 %: wanted from 0.31 on")
    chart.update_yaxes(range=[-5, 112])
    return _laid_out(
        chart,
        "Power of the gate",
        x="correlation of the planted signal with the next day's return",
        y="% accepted",
    )


def alone_chart(plain: dict[str, Any]) -> Any:
    """What each check alone would have let through of strategies without an edge."""
    go = library("plotly.graph_objects")
    rows = sorted(plain["noise_passed_by_check"].items(), key=lambda one: one[1])
    chart = go.Figure(
        go.Bar(
            x=[100 * share for _, share in rows],
            y=[name for name, _ in rows],
            orientation="h",
            marker_color=GREY,
            text=[f"{100 * share:.1f} %" for _, share in rows],
        )
    )
    return _laid_out(
        chart, "Strategies without an edge: what each check alone lets through", x="% accepted", height=480
    )


def _day(number: int) -> str:
    return str(np.datetime64(number, "D"))


def _laid_out(chart: Any, title: str, *, x: str = "", y: str = "", height: int = HEIGHT_PX) -> Any:
    chart.update_layout(
        title=title,
        height=height,
        template="plotly_white",
        margin={"l": 60, "r": 20, "t": 50, "b": 45},
        legend={"orientation": "h", "y": 1.08, "x": 1, "xanchor": "right"},
    )
    if x:
        chart.update_xaxes(title=x)
    if y:
        chart.update_yaxes(title=y)
    return chart
