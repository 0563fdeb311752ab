"""What a kill is judged by: was the position naked, did its stop fire, what covers it."""

from decimal import Decimal

from jackline.cli.demo.director import Subject, has_fired, was_naked
from jackline.cli.demo.observer import cover, episode_of
from tests.demo.making import OPENED_MS, algo, changed, episode, position, witnessed

SUBJECT = Subject(position=position(), stop_price=Decimal("49500.5"), opened_wire_ms=OPENED_MS)


def test_naked_time_counts_only_inside_the_outage() -> None:
    told = witnessed(episodes=(episode(naked=((1_000.0, 2_000.0),)),))
    assert was_naked(SUBJECT, told, start_ms=OPENED_MS + 1_500, end_ms=OPENED_MS + 9_000)
    assert not was_naked(SUBJECT, told, start_ms=OPENED_MS + 2_000, end_ms=OPENED_MS + 9_000)
    assert not was_naked(SUBJECT, told, start_ms=OPENED_MS, end_ms=OPENED_MS + 1_000)


def test_naked_time_of_another_position_is_not_the_subjects() -> None:
    other = changed(episode(naked=((0.0, 9_000.0),)), opened_wire_ms=OPENED_MS + 1)
    assert not was_naked(SUBJECT, witnessed(episodes=(other,)), start_ms=OPENED_MS, end_ms=OPENED_MS + 9_000)


def test_a_stop_fires_in_the_outage_or_not() -> None:
    told = witnessed()  # fires 5 s after the opening
    assert has_fired(SUBJECT, told, start_ms=OPENED_MS + 4_000, end_ms=OPENED_MS + 6_000)
    assert not has_fired(SUBJECT, told, start_ms=OPENED_MS + 5_001, end_ms=OPENED_MS + 9_000)
    assert not has_fired(SUBJECT, told, start_ms=OPENED_MS, end_ms=OPENED_MS + 4_999)


def test_the_tightest_working_stop_is_shown_and_all_are_counted() -> None:
    whole, part = algo(trigger="49000"), algo(trigger="49600", quantity="0.04")
    assert cover(position(), [whole, part]).stop_price == Decimal(49600)
    assert cover(position(), [whole, part]).fraction == 1.0
    assert cover(position(), [part]).fraction == 0.4
    short = position("-0.1")
    above = [algo(trigger="51000", side="BUY"), algo(trigger="50500", side="BUY")]
    assert cover(short, above).stop_price == Decimal(50500)


def test_what_does_not_work_does_not_cover() -> None:
    for stop in (algo(status="CANCELED"), algo(status="TRIGGERED"), algo(side="BUY")):
        covered = cover(position(), [stop])
        assert (covered.stop_price, covered.fraction) == (None, 0.0)


def test_only_a_living_episode_belongs_to_a_position() -> None:
    assert episode_of(position(), witnessed()) is None
    living = episode(closed=False)
    assert episode_of(position(), witnessed(episodes=(living,))) == living
