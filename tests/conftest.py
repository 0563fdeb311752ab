"""What holds for every test: long ones run on request, and a skipped one is announced at the end, by name."""

import gc
import platform
import subprocess
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import structlog

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("jackline")
    group.addoption("--long", action="store_true", help="also run the tests marked long")
    group.addoption(
        "--long-report", metavar="FILE", help="write the result of this run, with its commit, to FILE"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


def pytest_collection_finish() -> None:
    """What was collected lives as long as the run: each whole collection of garbage would walk all of it again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Announcer(config=config), "jackline-announcer")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """A command that is called within a test sets up this process's log; the next test starts with that of before."""
    before = structlog.get_config()
    try:
        return (yield)
    finally:
        structlog.configure(**before)


# pytest keeps plugins in sets, once a directory has a conftest
@dataclass(slots=True, kw_only=True, eq=False)
class Announcer:
    """Collects every report of the run; with xdist only the controller's terminal prints and writes."""

    config: pytest.Config
    reports: list[pytest.TestReport] = field(default_factory=list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.reports.append(report)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        skipped = sorted({(report.nodeid, reason(report)) for report in self.reports if report.skipped})
        if skipped:
            terminalreporter.section(f"NOT TESTED: {len(skipped)} skipped", sep="!", red=True, bold=True)
            for nodeid, why in skipped:
                terminalreporter.line(f"{nodeid}: {why}")
        target = self.config.getoption("--long-report")
        if target:
            asked = " ".join(self.config.invocation_params.args)
            (ROOT / target).write_text("\n".join(long_report(self.reports, asked)) + "\n", encoding="utf-8")


def reason(report: pytest.TestReport) -> str:
    """Why the test was skipped, or expected to fail, in its own words."""
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return str(getattr(report, "wasxfail", report.longrepr))


def long_report(reports: Sequence[pytest.TestReport], asked: str) -> Iterator[str]:
    """The lines of docs/long-run.md: what was asked for, the commit and its own time (never the clock's), sums, slowest
    tests."""
    calls = {report.nodeid: report for report in reports if report.when == "call" or not report.passed}
    sums: Mapping[str, int] = {
        outcome: sum(report.outcome == outcome for report in calls.values())
        for outcome in ("passed", "failed", "skipped")
    }
    yield "# The last long run"
    yield ""
    yield f"Written by `pytest {asked}`. `python3 x.py test --long` runs every test, those marked `long` included."
    yield ""
    yield f"- commit: {git('log', '-1', '--format=%h of %cI')}{' with local changes' if changed() else ''}"
    yield f"- Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield f"- {', '.join(f'{count} {outcome}' for outcome, count in sums.items())}"
    yield f"- {sum(report.duration for report in reports):.0f} s of test time"
    yield ""
    yield "| test | outcome | seconds |"
    yield "|---|---|---:|"
    slowest = sorted(calls.values(), key=lambda report: -report.duration)[:40]
    worst = [report for report in calls.values() if not report.passed and report not in slowest]
    for report in [*slowest, *worst]:
        yield f"| `{report.nodeid}` | {report.outcome} | {report.duration:.1f} |"


def changed() -> bool:
    """Whether what ran differs from the commit."""
    return git("status", "--porcelain", "--", "src", "tests", "pyproject.toml", "requirements.lock") not in (
        "",
        "unknown",
    )


def git(*arguments: str) -> str:
    """What git says, or "unknown" where it is missing or this is not a checkout."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()
