"""The dashboard and the alert rules: current, whole, and tried by Prometheus' own tool where it is.

That every metric in them is exported is checked where an account with a trade serves `/metrics`:
tests/web/test_skeleton.py.
"""

from __future__ import annotations

import json
import re
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

from jackline.core.codes import PAGES
from tests.house.source import ROOT
from tests.packaging.metrics_used import DASHBOARD, RULES, exported, used

PROMTOOL = shutil.which("promtool")
DRAWN = runpy.run_path(str(ROOT / "tools" / "draw_grafana.py"))
WITHOUT = "promtool is missing (Debian's package prometheus): the alert rules were not tried"


def test_the_dashboard_is_current() -> None:
    assert DASHBOARD.read_text(encoding="utf-8") == DRAWN["drawing"](), "run: python tools/draw_grafana.py"


def test_its_panels_lie_side_by_side() -> None:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    cells = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_every_expression_names_a_metric_and_closes_its_brackets() -> None:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    for expression in (target["expr"] for panel in panels for target in panel["targets"]):
        assert "jackline_" in expression
        assert expression.count("(") == expression.count(")"), expression


def test_every_rule_has_a_code_with_a_page_and_a_trial() -> None:
    rules, trials = RULES.read_text(), RULES.with_name("alerts.test.yml").read_text()
    names = re.findall(r"- alert: (\w+)", rules)
    assert len(names) == len(set(names)) > 10
    assert set(re.findall(r"code: (\w+)\}", rules)) <= set(PAGES)
    for name in names:
        assert trials.count(name) >= 2, f"{name}: when it fires, and when it does not"


def test_names_are_found_in_the_files_and_on_a_page() -> None:
    assert {"jackline_stop_confirm_seconds_bucket", "jackline_protection_coverage_ratio"} <= used()
    page = "# TYPE a_seconds histogram\na_seconds_sum 1.0\n# TYPE b gauge\n# TYPE c_total counter\n"
    assert exported(page) == {"a_seconds_bucket", "a_seconds_count", "a_seconds_sum", "b", "c_total"}


@pytest.mark.skipif(PROMTOOL is None, reason=WITHOUT)
@pytest.mark.parametrize(
    "arguments", [("check", "config", "prometheus.yml"), ("test", "rules", "alerts.test.yml")], ids=" ".join
)
def test_prometheus_takes_the_rules_and_each_fires_when_it_is_to(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [str(PROMTOOL), *arguments],
        cwd=RULES.parent,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(PROMTOOL is None, reason=WITHOUT)
def test_prometheus_understands_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    asked = [
        target["expr"].replace("$__rate_interval", "1m") for panel in panels for target in panel["targets"]
    ]
    rules = {
        "groups": [{"name": "g", "rules": [{"record": f"r{n}", "expr": one} for n, one in enumerate(asked)]}]
    }
    (tmp_path / "rules.yml").write_text(json.dumps(rules))
    done = subprocess.run(
        [str(PROMTOOL), "check", "rules", "--lint=none", str(tmp_path / "rules.yml")],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
