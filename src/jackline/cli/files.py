"""`jackline files`: what comes with the package beside its code: examples, units, containers, dashboards.

Only what reads the command line is imported here: the rest comes when a command runs.
"""

from pathlib import Path
from typing import Annotated

import typer

from jackline.cli.errors import CommandFailed, ExitCode

HELP = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, context_settings=HELP)

NameArgument = Annotated[str, typer.Argument(help="A file, or a directory of them, as the list has it.")]


@app.callback()
def files() -> None:
    """Show and copy what comes with the package: examples, units, containers, dashboards."""


@app.command("list")
def list_() -> None:
    """List every file by its name."""
    from jackline.cli.shipped import shipped

    for name in shipped():
        print(name)


@app.command()
def show(name: NameArgument) -> None:
    """Print a file: `jackline files show jackline.toml > jackline.toml` begins a configuration."""
    from jackline.cli.shipped import shipped

    found = shipped()
    if name not in found:
        raise _unknown(name)
    print(found[name].read_text(encoding="utf-8"), end="")


@app.command()
def copy(
    name: NameArgument,
    to: Annotated[Path, typer.Argument(metavar="DIR", help="Made where it is missing; no file is replaced.")],
) -> None:
    """Copy a file, or all of a directory. Units are given the program of this installation."""
    from jackline.cli.shipped import copied, shipped

    found = {
        one: path for one, path in shipped().items() if one == name or one.startswith(f"{name.rstrip('/')}/")
    }
    if not found:
        raise _unknown(name)
    for path in copied(found, to):
        print(path)


def _unknown(name: str) -> CommandFailed:
    return CommandFailed(
        ExitCode.BAD_INPUT, f"{name}: no file of that name comes with jackline. Fix: jackline files list"
    )
