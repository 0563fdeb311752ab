"""What opens the vault: the file of `[keys]`, a credential of the service manager, or a person who is asked."""

from __future__ import annotations

import getpass
import os
import re
import secrets
import stat
import sys
from collections.abc import Callable
from pathlib import Path

from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.keys_section import KeysSection
from jackline.cli.private_file import CREDENTIALS, others_may
from jackline.cli.redaction import hold
from jackline.store.host_disk import HostDisk
from jackline.store.private import check_private
from jackline.store.unlocking import KEY_BYTES, Passphrase, Unlocker, UnlockKey, UnlockKind
from jackline.store.vault import OpenVault, Vault, empty_vault, read_vault

CREDENTIAL = "jackline-keys"
"""`LoadCredential=jackline-keys:…` or `LoadCredentialEncrypted=` of the unit puts it there."""
FILE_BYTES_MAX = 4_096
_HEX = re.compile(rf"[0-9a-fA-F]{{{2 * KEY_BYTES}}}")


def locked_vault(path: Path) -> Vault:
    """The vault, locked, once nobody else can read it. Raises NotPrivate, VaultRefused and StoreDamaged."""
    disk = HostDisk()
    if disk.exists(path):
        check_private(path)
    return read_vault(disk, path)


def open_vault(section: KeysSection, directory: Path) -> OpenVault:
    """Unlocked. Raises CommandFailed where nothing is there to open it with, UnlockRefused where that does not."""
    vault = locked_vault(section.vault_path(directory))
    return vault.unlocked(read_unlocker(section, directory, kind=vault.lock.kind))


def open_or_new_vault(section: KeysSection, directory: Path) -> OpenVault:
    """The same; one without records, not yet on the disk, where there is none."""
    path = section.vault_path(directory)
    if HostDisk().exists(path):
        return open_vault(section, directory)
    unlocker = read_unlocker(section, directory, kind=None)
    return empty_vault(path, unlocker, entropy=secrets.token_bytes)


def read_unlocker(section: KeysSection, directory: Path, *, kind: UnlockKind | None) -> Unlocker:
    """From the file, the credential, or a person; `kind` None is for a new vault, and asks a person twice."""
    file = _unlock_file(section, directory)
    if file is not None:
        return unlocker_from(file, kind=kind)
    if kind is UnlockKind.KEY_FILE:
        fix = f'[keys] unlock_file = "FILE", or the credential {CREDENTIAL} of the unit'
        raise CommandFailed(ExitCode.BAD_INPUT, f"keys.unlock_file: the vault needs its key file. Fix: {fix}")
    return asked_passphrase(twice=kind is None)


def unlocker_from(file: Path, *, kind: UnlockKind | None) -> Unlocker:
    """What a file holds: 64 hexadecimal digits are a key, anything else on one line is a passphrase."""
    try:
        mode = file.stat().st_mode
        with file.open("rb") as opened:
            content = opened.read(FILE_BYTES_MAX + 1).strip()
    except OSError as error:
        raise _refused(file, f"cannot be read: {error.strerror}", "check its path and its owner") from None
    if others_may(file, mode):
        raise _refused(
            file, f"S1: its mode {stat.S_IMODE(mode):04o} lets others read it", f"chmod 600 {file}"
        )
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = ""
    if not text or len(text.splitlines()) != 1 or len(content) > FILE_BYTES_MAX:
        raise _refused(file, "not one line of text", f"make one: jackline keys unlock-file {file.name}.new")
    hold(text)
    is_key = _HEX.fullmatch(text) is not None
    if kind is UnlockKind.KEY_FILE or (kind is None and is_key):
        if not is_key:
            raise _refused(file, f"not {2 * KEY_BYTES} hexadecimal digits", "name the file that was used")
        return UnlockKey(secret=bytes.fromhex(text))
    return Passphrase(text=text)


def asked_passphrase(*, twice: bool, called: str = "Passphrase of the keys") -> Passphrase:
    """Typed by a person, unseen. Raises CommandFailed where nobody sits at a terminal."""
    text = ask_secret(called, fix=f'[keys] unlock_file = "FILE", or the credential {CREDENTIAL} of the unit')
    if twice and ask_secret(f"{called}, again", fix="") != text:
        raise CommandFailed(
            ExitCode.BAD_INPUT, "The two are not the same; nothing was written. Fix: try again"
        )
    return Passphrase(text=text)


def ask_secret(called: str, *, fix: str, ask: Callable[[str], str] = getpass.getpass) -> str:
    """A secret from a terminal, which is never an argument: arguments stand in every list of processes (S1)."""
    if not sys.stdin.isatty():
        raise CommandFailed(ExitCode.BAD_INPUT, f"{called}: nobody is there to be asked. Fix: {fix}")
    try:
        text = ask(f"{called}: ").strip()
    except EOFError:
        text = ""
    hold(text)
    return text


def _unlock_file(section: KeysSection, directory: Path) -> Path | None:
    if section.unlock_file is not None:
        return directory / section.unlock_file
    given = os.environ.get(CREDENTIALS)
    found = Path(given) / CREDENTIAL if given else None
    return found if found is not None and found.exists() else None


def _refused(file: Path, what: str, fix: str) -> CommandFailed:
    return CommandFailed(ExitCode.BAD_INPUT, f"{file}: {what}. Fix: {fix}")
