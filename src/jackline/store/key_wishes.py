"""Arguments of commands about exchange keys. A row names a key of the file, and never holds one (S1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jackline.core.errors import invariant

NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyWish:
    """Ask the venue what the key of this name may do."""

    name: str

    def __post_init__(self) -> None:
        # It becomes an argument of a command: nothing but a name may get there.
        invariant(NAME.fullmatch(self.name) is not None, "S3", name=self.name[:40])
