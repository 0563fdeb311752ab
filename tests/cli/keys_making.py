"""A configuration with a vault, and the commands run inside the test."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from jackline.cli.main import load
from tests.processes import Json, write_config

KEY = "PlantedKey0" * 5 + "WXYZ"
SECRET = "PlantedSecret1" * 4
NOWHERE = "http://127.0.0.1:1"


@dataclass
class Desk:
    """Where the commands are given. `run` gives what was printed; what they raise is raised."""

    directory: Path
    config: Path
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: str) -> str:
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            load(arguments[0])(
                args=[*arguments[1:], "--config", str(self.config)], prog_name=f"jackline {arguments[0]}"
            )
        assert not ended.value.code, ended.value.code
        return self.capsys.readouterr().out

    def json(self, *arguments: str) -> Json:
        return dict(json.loads(self.run(*arguments, "--json")))

    def secret_file(self, name: str, text: str, mode: int = 0o600) -> str:
        path = self.directory / name
        path.write_text(f"{text}\n")
        path.chmod(mode)
        return str(path)

    def add(self, name: str = "main") -> Json:
        files = ("--key-file", self.secret_file("k", KEY), "--secret-file", self.secret_file("s", SECRET))
        return self.json("keys", "add", name, "--venue", "binance", *files)

    def name_key(self, name: str = "main") -> None:
        """Let the configuration use a key of the vault."""
        text = re.sub(r"key_file = .*keys.toml.*", f'key_name = "{name}"', self.config.read_text())
        self.config.write_text(text)


def desk(directory: Path, capsys: pytest.CaptureFixture[str], url: str = NOWHERE, **changes: str) -> Desk:
    unlock = directory / "keys.unlock"
    unlock.write_text("0123456789abcdef" * 4)
    unlock.chmod(0o600)
    config = write_config(directory, url, keys__unlock_file='"keys.unlock"', **changes)
    return Desk(directory, config, capsys)
