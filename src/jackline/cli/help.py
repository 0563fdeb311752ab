"""`jackline help`: the page of a command; the man page of all of them."""

from __future__ import annotations

from typing import Annotated

import typer


def help_(
    command: Annotated[
        list[str] | None, typer.Argument(metavar="COMMAND", help="E.g. data download.", show_default=False)
    ] = None,
    man: Annotated[bool, typer.Option("--man", help="Everything, as jackline.1 for man(1).")] = False,
) -> None:
    """Show the page of a command: what it does, its options, its exit codes."""
    from jackline.cli.errors import CommandFailed, ExitCode
    from jackline.cli.manual import as_roff, as_text, find

    if man:
        print(as_roff(), end="")
        return
    page = find(command or [])
    if page is None:
        raise CommandFailed(
            ExitCode.BAD_INPUT, f"{' '.join(command or [])}: no such command. Fix: jackline --help"
        )
    print(as_text(page))
