"""The option by which a worker tells engine and watchdog under which number they work."""

from __future__ import annotations

from typing import Annotated

import typer

LeaseOption = Annotated[
    int | None,
    typer.Option(metavar="NUMBER", min=1, hidden=True, help="Given by a worker: its number of the account."),
]
