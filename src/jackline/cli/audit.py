"""`jackline audit list|verify`: who changed what, from where and why; and whether that is all of it.

Only what reads the command line is imported here: the rest comes when a command runs.
"""

import re
from typing import Annotated

import typer

from jackline.cli.account import ConfigOption, JsonOption
from jackline.cli.errors import CommandFailed, ExitCode

HELP = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, context_settings=HELP)


@app.callback()
def audit() -> None:
    """The audit of keys, tokens and whatever the API changed: rows that seal each other."""


@app.command("list")
def listing(
    config: ConfigOption,
    last: Annotated[int, typer.Option("--last", min=1, max=10_000, help="So many rows.")] = 50,
    json: JsonOption = False,
) -> None:
    """Show the last rows, oldest first."""
    from jackline.cli import keyring_acts as acts
    from jackline.cli import views
    from jackline.cli.token_rows import act_row
    from jackline.store.audit import read_rows

    found = read_rows(acts.access_store(acts.without_key(config)), limit=last)
    if json:
        views.print_json(rows=[{"seq": row.seq, "act": row.act, "hash": row.hash} for row in found])
    else:
        views.show([act_row(row) for row in found], empty="Nothing is on record.", note="Times are UTC.")


@app.command("verify")
def verify(
    config: ConfigOption,
    head: Annotated[
        str | None, typer.Option("--head", metavar="SEQ:HASH", help="One that was kept elsewhere.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Follow the chain and print its head; exit code 6 where a row was changed, removed, put in or moved."""
    from jackline.cli import keyring_acts as acts
    from jackline.store import audit as rows
    from jackline.store.journal import Head

    kept = None
    if head is not None:
        found = re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{64})", head)
        if found is None:
            raise CommandFailed(
                ExitCode.BAD_INPUT, f"--head {head}: no head. Fix: as audit verify printed it"
            )
        kept = Head(seq=int(found[1]), hash=found[2])
    end = rows.verify(acts.access_store(acts.without_key(config)), kept=kept)
    told = f"{end.seq}:{end.hash}"
    acts.tell(json, f"{end.seq} rows, unbroken. Keep this head elsewhere:\n{told}", rows=end.seq, head=told)
