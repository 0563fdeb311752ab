"""Production names, replaced for a while and always put back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any


class NoSuchName(LookupError):
    """Production code has no such name any more: the mutant must be written anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """One name of production code and what stands in its place.

    Attributes:
        owner: the module or class that holds the name itself; an inherited or imported-elsewhere one is not enough.
        make: the replacement, made from the original.
    """

    owner: Any
    name: str
    make: Callable[[Any], Any]

    @property
    def original(self) -> object:
        """What stands there now. Raises NoSuchName."""
        try:
            return vars(self.owner)[self.name]
        except KeyError:
            raise NoSuchName(f"{self.owner.__name__}.{self.name}") from None


@contextmanager
def patched(patches: Iterable[Patch]) -> Iterator[None]:
    """Everything replaced inside, everything back afterwards. Raises NoSuchName."""
    with ExitStack() as stack:
        for patch in patches:
            original = patch.original
            stack.callback(setattr, patch.owner, patch.name, original)
            setattr(patch.owner, patch.name, patch.make(original))
        yield
