"""Where a store is kept when the file in the state directory is a copy of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from jackline.store.db import Db
from jackline.store.schema import Schema


class Origin(Protocol):
    """The place of one store that several machines share. Its file here is a copy that a thread keeps up."""

    @property
    def where(self) -> str:
        """For people."""
        ...

    def is_made(self) -> bool:
        """Whether there is a store. Raises DbTrouble."""
        ...

    def fetch(self, schema: Schema) -> bool:
        """Make the store there where there is none, and bring the copy up to it; whether one was made.

        Raises DbTrouble where the place does not answer, StoreDamaged where the copy is no part of what is there.
        """
        ...

    def open_reader(self) -> Db:
        """A read-only connection to the store itself. Raises DbTrouble."""
        ...

    def open_writer(self) -> Db:
        """A writing connection that leaves the copy behind: for whoever changes tables. Raises DbTrouble."""
        ...

    def replace(self, schema: Schema, load: Callable[[Db], object], *, stamp: int) -> str | None:
        """Set the store aside, if there is one, and make another that `load` fills: in one transaction.

        The name the old one has now. `stamp` is part of it. Raises StoreError, and then nothing has changed.
        """
        ...
