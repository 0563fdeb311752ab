"""`jackline explain`: the page of a code, of a gate's reason, or of a problem of the API."""

from __future__ import annotations

import textwrap
from typing import Annotated

import typer


def explain_code(
    code: Annotated[str | None, typer.Argument(help="P1, K5, …; without one all are listed.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Print what a code means, whether money is at risk now, and what to do."""
    from dataclasses import asdict

    from jackline.cli.errors import CommandFailed, ExitCode
    from jackline.cli.page import WIDTH
    from jackline.cli.views import print_json
    from jackline.core.codes import PAGES, page

    if code is None:
        if json:
            print_json(codes=[asdict(one) for one in PAGES.values()])
            return
        for one in PAGES.values():
            typer.echo(f"{one.code}  {one.title}")
        return
    found = page(code)
    if found is None:
        text = f"{code}: no such code. Fix: one of {', '.join(PAGES)}"
        raise CommandFailed(ExitCode.BAD_INPUT, textwrap.fill(text, WIDTH))
    if json:
        print_json(**asdict(found))
        return
    typer.echo(f"{found.code}  {found.title}")
    for name, text in (("", found.meaning), ("At risk", found.risk), ("To do", found.to_do)):
        told = f"{name}: {text}" if name else text
        typer.echo("\n" + textwrap.fill(told, WIDTH))
