"""`jackline token`: who may ask the API for what. A token is shown once, and kept as a hash.

Only what reads the command line is imported here: the rest comes when a command runs.
"""

from pathlib import Path
from typing import Annotated

import typer

from jackline.cli.account import ConfigOption, JsonOption
from jackline.cli.errors import CommandFailed, ExitCode

HELP = {"help_option_names": ["-h", "--help"]}
EXPIRES = "90d"
DAYS_MAX = 3_650

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, context_settings=HELP)

NamedArgument = Annotated[str, typer.Argument(help="Name or id of the token.", show_default=False)]
FileOption = Annotated[
    Path | None, typer.Option("--file", help="Write it there, chmod 600, in place of showing it.")
]


@app.callback()
def token() -> None:
    """Tokens of the API. Scopes: read, reduce, trade, admin; each includes those before it."""


@app.command("create")
def create(
    config: ConfigOption,
    scope: Annotated[str, typer.Option("--scope", help="read, reduce, trade or admin.", show_default=False)],
    name: Annotated[str, typer.Option("--name", help="For whom it is, e.g. phone.", show_default=False)],
    expires: Annotated[str, typer.Option("--expires", help="30d, 12h, or never.")] = EXPIRES,
    file: FileOption = None,
    json: JsonOption = False,
) -> None:
    """Make a token. It is shown this once; only its hash is kept."""
    import secrets

    from jackline.cli import keyring_acts as acts
    from jackline.cli.redaction import hold
    from jackline.cli.venue_key import NAME
    from jackline.core.values import WireMs
    from jackline.store.tokens import Scope, create_token

    loaded = acts.without_key(config)
    if NAME.fullmatch(name) is None:
        raise CommandFailed(ExitCode.BAD_INPUT, f"{name}: no name. Fix: a to z, 0 to 9, _ and -, at most 32")
    if scope not in set(Scope):
        raise CommandFailed(ExitCode.BAD_INPUT, f"--scope {scope}: not known. Fix: one of {', '.join(Scope)}")
    lasts_ms, asking = lifetime_ms(expires), acts.by()
    if file is not None and file.exists():
        raise CommandFailed(ExitCode.BAD_INPUT, f"{file}: it exists. Fix: name another file, or move it")
    with acts.access_store(loaded).changing() as db:
        made, text = create_token(
            db,
            name=name,
            scope=Scope(scope),
            expires_ms=None if lasts_ms is None else WireMs(asking.wire_ms + lasts_ms),
            by=asking,
            entropy=secrets.token_bytes,
        )
        hold(text)
        if file is not None:  # inside the transaction: a token that nobody could read is none
            acts.write_secret_file(file, text)
    shown = {} if file is not None else {"token": text}
    acts.tell(
        json,
        f"Written: {file}" if file is not None else text,
        id=made.token_id,
        name=name,
        scope=scope,
        expires_ms=made.expires_ms,
        file=None if file is None else str(file),
        **shown,
    )
    if file is None and not json:
        typer.echo(f"Shown this once. Scope {scope}, expires {acts.when(made.expires_ms)}.", err=True)


@app.command("list")
def listing(config: ConfigOption, json: JsonOption = False) -> None:
    """List the tokens there ever were; what each may, and when it was used last."""
    from jackline.cli import keyring_acts as acts
    from jackline.cli import views
    from jackline.cli.token_rows import rows

    loaded = acts.without_key(config)
    found = rows(acts.access_store(loaded), acts.now_ms())
    if json:
        views.print_json(tokens=found)
    else:
        views.show(found, empty="No token.", note="Times are UTC; last use is at most five minutes behind.")


@app.command("revoke")
def revoke(
    named: NamedArgument,
    config: ConfigOption,
    reason: Annotated[str, typer.Option("--reason", help="Kept in the audit.")] = "",
    json: JsonOption = False,
) -> None:
    """End a token at once, and every session that was opened with it."""
    from jackline.cli import keyring_acts as acts
    from jackline.store.tokens import revoke_token

    loaded = acts.without_key(config)
    with acts.access_store(loaded).changing() as db:
        ended = revoke_token(db, named, by=acts.by(reason))
    acts.tell(json, f"Revoked: {ended.name} ({ended.token_id}).", id=ended.token_id, name=ended.name)


@app.command("totp")
def totp(
    named: NamedArgument, config: ConfigOption, file: FileOption = None, json: JsonOption = False
) -> None:
    """Give a token a second factor: the address that an authenticator scans, shown once; the vault keeps its secret."""
    import secrets

    from jackline.cli import keyring_acts as acts
    from jackline.cli.redaction import hold
    from jackline.cli.unlock import open_or_new_vault
    from jackline.store.second_factor import enrol, note_enrolment
    from jackline.store.tokens import get_token

    loaded = acts.without_key(config)
    store = acts.access_store(loaded)
    with store.reading() as db:
        found = get_token(db, named)
    with acts.change(loaded, "keys.totp", after=f"{found.token_id} {found.name}") as disk:
        made, address = enrol(
            open_or_new_vault(loaded.keys, config.parent), found, entropy=secrets.token_bytes
        )
        hold(address)
        if file is not None:
            acts.write_secret_file(file, address)
        acts.write_vault(disk, made.vault)
    with store.changing() as db:
        note_enrolment(db, found, by=acts.by())
    shown = {} if file is not None else {"otpauth": address}
    acts.tell(json, f"Written: {file}" if file is not None else address, id=found.token_id, **shown)


def lifetime_ms(text: str) -> int | None:
    """``30d``, ``12h``; None for ``never``. Raises CommandFailed."""
    if text == "never":
        return None
    unit = {"d": 86_400_000, "h": 3_600_000}.get(text[-1:], 0)
    digits = text[:-1]
    lasts = int(digits) * unit if digits.isascii() and digits.isdecimal() and len(digits) <= 6 else 0
    if not 0 < lasts <= DAYS_MAX * 86_400_000:
        raise CommandFailed(
            ExitCode.BAD_INPUT,
            f"--expires {text}: no time. Fix: e.g. 30d or 12h, at most {DAYS_MAX}d, or never",
        )
    return lasts
