"""`jackline events`: the journal as lines, from the engine's store; with `--follow` as it is written."""

from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli.account import ConfigOption

if TYPE_CHECKING:
    from collections.abc import Callable

    from jackline.store.reader import JournalEntry, StoreReader

ROWS_AT_ONCE = 500
FOLLOW_S = 0.5


def events(
    config: ConfigOption,
    count: Annotated[int, typer.Option("--last", min=1, max=10_000, help="Rows from the end.")] = 20,
    after: Annotated[
        int | None, typer.Option("--after", min=0, help="Rows behind this number instead.")
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="Only rows of this kind; repeatable.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a row.")] = False,
) -> None:
    """Show what the engine wrote down: intents, requests, outcomes, fills, alerts, commands."""
    import contextlib
    import time

    from jackline.cli.config import load_config
    from jackline.cli.stored import read_store

    loaded, wanted = load_config(config), frozenset(kind or ())
    _check_kinds(wanted)

    def first(store: "StoreReader") -> "tuple[JournalEntry, ...]":
        return store.journal_tail(count) if after is None else store.journal_after(after, ROWS_AT_ONCE)

    rows = read_store(loaded, first)
    read_to = -1 if after is None else after
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            for row in rows:
                read_to = row.seq
                if not wanted or row.kind in wanted:
                    typer.echo(_as_json(row) if json else _as_line(row))
            if not rows and not follow:
                return
            if not rows:
                time.sleep(FOLLOW_S)
            elif not follow and (after is None or len(rows) < ROWS_AT_ONCE):
                return
            rows = read_store(loaded, _behind(read_to))


def _behind(seq: int) -> "Callable[[StoreReader], tuple[JournalEntry, ...]]":
    return lambda store: store.journal_after(seq, ROWS_AT_ONCE)


def _check_kinds(kinds: frozenset[str]) -> None:
    from jackline.cli.errors import CommandFailed, ExitCode
    from jackline.store.batch import JournalKind

    known = sorted(one.value for one in JournalKind)
    strange = sorted(kinds - set(known))
    if strange:
        text = f"--kind {', '.join(strange)}: no kind of row. Fix: of {', '.join(known)}"
        raise CommandFailed(ExitCode.BAD_INPUT, text)


def _as_json(row: "JournalEntry") -> str:
    import json

    from jackline.store.encode import open_body

    body = json.loads(open_body(row.body))
    facts = {"seq": row.seq, "wire_ms": row.wire_ms, "market_ms": row.market_ms, "kind": row.kind}
    return json.dumps({**facts, "trade_id": row.trade_id, "body": body}, ensure_ascii=False)


def _as_line(row: "JournalEntry") -> str:
    """One line of 80 columns: number, UTC time, kind, trade, and what fits of the rest."""
    from datetime import UTC, datetime

    from jackline.cli.page import WIDTH
    from jackline.store.encode import open_body

    at = datetime.fromtimestamp(row.wire_ms / 1_000, UTC)
    head = f"{row.seq:>7} {at:%m-%d %H:%M:%S}.{row.wire_ms % 1_000:03d} {row.kind:<10} {row.trade_id or '-':<14} "
    return (head + open_body(row.body).decode(errors="replace"))[:WIDTH]
