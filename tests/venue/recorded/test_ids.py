"""Client ids in each venue's form, and the venues' codes in the protocol's words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.ids import Role, TradeId, client_id, mint_trade_id
from jackline.core.outcomes import Refusal
from jackline.venue.recorded import ids
from jackline.venue.recorded.opening import OpeningRefused, open_recorded, rungs_of
from jackline.venue.recorded.profiles import TAGS
from jackline.venue.recorded.refusals import CODES, UNNUMBERED, is_bad_clock, refused
from jackline.venue.recorded.registry import VENUES
from jackline.venue.recorded.wire import NotWired
from tests.venue.recorded.capture import CLIENT_SECONDS_MAX, known_codes
from tests.venue.recorded.samples import NAMES, entry

pytestmark = pytest.mark.timeout(CLIENT_SECONDS_MAX)
OURS = client_id(mint_trade_id(tag="abc", fence=1_790_000_000, ordinal=1), Role.ENTRY, 1)
FORMS = {
    "bybit": (ids.BYBIT, OURS),
    "okx": (ids.OKX, OURS),
    "bitget": (ids.BITGET, OURS),
    "kucoin-futures": (ids.KUCOIN, OURS),
    "gate": (ids.GATE, f"t-{OURS}"),
    "hyperliquid": (ids.HYPERLIQUID, "0x2c583e3ab4e8e7a1e41ed4fca78925d3"),
    "htx": (ids.HTX, None),
}
TRADES = st.builds(
    mint_trade_id,
    tag=st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=3, max_size=3),
    fence=st.integers(0, 36**6 - 1),
    ordinal=st.integers(0, 36**4 - 1),
)


@pytest.mark.parametrize("name", NAMES)
def test_O2_an_id_of_ours_in_the_venues_form(name: str) -> None:
    rule, spelled = FORMS[name]
    assert VENUES[name].profile.client_id is rule
    assert spelled in (None, rule(OURS))


@given(TRADES, st.sampled_from(list(Role)), st.integers(0, 36**3 - 1))
def test_O2_every_id_of_ours_has_a_form_everywhere(trade: TradeId, role: Role, attempt: int) -> None:
    ours = client_id(trade, role, attempt)
    for name in NAMES:
        rule = VENUES[name].profile.client_id
        assert re.fullmatch(rule.pattern, rule(ours))
        assert rule(ours) == rule(ours)


def test_O2_htx_ids_survive_a_float() -> None:
    for attempt in range(500):
        spelled = ids.HTX(client_id(mint_trade_id(tag="abc", fence=1, ordinal=1), Role.CLOSE, attempt))
        assert int(float(spelled)) == int(spelled) > 0


@pytest.mark.parametrize(
    ("rule", "bad"),
    [
        (ids.OKX, "a" * 33),
        (ids.OKX, "a-b"),
        (ids.GATE, "a" * 29),
        (ids.BYBIT, "a" * 37),
        (ids.KUCOIN, "a" * 41),
        (ids.BITGET, ""),
    ],
    ids=["okx-long", "okx-hyphen", "gate-long", "bybit-long", "kucoin-long", "bitget-empty"],
)
def test_an_id_that_the_venue_would_refuse_is_not_sent(rule: ids.IdRule, bad: str) -> None:
    with pytest.raises(NotWired, match="has no form that fits"):
        rule(bad)


def test_O2_the_leg_has_an_id_of_its_own_and_it_is_derived() -> None:
    request = entry(VENUES["okx"])
    named = ids.leg_id(request)
    assert named is not None
    assert named != request.client_id
    assert ids.role_of(named) is Role.DISASTER
    assert ids.role_of("a stranger's") is None


def test_every_venue_has_codes_and_a_rung_or_a_reason() -> None:
    assert set(CODES) == set(VENUES)
    for venue in VENUES.values():
        assert bool(venue.profile.rungs) != (venue.profile.no_rung is not None)


def test_every_fact_has_its_kind_of_evidence() -> None:
    for venue in VENUES.values():
        facts = venue.profile.evidence
        needed = {
            "rungs", "leg_scope", "stops_per_side_max", "mark_on_leg", "mark_on_stop", "leg_has_id", "stop_has_id",
            "hedge", "expiry", "client_id",
        }  # fmt: skip
        assert needed <= facts.keys() <= needed | {"late_execution_ms_max"}
        for told in facts.values():
            assert told[0] in TAGS
            assert told[1] == " "
        assert ("late_execution_ms_max" in facts) == (venue.profile.expiry is None)


@pytest.mark.parametrize("name", sorted(VENUES))
def test_C2_a_venue_known_by_recordings_alone_opens_no_account(name: str) -> None:
    with pytest.raises(
        OpeningRefused, match=f"C2: {name} opens no account: its requests are known from recordings"
    ):
        open_recorded(VENUES[name].profile)


def test_C4_asking_mexc_for_a_rung_says_why_there_is_none() -> None:
    with pytest.raises(OpeningRefused, match="a stop sent through ccxt is an immediate market order"):
        rungs_of(VENUES["mexc"].profile)
    for name in NAMES:
        assert rungs_of(VENUES[name].profile)


@pytest.mark.parametrize(
    ("name", "code", "kind"),
    [
        ("bybit", "110093", Refusal.STOP_REACHED),
        ("okx", "51280", Refusal.STOP_REACHED),
        ("bitget", "45122", Refusal.STOP_REACHED),
        ("gate", "AUTO_TRIGGER_PRICE_LESS_LAST", Refusal.STOP_REACHED),
        ("kucoin-futures", "300009", Refusal.NOTHING_TO_REDUCE),
        ("bybit", "110072", Refusal.DUPLICATE_ID),
        ("okx", "50011", Refusal.OVERLOADED),
        ("okx", "51023", Refusal.NEEDS_POSITION),
        ("hyperliquid", "Reduce only order would increase position.", Refusal.OTHER),
        ("okx", "50013", Refusal.OTHER),
        ("htx", "999999", Refusal.OTHER),
    ],
)
def test_a_code_decides_and_an_unknown_one_stays_unknown(name: str, code: str, kind: Refusal) -> None:
    answer = refused(VENUES[name].profile, code, "the reduce-only order would trigger immediately")
    assert answer.kind is kind
    assert answer.code == (int(code) if code.isdecimal() else UNNUMBERED)


def test_a_refused_time_stamp_is_told_from_other_refusals() -> None:
    assert is_bad_clock(VENUES["bybit"].profile, "10002")
    assert is_bad_clock(VENUES["kucoin-futures"].profile, "400002")
    assert not is_bad_clock(VENUES["bybit"].profile, "110072")


@pytest.mark.parametrize("name", sorted(VENUES))
def test_the_codes_stand_in_the_real_clients_tables(name: str) -> None:
    """A code that ccxt does not know was made up."""
    codes = CODES[name]
    assert {*codes.meanings, *codes.bad_clock} <= known_codes(VENUES[name].profile.ccxt_id)
