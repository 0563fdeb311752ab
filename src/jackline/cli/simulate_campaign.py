"""A campaign from its wishes to its exit code: workers, progress, figures, and the first failure explained."""

from __future__ import annotations

import itertools
import json
import shlex
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from jackline.cli.checkout import commit
from jackline.cli.errors import ExitCode
from jackline.cli.simulate_document import document
from jackline.cli.simulate_limits import cpu_by_room
from jackline.cli.simulate_page import failures, summary
from jackline.cli.simulate_pool import AHEAD, chunks, in_order, run_seeds, workers
from jackline.cli.simulate_progress import Bar
from jackline.cli.simulate_replay import explain
from jackline.world.aiming import aimed
from jackline.world.campaign import WORLD_TROUBLE, Tally
from jackline.world.crash_points import inventory
from jackline.world.experiment import draw
from jackline.world.profiles import PROFILES
from jackline.world.report import Report, report

INTERRUPTED = 130
"""The shell's own word for an interrupt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the person asked for. `seeds`: None goes on until `hours` are over or something fails."""

    seeds: int | None
    first_seed: int
    hours: float | None
    jobs: int
    profile: str
    until_failure: bool
    json_file: Path | None
    report_file: Path | None
    aim: bool
    shrink: bool

    def command(self, played: int) -> str:
        """What gives the same figures again: so many worlds, though an interrupt or the hours ended it early."""
        words = ["jackline", "simulate", "--seeds", str(played), "--first-seed", str(self.first_seed)]
        words += ["--profile", self.profile, "--jobs", str(self.jobs)]
        words += ["--aim"] if self.aim else []
        return shlex.join(words)


def run_campaign(wishes: Wishes) -> int:
    """Run, report, explain. Returns the exit code."""
    tally = Tally()
    talk = Console(stderr=True, highlight=False)
    interrupted, by_aim = False, 0
    try:
        with Bar(talk, total=wishes.seeds, jobs=wishes.jobs) as bar:
            _run(wishes, tally, bar)
        by_aim = _aim(tally) if wishes.aim else 0
    except KeyboardInterrupt:
        interrupted = True
    limits = cpu_by_room(wishes.profile) if (wishes.json_file or wishes.report_file) and tally.seeds else {}
    figures = report(
        tally,
        by_aim=by_aim,
        limits=limits,
        profile=wishes.profile,
        first_seed=wishes.first_seed,
        commit=commit(),
        command=wishes.command(tally.seeds),
    )
    _write(wishes, figures)
    page = Console(highlight=False, stderr=wishes.json_file == Path("-"))
    page.print(summary(figures, interrupted=interrupted), soft_wrap=True)
    _explain(wishes, tally, page)
    if tally.breaches:
        return ExitCode.BREACH
    return INTERRUPTED if interrupted else ExitCode.DONE


def _run(wishes: Wishes, tally: Tally, bar: Bar) -> None:
    task = partial(run_seeds, wishes.profile)
    with workers(wishes.jobs) as pool:
        results = in_order(
            pool, task, chunks(_seeds(wishes)), ahead=wishes.jobs * AHEAD, on_wait=lambda: bar.show(tally)
        )
        for runs in results:
            for one in runs:
                tally.fold(one)
                if tally.breaches and wishes.until_failure:
                    bar.show(tally)
                    return
            bar.show(tally)


def _aim(tally: Tally) -> int:
    """Die where no seed has died. Returns how many points that were."""
    missed = {point for point in inventory() if point.key in set(tally.missed)}
    before = len(missed)
    for verdict in aimed(missed):
        missed -= verdict.hit
        tally.aim(verdict)
    return before - len(missed)


def _seeds(wishes: Wishes) -> Iterator[int]:
    """In order; asked for as they are needed, so that the wall's hours are looked at before each task."""
    end_s = None if wishes.hours is None else time.monotonic() + wishes.hours * 3_600
    last = None if wishes.seeds is None else wishes.first_seed + wishes.seeds
    for seed in itertools.count(wishes.first_seed):
        if seed == last or (end_s is not None and time.monotonic() >= end_s):
            return
        yield seed


def _write(wishes: Wishes, figures: Report) -> None:
    if wishes.json_file is not None:
        text = json.dumps(figures, indent=1) + "\n"
        if wishes.json_file == Path("-"):
            print(text, end="")
        else:
            wishes.json_file.write_text(text, encoding="utf-8")
    if wishes.report_file is not None:
        wishes.report_file.write_text(document(figures), encoding="utf-8")


def _explain(wishes: Wishes, tally: Tally, page: Console) -> None:
    """The first failure in full; the rest as a list."""
    if not tally.breaches:
        return
    first = next((one for one in tally.breaches if not (one.aimed or one.breach.code == WORLD_TROUBLE)), None)
    if first is not None:
        explain(draw(first.seed, PROFILES[wishes.profile]), page=page, smallest=wishes.shrink)
    page.print(failures(tally.breaches, wishes.profile), soft_wrap=True)
