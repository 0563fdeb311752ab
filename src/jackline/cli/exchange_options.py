"""Options of `jackline exchange serve` that take more than a line to say."""

from pathlib import Path
from typing import Annotated

import typer

Start = Annotated[
    str | None, typer.Option("--from", help="Begin at: UTC time or epoch ms; generated markets also: now.")
]
SecretFile = Annotated[
    Path | None,
    typer.Option(help="File with the API secret; without one it equals the key (play money)."),
]
StopWhileFlat = Annotated[str, typer.Option(help="accept or refuse reducing stops while flat.")]
Faults = Annotated[
    Path | None, typer.Option(help="File with rules of misbehaviour, as /local/v1/faults takes them.")
]
TlsDir = Annotated[
    Path | None,
    typer.Option(help="Serve TLS on a second port too; the authority to trust is written to this folder."),
]
Accounts = Annotated[
    Path | None,
    typer.Option(help="File with accounts, in place of --balance, --hedge, --key and --secret-file."),
]
WireSpeed = Annotated[
    float, typer.Option(help="How many times faster than at the venue listen keys, sockets and bans end.")
]
Mirror = Annotated[
    str | None,
    typer.Option(help="A venue, by ccxt's name, whose public live market is served: binanceusdm, ..."),
]
MirrorUrl = Annotated[
    str | None, typer.Option(help="In place of the scheme and host of the mirrored venue's addresses.")
]
MirrorEveryMs = Annotated[
    int, typer.Option(min=500, max=60_000, help="How often the mirrored venue is looked at.")
]
MirrorSilentMs = Annotated[
    int, typer.Option(min=1_000, help="Without news for so long a mirrored symbol stops trading.")
]
