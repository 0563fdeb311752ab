"""Writes deploy/grafana/dashboard.json from the table of panels below: python tools/draw_grafana.py."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parent.parent / "deploy" / "grafana" / "dashboard.json"
SOURCE = {"type": "prometheus", "uid": "${source}"}
OF = 'instance=~"$instance"'
COLUMNS = 24
GREEN, AMBER, RED = "green", "orange", "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel. `asked`: pairs of an expression and its legend. `steps`: from which value on it has which colour."""

    title: str
    kind: str
    asked: tuple[tuple[str, str], ...]
    unit: str = "short"
    about: str = ""
    width: int = 8
    height: int = 7
    steps: tuple[tuple[float | None, str], ...] = ()


def _number(
    title: str, metric: str, *steps: tuple[float | None, str], unit: str = "short", about: str = ""
) -> Panel:
    asked = ((f"{metric}{{{OF}}}", "{{instance}}"),)
    return Panel(
        title=title, kind="stat", asked=asked, unit=unit, about=about, width=3, height=4, steps=steps
    )


def _line(title: str, *asked: tuple[str, str], unit: str = "short", about: str = "") -> Panel:
    return Panel(title=title, kind="timeseries", asked=asked, unit=unit, about=about)


def _quantile(share: float) -> tuple[str, str]:
    rate = f"sum by (le) (increase(jackline_stop_confirm_seconds_bucket{{{OF}}}[1h]))"
    return f"histogram_quantile({share}, {rate})", f"p{share * 100:.0f}"


PANELS = (
    _number(
        "Coverage", "jackline_protection_coverage_ratio", (None, RED), (1.0, GREEN), unit="percentunit",
        about="Notional covered by confirmed stops over open notional. Below 100 %: jackline explain P1.",
    ),
    _number("Naked now", "jackline_unprotected_positions", (None, GREEN), (1, RED)),
    _number("Naked for", "jackline_unprotected_for_seconds", (None, GREEN), (0.2, AMBER), (1.5, RED), unit="s"),
    _number("Open positions", "jackline_open_positions", (None, GREEN)),
    _number(
        "Stops resting", "sum by (instance) (jackline_stops_resting", (None, GREEN),
        about="Disaster stops and working stops together: an open position has one or two.",
    ),
    _number("Kill level", "jackline_kill_level", (None, GREEN), (1, AMBER), (2, RED), about="0 normal … 3 locked"),
    _number("Engine live", "jackline_engine_live", (None, RED), (1, GREEN)),
    _number("Stops read", "jackline_stop_confirmation_age_seconds", (None, GREEN), (5, AMBER), (60, RED), unit="s"),
    Panel(
        title="Naked time, every window", kind="heatmap", unit="s", width=12,
        asked=((f"sum by (le) (increase(jackline_stop_confirm_seconds_bucket{{{OF}}}[$__rate_interval]))", "{{le}}"),),
        about="From the first evidence of a position to a stop that was read back. 1.5 s is the promise's deadline.",
    ),
    Panel(
        title="Naked time, quantiles of an hour", kind="timeseries", unit="s", width=12,
        asked=(_quantile(0.5), _quantile(0.95), _quantile(0.99)),
    ),
    _line("Day", (f"jackline_day_result_ratio{{{OF}}}", "{{instance}}"), unit="percentunit",
          about="Result of the day over its first equity; no amount of money leaves the engine unasked."),
    _line("Limits used", (f"jackline_limit_used_ratio{{{OF}}}", "{{limit}}"), unit="percentunit"),
    _line("To the stop : to liquidation", (f"jackline_liquidation_buffer_ratio{{{OF}}}", "{{symbol}} {{side}}"),
          unit="percentunit", about="Above 60 % a stop may not be reached in time: jackline explain P7."),
    _line("Trades by state", (f"jackline_trades{{{OF}}}", "{{phase}}")),
    _line("Stops by role", (f"jackline_stops_resting{{{OF}}}", "{{role}}")),
    _line("Stops refused", (f"increase(jackline_stop_rejects_total{{{OF}}}[$__rate_interval])", "{{code}}")),
    _line("Lag", (f"jackline_loop_lag_seconds{{{OF}}}", "loop"), (f"jackline_journal_lag_seconds{{{OF}}}", "journal"),
          unit="s"),
    _line("Events that wait", (f"jackline_inbox_events{{{OF}}}", "{{instance}}")),
    _line("Events handled", (f"rate(jackline_turns_total{{{OF}}}[$__rate_interval])", "{{instance}}"), unit="cps"),
    _line("Feeds, age", (f"max by (instance) (jackline_feed_age_seconds{{{OF}}})", "oldest mark"),
          (f"jackline_picture_age_seconds{{{OF}}}", "engine's picture"), unit="s"),
    _line("Requests by outcome", (f"sum by (type, result) (increase(jackline_orders_total{{{OF}}}[$__rate_interval]))",
                                  "{{type}} {{result}}")),
    _line("Entries denied, by reason", (f"increase(jackline_denials_total{{{OF}}}[$__rate_interval])", "{{reason}}"),
          (f"jackline_entries_denied{{{OF}}}", "all, now")),
    _line("Alerts", (f"increase(jackline_alerts_total{{{OF}}}[$__rate_interval])", "{{level}}")),
    _line("Up", (f"jackline_engine_up{{{OF}}}", "lease held"), (f"jackline_stream_up{{{OF}}}", "user stream"),
          (f"jackline_journal_ok{{{OF}}}", "journal")),
    _line("Time without a stop, sum of an hour", (f"increase(jackline_unprotected_seconds_total{{{OF}}}[1h])",
                                                  "{{instance}}"), unit="s"),
)  # fmt: skip


def dashboard() -> dict[str, Any]:
    """As Grafana imports it."""
    panels, x, y, row = [], 0, 0, 0
    for number, panel in enumerate(PANELS, start=1):
        if x + panel.width > COLUMNS:
            x, y, row = 0, y + row, 0
        panels.append(_panel(panel, number, x, y))
        x, row = x + panel.width, max(row, panel.height)
    return {
        "title": "jackline",
        "uid": "jackline",
        "description": "Is every position protected, and does what protects it get on?",
        "tags": ["jackline"],
        "schemaVersion": 39,
        "timezone": "utc",
        "refresh": "10s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [_source(), _instances()]},
        "panels": panels,
    }


def _panel(panel: Panel, number: int, x: int, y: int) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit}
    if panel.steps:
        defaults["thresholds"] = {
            "mode": "absolute",
            "steps": [{"value": value, "color": colour} for value, colour in panel.steps],
        }
    return {
        "id": number,
        "title": panel.title,
        "description": panel.about,
        "type": panel.kind,
        "datasource": SOURCE,
        "gridPos": {"x": x, "y": y, "w": panel.width, "h": panel.height},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": SOURCE,
                "expr": _closed(expression),
                "legendFormat": legend,
                **({"format": "heatmap"} if panel.kind == "heatmap" else {}),
            }
            for place, (expression, legend) in enumerate(panel.asked)
        ],
    }


def _closed(expression: str) -> str:
    """With the bracket that a sum was opened with."""
    return expression + ")" * (expression.count("(") - expression.count(")"))


def _source() -> dict[str, Any]:
    return {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}


def _instances() -> dict[str, Any]:
    return {
        "name": "instance",
        "label": "Account",
        "type": "query",
        "datasource": SOURCE,
        "query": "label_values(jackline_build_info, instance)",
        "refresh": 2,
        "multi": True,
        "includeAll": True,
    }


def drawing() -> str:
    """The file's text."""
    return json.dumps(dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(drawing(), encoding="utf-8")
