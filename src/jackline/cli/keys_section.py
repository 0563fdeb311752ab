"""The keys of `[keys]`: where secrets lie encrypted, and what opens them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from jackline.cli.section import Section
from jackline.cli.section_types import Allowed

VaultFile = Annotated[str, Allowed(text='a file, e.g. "keys/keys.json"')]
UnlockFile = Annotated[Path, Allowed(text='a file, e.g. "keys.unlock"')]


class KeysSection(Section):
    """`[keys]`: see docs/keys.md. Both files are relative to the configuration file."""

    file: VaultFile = Field("keys/keys.json", description="secrets, encrypted, in a directory chmod 700")
    unlock_file: UnlockFile | None = Field(
        None, description="opens it; unset: the credential jackline-keys, or asked"
    )

    def vault_path(self, directory: Path) -> Path:
        """The file of secrets, from the directory of the configuration."""
        return directory / self.file
