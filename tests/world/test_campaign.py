"""A campaign: results are folded in the order of seeds, whoever ran them, and counted as asked."""

from __future__ import annotations

from jackline.world.campaign import WORLD_TROUBLE, Run, Tally, failed_run, known_points, run_of
from jackline.world.experiment import draw
from jackline.world.judges.breach import Breach
from jackline.world.judges.sometimes import Sometimes
from jackline.world.jury import NakedTime
from jackline.world.report import report, spread
from jackline.world.simulation import simulate


def a_run(seed: int, *, digest: str = "d", breaches: tuple[Breach, ...] = (), able_ms: float = 0.0) -> Run:
    return Run(
        seed=seed,
        digest=digest,
        simulated_s=110.0,
        cpu_s=0.5,
        steps=10,
        requests=5,
        entries=2,
        crashes=1,
        counts=True,
        faults={"jump": 2},
        sometimes={},
        hit=frozenset(known_points()[:3]),
        naked=(
            NakedTime(
                rung="stop_first", able_ms=able_ms, idle_ms=able_ms / 2, raw_ms=2 * able_ms, cause="dropped"
            ),
        ),
        breaches=breaches,
    )


def told(tally: Tally) -> dict[str, object]:
    return dict(report(tally, by_aim=0, limits={}, profile="swarm", first_seed=0, commit="c", command="x"))


def test_the_digest_is_of_seeds_and_their_digests_in_order() -> None:
    digests = set()
    for runs in ([a_run(1), a_run(2)], [a_run(2), a_run(1)], [a_run(1), a_run(2, digest="e")]):
        tally = Tally()
        for one in runs:
            tally.fold(one)
        digests.add(tally.trace_digest)
    assert len(digests) == 3


def test_the_report_has_the_promised_keys_first_and_in_order() -> None:
    tally = Tally()
    tally.fold(a_run(7, breaches=(Breach(code="P1", at_ms=1.0, detail="naked"),), able_ms=4.0))
    figures = told(tally)
    promised = (
        "seeds simulated_hours cpu_seconds faults crash_points naked_able_ms sometimes breaches trace_digest"
    )
    assert list(figures)[:9] == promised.split()
    assert figures["faults"] == {"jump": 2}
    assert figures["crash_points"] == {"known": len(known_points()), "hit": 3}
    assert figures["naked_able_ms"] == {"stop_first": {"p50": 4.0, "p99": 4.0, "max": 4.0}}
    assert figures["naked_able_causes"] == {
        "stop_first": {"dropped": {"trades": 1, "max_ms": 4.0, "idle_max_ms": 2.0}}
    }
    assert figures["breaches"] == [{"seed": 7, "code": "P1", "detail": "naked"}]
    assert set(Sometimes) <= set(figures["sometimes"])  # type: ignore[call-overload]
    assert figures["counting_seeds"] == 1


def test_a_broken_rule_is_told_once_a_seed_and_code() -> None:
    tally = Tally()
    again = tuple(Breach(code="P1", at_ms=float(at), detail=f"{at}") for at in range(3))
    tally.fold(a_run(1, breaches=(*again, Breach(code="O4", at_ms=9.0, detail="9"))))
    assert [(found.breach.code, found.breach.detail) for found in tally.breaches] == [
        ("P1", "0"),
        ("O4", "9"),
    ]


def test_a_seed_that_breaks_the_simulator_is_a_finding_with_its_number() -> None:
    tally = Tally()
    tally.fold(failed_run(13, "KeyError: 'x'", cpu_s=0.1))
    assert [(found.seed, found.breach.code) for found in tally.breaches] == [(13, WORLD_TROUBLE)]
    assert tally.counting == 0


def test_percentiles_are_values_that_occurred() -> None:
    assert spread([float(number) for number in range(1, 101)]) == {"p50": 50.0, "p99": 99.0, "max": 100.0}
    assert spread([3.0]) == {"p50": 3.0, "p99": 3.0, "max": 3.0}


def test_a_verdict_travels_as_a_run() -> None:
    verdict = simulate(draw(1), keep=1)
    one = run_of(verdict, cpu_s=0.25)
    assert (one.seed, one.digest, one.entries) == (1, verdict.digest, verdict.entries)
    assert one.hit <= set(known_points())
    assert one.hit
