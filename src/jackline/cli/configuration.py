"""`jackline config`: whether a configuration holds, what is in force and why, and what a key means."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from jackline.cli.config import Config

HELP = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, context_settings=HELP)

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", metavar="FILE", help="Configuration file (TOML).")
]
RungOption = Annotated[str | None, typer.Option(help="As it would be given to jackline engine.")]
ImportOption = Annotated[
    bool, typer.Option("--import-qt", help="Take over QT_... and STAGING_MODE; print lines for the file.")
]


@app.callback()
def config() -> None:
    """The configuration: one TOML file, JACKLINE__ variables over it, options over both."""


@app.command()
def check(config: ConfigOption, rung: RungOption = None, import_qt: ImportOption = False) -> None:
    """Check a configuration as a start would; all problems at once.

    Exit code 0, or 2 with what is wrong, where it stands, what is allowed, and the fix.
    """
    from jackline.cli.effective import counted, effective, lines_to_add
    from jackline.cli.page import fitted

    loaded = _load(config, rung, import_qt=import_qt)
    settings = effective(loaded)
    print(fitted(f"{config}: no problem found. {counted(settings)}."))
    print("What only the venue knows is checked when an engine starts.")
    if not import_qt:
        return
    lines = lines_to_add(settings)
    if not lines:
        print("The old variables add nothing to it.")
        return
    print(f"\nLines for {config.name}, in place of the old variables:\n")
    print("\n".join(lines))


@app.command()
def show(
    config: ConfigOption,
    rung: RungOption = None,
    import_qt: ImportOption = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Show every key, its value, and where that comes from.

    Without --json the output is a complete configuration file itself.
    """
    from jackline.cli.effective import as_toml, effective, lines_to_add

    loaded = _load(config, rung, import_qt=import_qt)
    settings = effective(loaded)
    lines = lines_to_add(settings)
    if json:
        from jackline.cli.views import print_json

        print_json(config=str(config), keys={one.entry.key: one.plain for one in settings})
        return
    print(as_toml(settings))
    if lines:
        print(f"\n# Lines for {config.name}, in place of the old variables:")
        print("\n".join(f"# {line}".rstrip() for line in lines))


@app.command()
def explain(
    key: Annotated[
        str, typer.Argument(help="A key such as risk.leverage, or a table; all without one.")
    ] = "",
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", help="Say what holds under this file too."),
    ] = None,
) -> None:
    """Explain a key: meaning, unit, range, default, value."""
    from jackline.cli.catalogue import entries
    from jackline.cli.effective import effective
    from jackline.cli.errors import CommandFailed
    from jackline.cli.explain import find, index, page

    found = find(key) if key else entries()
    if len(found) > 1:
        print(index(found))
        return
    try:
        settings = () if config is None else effective(_load(config, None, import_qt=False))
    except CommandFailed:
        print(page(found[0], None))  # what was asked is known, whatever the file is like
        print()
        raise
    print(page(found[0], next((one for one in settings if one.entry.key == found[0].key), None)))


def _load(path: Path, rung: str | None, *, import_qt: bool) -> Config:
    """The configuration, and a word about variables that are set and that nothing reads."""
    from jackline.cli.config import load_config
    from jackline.cli.old_variables import unread
    from jackline.cli.page import fitted

    overrides = {} if rung is None else {"venue.rung": rung}
    loaded = load_config(path, overrides, import_old=import_qt, load_strategy_file=True)
    ignored = [] if import_qt else unread(os.environ)
    if ignored:
        text = f"Note: set, and read by nothing here: {', '.join(ignored)}. With --import-qt they are taken over."
        print(fitted(text), file=sys.stderr)
    return loaded
