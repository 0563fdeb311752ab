"""A validation as one HTML file: it opens without a network, and asks nobody for anything."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from jackline.research.validation import charts
from jackline.research.validation.libraries import library
from jackline.research.validation.running import Validated

SHOWN = {"displayModeBar": False, "responsive": True}
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #111827; margin: 0 auto; max-width: 1080px; padding: 16px; }
h1 { font-size: 22px; margin: 8px 0; } h2 { font-size: 17px; margin: 28px 0 6px; }
.verdict { border-left: 5px solid; padding: 8px 14px; margin: 10px 0; }
.no { background: #fef3c7; border-color: #b7791f; } .yes { background: #dcfce7; border-color: #1a7f37; }
table { border-collapse: collapse; font-size: 14px; width: 100%; }
td, th { padding: 4px 9px; text-align: left; vertical-align: top; border-bottom: 1px solid #e5e7eb; }
th { color: #4b5563; } td.number { text-align: right; white-space: nowrap; }
.fails { color: #b42318; font-weight: 600; } .holds { color: #1a7f37; } .told { color: #6b7280; }
.maps { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 8px; }
.maps > div { min-width: 0; }
"""


def page(found: Validated, plain: dict[str, Any]) -> str:
    """The report of a validation; `plain` is its document."""
    title = f"Validation: {plain['strategy']} on {plain['data']['symbol']}"
    reasons = "".join(f"<li>{escape(one)}</li>" for one in plain["reasons"])
    kind, words = ("yes", "Proven.") if plain["proven"] else ("no", "Not proven.")
    trials, holdout = plain["trials"], plain["holdout"]
    said = (
        f"{trials['here']} settings were tried around it and {trials['elsewhere']} elsewhere on these bars, worth"
        f" {trials['effective']:.1f} independent trials. This was look {holdout['looks']} at its holdout."
    )
    maps = "".join(_drawn(charts.plateau_charts(found)))
    return _whole(
        title,
        f"<div class='verdict {kind}'><b>{words}</b><ul>{reasons}</ul></div>",
        f"<p>{escape(said)}</p>",
        *(f"<p>{escape(note)}</p>" for note in plain["notes"]),
        "<h2>Every number beside its threshold</h2>",
        _checks(plain["checks"]),
        *_drawn([charts.curve_chart(found), charts.splits_chart(found), charts.random_chart(found)]),
        f"<h2>Around the configuration</h2><div class='maps'>{maps}</div>",
    )


def calibration_page(plain: dict[str, Any]) -> str:
    """The report of a calibration."""
    leaks = [(name, "caught" if caught else "MISSED") for name, caught in plain["leaks_caught"].items()]
    rows = "".join(f"<tr><td>{escape(name)}</td><td>{said}</td></tr>" for name, said in leaks)
    return _whole(
        f"Calibration of the gate: {plain['strategies']:,} strategies without an edge, seed {plain['seed']}",
        *_drawn([charts.power_chart(plain), charts.alone_chart(plain)]),
        f"<h2>Leaks planted on purpose</h2><table>{rows}</table>",
    )


def _checks(checks: Sequence[dict[str, Any]]) -> str:
    rows = []
    for one in checks:
        kind = ("holds" if one["passed"] else "fails") if one["decides"] else "told"
        said = {"holds": "holds", "fails": "fails", "told": "only told"}[kind]
        value = "none" if one["value"] is None else f"{one['value']:.4g}"
        rows.append(
            f"<tr><td>{escape(one['name'])}</td><td class='number'>{value}</td>"
            f"<td class='number'>{escape(one['needed'])}</td><td class='{kind}'>{said}</td>"
            f"<td>{escape(one['words'])}</td></tr>"
        )
    head = "<tr><th>check</th><th>value</th><th>needed</th><th></th><th>in words</th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"


def _drawn(figures: Sequence[Any]) -> list[str]:
    return [
        one.to_html(full_html=False, include_plotlyjs=False, config=SHOWN, default_width="100%")
        for one in figures
    ]


def _whole(title: str, *parts: str) -> str:
    script = library("plotly.offline").get_plotlyjs()
    return "\n".join(
        (
            "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
            "<meta name='viewport' content='width=device-width, initial-scale=1'>",
            f"<title>{escape(title)}</title><style>{STYLE}</style><script>{script}</script></head><body>",
            f"<h1>{escape(title)}</h1>",
            *parts,
            "</body></html>",
        )
    )
