"""`jackline worker`: many accounts on many machines, each held by one worker at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jackline.cli.account import JsonOption
from jackline.cli.errors import CommandFailed, ExitCode

HELP = {"help_option_names": ["-h", "--help"]}
CAPACITY_MAX = 1_000
TERM_MS_MIN, TERM_MS_MAX = 2_000, 120_000

app = typer.Typer(rich_markup_mode=None, add_completion=False, context_settings=HELP)
accounts_app = typer.Typer(rich_markup_mode=None, add_completion=False, context_settings=HELP)
app.add_typer(accounts_app, name="accounts")

DatabaseOption = Annotated[
    str | None,
    typer.Option(
        metavar="URL", envvar="JACKLINE__STORE__URL", help="postgresql://USER@HOST/NAME of the fleet."
    ),
]
PasswordOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        envvar="JACKLINE__STORE__PASSWORD_FILE",
        help="Its password, chmod 600, where it asks.",
    ),
]


@app.callback(invoke_without_command=True)
def worker(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", "-c", metavar="DIR", help="Directory of configuration files, one an account."
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="State of this worker's accounts; --config/state if unset."),
    ] = None,
    database: DatabaseOption = None,
    password_file: PasswordOption = None,
    capacity: Annotated[
        int, typer.Option(min=1, max=CAPACITY_MAX, help="Accounts at once, at most; see docs/fleet.md.")
    ] = 3,
    name: Annotated[
        str | None, typer.Option(help="Of this worker, unlike all others; host and process if unset.")
    ] = None,
    term_ms: Annotated[
        int,
        typer.Option(min=TERM_MS_MIN, max=TERM_MS_MAX, help="A lease ends so long after its last renewal."),
    ] = 10_000,
) -> None:
    """Claim accounts and run each: engine and watchdog. Takes over from workers that die; stopping cancels no stop."""
    if context.invoked_subcommand is not None:
        return
    import asyncio

    from jackline.cli import logs
    from jackline.cli.fleet_accounts import ConfigFiles
    from jackline.cli.fleet_database import fleet_database
    from jackline.cli.worker_run import run_worker, worker_options

    logs.configure()
    if config is None or not config.is_dir():
        text = "give the directory of the accounts' files; it may be empty. Fix: jackline worker --config DIR"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    fleet = fleet_database(database, password_file)
    files = ConfigFiles(config, connect=fleet.asking, environment=fleet.environment)
    faults = files.faults()
    if faults:
        raise CommandFailed(
            ExitCode.BAD_INPUT, "\n".join([*faults, "Fix: one file, and one name, an account"])
        )
    with fleet.asked():
        pass  # a database that cannot be reached at all is told before anything starts
    options = worker_options(
        fleet,
        files,
        state_dir=(state or config / "state").resolve(),
        capacity=capacity,
        name=name,
        term_ms=term_ms,
    )
    asyncio.run(run_worker(options))


@app.command()
def status(
    database: DatabaseOption = None, password_file: PasswordOption = None, json: JsonOption = False
) -> None:
    """Show the workers, and whether every account is held. Exit code 1 where one is not."""
    from jackline.cli import worker_views
    from jackline.cli.fleet_database import fleet_database

    with fleet_database(database, password_file).asked() as db:
        is_whole = worker_views.show_workers(db, json=json)
    if not is_whole:
        raise typer.Exit(ExitCode.BREACH)


@accounts_app.callback(invoke_without_command=True)
def accounts(
    context: typer.Context,
    database: DatabaseOption = None,
    password_file: PasswordOption = None,
    json: JsonOption = False,
) -> None:
    """Show, add or remove accounts. Alone: who holds each, by which number, and what stood in its way last."""
    from jackline.cli import worker_views
    from jackline.cli.fleet_database import fleet_database

    if context.invoked_subcommand is None:
        with fleet_database(database, password_file).asked() as db:
            worker_views.show_accounts(db, json=json)


@accounts_app.command()
def add(
    file: Annotated[Path, typer.Argument(help="Configuration of one account (TOML).", show_default=False)],
    database: DatabaseOption = None,
    password_file: PasswordOption = None,
) -> None:
    """Keep an account's configuration in the database.

    Whichever worker holds it uses that; one that is there already is replaced. Files that it names are looked for on
    that worker, from its --config directory. No key is stored.
    """
    from jackline.cli.config import load_config
    from jackline.cli.fleet_database import fleet_database
    from jackline.store import fleet

    name = load_config(file).account.name
    with fleet_database(database, password_file).asked() as db:
        fleet.register(db, name, file.read_text(encoding="utf-8"))
    print(f"{name}: of the fleet. A worker that runs it now goes on with what it has until its next start.")


@accounts_app.command()
def remove(
    name: Annotated[str, typer.Argument(help="Name of the account.", show_default=False)],
    database: DatabaseOption = None,
    password_file: PasswordOption = None,
) -> None:
    """Take an account out of the fleet. Its engine ends in order; what is open keeps its stops, and nobody watches."""
    from jackline.cli.fleet_database import fleet_database
    from jackline.store import fleet

    with fleet_database(database, password_file).asked() as db:
        if not fleet.remove(db, name):
            text = f"{name}: no account of the fleet. Fix: jackline worker accounts lists them"
            raise CommandFailed(ExitCode.BAD_INPUT, text)
    print(f"{name}: no longer of the fleet. What is open there keeps its stops; nobody watches it now.")
