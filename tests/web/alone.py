"""The web application in this process, on a state directory that no engine has written to: for what needs none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from jackline.cli.config import load_config
from jackline.cli.serving import web_options
from jackline.cli.web_hands import web_hands
from jackline.store.access import ACCESS_FILE, AccessStore
from jackline.store.audit import Act, read_rows
from jackline.store.host_disk import HostDisk
from jackline.store.tokens import Scope
from jackline.web.app import create_app
from jackline.web.doorkeeper import Doorkeeper
from tests.processes import write_config
from tests.web.house import make_token

CONFIG: dict[str, str] = {"strategy__name": '"webhook"', "webhook__secret_file": '"webhook.secret"'}
SECRET = "0123456789abcdef0123456789abcdef"


@dataclass
class Alone:
    """A client of it, with a token of every scope."""

    app: FastAPI
    client: TestClient
    directory: Path
    tokens: dict[Scope, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, *, scope: Scope | None = None, **how: Any) -> Any:
        headers = dict(how.pop("headers", {}))
        if scope is not None:
            headers["Authorization"] = f"Bearer {self.tokens[scope]}"
        return self.client.request(method, path, headers=headers, **how)

    def audit(self) -> list[Act]:
        """Every act on record, oldest first."""
        store = AccessStore(HostDisk(), self.directory / "state" / ACCESS_FILE)
        return [row.act for row in read_rows(store, limit=500)]


@contextmanager
def alone(directory: Path, **changes: str) -> Iterator[Alone]:
    """Opened and closed with its lifespan."""
    (directory / "webhook.secret").write_text(SECRET + "\n")
    (directory / "webhook.secret").chmod(0o600)
    unlock = directory / "keys.unlock"
    unlock.write_text("ab" * 32 + "\n")
    unlock.chmod(0o600)
    given = {**CONFIG, "keys__unlock_file": '"keys.unlock"', **changes}
    config = load_config(write_config(directory, "http://127.0.0.1:1", **given))
    disk = HostDisk()
    keeper = Doorkeeper(AccessStore(disk, config.state_dir / ACCESS_FILE))
    tokens = {scope: make_token(config.state_dir, scope) for scope in Scope}
    app = create_app(web_options(config), disk=disk, doorkeeper=keeper, hands=web_hands(config))
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield Alone(app, client, directory, tokens)
