"""A judge that cannot fail proves nothing: each mutant takes one protection away, and must die of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jackline.world.mutants.campaign import campaign, hunt, is_clean
from jackline.world.mutants.mutant import Mutant
from jackline.world.mutants.patching import NoSuchName, Patch, patched
from jackline.world.mutants.table import MUTANTS
from jackline.world.profiles import PROFILES, SWARM

NAMES = frozenset({
    "no_write_ahead_intent", "journal_without_fsync", "blind_resend_of_entry", "no_instance_lock",
    "no_signal_dedupe", "kill_switch_ignored", "no_emergency_close", "cancel_old_before_new",
    "disk_error_blocks_protection", "ratchet_from_the_journal_only", "orphan_sweep_on_one_snapshot",
    "sweep_ignores_open_intents", "no_expiry_fence", "long_receive_window_on_entries",
    "done_while_still_filling", "old_snapshot_reused", "size_from_the_order", "adopted_position_not_resized",
})  # fmt: skip
QUICK = (
    "no_write_ahead_intent",
    "journal_without_fsync",
    "kill_switch_ignored",
    "no_instance_lock",
    "no_expiry_fence",
    "sweep_ignores_open_intents",
    "adopted_position_not_resized",
)
"""Those of which one seed tells within a second or two."""

every_mutant = pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)


def patches_of(mutant: Mutant) -> Iterator[Patch]:
    yield from mutant.patches
    for mask in mutant.masks:
        yield from mask.patches


def named(name: str) -> Mutant:
    return next(mutant for mutant in MUTANTS if mutant.name == name)


def test_there_are_eighteen_each_once() -> None:
    assert len(MUTANTS) == 18
    assert {mutant.name for mutant in MUTANTS} == NAMES


@every_mutant
def test_a_mutant_has_words_a_profile_and_codes(mutant: Mutant) -> None:
    assert mutant.removes.endswith(".")
    assert mutant.profile in PROFILES
    assert mutant.codes
    assert all(mask.name and mask.patches for mask in mutant.masks)


@every_mutant
def test_a_mutant_changes_what_it_names_and_puts_it_back(mutant: Mutant) -> None:
    before = {(patch.owner, patch.name): patch.original for patch in patches_of(mutant)}
    with mutant.applied(masked=True):
        for (owner, name), original in before.items():
            assert vars(owner)[name] is not original
    for (owner, name), original in before.items():
        assert vars(owner)[name] is original


@every_mutant
def test_without_masks_only_the_protection_is_gone(mutant: Mutant) -> None:
    own = {(patch.owner, patch.name) for patch in mutant.patches}
    before = {(patch.owner, patch.name): patch.original for patch in patches_of(mutant)}
    with mutant.applied(masked=False):
        changed = {key for key, original in before.items() if vars(key[0])[key[1]] is not original}
    assert changed == own


class Nobody:
    """Has a name, and one that is only inherited."""

    answer = 1


class Heir(Nobody):
    pass


@pytest.mark.parametrize("owner", [Nobody, Heir])
def test_a_name_that_is_gone_is_told_and_nothing_stays_patched(owner: type) -> None:
    name = "question" if owner is Nobody else "answer"
    first = Patch(owner=Nobody, name="answer", make=lambda _: 2)
    with pytest.raises(NoSuchName), patched([first, Patch(owner=owner, name=name, make=lambda _: 3)]):
        pytest.fail("it was entered")
    assert Nobody.answer == 1


def fail_while_patched(*patches: Patch) -> None:
    with patched(patches):
        assert Nobody.answer == 100
        raise ZeroDivisionError


def test_patches_of_one_name_stack_and_are_put_back_after_an_error() -> None:
    patch = Patch(owner=Nobody, name="answer", make=lambda was: was * 10)
    with pytest.raises(ZeroDivisionError):
        fail_while_patched(patch, patch)
    assert Nobody.answer == 1


@pytest.mark.parametrize("name", QUICK)
def test_a_mutant_dies_at_the_seed_on_record_or_one_of_the_first(name: str) -> None:
    """A change of the engine may move the seed; `jackline simulate --mutants` finds the new one."""
    mutant = named(name)
    kill = hunt(mutant, [mutant.seed, *range(6)], profile=PROFILES[mutant.profile], masked=True)
    assert kill is not None
    assert kill.breach.code in mutant.codes


@pytest.mark.long
@every_mutant
def test_every_mutant_dies_in_its_directed_profile(mutant: Mutant) -> None:
    [found] = campaign(60, mutants=[mutant], swarm=False).values()
    assert found["killed"]


@pytest.mark.long
@pytest.mark.parametrize(
    "mutant", [one for one in MUTANTS if one.swarm_seed is not None], ids=lambda mutant: mutant.name
)
def test_a_mutant_dies_in_the_swarm_with_every_layer_on(mutant: Mutant) -> None:
    seeds = [mutant.swarm_seed or 0, *range(60)]
    assert hunt(mutant, seeds, profile=SWARM, masked=False) is not None


@pytest.mark.long
@every_mutant
def test_the_same_seeds_are_clean_with_every_protection_on(mutant: Mutant) -> None:
    assert is_clean(mutant, mutant.seed, profile=PROFILES[mutant.profile], masked=False)
