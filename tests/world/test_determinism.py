"""One seed, one history: in another process, under another hash seed, after other seeds."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from jackline.world.campaign import run
from jackline.world.experiment import draw
from jackline.world.profiles import PROFILES

SEEDS = (1, 2)
KINDS = (("swarm", 1), ("swarm", 2), ("hands", 1), ("disk", 1), ("bingx", 1))
PROGRAM = """
import json, sys
from jackline.world.campaign import run
from jackline.world.experiment import draw
from jackline.world.profiles import PROFILES
told = {}
for word in sys.argv[1:]:
    profile, seed = word.split("/")
    told[word] = run(draw(int(seed), PROFILES[profile])).digest
print(json.dumps(told))
"""
DEADLINE_S = 55


def digests(words: list[str], hash_seed: str) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=True,
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_the_same_digest_whatever_the_hash_seed_and_the_seeds_before() -> None:
    words = [f"{profile}/{seed}" for profile, seed in KINDS]
    first = digests(words, "0")
    assert digests(words[::-1], "1") == first
    assert len(set(first.values())) == len(words)


@pytest.mark.long
@pytest.mark.timeout(240)
@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_is_deterministic(profile: str) -> None:
    words = [f"{profile}/{seed}" for seed in SEEDS]
    first = digests(words, "0")
    assert digests(words[::-1], "1") == first
    assert digests(words, "random") == first


def test_the_same_digest_twice_in_one_process() -> None:
    experiment = draw(3, PROFILES["twins"])
    assert run(experiment).digest == run(experiment).digest
