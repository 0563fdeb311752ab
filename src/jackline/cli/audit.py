"""`jackline audit list|verify`: who changed what, from where and why; and whether that is all of it.

Only what reads the command line is imported here: the rest comes when a command runs.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli.account import ConfigOption, JsonOption
from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from jackline.store.disk import Disk
    from jackline.store.journal import Head

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
        str | None,
        typer.Option(
            "--head", metavar="SEQ:HASH|FILE", help="One that was kept elsewhere, or a file of them."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Follow the chain and print its head; exit code 6 where a row was changed, removed, put in or moved.

    It is compared with the heads that were kept beside it, and with --head.
    """
    from jackline.cli import keyring_acts as acts
    from jackline.store import audit as rows
    from jackline.store.audit_heads import heads_path

    store = acts.access_store(acts.without_key(config))
    beside = heads_path(store)
    kept = [*(_heads(store.disk, beside) if store.disk.exists(beside) else ()), *_given(store.disk, head)]
    end = rows.verify(store, kept=kept)
    told = f"{end.seq}:{end.hash}"
    compared = f" Compared with {len(kept)} kept heads." if kept else ""
    text = f"{end.seq} rows, unbroken.{compared} Keep this head elsewhere:\n{told}"
    acts.tell(json, text, rows=end.seq, head=told, compared=len(kept))


@app.command("export")
def export(config: ConfigOption, json: JsonOption = False) -> None:
    """Keep the head now, in the file beside the audit, as the web does each UTC day and when it stops."""
    from jackline.cli import keyring_acts as acts
    from jackline.store import audit_heads

    store = acts.access_store(acts.without_key(config))
    kept = audit_heads.export(store, wire_ms=acts.now_ms(), why=audit_heads.Why.ASKED)
    told, file = f"{kept.seq}:{kept.hash}", str(audit_heads.heads_path(store))
    acts.tell(json, f"{told}\nKept in {file}", rows=kept.seq, head=told, file=file)


def _given(disk: "Disk", text: str | None) -> "Sequence[Head]":
    """What `--head` says. Raises CommandFailed."""
    from jackline.store.journal import Head

    if text is None:
        return ()
    found = re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{64})", text)
    if found is not None:
        return (Head(seq=int(found[1]), hash=found[2]),)
    path = Path(text)
    if path.is_file():
        return _heads(disk, path)
    fix = "SEQ:HASH as audit verify printed it, or a file of heads that was kept"
    raise CommandFailed(ExitCode.BAD_INPUT, f"--head {text}: neither a head nor a file. Fix: {fix}")


def _heads(disk: "Disk", path: Path) -> "Sequence[Head]":
    from jackline.store.audit_heads import NoHeads, read_heads

    try:
        return read_heads(disk, path)
    except (NoHeads, OSError) as error:
        raise CommandFailed(ExitCode.BAD_INPUT, str(error)) from None
