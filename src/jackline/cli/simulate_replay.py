"""One world shown: experiment, verdict, and for a breach how it came to it and the smallest world that has it too."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from jackline.cli.checkout import commit
from jackline.cli.errors import ExitCode
from jackline.cli.simulate_page import BAD, HEADING, QUIET, experiment_lines, replay_command, verdict_lines
from jackline.world.campaign import run
from jackline.world.experiment import Experiment
from jackline.world.experiment_file import dumps
from jackline.world.judges.breach import Breach
from jackline.world.lanes import Window, diagram
from jackline.world.shrink import Shrunk, shrink
from jackline.world.simulation import Verdict, simulate

EVERYTHING = 1_000_000
"""Events kept of a replay: all."""
BEFORE, AFTER = 40, 6
"""Events shown around a breach."""
COLUMNS_MAX = 120


def replay(experiment: Experiment, *, file: Path | None, events: int | None, smallest: bool) -> int:
    """Play it, show it. Returns the exit code."""
    page = Console(highlight=False)
    page.print(experiment_lines(experiment), soft_wrap=True)
    verdict = simulate(experiment, keep=EVERYTHING)
    page.print(verdict_lines(verdict), soft_wrap=True)
    if verdict.breaches:
        _show_breach(verdict, page=page, events=events, smallest=smallest, file=file)
        return ExitCode.BREACH
    if events is not None:
        _show_events(verdict, None, page=page, events=events)
    return ExitCode.DONE


def explain(experiment: Experiment, *, page: Console, smallest: bool) -> None:
    """A seed of a campaign that broke: the same, with the replay command."""
    page.print()
    page.print(experiment_lines(experiment), soft_wrap=True)
    verdict = simulate(experiment, keep=EVERYTHING)
    page.print(verdict_lines(verdict), soft_wrap=True)
    if verdict.breaches:
        _show_breach(verdict, page=page, events=None, smallest=smallest, file=None)


def _show_breach(
    verdict: Verdict, *, page: Console, events: int | None, smallest: bool, file: Path | None
) -> None:
    experiment, breach = verdict.experiment, verdict.breaches[0]
    page.print()
    _show_events(verdict, breach.at_ms, page=page, events=events)
    page.print()
    words = ((f"{breach.code} ", BAD), f"at commit {commit()}; again: ", (_again(experiment, file), HEADING))
    page.print(Text.assemble(*words), soft_wrap=True)
    if not smallest:
        return
    with page.status("shrinking …"):
        found = shrink(experiment, breach, lambda candidate: breach_of(candidate, breach.code))
    page.print(_shrunk_words(experiment, found), soft_wrap=True)
    page.print(Text(dumps(found.experiment)), soft_wrap=True)


def breach_of(experiment: Experiment, code: str) -> Breach | None:
    """The first breach of this code, if the experiment has one."""
    return next((breach for breach in run(experiment).breaches if breach.code == code), None)


def _show_events(verdict: Verdict, at_ms: float | None, *, page: Console, events: int | None) -> None:
    window = Window(at_ms=at_ms, before=events or BEFORE, after=AFTER, reads=events is not None)
    for line in diagram(verdict.last, window, columns=min(page.width, COLUMNS_MAX)):
        page.print(Text(line), soft_wrap=True)


def _again(experiment: Experiment, file: Path | None) -> str:
    if file is not None:
        return f"jackline simulate --experiment {file}"
    return replay_command(experiment.profile, experiment.seed)


def _shrunk_words(experiment: Experiment, found: Shrunk) -> Text:
    acts = f"{len(found.experiment.acts)} of {len(experiment.acts)} acts"
    left = ", tries used up" if found.exhausted else ""
    text = f"\nSmallest that breaks {found.breach.code} too: {acts}, {found.tries} tries{left}. For --experiment FILE:"
    return Text(text, QUIET)
