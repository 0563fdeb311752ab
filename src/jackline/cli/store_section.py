"""The keys of `[store]`: where journal, ledger and commands are kept when that is not the state directory."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from jackline.cli.section import Section
from jackline.cli.section_types import Allowed


def _without_password(url: str) -> str:
    if re.match(r"^postgresql://[^/]*:[^/]*@", url) or "password=" in url:
        raise ValueError("S1: an address that holds a password; name a file of it as password_file")
    if not re.match(r"^postgresql://\S+$", url):
        raise ValueError("not the address of a PostgreSQL database")
    return url


DatabaseUrl = Annotated[
    str,
    AfterValidator(_without_password),
    Allowed(text='"postgresql://USER@HOST/NAME"'),
]
PasswordFile = Annotated[Path, Allowed(text="a file")]


class StoreSection(Section):
    """`[store]`: see docs/store.md. Nothing of it is needed on one machine."""

    url: DatabaseUrl | None = Field(None, description="shared by machines; unset: files in state_dir")
    password_file: PasswordFile | None = Field(
        None, description="its password, chmod 600; unset: what libpq finds"
    )
