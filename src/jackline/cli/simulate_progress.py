"""The progress of a campaign: one line that is drawn anew on a terminal, a line now and then in a log."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from jackline.world.campaign import Tally, known_points

LOGGED_SEEDS = 500
"""A log gets a line for so many worlds, and one for each that is broken."""


class Bar:
    """A bar of 80 columns: worlds, worlds a second, simulated hours, faults, crash points, breaches."""

    def __init__(self, console: Console, *, total: int | None, jobs: int) -> None:
        self._console = console
        self._logged = self._broken = 0
        self._start = f"{'worlds without end' if total is None else f'{total:,} worlds'}, {jobs} at a time …"
        self._progress = Progress(
            BarColumn(bar_width=10),
            TextColumn("{task.completed:,.0f}" + ("" if total is None else "/{task.total:,.0f}")),
            _Told(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
            refresh_per_second=4,
        )
        self._task = self._progress.add_task("", total=total, told=Tally())

    def __enter__(self) -> Bar:
        if not self._console.is_terminal:
            self._console.print(self._start)
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, tally: Tally) -> None:
        """Draw what has been folded."""
        self._progress.update(self._task, completed=tally.seeds, told=tally)
        if not self._console.is_terminal:
            self._log(tally)

    def _log(self, tally: Tally) -> None:
        for found in tally.breaches[self._broken :]:
            text = f"seed {found.seed}: {found.breach.code} {found.breach.detail}"
            self._console.print(text, soft_wrap=True, markup=False)
        self._broken = len(tally.breaches)
        if tally.seeds - self._logged >= LOGGED_SEEDS:
            self._logged = tally.seeds
            self._console.print(f"{tally.seeds:,} worlds")


class _Told(ProgressColumn):
    """The figures beside the bar."""

    def __init__(self) -> None:
        super().__init__()
        self._known = len(known_points())

    def render(self, task: Task) -> Text:
        tally: Tally = task.fields["told"]
        rate = tally.seeds / task.elapsed if task.elapsed else 0.0
        text = Text(
            f"{rate:.1f}/s · {tally.simulated_s / 3_600:.1f} h · {short(tally.faults.total())} faults · "
        )
        text.append(f"{len(tally.hit)}/{self._known} points · ")
        count = len({found.seed for found in tally.breaches})
        text.append(f"{count} broken", style="bold red" if count else "green")
        return text


def short(number: int) -> str:
    """At most four characters or so: 950, 12k, 3.4M."""
    if number < 10_000:
        return str(number)
    return f"{number / 1e3:.0f}k" if number < 1_000_000 else f"{number / 1e6:.1f}M"
