"""The command line of `jackline incident`. What does the work is imported when the command runs."""

from pathlib import Path
from typing import Annotated

import typer

from jackline.cli.account import ConfigOption, JsonOption


def incident(
    wanted: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="last, a trade, a row of the journal, or CODE@TIME: P1@2025-10-10T21:15:03."
        ),
    ],
    config: ConfigOption,
    target: Annotated[
        Path | None, typer.Option("-o", metavar="FILE", help="Where to. [incident-ROW.zip, here]")
    ] = None,
    keep_names: Annotated[
        bool, typer.Option("--keep-names", help="Leave in who acted, and the account's name.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Pack what is known of an incident: journal, decisions, listings, lanes, and a test that replays it.

    It reads and never locks: the engine may be trading. No secret is packed. See docs/incident.md.
    """
    from jackline.cli.config import load_config
    from jackline.cli.disks import disk_of
    from jackline.cli.incident.archive import pack
    from jackline.cli.incident.choosing import choose
    from jackline.cli.keyring_acts import tell

    loaded = load_config(config, load_strategy_file=False)
    disk = disk_of(loaded)
    chosen = choose(disk, loaded.state_dir, wanted)
    file = target or Path(f"incident-{chosen.seq}.zip")
    packed = pack(disk, loaded, chosen, file, keep_names=keep_names)
    notes = "".join(f"\nnote: {text}" for text in packed.notes)
    text = f"{file}: {packed.rows} rows, {packed.turns} decisions.\nBegin with README.md in it.{notes}"
    tell(
        json,
        text,
        file=str(file),
        row=chosen.seq,
        rows=packed.rows,
        turns=packed.turns,
        identical=packed.identical,
        notes=list(packed.notes),
    )
