"""`jackline simulate`: the promise against thousands of seeded worlds, or against exactly one of them."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from jackline.world.experiment import Experiment
    from jackline.world.profiles import Profile

SEEDS_DEFAULT = 200
MUTANT_SEEDS_DEFAULT = 60

SeedsOption = Annotated[
    int | None,
    typer.Option(min=1, help=f"How many worlds. [{SEEDS_DEFAULT}; no end with --hours or --until-failure]"),
]
FirstOption = Annotated[int, typer.Option(min=0, help="The first of them.")]
HoursOption = Annotated[float | None, typer.Option(min=0.001, help="Stop after so many hours of the wall.")]
JobsOption = Annotated[
    int, typer.Option(min=1, max=256, help="Worker processes; results do not depend on it.")
]
ProfileOption = Annotated[
    str, typer.Option(help="A distribution of faults; 'list' names all, with their why.")
]
UntilOption = Annotated[bool, typer.Option("--until-failure", help="Stop at the first breach.")]
JsonOption = Annotated[
    Path | None, typer.Option("--json", help="Write the figures as JSON; - is standard output.")
]
ReportOption = Annotated[
    Path | None, typer.Option("--report", help="Write the figures as Markdown, with what limits the speed.")
]
AimOption = Annotated[
    bool, typer.Option("--aim", help="Afterwards kill at every crash point that no seed has hit.")
]
SeedOption = Annotated[int | None, typer.Option(min=0, help="Replay exactly this one, and show it.")]
ExperimentOption = Annotated[
    Path | None, typer.Option(help="Replay an experiment from its JSON file, as a breach prints it.")
]
EventsOption = Annotated[
    int | None, typer.Option(min=1, help="Replay: show so many events, reads and log lines included.")
]
ShrinkOption = Annotated[bool, typer.Option(help="Look for the smallest experiment that breaks as well.")]
MutantsOption = Annotated[
    bool, typer.Option("--mutants", help="Break the engine on purpose, and see that the judges find it.")
]


def simulate(
    *,
    seeds: SeedsOption = None,
    first_seed: FirstOption = 0,
    hours: HoursOption = None,
    jobs: JobsOption = 1,
    profile: ProfileOption = "swarm",
    until_failure: UntilOption = False,
    json_file: JsonOption = None,
    report_file: ReportOption = None,
    aim: AimOption = False,
    seed: SeedOption = None,
    experiment: ExperimentOption = None,
    events: EventsOption = None,
    shrink: ShrinkOption = True,
    mutants: MutantsOption = False,
) -> None:
    """Run production code in simulated worlds: virtual time, faulty network, disk, clock, venue, people; kills.

    Engine, watchdog, transport, store and exchange are the real ones. Exit codes: 0 nothing found, 1 a promise was
    broken or a mutant survived, 2 bad input, 130 interrupted (what was done is reported).
    """
    if profile == "list":
        _list_profiles()
        return
    _need_apsw()
    chosen = _profile(profile)
    for name, file in (("--json", json_file), ("--report", report_file)):
        _writable(name, file)
    if seed is not None or experiment is not None:
        from jackline.cli.simulate_replay import replay

        drawn = _experiment(seed, experiment, chosen)
        code = replay(drawn, file=experiment, events=events, smallest=shrink)
    elif mutants:
        from jackline.cli.simulate_mutants import hunt_all

        code = hunt_all(limit=seeds or MUTANT_SEEDS_DEFAULT, jobs=jobs, json_file=json_file)
    else:
        from jackline.cli.simulate_campaign import Wishes, run_campaign

        endless = hours is not None or until_failure
        code = run_campaign(
            Wishes(
                seeds=seeds if seeds is not None or endless else SEEDS_DEFAULT,
                first_seed=first_seed,
                hours=hours,
                jobs=jobs,
                profile=chosen.name,
                until_failure=until_failure,
                json_file=json_file,
                report_file=report_file,
                aim=aim,
                shrink=shrink,
            )
        )
    if code:
        raise typer.Exit(code)


def _list_profiles() -> None:
    from jackline.world.profiles import PROFILES

    for profile in PROFILES.values():
        typer.echo(f"{profile.name:<11} {profile.why}")


def _need_apsw() -> None:
    if find_spec("apsw") is None:
        raise CommandFailed(
            ExitCode.BAD_INPUT,
            "apsw is not installed: it lets real SQLite run on a simulated disk.\n"
            "Fix: pip install 'jackline[simulation]'",
        )


def _profile(name: str) -> Profile:
    from jackline.world.profiles import PROFILES

    if name not in PROFILES:
        text = f"--profile: {name!r} is not known. Fix: one of {', '.join(PROFILES)}"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    return PROFILES[name]


def _writable(option: str, file: Path | None) -> None:
    """What can be refused before hours have passed. Raises CommandFailed."""
    if file is None or file == Path("-"):
        return
    if file.is_dir() or not file.parent.is_dir():
        text = f"{option} {file}: no file can be made there. Fix: a file in a directory that exists"
        raise CommandFailed(ExitCode.BAD_INPUT, text)


def _experiment(seed: int | None, file: Path | None, profile: Profile) -> Experiment:
    from jackline.world.experiment import draw
    from jackline.world.experiment_file import NoExperiment, loads

    if file is None:
        return draw(seed or 0, profile)
    if seed is not None:
        text = "--seed and --experiment are two ways to name one world. Fix: leave one out"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    try:
        return loads(file.read_text(encoding="utf-8"))
    except (NoExperiment, UnicodeDecodeError) as error:
        text = f"--experiment {file}: {error}. Fix: the JSON that a breach prints, of this version"
        raise CommandFailed(ExitCode.BAD_INPUT, text) from error
