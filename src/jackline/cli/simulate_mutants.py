"""`jackline simulate --mutants`: one protection removed at a time, and the seed in which a judge notices."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.text import Text

from jackline.cli.errors import ExitCode
from jackline.cli.page import WIDTH
from jackline.cli.simulate_pool import in_order, workers
from jackline.world.mutants.campaign import Outcome, campaign
from jackline.world.mutants.table import MUTANTS


def hunt_one(limit: int, name: str) -> Outcome:
    """A worker's task."""
    mutant = next(one for one in MUTANTS if one.name == name)
    return campaign(limit, mutants=(mutant,))[name]


def hunt_all(*, limit: int, jobs: int, json_file: Path | None) -> int:
    """Hunt all of them, a line each as it is done. Returns the exit code."""
    page = Console(highlight=False, stderr=json_file == Path("-"))
    names = [mutant.name for mutant in MUTANTS]
    page.print(Text(f"{'mutant':<36} {'killed by':<26} {'code':<5} swarm", "dim"))
    found: dict[str, Outcome] = {}
    with page.status("") as status, workers(jobs) as pool:
        results = in_order(pool, partial(hunt_one, limit), names, ahead=jobs * 2, on_wait=lambda: None)
        status.update(f"hunting {names[0]} …")
        try:
            for name, outcome in zip(names, results, strict=True):
                found[name] = outcome
                page.print(told(name, outcome))
                if len(found) < len(names):
                    status.update(f"hunting {names[len(found)]} …")
        except KeyboardInterrupt:
            page.print(Text("interrupted", "bold red"))
    killed = sum(outcome["killed"] for outcome in found.values())
    verdict = f"{killed} of {len(names)} mutants killed, at most {limit} seeds each."
    page.print(Text(verdict, "green" if killed == len(names) else "bold red"))
    _write(json_file, found)
    return ExitCode.DONE if killed == len(names) else ExitCode.BREACH


def told(name: str, outcome: Outcome) -> Text:
    """One line."""
    swarm = outcome["swarm_seed"]
    if not outcome["killed"]:
        return Text(f"{name:<36} survived", "bold red")
    by = f"{outcome['profile']} {outcome['first_seed']}" + (" masks off" if outcome["masked_by"] else "")
    line = f"{name:<36} {by:<26} {outcome['code'] or '':<5} {'' if swarm is None else swarm}"
    return Text(line[:WIDTH].rstrip())


def _write(json_file: Path | None, found: dict[str, Outcome]) -> None:
    if json_file is None:
        return
    text = json.dumps({"mutants": found}, indent=1) + "\n"
    if json_file == Path("-"):
        print(text, end="")
    else:
        json_file.write_text(text, encoding="utf-8")
