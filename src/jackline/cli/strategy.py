"""`jackline strategy`: what there is to choose from, and a beginning for one's own."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from jackline.cli.errors import CommandFailed, ExitCode

HELP = {"help_option_names": ["-h", "--help"]}
TEMPLATE = "template.py"
"""In the room of strategies: lint, types and tests hold it as they hold the built-in ones."""

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, context_settings=HELP)


@app.callback()
def strategy() -> None:
    """The built-in strategies, and one of your own."""


@app.command("list")
def show() -> None:
    """Show the built-in strategies with parameters, defaults and ranges."""
    from jackline.cli.page import fitted
    from jackline.strategies.building import build, declared, summary
    from jackline.strategies.registry import DECLARED, MODEL

    for name, kind in DECLARED.items():
        warm = (
            "as its bundle says" if name == MODEL else f"{build(kind, name, {}).warmup_bars} bars to warm up"
        )
        print(f"{name}   ({warm})")
        print(fitted(f"    {summary(kind)}"))
        for one in declared(kind):
            print(fitted(f"      {one.name} = {one.default}   # {one.allowed}: {one.meaning}"))
        print()


@app.command()
def new(
    path: Annotated[Path, typer.Argument(help="The file to write, e.g. my_strategy.py.", show_default=False)],
    name: Annotated[
        str | None, typer.Option(help="Its name in journal and logs. [the file's own]", show_default=False)
    ] = None,
) -> None:
    """Write a strategy that works, with comments, to change into your own. Never over a file that exists."""
    from jackline.cli.strategy_file import NAME

    chosen = path.stem if name is None else name
    if path.suffix != ".py":
        raise CommandFailed(
            ExitCode.BAD_INPUT, f"{path}: a strategy is Python. Fix: give a name that ends in .py"
        )
    if not NAME.fullmatch(chosen):
        text = f"{chosen!r} is no name of a strategy. Fix: --name with a to z, 0 to 9, _ and -, at most 32"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    text = template(path.name, chosen)
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    print(
        f'{path} written. In the configuration:\n\n[strategy]\nfile = "{path.name}"   # its path from there'
    )


def template(file_name: str, name: str) -> str:
    """The template under another name."""
    text = files("jackline.strategies").joinpath(TEMPLATE).read_text(encoding="utf-8")
    title = "".join(word.capitalize() for word in re.split("[_-]", name)).removesuffix("Strategy")
    named = {"my_strategy.py": file_name, "my_strategy": name, "MyStrategy": f"{title}Strategy"}
    return re.sub(r"my_strategy(?:\.py)?|MyStrategy", lambda found: named[found[0]], text)
