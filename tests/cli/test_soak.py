"""`jackline soak`: its bounds find what they are there for, and a short one runs from end to end."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jackline.cli.demo.witness import Asked, Episode, Traffic
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.soak.bounds import Finding, bounds, judge
from jackline.cli.soak.command import soak
from jackline.cli.soak.playing import Wishes, naked, names
from jackline.cli.soak.report import Report, as_json, as_markdown, as_text
from jackline.cli.soak.samples import Life, Sample, Waiting, life, sizes
from jackline.core.settings import ProtectionSettings
from tests.processes import spawn

WISHES = Wishes(days=4.0, symbols=3, speed=3_600.0, samples=40, seed=7)
LIFE = Life(rss_kib=90_000, files=30, cpu_s=1.0, waited_s=0.0)
TRAFFIC = Traffic(weight_max=900, routes={"GET /fapi/v1/time": Asked(requests=9, weight=9, refused=0)})


def sample(day: float, *, entries: int = 0) -> Sample:
    return Sample(
        wall_s=day * 24, market_day=day, engine=LIFE, watchdog=LIFE, exchange=LIFE, inbox_max=3,
        loop_lag_ms_max=5, own_lag_ms_max=3, journal_lag_ms_max=4, store_bytes=1 << 20, tape_bytes=0,
        weight_max=700, refused=0,
        entries=entries, naked_first_ms_max=0.0, naked_later_ms_max=0.0, liquidated=0,
    )  # fmt: skip


def run(count: int = 40, days: float = 4.0) -> list[Sample]:
    return [sample(days * index / count, entries=index * 2) for index in range(count)]


def broken(samples: list[Sample]) -> set[str]:
    return {one.name for one in findings(samples) if one.broken}


def findings(samples: list[Sample]) -> tuple[Finding, ...]:
    return judge(samples, bounds(tape_mib_max=1, protection=ProtectionSettings()))


def test_a_steady_run_breaks_nothing_and_every_bound_is_judged() -> None:
    assert broken(run()) == set()
    assert all(one.found is not None for one in findings(run()))


@pytest.mark.parametrize("who", ["engine", "watchdog"])
def test_memory_that_grows_by_the_day_is_found_and_growth_while_warming_up_is_not(who: str) -> None:
    def grown(one: Sample, kib: float) -> Sample:
        changed: dict[str, Any] = {who: replace(LIFE, rss_kib=LIFE.rss_kib + int(kib))}
        return replace(one, **changed)

    leaking = [grown(one, 4_096 * one.market_day) for one in run()]
    assert broken(leaking) == {f"{who} memory"}
    warming = [grown(one, 50_000 * min(one.market_day, 0.9)) for one in run()]
    assert broken(warming) == set()


def test_open_files_that_only_come_are_found() -> None:
    leaking = [replace(one, engine=replace(LIFE, files=30 + 2 * index)) for index, one in enumerate(run())]
    assert broken(leaking) == {"engine files"}


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("inbox_max", 5_000, "waiting events"),
        ("own_lag_ms_max", 401, "loop lag"),
        ("journal_lag_ms_max", 1_501, "journal lag"),
        ("tape_bytes", 3 << 20, "tape"),
        ("weight_max", 2_401, "request weight"),
        ("refused", 1, "refused"),
        ("naked_first_ms_max", 1_501.0, "naked, first stop"),
        ("naked_later_ms_max", 5_001.0, "naked, later"),
        ("liquidated", 1, "liquidated"),
    ],
)
def test_the_worst_of_each_is_found_wherever_it_was(field: str, value: Any, name: str) -> None:
    samples = run()
    samples[2] = replace(samples[2], **{field: value})
    assert broken(samples) == {name}


def test_what_a_short_run_cannot_tell_is_not_judged() -> None:
    short = {one.name for one in findings(run(days=0.2, count=12)) if one.found is None}
    assert short == {"engine memory", "watchdog memory", "store", "idle"}


def test_pools_that_fill_and_empty_are_no_leak() -> None:
    breathing = [
        replace(one, engine=replace(LIFE, files=90 if index % 5 else 30)) for index, one in enumerate(run())
    ]
    assert broken(breathing) == set()


def test_a_run_that_opens_nothing_for_an_eighth_of_it_is_told() -> None:
    banned = [replace(one, entries=min(one.entries, 40)) for one in run()]
    assert broken(banned) == {"idle"}
    assert next(one.found for one in findings(banned) if one.name == "idle") == 3


def test_a_lag_is_the_engines_own_as_far_as_it_did_not_wait_for_a_core() -> None:
    starved, busy = Waiting(), Waiting()
    for look in range(20):
        starved.note(look * 0.5, look * 0.4)
        busy.note(look * 0.5, 0.0)
    assert (starved.own_ms(3_000), busy.own_ms(3_000)) == (0, 3_000)
    assert Waiting().own_ms(70) == 70
    for look in range(20, 2_000):
        starved.note(look * 0.5, 8.0)
    assert starved.own_ms(3_000) == 3_000


def test_the_first_stop_has_its_own_deadline() -> None:
    episode = {
        "symbol": "BTCUSDT", "position_side": "BOTH", "side": "BUY", "entry_client_id": "x",
        "opened_wire_ms": 1_000.0, "opened_market_ms": 0, "closed_wire_ms": None, "closed_market_ms": None,
        "max_quantity": 1, "exposed_ms": 1.0, "naked_ms": 1.0, "naked_now": False,
        "naked_intervals": [(1_000.5, 1_400.5), (5_000.0, 8_000.0)], "naked_notional_ms": 1.0,
        "liquidated": False, "stop_fills": [],
    }  # fmt: skip
    assert naked(Episode(**episode)) == (400.0, 3_000.0)  # type: ignore[arg-type]  # numbers as the wire gives them


def test_this_process_is_measured(tmp_path: Path) -> None:
    before = life(os.getpid())
    with (tmp_path / "1.tape").open("wb") as tape:
        tape.write(bytes(300))
        tape.flush()
        (tmp_path / "store").mkdir()
        (tmp_path / "store" / "engine.db").write_bytes(bytes(500))
        assert life(os.getpid()).files == before.files + 1
        assert sizes(tmp_path) == (500, 300)
    assert before.rss_kib > 1_000


def test_symbols_are_as_many_as_asked_for_and_differ() -> None:
    assert names(2) == ("BTCUSDT", "ETHUSDT")
    assert len(set(names(250))) == 250


@pytest.mark.parametrize("ended", ["", "engine ended; its last words:\nboom"])
def test_the_report_says_what_was_run_and_what_broke(ended: str) -> None:
    samples = run()
    samples[5] = replace(samples[5], own_lag_ms_max=900)
    report = Report(
        wishes=WISHES, ready_s=81.0, samples=tuple(samples), traffic=TRAFFIC, findings=findings(samples),
        stopped=True, ended=ended,
    )  # fmt: skip
    text, page, facts = (
        as_text(report),
        as_markdown(report, command="jackline soak"),
        json.loads(as_json(report)),
    )
    assert "loop lag" in text
    assert "BROKEN" in text
    assert "stopped before its end" in text
    assert all(len(line) <= 80 for line in text.splitlines()[2:])
    assert page.count("**broken**") == 1
    assert ended in page
    assert ended in text
    assert [one["name"] for one in facts["bounds"] if one["broken"]] == ["loop lag"]
    assert "| `GET /fapi/v1/time` | 9 | 9 | 0 |" in page
    assert facts["traffic"]["GET /fapi/v1/time"]["weight"] == 9
    assert facts["ready_s"] == 81.0
    assert facts["passed"] is False
    assert facts["played_days"] == samples[-1].market_day


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"real": True}, "--real and --hours belong together"),
        ({"hours": 1.0}, "--real and --hours belong together"),
        ({"bar": "7m"}, "--bar 7m: no such interval"),
        ({"json_file": Path("/nowhere/at/all.json")}, "no file can be made there"),
    ],
)
def test_bad_input_is_refused_before_anything_starts(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(CommandFailed, match=said) as failed:
        soak(**arguments)
    assert failed.value.code is ExitCode.BAD_INPUT


@pytest.mark.long
@pytest.mark.timeout(180)
async def test_a_short_soak_from_end_to_end_and_one_that_is_stopped(tmp_path: Path) -> None:
    asked = (
        "soak",
        "--symbols",
        "2",
        "--speed",
        "3600",
        "--samples",
        "8",
        "--json",
        str(tmp_path / "out.json"),
    )
    whole = await spawn(*asked, "--days", "0.5")
    whole.drain()
    assert await whole.process.wait() == 0, whole.noise
    facts = json.loads((tmp_path / "out.json").read_text())
    assert facts["played_days"] >= 0.5
    assert facts["samples"][-1]["entries"] > 0
    stopped = await spawn(*asked, "--days", "24")
    assert stopped.process.stdout is not None
    while b"day   0.0" not in (line := await stopped.process.stdout.readline()):
        assert line, "it ended before its first sample"
    stopped.process.send_signal(signal.SIGINT)
    stopped.drain()
    assert await stopped.process.wait() == 130, stopped.noise
    assert json.loads((tmp_path / "out.json").read_text())["stopped"] is True
