"""The hunt: run a mutant until a judge finds the breach, and prove that nothing but the mutant made it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypedDict

from jackline.world.experiment import draw
from jackline.world.judges.breach import Breach
from jackline.world.mutants.mutant import Mutant
from jackline.world.mutants.table import MUTANTS
from jackline.world.profiles import PROFILES, SWARM, Profile
from jackline.world.simulation import simulate

KEEP: Final = 1
"""Events kept of a run: a hunt asks only whether something was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """A seed in which a mutant dies, and the first breach it dies of."""

    seed: int
    breach: Breach


class Outcome(TypedDict):
    """What a campaign says of one mutant.

    `profile` and `masked_by` belong to `first_seed`; `swarm_seed` is the first of the swarm with every layer on.
    """

    killed: bool
    first_seed: int | None
    profile: str
    masked_by: list[str]
    code: str | None
    swarm_seed: int | None


Progress = Callable[[str, str, int], None]
"""Told the mutant, the profile and the seed before each run."""


def hunt(
    mutant: Mutant,
    seeds: Iterable[int],
    *,
    profile: Profile,
    masked: bool,
    progress: Progress = lambda *_: None,
) -> Kill | None:
    """The first of `seeds` that kills; None where none does.

    A breach counts where it is of the mutant's own invariants, and the same seed is clean with every layer on and
    also with only the masking layers off.
    """
    for seed in seeds:
        progress(mutant.name, profile.name, seed)
        experiment = draw(seed, profile)
        with mutant.applied(masked=masked):
            verdict = simulate(experiment, keep=KEEP)
        fatal = [breach for breach in verdict.breaches if breach.code in mutant.codes]
        if not fatal or not is_clean(mutant, seed, profile=profile, masked=False):
            continue
        if not masked or is_clean(mutant, seed, profile=profile, masked=True):
            return Kill(seed=seed, breach=fatal[0])
    return None


def is_clean(mutant: Mutant, seed: int, *, profile: Profile, masked: bool) -> bool:
    """The control: the same world with the protection on; `masked`: and the layers beside it off."""
    experiment = draw(seed, profile)
    if not masked:
        return not simulate(experiment, keep=KEEP).breaches
    with mutant.without_masks_only():
        return not simulate(experiment, keep=KEEP).breaches


def campaign(
    limit: int,
    *,
    mutants: Iterable[Mutant] = MUTANTS,
    swarm: bool = True,
    progress: Progress = lambda *_: None,
) -> dict[str, Outcome]:
    """Hunt every mutant through at most `limit` seeds of the swarm and as many of its directed profile.

    Seeds known to kill are tried first; what is reported is a seed that killed now.
    """
    report: dict[str, Outcome] = {}
    for mutant in mutants:
        found: Kill | None = None
        if swarm:
            seeds = _known_first(mutant.swarm_seed, limit)
            found = hunt(mutant, seeds, profile=SWARM, masked=False, progress=progress)
        profile = PROFILES[mutant.profile]
        directed = hunt(
            mutant, _known_first(mutant.seed, limit), profile=profile, masked=True, progress=progress
        )
        shown = directed or found
        masked_by = [mask.name for mask in mutant.masks] if directed or not found else []
        report[mutant.name] = Outcome(
            killed=shown is not None,
            first_seed=None if shown is None else shown.seed,
            profile=SWARM.name if directed is None and found is not None else mutant.profile,
            masked_by=masked_by,
            code=None if shown is None else shown.breach.code,
            swarm_seed=None if found is None else found.seed,
        )
    return report


def _known_first(known: int | None, limit: int) -> list[int]:
    if known is None:
        return list(range(limit))
    return [known, *(seed for seed in range(limit) if seed != known)][:limit]
