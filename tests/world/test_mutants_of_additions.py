"""Mutants of a further entry: each takes one protection away, and must die of it."""

from __future__ import annotations

import pytest

from jackline.world.mutants.additions import ADDITIONS
from jackline.world.mutants.campaign import hunt, is_clean
from jackline.world.mutants.mutant import Mutant
from jackline.world.mutants.table import MUTANTS
from jackline.world.profiles import PROFILES

every_mutant = pytest.mark.parametrize("mutant", ADDITIONS, ids=lambda mutant: mutant.name)


@every_mutant
def test_a_mutant_of_additions_has_words_codes_and_a_name_of_its_own(mutant: Mutant) -> None:
    assert mutant.removes.endswith(".")
    assert mutant.codes
    assert mutant.name not in {other.name for other in MUTANTS}


@every_mutant
@pytest.mark.owns("O4")
def test_a_mutant_of_additions_dies_and_its_seed_is_clean_without_it(mutant: Mutant) -> None:
    profile = PROFILES[mutant.profile]
    kill = hunt(mutant, (mutant.seed,), profile=profile, masked=True)
    assert kill is not None
    assert kill.breach.code in mutant.codes
    assert is_clean(mutant, mutant.seed, profile=profile, masked=True)
