"""Which metrics the dashboard and the rules ask for, and which a `/metrics` page has."""

from __future__ import annotations

import json
import re

from tests.house.source import ROOT

DASHBOARD = ROOT / "deploy" / "grafana" / "dashboard.json"
RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"


def used() -> set[str]:
    """Every name of ours in an expression of either."""
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    asked = [target["expr"] for panel in panels for target in panel["targets"]]
    rules = re.findall(r"^ +expr: (.+(?:\n {10}.+)*)", RULES.read_text(encoding="utf-8"), re.M)
    return {name for text in (*asked, *rules) for name in re.findall(r"jackline_\w+", text)}


def exported(page: str) -> set[str]:
    """Every name that a page can have samples of, by its types; a family without samples counts."""
    endings = {"histogram": ("_bucket", "_count", "_sum")}
    found = re.findall(r"^# TYPE (\w+) (\w+)$", page, re.M)
    return {f"{name}{ending}" for name, kind in found for ending in endings.get(kind, ("",))}
