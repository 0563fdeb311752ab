"""A sweep as one HTML file that opens without a network: maps of every two swept values, and how the best stands."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from html import escape

import numpy as np
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from jackline.research.backtest.page import STYLE
from jackline.research.sweep.arrays import TRADES
from jackline.research.sweep.files import SweepManifest
from jackline.research.sweep.plateau import Plateau, Surface, flattened, plateau_of, surface_of
from jackline.research.sweep.points import shown
from jackline.research.sweep.run import Measure, measured
from jackline.research.sweep.runs import Results

MAPS_MAX = 12
BEST_SHOWN = 20
WORDS = {
    Measure.T_VALUE: "t value of the mean net result",
    Measure.NET: "mean net result of a trade, bps",
    Measure.EQUITY: "what 1 became",
}


def page(results: Results, manifest: SweepManifest, measure: Measure) -> str:
    """The whole file."""
    values = measured(results.tallies, measure) * (10_000 if measure is Measure.NET else 1)
    surface = surface_of(results.points, values)
    plots = list(_plots(results, surface, values, measure))
    drawn = "\n".join(
        one.to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False}) for one in plots
    )
    title = f"Sweep: {manifest.strategy} on {manifest.symbol}"
    known = manifest.trials + manifest.trials_before
    return "\n".join(
        (
            "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
            "<meta name='viewport' content='width=device-width, initial-scale=1'>",
            f"<title>{escape(title)}</title><style>{STYLE}</style>",
            f"<script>{get_plotlyjs()}</script></head><body>",
            f"<h1>{escape(title)}</h1>",
            f"<p>{manifest.trials:,} settings over {manifest.bars:,} bars, costs paid.</p>",
            f"<p class='warn'>{known:,} settings have been tried on these bars. The best of many tries looks good"
            " without any edge: only <code>jackline validate</code> can say what is left of it.</p>",
            _plateau_text(surface, measure),
            drawn,
            f"<h2>The best {BEST_SHOWN} by {escape(WORDS[measure])}</h2>",
            _best(results, values),
            "</body></html>",
        )
    )


def _plots(
    results: Results, surface: Surface | None, values: np.ndarray, measure: Measure
) -> Iterator[go.Figure]:
    if surface is not None and len(surface.names) == 1:
        axis = [shown(surface.names[0], one) for one in surface.values[0]]
        line = go.Figure(go.Scatter(x=axis, y=surface.measure, mode="lines+markers"))
        line.update_layout(title=WORDS[measure], xaxis_title=surface.names[0], xaxis_type="category")
        yield _laid_out(line)
    if surface is not None:
        pairs = itertools.combinations(range(len(surface.names)), 2)
        for first, second in itertools.islice(pairs, MAPS_MAX):
            yield _map(surface, first, second, measure)
    known = values[~np.isnan(values)]
    if len(known):
        histogram = go.Figure(go.Histogram(x=known, nbinsx=60, marker_color="#4b5563"))
        histogram.update_layout(title=f"All settings: {WORDS[measure]}", yaxis_title="settings")
        yield _laid_out(histogram)
    scatter = go.Figure(
        go.Scattergl(
            x=results.tallies[:, TRADES], y=values, mode="markers", marker={"size": 4, "opacity": 0.5}
        )
    )
    scatter.update_layout(title="Trades and result", xaxis_title="trades", yaxis_title=WORDS[measure])
    yield _laid_out(scatter)


def _map(surface: Surface, first: int, second: int, measure: Measure) -> go.Figure:
    names = surface.names
    chart = go.Figure(
        go.Heatmap(
            z=flattened(surface, first, second),
            x=[shown(names[first], one) for one in surface.values[first]],
            y=[shown(names[second], one) for one in surface.values[second]],
            colorscale="RdBu",
            zmid=1 if measure is Measure.EQUITY else 0,
            hoverongaps=False,
        )
    )
    rest = ", median over the rest" if len(names) > 2 else ""
    chart.update_layout(
        title=f"{WORDS[measure]}{rest}",
        xaxis_title=names[first],
        yaxis_title=names[second],
        xaxis_type="category",
        yaxis_type="category",
    )
    return _laid_out(chart)


def _laid_out(chart: go.Figure) -> go.Figure:
    chart.update_layout(template="plotly_white", height=420, margin={"l": 70, "r": 20, "t": 50, "b": 60})
    return chart


def _plateau_text(surface: Surface | None, measure: Measure) -> str:
    found = None if surface is None else plateau_of(surface)
    if surface is None or found is None:
        return "<p>No whole grid: what surrounds the best setting is not known.</p>"
    return f"<p>{escape(plateau_sentence(surface, found, measure))}</p>"


def plateau_sentence(surface: Surface, found: Plateau, measure: Measure) -> str:
    """The best setting and its neighbours in words."""
    at = ", ".join(
        f"{name} {shown(name, values[place])}"
        for name, values, place in zip(surface.names, surface.values, found.best, strict=True)
    )
    text = f"Best by {measure}: {at}: {found.value:.3g}."
    if not found.neighbours:
        return f"{text} It has no neighbours with trades."
    return (
        f"{text} Its {found.neighbours} neighbours: median {found.median:.3g}, lowest {found.lowest:.3g}, "
        f"{100 * found.share:.0f} % above 0."
    )


def _best(results: Results, values: np.ndarray) -> str:
    order = [at for at in np.argsort(-np.nan_to_num(values, nan=-np.inf)) if not np.isnan(values[at])][
        :BEST_SHOWN
    ]
    names = results.points.swept
    heads = "".join(f"<th>{name}</th>" for name in (*names, "trades", "measure"))
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{escape(shown(name, int(results.points.columns[name][at])))}</td>" for name in names)
        + f"<td>{results.tallies[at, TRADES]:,.0f}</td><td>{values[at]:.4g}</td></tr>"
        for at in order
    )
    return f"<div class='scroll'><table><tr>{heads}</tr>{rows}</table></div>"
