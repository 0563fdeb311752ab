"""The key pair of a new account, on its way into the vault. It is never an argument, and never in the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jackline.cli import keyring_acts as acts
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.wizard.questions import KEY, VAULT
from jackline.cli.wizard.writing import UNLOCK_FILE
from jackline.store.unlocking import KEY_BYTES
from jackline.venue.transport.endpoint import Credentials


def read(
    answers: Mapping[str, object], key_file: Path | None, secret_file: Path | None
) -> Credentials | None:
    """From files, or from a terminal that does not show it; None where no key is to be stored."""
    if answers[KEY] != VAULT:
        if key_file is not None or secret_file is not None:
            text = f"--key-file and --secret-file: --keys is {answers[KEY]}, which stores none. Fix: --keys vault"
            raise CommandFailed(ExitCode.BAD_INPUT, text)
        return None
    return acts.read_pair(key_file, secret_file)


def store(config: Path, answers: Mapping[str, object], pair: Credentials) -> tuple[Path, ...]:
    """Into the vault, which a file of its own opens, so that an engine can start again by itself. Tells what was made.

    A vault that is there already is opened as it always was, and gets one key more.
    """
    import secrets

    made = []
    unlock = config.parent / UNLOCK_FILE
    if not unlock.exists():
        acts.write_secret_file(unlock, secrets.token_hex(KEY_BYTES))
        made.append(unlock)
    loaded = acts.without_key(config)
    acts.add(loaded, str(answers["account.name"]), pair, venue=loaded.venue.name)
    return (*made, acts.vault_path(loaded))
