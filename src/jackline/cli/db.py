"""`jackline db backup|restore|verify|migrate|measure`: what is on record, in files or in a database.

Only what reads the command line is imported here: the rest comes when a command runs.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli.account import ConfigOption, JsonOption, YesOption
from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from jackline.cli.config import Config
    from jackline.store.disk import Disk

HELP = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, context_settings=HELP)


@app.callback()
def db() -> None:
    """What is on record of an account: journal, ledger, commands and audit. See docs/store.md."""


@app.command("backup")
def backup(
    config: ConfigOption,
    target: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; it must not be there yet.")],
    json: JsonOption = False,
) -> None:
    """Write one file of all stores, while an engine trades or none runs; of a database as of files."""
    from jackline.cli.keyring_acts import now_ms, tell
    from jackline.store.backup import take_backup

    loaded, disk = _account(config)
    if target.exists():
        raise CommandFailed(ExitCode.BAD_INPUT, f"{target}: it is there already. Fix: name another file")
    made = take_backup(disk, loaded.state_dir, target, account=loaded.account.name, wire_ms=now_ms())
    if not made.saved:
        target.unlink()
        raise CommandFailed(
            ExitCode.BAD_INPUT,
            f"{loaded.state_dir}: nothing is on record yet. Fix: check account.state_dir and store.url",
        )
    rows = "\n".join(f"{one.store:<12} {one.rows:>9} rows, to row {one.end.seq}" for one in made.saved)
    text = f"{rows}\n{target}: {target.stat().st_size} bytes, sha256 of the content:\n{made.sha256}"
    tell(json, text, file=str(target), sha256=made.sha256, stores=made.saved)


@app.command("restore")
def restore(
    config: ConfigOption,
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Put a backup where the configuration keeps its stores: files or a database, whichever it came from.

    Refused over what lives, and over what is newer than the backup. What was there is set aside.
    """
    from jackline.cli.keyring_acts import now_ms, tell
    from jackline.store.restore import restore as put_back

    loaded, disk = _account(config)
    _refuse_living(loaded, disk)
    question = f"Put {source} in the place of what is on record of {loaded.account.name}?"
    if not yes and not typer.confirm(question):
        raise CommandFailed(ExitCode.NOTHING, "Nothing was changed.")
    made = put_back(disk, loaded.state_dir, source, account=loaded.account.name, wire_ms=now_ms())
    lines = [f"{one.store:<12} {one.rows:>9} rows, to row {one.end.seq}" for one in made]
    lines += [f"what was there is now {one.aside}" for one in made if one.aside is not None]
    lines += ["An engine that starts now reads the venue, protects, and books what is missing here."]
    tell(json, "\n".join(lines), stores=made)


@app.command("verify")
def verify(config: ConfigOption, json: JsonOption = False) -> None:
    """Follow every chain, compare every seal, anchor and copy, add up the ledger; exit code 6 where one differs."""
    from jackline.cli.keyring_acts import tell
    from jackline.store.verify import verify_stores

    loaded, disk = _account(config)
    found = verify_stores(disk, loaded.state_dir)
    lines = []
    for one in found:
        compared = f", as its {', '.join(one.compared)}" if one.compared else ""
        lines.append(f"{one.store:<12} whole to row {one.end.seq}{compared}")
        if one.wallet_quote is not None:
            lines.append(f"{'':<12} {one.entries} ledger entries explain a wallet of {one.wallet_quote:f}")
    tell(json, "\n".join(lines) or "Nothing is on record yet.", stores=found)


@app.command("migrate")
def migrate(config: ConfigOption, json: JsonOption = False) -> None:
    """Bring the tables to this program's version, each store in one transaction. Stop the engine first."""
    from contextlib import closing

    from jackline.cli.keyring_acts import tell
    from jackline.store.migrations import migrate as bring
    from jackline.store.stores import STORES, is_there, open_changing, where

    loaded, disk = _account(config)
    _refuse_living(loaded, disk)
    done = []
    for name, schema in STORES.items():
        path = loaded.state_dir / name
        if is_there(disk, path):
            with closing(open_changing(disk, path)) as db:
                before, now = bring(db, schema, where=where(disk, path))
            done.append({"store": name, "before": before, "now": now})
    lines = [
        f"{one['store']:<12} version {one['now']}"
        + ("" if one["now"] == one["before"] else f", was {one['before']}")
        for one in done
    ]
    tell(json, "\n".join(lines) or "Nothing is on record yet.", stores=done)


@app.command("measure")
def measure(
    config: ConfigOption,
    commits: Annotated[int, typer.Option("--commits", min=10, max=100_000, help="So many.")] = 500,
    json: JsonOption = False,
) -> None:
    """Measure durable commits where this account's stores are kept, in a scratch store that is removed again."""
    from jackline.cli.db_measure import measured
    from jackline.cli.keyring_acts import tell

    loaded, disk = _account(config)
    found = measured(loaded, disk, commits=commits)
    text = (
        f"{found.where}\n"
        f"{found.commits} commits of one batch, one after the other: {found.per_s:.0f} a second,\n"
        f"median {found.p50_ms:.2f} ms, 99th percentile {found.p99_ms:.2f} ms; "
        f"{found.grouped_per_s:.0f} batches a second in groups of {found.group}."
    )
    tell(json, text, measured=found)


def _account(config: Path) -> "tuple[Config, Disk]":
    from jackline.cli.disks import disk_of
    from jackline.cli.keyring_acts import without_key

    loaded = without_key(config)
    return loaded, disk_of(loaded)


def _refuse_living(loaded: "Config", disk: "Disk") -> None:
    """Raise where a process of the account runs, here or, by its lease, on another machine (C3)."""
    from contextlib import closing

    from jackline.cli.disks import server_of
    from jackline.cli.keyring_acts import now_ms
    from jackline.store.boot import WATCHDOG_FILE
    from jackline.store.lease import LeaseHeld, is_held
    from jackline.store.watch_answers import is_watching

    holder = is_held(disk, loaded.state_dir)
    if holder is not None:
        raise LeaseHeld(loaded.state_dir, holder)
    if is_watching(disk, loaded.state_dir / WATCHDOG_FILE, now_ms()):
        text = f"{loaded.state_dir}: a watchdog is at work here. Fix: stop it, and try again after 10 s"
        raise CommandFailed(ExitCode.LEASE_HELD, text)
    if loaded.store.url is not None:
        from jackline.store.fencing import living_holder
        from jackline.store.postgres_db import PostgresDb

        with closing(PostgresDb(server_of(loaded), "public", read_only=True)) as db:
            worker = living_holder(db, loaded.account.name)
        if worker is not None:
            text = f"C3: {loaded.account.name}: worker {worker} holds its lease. Fix: stop that worker first"
            raise CommandFailed(ExitCode.LEASE_HELD, text)
