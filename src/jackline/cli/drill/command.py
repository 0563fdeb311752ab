"""`jackline drill`: rehearse in a house of its own; `kill` on the running engine, as evidence for a promotion.

Only what reads the command line is imported here: the rest comes when a command runs.
"""

from pathlib import Path
from typing import Annotated

import typer

from jackline.cli.account import JsonOption
from jackline.cli.drill.kill import kill
from jackline.cli.errors import ExitCode

HELP = {"help_option_names": ["-h", "--help"]}
SUMMARIES = {
    "kill-switch": "Halt, flatten and reset: all closed, a stop until then.",
    "restart": "Kill the engine, start it again: the stop rests meanwhile.",
    "stream-loss": "Close every socket: the stop rests, nothing enters.",
    "stop-removed": "Cancel the stop at the venue: another one in time.",
    "takeover": "Kill the engine, cancel the stop: the watchdog acts.",
    "blackout": "Kill both, let the market fall through the stop.",
}
ALL = "all"

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="Configuration: its symbols and sizes are used.")
]
KeepOption = Annotated[
    Path | None, typer.Option("--keep", metavar="DIR", help="Keep the files and logs of the drill here.")
]

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, context_settings=HELP)


@app.callback()
def drill() -> None:
    """Rehearsals of what must work on the day it is needed: real processes, an exchange of their own.

    Exit code 0 when all passed, 1 when one failed, 3 when no position could be opened.
    """


app.command("kill")(kill)


def _command(name: str, summary: str) -> None:
    """One subcommand a drill; `all` plays them in turn."""

    def run(
        config: FileArgument = Path("jackline.toml"), keep: KeepOption = None, json: JsonOption = False
    ) -> None:
        _run(tuple(SUMMARIES) if name == ALL else (name,), config, keep, json=json)

    run.__doc__ = summary
    app.command(name)(run)


for _name, _summary in (*SUMMARIES.items(), (ALL, "All of them, one after the other.")):
    _command(_name, _summary)


def _run(names: tuple[str, ...], path: Path, keep: Path | None, *, json: bool) -> None:
    import asyncio

    from jackline.cli import logs
    from jackline.cli.config import load_config
    from jackline.cli.drill.paper import refuse_beyond_paper
    from jackline.cli.drill.playing import facts, play, report
    from jackline.cli.views import print_json

    logs.configure(usual="error")
    config = load_config(path)
    refuse_beyond_paper(config)
    done = asyncio.run(play(config, names, kept=keep, say=_say))
    passed = len(done) == len(names) and all(one.passed for one in done)
    if json:
        print_json(passed=passed, drills=facts(done), not_played=list(names[len(done) :]))
    else:
        print("\n".join(report(done)))
        for name in names[len(done) :]:
            print(f"{'not played':<12}{name}")
        if "kill-switch" in names and passed:
            print("For a promotion, on the account's running engine: jackline drill kill -c FILE")
    if not passed:
        raise typer.Exit(ExitCode.BREACH)


def _say(text: str) -> None:
    typer.echo(text, err=True)
