"""`jackline doctor`: one line a check, and what to do.

Only what reads the command line is imported here: the rest comes when the command runs.
"""

from pathlib import Path
from typing import Annotated

import typer

from jackline.cli.account import JsonOption

USUAL = Path("jackline.toml")


def doctor(
    config: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Configuration. [jackline.toml, where there is one]")
    ] = None,
    *,
    option: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", help="The same, as other commands take it."),
    ] = None,
    canary: Annotated[
        bool,
        typer.Option("--canary", help="Send a canary: a far order that opens nothing. No engine may run."),
    ] = False,
    alert: Annotated[bool, typer.Option("--alert", help="Send a test to every address of alerts.")] = False,
    requests: Annotated[
        int, typer.Option(min=10, max=500, help="How many to measure the latency with.")
    ] = 50,
    json: JsonOption = False,
) -> None:
    """Check machine, configuration, key, venue, alerts and dashboard. It changes nothing anywhere.

    Exit code 0 when all is well, 1 when something is to be looked at, 2 when something is to be
    mended before anything runs.
    """
    import asyncio

    from jackline.cli import logs
    from jackline.cli.doctor.examine import Wishes

    logs.configure(usual="error")  # what it finds stands in its lines
    path = config or option or (USUAL if USUAL.exists() else None)
    wishes = Wishes(config=path, requests=requests, sings=canary, sends=alert)
    raise typer.Exit(asyncio.run(_examine(wishes, as_json=json)))


async def _examine(wishes: object, *, as_json: bool) -> int:
    from jackline.cli.doctor.examine import Wishes, findings
    from jackline.cli.doctor.finding import exit_code
    from jackline.cli.doctor.page import lines, summary
    from jackline.cli.views import print_json

    found = []
    if isinstance(wishes, Wishes):
        async for one in findings(wishes):
            found.append(one)
            if not as_json:
                for line in lines([one]):
                    print(line, flush=True)
    code = exit_code(found)
    if as_json:
        rows = [
            {"check": one.check, "grade": one.grade.value, "seen": one.seen, "fix": one.fix} for one in found
        ]
        print_json(exit_code=code, checks=rows)
    else:
        print(f"\n{summary(found)}")
    return code
