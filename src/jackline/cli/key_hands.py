"""What the web process may do with the file of keys: list, add, remove, check a code. It never speaks to a venue."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from jackline.cli.config import Config
from jackline.cli.errors import CommandFailed
from jackline.cli.keyring_acts import (
    KIND,
    SECRET_CHARS_MAX,
    SECRET_CHARS_MIN,
    KeyRow,
    access_store,
    new_facts,
    now_ms,
    rows,
    vault_path,
)
from jackline.cli.redaction import hold
from jackline.cli.unlock import locked_vault, open_vault, read_unlocker
from jackline.store.audit import record
from jackline.store.errors import StoreError
from jackline.store.host_disk import HostDisk
from jackline.store.private import make_private_directory
from jackline.store.second_factor import accept_code
from jackline.store.tokens import By, Token
from jackline.store.unlocking import UnlockRefused
from jackline.store.vault import OpenVault, VaultRefused, changing, empty_vault, write_vault
from jackline.venue.transport.endpoint import Credentials
from jackline.web.hands import KeyLine, KeysRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOfKeys:
    """The vault of one configuration. What needs it open needs a file or a credential: nobody sits here to type."""

    config: Config

    def listed(self) -> tuple[KeyLine, ...]:
        """All of them, masked."""
        with _told():
            return tuple(_line(row) for row in rows(self.config))

    def add(self, *, name: str, venue: str, key: str, secret: str, by: By) -> KeyLine:
        """Store one, encrypted, for the mode that the configuration says."""
        hold(key, secret)
        pair = _pair(key, secret)
        facts = new_facts(pair, venue=venue, mode=self.config.mode)
        with self._change("keys.add", by, after=f"{name} {venue} {self.config.mode}") as disk:
            made = self._opened().with_record(
                name,
                KIND,
                facts=facts,
                secrets={"key": pair.api_key, "secret": pair.secret},
                entropy=secrets.token_bytes,
            )
            write_vault(disk, made.vault)
        return next(row for row in self.listed() if row.name == name)

    def remove(self, name: str, *, by: By) -> None:
        """Remove one; at the venue it lives on until it is ended there."""
        with self._change("keys.remove", by, before=name) as disk:
            write_vault(disk, locked_vault(vault_path(self.config)).without(name, KIND))

    def takes_code(self, token: Token, code: str) -> bool:
        """Whether a code is good now."""
        with _told():
            opened = self._opened()
            with access_store(self.config).changing() as db:
                return accept_code(db, opened, token, code, now_ms=now_ms())

    def _opened(self) -> OpenVault:
        path, section, directory = vault_path(self.config), self.config.keys, self.config.path.parent
        if HostDisk().exists(path):
            return open_vault(section, directory)
        return empty_vault(path, read_unlocker(section, directory, kind=None), entropy=secrets.token_bytes)

    @contextlib.contextmanager
    def _change(self, what: str, by: By, *, before: str = "", after: str = "") -> Iterator[HostDisk]:
        """One change, audited before and after: none leaves no trace."""
        disk, store, path = HostDisk(), access_store(self.config), vault_path(self.config)
        with _told():
            make_private_directory(path.parent)
            with changing(disk, path):
                record(store, by.act(what, before=before, after=after, outcome="asked"))
                try:
                    yield disk
                except Exception as error:
                    failed = f"failed: {type(error).__name__}"
                    record(store, by.act(what, before=before, after=after, outcome=failed))
                    raise
                record(store, by.act(what, before=before, after=after))


def _pair(key: str, secret: str) -> Credentials:
    for what, text in (("key", key), ("secret", secret)):
        fits = SECRET_CHARS_MIN <= len(text) <= SECRET_CHARS_MAX and text.isascii() and text.isprintable()
        if not fits or " " in text:
            raise KeysRefused(
                "bad-request", f"{what}: {SECRET_CHARS_MIN} to {SECRET_CHARS_MAX} plain characters"
            )
    if key == secret:
        raise KeysRefused("bad-request", "key and secret are the same: copy each from the venue")
    return Credentials(api_key=key, secret=secret)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What is wrong, as the web tells it."""
    try:
        yield
    except VaultRefused as error:
        text = str(error)
        raise KeysRefused("taken" if "is taken" in text or "holds" in text else "not-found", text) from error
    except (UnlockRefused, CommandFailed) as error:
        raise KeysRefused("locked", str(error)) from error
    except (StoreError, OSError) as error:
        raise KeysRefused("unavailable", str(error)) from error


def _line(row: KeyRow) -> KeyLine:
    return KeyLine(
        name=row.name,
        venue=row.venue,
        mode=row.mode,
        key=row.key,
        added=row.added,
        validated=row.validated,
        permissions=row.permissions,
        in_use=row.in_use == "yes",
    )
