"""`jackline proof export|verify`: what protected each position, as rows that seal each other, for somebody else.

Only what reads the command line is imported here: the rest comes when a command runs.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli.account import ConfigOption, JsonOption
from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

    from jackline.store.journal import Head
    from jackline.store.proof_file import Checked

HELP = {"help_option_names": ["-h", "--help"]}
POSITIONS_SHOWN = 20
"""A screen; --json has all of them."""

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, context_settings=HELP)


@app.callback()
def proof() -> None:
    """What protected each position, for somebody who trusts nobody's word. See docs/proof.md."""


@app.command("export")
def export(
    config: ConfigOption,
    target: Annotated[Path, typer.Option("-o", metavar="FILE", help="Where to; it must not be there yet.")],
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Leave older rows out: 2025-10-10T08:00, UTC.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Sign it with this Ed25519 key (PEM).")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write the journal with its chain, and what it says of each position. The engine may be trading."""
    from contextlib import closing

    from jackline import __version__
    from jackline.cli.config import load_config
    from jackline.cli.data_time import host_ms, read_ms
    from jackline.cli.disks import disk_of
    from jackline.cli.keyring_acts import tell
    from jackline.cli.new_file import new_file
    from jackline.store.anchor import read_anchor
    from jackline.store.boot import ENGINE_FILE
    from jackline.store.db import one_moment
    from jackline.store.proof_file import write_proof
    from jackline.store.stores import is_there, open_kept

    loaded = load_config(config)
    signing = None if key is None else _private(key)
    since_ms = None if since is None else read_ms(since, "--since")
    disk, path = disk_of(loaded), loaded.state_dir / ENGINE_FILE
    if not is_there(disk, path):
        raise CommandFailed(
            ExitCode.BAD_INPUT, f"{path}: no engine has written here yet. Fix: check account.state_dir"
        )
    anchor = read_anchor(disk, path)  # before the rows: an engine that trades moves both on
    with closing(open_kept(disk, path)) as db, one_moment(db), new_file(target) as file:
        end = write_proof(
            db,
            file.write,
            anchor=anchor,
            version=__version__,
            written_ms=host_ms(),
            since_ms=since_ms,
            key=signing,
        )
    found = end.summary
    text = (
        f"{target}: {found.rows} rows, {found.positions} positions.\n"
        f"Longest without a stop read back: {found.naked_ms_longest} ms.\nAnybody checks it by\n"
        f"jackline proof verify {target}"
    )
    tell(json, text, file=str(target), summary=_plain(found), signed=signing is not None)


@app.command("verify")
def verify(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A proof.")],
    public_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="It must be signed by this key (PEM).")
    ] = None,
    head: Annotated[
        str | None, typer.Option(metavar="SEQ:HASH", help="A row's hash that was kept elsewhere.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Compute every hash and every naked time again, from nothing but the file.

    Exit code 6 where a byte of it is another one, and what is wrong is shown by its row.
    """
    from jackline.cli.page import fitted
    from jackline.cli.views import print_json
    from jackline.store.proof_file import check_proof

    signer, kept = None if public_key is None else _public(public_key), _head(head)
    with source.open("rb") as file:
        checked = check_proof(file, signer=signer, kept=kept)
    if json:
        print_json(
            holds=not checked.findings,
            findings=checked.findings,
            summary=_plain(checked.summary),
            positions=[_plain(one) for one in checked.positions],
            head=f"{checked.begin.head.seq}:{checked.begin.head.hash}",
            signed_by=checked.begin.signed_by,
        )
    else:
        typer.echo(fitted("\n".join(_told(checked))))
    if checked.findings:
        raise typer.Exit(ExitCode.STORE_DAMAGED)


def _told(checked: "Checked") -> list[str]:
    """One screen."""
    begin, found = checked.begin, checked.summary
    if checked.findings:
        return ["The proof does NOT hold:", *(f"  {text}" for text in checked.findings)]
    lines = [
        f"The proof holds: rows {begin.before.seq + 1} to {begin.head.seq}, each sealed by the next.",
        f"{found.positions} positions, {found.open} of them open; {found.never_protected} never had a stop"
        " that was read back.",
        f"Without a stop read back: {found.naked_ms} ms in all, {found.naked_ms_longest} ms at the longest.",
    ]
    shown = sorted(checked.positions, key=lambda one: -one.naked_ms)[:POSITIONS_SHOWN]
    if shown:
        lines += ["", f"{'trade':<16} {'symbol':<12} {'side':<5} {'naked ms':>9} {'stops':>5}  ended"]
    for one in shown:
        lines.append(
            f"{one.trade_id:<16} {one.symbol:<12} {one.side:<5} {one.naked_ms:>9} {len(one.stops):>5}"
            f"  {one.reason or 'open'}"
        )
    signed = (
        f"Signed by {begin.signed_by}"
        if begin.signed_by
        else "Not signed: whoever wrote it could write another."
    )
    return [
        *lines,
        "",
        signed,
        "Head, to be compared with one that was kept elsewhere:",
        _seq_hash(begin.head),
    ]


def _seq_hash(head: "Head") -> str:
    return f"{head.seq}:{head.hash}"


def _plain(value: object) -> object:
    import msgspec

    return msgspec.to_builtins(value)


def _head(text: str | None) -> "Head | None":
    """What `--head` says. Raises CommandFailed."""
    import re

    from jackline.store.journal import Head

    if text is None:
        return None
    found = re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{64})", text)
    if found is None:
        raise CommandFailed(
            ExitCode.BAD_INPUT, f"--head {text}: no head. Fix: SEQ:HASH as proof verify printed it"
        )
    return Head(seq=int(found[1]), hash=found[2])


def _private(path: Path) -> "Ed25519PrivateKey":
    """The key to sign with. Raises CommandFailed; never with what is in the file (S1)."""
    import stat

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from jackline.cli.private_file import others_may

    mode = path.stat().st_mode
    if others_may(path, mode):
        text = f"{path}: S1: its mode {stat.S_IMODE(mode):04o} lets others read it. Fix: chmod 600 {path}"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    try:
        found = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        found = None
    if not isinstance(found, Ed25519PrivateKey):
        fix = f"openssl genpkey -algorithm ed25519 -out {path}"
        raise CommandFailed(ExitCode.BAD_INPUT, f"{path}: no Ed25519 key without a password. Fix: {fix}")
    return found


def _public(path: Path) -> "Ed25519PublicKey":
    """The key that must have signed. Raises CommandFailed."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        found = load_pem_public_key(path.read_bytes())
    except ValueError:
        found = None
    if not isinstance(found, Ed25519PublicKey):
        fix = "openssl pkey -in KEY -pubout, from whoever signed it"
        raise CommandFailed(ExitCode.BAD_INPUT, f"{path}: no public Ed25519 key. Fix: {fix}")
    return found
