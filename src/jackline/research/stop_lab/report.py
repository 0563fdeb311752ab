"""The stop lab as one HTML file: tables, sentences, plots. It asks nothing of any network."""

from __future__ import annotations

from html import escape

import numpy as np
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from jackline.research.stop_lab.kinds import BPS, Assumed, Kind, Measured, Row
from jackline.research.stop_lab.words import moment, of_margin_percent, plain, plainly, stop_bps

POINTS = 300
"""Of a curve: more than this are not seen."""
COLOURS = {
    Kind.VENUE: "#1a7f5a",
    Kind.VENUE_MARK: "#6fbf9c",
    Kind.POLL: "#d98a00",
    Kind.SLOW_POLL: "#c0392b",
    Kind.LIMIT: "#3b5bdb",
    Kind.LIMIT_THROUGH: "#8fa3ef",
}
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1c }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: right; padding: .25rem .6rem; border-bottom: 1px solid #ddd }
th:first-child, td:first-child { text-align: left }
.note { color: #555 }
.scroll { overflow-x: auto }
"""
HEADS = ("", "mean", "95 % of means", "p50", "p95", "p99", "max", "max, margin", "never closed")


def page(measured: tuple[Measured, ...], assumed: Assumed) -> str:
    """The whole file."""
    sections = "\n".join(_section(one, assumed) for one in measured)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Stop lab</title><style>{STYLE}</style>'
        f"<script>{get_plotlyjs()}</script></head><body><h1>Stop lab</h1>"
        f"<p>What a stop of each kind lost beyond the price it names. Basis points of the entry price; percent of the"
        f" margin at {assumed.leverage:g}×. Seed {assumed.seed}.</p>{sections}</body></html>"
    )


def _section(one: Measured, assumed: Assumed) -> str:
    rows = "".join(_row(row, assumed) for row in one.rows)
    heads = "".join(f"<th>{head}</th>" for head in HEADS)
    said = "".join(f"<li>{escape(text)}</li>" for text in plainly(one, assumed))
    notes = "".join(f'<li class="note">{escape(text)}.</li>' for text in one.notes)
    figures = [_beyond(one), _shares(one)]
    if one.worst is not None:
        figures.append(_worst(one, assumed))
    plots = "".join(
        figure.to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False})
        for figure in figures
    )
    return (
        f"<h2>{escape(one.name)}</h2><p>{moment(one.first_ms)} to {moment(one.last_ms)} UTC. {one.entries:,} entries"
        f" ({escape(one.sampling)}), stop at {stop_bps(one):g} bps, {one.touched:,} touched.</p>"
        f'<div class="scroll"><table><tr>{heads}</tr>{rows}</table></div><ul>{said}{notes}</ul>{plots}'
    )


def _row(row: Row, assumed: Assumed) -> str:
    beyond = row.beyond
    if beyond is None:
        cells = ["none closed", *[""] * 6]
    else:
        low, high = beyond.mean_low, beyond.mean_high
        means = "-" if low is None or high is None else f"{plain(low, 1)} … {plain(high, 1)}"
        rest = (plain(one, 1) for one in (beyond.p50, beyond.p95, beyond.p99))
        cells = [plain(beyond.mean, 1), means, *rest, plain(beyond.max, 0)]
        cells.append(f"{plain(of_margin_percent(beyond.max, assumed.leverage), 1)} %")
    cells.append(f"{row.never_fraction:.1%}")
    return f"<tr><td>{escape(row.label)}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _beyond(one: Measured) -> go.Figure:
    """Share of the touched stops that lost more than so much."""
    figure = go.Figure()
    for row in one.rows:
        losses = np.sort(one.losses[row.kind])
        if len(losses) == 0:
            continue
        at = np.unique(
            np.concatenate(
                (
                    np.linspace(0, len(losses) - 1, POINTS).astype(int),
                    len(losses) - 1 - np.arange(min(20, len(losses))),
                )
            )
        )
        figure.add_scatter(
            x=losses[at],
            y=(len(losses) - at) / row.touched,
            mode="lines",
            line={"color": COLOURS[row.kind], "shape": "hv"},
            name=row.label,
        )
    figure.update_layout(
        title="Share of touched stops that lost at least so much beyond",
        xaxis_title="bps of price beyond the stop",
        yaxis={"title": "share, logarithmic", "type": "log"},
        template="plotly_white",
    )
    return figure


def _shares(one: Measured) -> go.Figure:
    """Never closed, and first looks that came too late to see the stop."""
    labels = [row.label for row in one.rows]
    figure = go.Figure()
    figure.add_bar(
        x=labels,
        y=[row.never_fraction for row in one.rows],
        name="never closed while watched",
        marker_color="#c0392b",
    )
    figure.add_bar(
        x=labels,
        y=[row.came_back_fraction for row in one.rows],
        name="price was back at the first look",
        marker_color="#d98a00",
    )
    figure.update_layout(
        title="Share of touched stops",
        barmode="group",
        yaxis={"tickformat": ".0%"},
        template="plotly_white",
    )
    return figure


def _worst(one: Measured, assumed: Assumed) -> go.Figure:
    """What each kind lost of the margin on the entry that cost the slow poll most."""
    worst = one.worst
    lost = {} if worst is None else worst.lost_fraction
    rows = [row for row in one.rows if lost.get(row.kind) is not None]
    figure = go.Figure()
    figure.add_bar(
        x=[row.label for row in rows],
        y=[of_margin_percent((lost[row.kind] or 0.0) * BPS, assumed.leverage) for row in rows],
        marker_color=[COLOURS[row.kind] for row in rows],
    )
    figure.add_hline(
        y=of_margin_percent(one.stop_fraction * BPS, assumed.leverage),
        line_dash="dash",
        annotation_text="what the stop says",
    )
    figure.update_layout(
        title="" if worst is None else f"The entry of {moment(worst.entry_ms)}: percent of margin lost",
        template="plotly_white",
    )
    return figure
