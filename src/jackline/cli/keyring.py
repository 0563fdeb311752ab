"""`jackline keys`: exchange keys at rest. Secrets go in from a file or a terminal, and never come out.

Only what reads the command line is imported here: the rest comes when a command runs.
"""

from pathlib import Path
from typing import Annotated

import typer

from jackline.cli.account import ConfigOption, JsonOption, YesOption
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.switch import ReasonOption

HELP = {"help_option_names": ["-h", "--help"]}
VENUES = ("binance", "bingx")
SECRET_CHARS_MAX = 512

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, context_settings=HELP)

NameArgument = Annotated[str, typer.Argument(help="Name of the key, e.g. main.", show_default=False)]


@app.callback()
def keys() -> None:
    """Exchange keys, encrypted at rest. A secret is never an argument, and is never shown."""


@app.command("add")
def add(
    name: NameArgument,
    config: ConfigOption,
    venue: Annotated[str, typer.Option("--venue", help="binance or bingx.", show_default=False)],
    key_file: Annotated[
        Path | None, typer.Option("--key-file", help="One line: the key. Without it you are asked.")
    ] = None,
    secret_file: Annotated[
        Path | None, typer.Option("--secret-file", help="One line: the secret. Without it you are asked.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Store a key pair. It is for the mode that the configuration says."""
    from jackline.cli import keyring_acts as acts
    from jackline.cli.venue_key import NAME

    if NAME.fullmatch(name) is None:
        raise CommandFailed(ExitCode.BAD_INPUT, f"{name}: no name. Fix: a to z, 0 to 9, _ and -, at most 32")
    if venue not in VENUES:
        raise CommandFailed(
            ExitCode.BAD_INPUT, f"--venue {venue}: not known. Fix: one of {', '.join(VENUES)}"
        )
    loaded = acts.without_key(config)
    facts = acts.add(loaded, name, acts.read_pair(key_file, secret_file), venue=venue)
    acts.tell(
        json,
        f'Stored: {name} {facts["mask"]}. Name it in [venue]: key_name = "{name}". Then: jackline keys validate {name}',
        name=name,
        venue=venue,
        mode=loaded.mode.value,
        key=facts["mask"],
    )


@app.command("list")
def listing(config: ConfigOption, json: JsonOption = False) -> None:
    """List the keys: masked, with what the venue said of each when it was last asked. Nothing is unlocked."""
    from jackline.cli import keyring_acts as acts
    from jackline.cli import views

    loaded = acts.without_key(config)
    rows = acts.rows(loaded)
    if json:
        views.print_json(file=str(acts.vault_path(loaded)), keys=rows)
    else:
        views.show(rows, empty="No key.", note=f"Encrypted in {acts.vault_path(loaded)}.")


@app.command("validate")
def validate(name: NameArgument, config: ConfigOption, json: JsonOption = False) -> None:
    """Ask the venue what a key may do. Reads only; exit code 2 for a key that must not be traded with."""
    from jackline.cli import keyring_acts as acts

    loaded = acts.without_key(config)
    verdict = acts.validate(loaded, name)
    said = ", ".join(f"{what} {fact}" for what, fact in verdict.notes.items())
    why = "; ".join(verdict.refusals)
    fix = "\nFix: at the venue, take that permission from the key, or make one that may only read and trade"
    acts.tell(
        json,
        f"{name}: {said}. " + (f"REFUSED: {why}.{fix}" if why else "It may be traded with."),
        name=name,
        accepted=not verdict.refusals,
        refusals=list(verdict.refusals),
        permissions=verdict.notes,
    )
    if verdict.refusals:
        raise typer.Exit(ExitCode.BAD_INPUT)


@app.command("remove")
def remove(
    name: NameArgument, config: ConfigOption, json: JsonOption = False, yes: YesOption = False
) -> None:
    """Remove a key from the file. It still lives at the venue: end it there too."""
    from jackline.cli import keyring_acts as acts
    from jackline.cli.unlock import locked_vault

    loaded = acts.without_key(config)
    acts.agree(yes, f"Remove the key {name}? An engine that is started without it protects nothing.")
    with acts.change(loaded, "keys.remove", before=name) as disk:
        acts.write_vault(disk, locked_vault(acts.vault_path(loaded)).without(name, acts.KIND))
    acts.tell(json, f"Removed: {name}. At the venue it lives on until it is ended there.", name=name)


@app.command("rotate")
def rotate(
    config: ConfigOption,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="File with the new passphrase or key; without it you are asked."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Put every secret under a new passphrase or key file, all at once or not at all."""
    import secrets

    from jackline.cli import keyring_acts as acts
    from jackline.cli.unlock import asked_passphrase, open_vault, unlocker_from

    loaded = acts.without_key(config)
    opened = open_vault(loaded.keys, config.parent)
    after = unlocker_from(to, kind=None) if to else asked_passphrase(twice=True, called="New passphrase")
    with acts.change(loaded, "keys.rotate") as disk:
        # Read again under the lock: a key that was added meanwhile must not be lost.
        opened = type(opened)(vault=acts.unchanged_lock(opened.vault), key=opened.key)
        acts.write_vault(disk, opened.rotated(after, entropy=secrets.token_bytes).vault)
    count = len(opened.vault.records)
    text = f"Rotated: {count} records. Backups of the file still open with what opened it before."
    acts.tell(json, text + (f" Set [keys] unlock_file to {to}." if to else ""), records=count)


@app.command("accept-any-address")
def accept_any_address(
    name: NameArgument,
    config: ConfigOption,
    reason: ReasonOption,
    typed: Annotated[str | None, typer.Option("--typed", help="The name of the key, once more.")] = None,
    json: JsonOption = False,
) -> None:
    """Let a key that is bound to no address trade live. Stolen, such a key works from anywhere: it is written down."""
    import secrets

    from jackline.cli import keyring_acts as acts
    from jackline.cli.unlock import open_vault
    from jackline.cli.venue_key import ACCEPTED, ANY_ADDRESS

    loaded = acts.without_key(config)
    if not reason.strip():
        raise CommandFailed(ExitCode.BAD_INPUT, "--reason: it is empty. Fix: say why; the audit keeps it")
    if (typed if typed is not None else acts.typed_name()) != name:
        raise CommandFailed(
            ExitCode.NOTHING, "That is not its name; nothing was changed. Fix: type it as it is"
        )
    with acts.change(loaded, "keys.accept-any-address", after=name, reason=reason) as disk:
        opened = open_vault(loaded.keys, config.parent)
        facts = {**opened.vault.find(name, acts.KIND).facts, ANY_ADDRESS: ACCEPTED}
        made = opened.with_facts(name, acts.KIND, facts, entropy=secrets.token_bytes)
        acts.write_vault(disk, made.vault)
    acts.tell(json, f"{name} may trade live from every address. Restart the engine.", name=name)


@app.command("unlock-file")
def unlock_file(
    path: Annotated[Path, typer.Argument(help="The file to write, e.g. keys.unlock.", show_default=False)],
    json: JsonOption = False,
) -> None:
    """Make a key file that opens the vault without a person. Its owner's alone, and never over a file that exists."""
    import secrets

    from jackline.cli import keyring_acts as acts
    from jackline.store.unlocking import KEY_BYTES

    acts.write_secret_file(path, secrets.token_hex(KEY_BYTES))
    acts.tell(json, f'Written: {path}. Name it in [keys]: unlock_file = "{path.name}"', unlock_file=str(path))
