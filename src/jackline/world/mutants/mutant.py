"""What a mutant is: a protection that is gone, the layers that would hide it, and where it dies."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

from jackline.world.mutants.patching import Patch, patched


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """Another layer that saves the day when the protection is gone, and how to switch it off."""

    name: str
    patches: tuple[Patch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One protection less.

    Attributes:
        removes: the protection, in one sentence.
        masks: layers that are switched off beside it in the directed profile; the swarm runs with them on.
        codes: the invariants it breaks; a breach of another one is no evidence.
        profile: the directed profile in which it dies.
        seed: the first seed of that profile known to kill it.
        swarm_seed: the first seed of the swarm known to kill it, with every layer on; None where none is known.
    """

    name: str
    removes: str
    patches: tuple[Patch, ...]
    masks: tuple[Mask, ...] = ()
    codes: frozenset[str]
    profile: str
    seed: int
    swarm_seed: int | None = None

    def applied(self, *, masked: bool) -> AbstractContextManager[None]:
        """The production code without this protection; `masked`: and without the layers that hide it."""
        return patched((*self.patches, *(self._masking() if masked else ())))

    def without_masks_only(self) -> AbstractContextManager[None]:
        """The control: the layers off, the protection on."""
        return patched(self._masking())

    def _masking(self) -> tuple[Patch, ...]:
        return tuple(patch for mask in self.masks for patch in mask.patches)
