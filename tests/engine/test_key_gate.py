"""The key gate by itself: what a key may do, and from where, against the mode it is used in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jackline.engine.key_gate import check_key
from jackline.engine.options import EngineOptions, StartRefused
from jackline.venue.port import KEY_UNTOLD, KeyFacts
from tests.engine.test_banner import OPTIONS

BOUND = KeyFacts(may_withdraw=False, may_transfer=False, is_bound_to_addresses=True)
LOOSE = replace(BOUND, is_bound_to_addresses=False)
LIVE = replace(OPTIONS, mode="live")


@pytest.mark.owns("S3")
@pytest.mark.parametrize(
    ("key", "options", "said"),
    [
        (LOOSE, LIVE, "works from every address.*accept-any-address"),
        (replace(BOUND, may_withdraw=True), OPTIONS, "may withdraw"),
        (replace(BOUND, may_transfer=True), LIVE, "may transfer"),
        (replace(LOOSE, may_withdraw=True), replace(LIVE, any_address_accepted=True), "may withdraw"),
    ],
    ids=["loose", "withdraw", "transfer", "accepted is no leave to withdraw"],
)
def test_S3_a_key_that_a_thief_could_use_is_refused(key: KeyFacts, options: EngineOptions, said: str) -> None:
    with pytest.raises(StartRefused, match=rf"(?s){said}"):
        check_key(key, options)


@pytest.mark.parametrize(
    ("key", "options"),
    [(BOUND, LIVE), (LOOSE, OPTIONS), (LOOSE, replace(LIVE, any_address_accepted=True)), (KEY_UNTOLD, LIVE)],
    ids=["bound", "paper", "accepted", "untold"],
)
def test_a_key_that_is_as_it_should_be_is_not(key: KeyFacts, options: EngineOptions) -> None:
    check_key(key, options)
