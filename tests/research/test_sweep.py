"""Grids, searches, what they leave on the disk, and how many trials are counted."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.settings import RiskSettings
from jackline.research import trials
from jackline.research.refusal import ResearchRefused
from jackline.research.sweep.arrays import NET, TRADES
from jackline.research.sweep.files import SweepManifest, frame_of, read_results, write_results
from jackline.research.sweep.market import bars_sha256, prepare, tick_of
from jackline.research.sweep.page import page
from jackline.research.sweep.plateau import flattened, plateau_of, surface_of
from jackline.research.sweep.points import base_of, check_points, fraction_of, grid_of, read_axis, shown
from jackline.research.sweep.run import Job, Measure, Over, measured, run_grid, search
from jackline.research.sweep.runs import trades_of
from jackline.research.sweep.signal_file import read_signals
from tests.research.kernel_making import INTERVAL_MS, Case, candles_of, drawn

AXES = [read_axis(text) for text in ("stop=0.004:0.01:0.002", "target=0,0.01", "hold=5m,1h")]


def job_of(case: Case) -> Job:
    return Job(prepared=case.prepared, signals=case.signals, risk=case.risk)


def base() -> dict[str, int]:
    return base_of(drawn(7, 10).risk, stop=Decimal("0.01"))


# -- grids ---------------------------------------------------------------------------------------------------


def test_a_range_counts_both_ends() -> None:
    name, values = read_axis("stop=0.005:0.03:0.0025")
    assert name == "stop"
    assert [fraction_of(one) for one in values] == [
        Decimal("0.005") + Decimal("0.0025") * at for at in range(11)
    ]


def test_a_grid_is_every_combination() -> None:
    points = grid_of(AXES, base())
    assert len(points) == 4 * 2 * 2
    assert points.swept == ("stop", "target", "hold")
    assert len(np.unique(np.column_stack([points.columns[name] for name in points.swept]), axis=0)) == 16


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stopp=0.01", "cannot be swept"),
        ("stop", "no values"),
        ("stop=", "no values"),
        ("stop=0.01:0.02", "three numbers"),
        ("stop=0.02:0.01:0.01", "no end"),
        ("stop=0.01:0.02:0", "no end"),
        ("stop=0.01:0.02:0.0000001", "more than"),
        ("stop=ten", "is no number"),
        ("stop=nan", "outside"),
        ("stop=0.5", "outside"),
        ("stop=0.01,0.01", "twice"),
        ("stop=0.0123456789", "more than 8 places"),
        ("hold=8", "is no time"),
        ("hold=0m", "outside"),
    ],
)
def test_an_axis_that_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(ResearchRefused, match=said):
        read_axis(text)


def test_a_grid_without_end_is_refused() -> None:
    axes = [read_axis("stop=0.002:0.02:0.00001"), read_axis("target=0.01:0.5:0.0001")]
    with pytest.raises(ResearchRefused, match="at most"):
        grid_of(axes, base())
    with pytest.raises(ResearchRefused, match="given twice"):
        grid_of([AXES[0], AXES[0]], base())


@pytest.mark.parametrize(
    ("axis", "said"),
    [("stop=0.0015", "engine plans none"), ("hold=7m", "no whole number"), ("cooldown=1m", "whole")],
)
def test_what_the_engine_would_not_trade_is_refused(axis: str, said: str) -> None:
    with pytest.raises(ResearchRefused, match=said):
        check_points(grid_of([read_axis(axis)], base()), RiskSettings(), INTERVAL_MS)


@given(minutes=st.integers(1, 500_000))
def test_a_time_is_shown_as_it_is_written(minutes: int) -> None:
    assert read_axis(f"hold={shown('hold', minutes * 60_000)}")[1] == (minutes * 60_000,)


# -- markets -------------------------------------------------------------------------------------------------


def test_the_tick_is_read_off_the_prices() -> None:
    assert tick_of(candles_of(np.array([[1.25, 1.5, 1.0, 1.1]]))) == Decimal("0.01")
    assert tick_of(candles_of(np.array([[100.0, 102.0, 99.0, 101.0]]))) == 1


def test_a_gap_is_refused_with_its_place() -> None:
    whole = drawn(1, 40).candles
    times = whole.open_ms.copy()
    times[20:] += INTERVAL_MS
    broken = type(whole)(
        symbol="BTCUSDT",
        interval_ms=INTERVAL_MS,
        open_ms=times,
        open=whole.open,
        high=whole.high,
        low=whole.low,
        close=whole.close,
        volume=whole.volume,
    )
    with pytest.raises(ResearchRefused, match="1 gaps, the first between 2023-11-1"):
        prepare(broken)
    with pytest.raises(ResearchRefused, match="2 bars, at least 3"):
        prepare(whole.part(0, 2))


def test_the_hash_is_of_the_bars() -> None:
    case = drawn(1, 40)
    assert bars_sha256(case.candles) == bars_sha256(drawn(1, 40).candles)
    assert bars_sha256(case.candles) != bars_sha256(case.candles.part(0, 39))


# -- sweeps --------------------------------------------------------------------------------------------------


def test_processes_give_what_threads_give() -> None:
    """The same task, wherever it runs."""
    case = drawn(7, 600)
    points = grid_of(AXES, base())
    here = run_grid(job_of(case), points)
    elsewhere = run_grid(job_of(case), points, over=Over.PROCESSES, workers=1)
    assert here.tallies.tobytes() == elsewhere.tallies.tobytes()


def test_results_stand_in_the_order_of_the_grid_whatever_is_computed_together() -> None:
    """More settings than one task holds, the name that is shared by last."""
    case = drawn(7, 300)
    axes = [read_axis(f"hold={','.join(f'{5 * bars}m' for bars in range(1, 801))}"), *AXES[:2]]
    points = grid_of(axes, base())
    found = run_grid(job_of(case), points)
    alone = points.part(5_001, 5_002)
    assert found.points.columns["hold"].tolist() == points.columns["hold"].tolist()
    assert found.tallies[5_001].tobytes() == run_grid(job_of(case), alone).tallies[0].tobytes()


def test_a_search_is_the_same_by_its_seed_and_counts_every_try() -> None:
    job = job_of(drawn(7, 600))
    one, two, other = (
        search(job, AXES, base(), trials=8, seed=seed, measure=Measure.T_VALUE) for seed in (3, 3, 4)
    )
    assert len(one.points) == 8
    assert one.tallies.tobytes() == two.tallies.tobytes()
    assert one.tallies.tobytes() != other.tallies.tobytes()


def test_the_t_value_is_the_textbook_one() -> None:
    case = drawn(11, 2_000)
    table = trades_of(case.prepared, case.signals, case.points, case.risk)
    results = run_grid(job_of(case), case.points)
    net = table.net.tolist()
    expected = fmean(net) / (stdev(net) / len(net) ** 0.5)
    assert measured(results.tallies, Measure.T_VALUE)[0] == pytest.approx(expected)


# -- plateau -------------------------------------------------------------------------------------------------


def test_a_lonely_peak_is_seen_and_a_plateau_too() -> None:
    axes = [read_axis("stop=0.004:0.02:0.004"), read_axis("target=0.01:0.05:0.01")]
    points = grid_of(axes, base())
    lonely, broad = np.full(25, -1.0), np.full(25, -1.0)
    lonely[12] = 5.0
    broad.reshape(5, 5)[1:4, 1:4] = 4.0
    broad[12] = 5.0
    found = [
        plateau_of(surface) for one in (lonely, broad) if (surface := surface_of(points, one)) is not None
    ]
    assert [(one.best, one.median, one.share) for one in found if one] == [((2, 2), -1, 0), ((2, 2), 4, 1)]


def test_a_map_shows_the_median_of_the_rest() -> None:
    points = grid_of([*AXES[:2], read_axis("cooldown=0m,5m,10m")], base())
    values = np.arange(len(points), dtype=float)
    surface = surface_of(points, values)
    assert surface is not None
    assert flattened(surface, 0, 1).tolist() == np.median(values.reshape(4, 2, 3), axis=2).T.tolist()


def test_points_of_a_search_are_no_surface() -> None:
    points = grid_of(AXES, base()).part(0, 5)
    assert surface_of(points, np.zeros(5)) is None


# -- files ---------------------------------------------------------------------------------------------------


def manifest() -> SweepManifest:
    return SweepManifest(
        symbol="BTCUSDT",
        interval_ms=INTERVAL_MS,
        from_ms=0,
        to_ms=1,
        bars=600,
        tick="0.1",
        data_sha256="aa",
        rules_sha256="bb",
        strategy="<b>case</b>",
        trials=16,
        trials_before=100,
        method="grid",
        seed=None,
        swept={"stop": 4},
        fixed={},
        costs={},
    )


def test_results_are_read_as_they_were_written_and_a_change_is_seen(tmp_path: Path) -> None:
    results = run_grid(job_of(drawn(7, 600)), grid_of(AXES, base()))
    written = write_results(tmp_path, results, manifest())
    told, table = read_results(tmp_path)
    assert told == written
    assert table["trades"].to_list() == results.tallies[:, TRADES].astype(int).tolist()
    assert table["net_sum"].to_list() == results.tallies[:, NET].tolist()
    assert table["hold_ms"].to_list()[:2] == [300_000, 3_600_000]
    frame_of(results).with_columns(trades=1).write_parquet(tmp_path / "results.parquet")
    with pytest.raises(ResearchRefused, match="changed"):
        read_results(tmp_path)


def test_the_page_opens_without_a_network_and_says_how_many_were_tried() -> None:
    results = run_grid(job_of(drawn(7, 600)), grid_of(AXES, base()))
    text = page(results, manifest(), Measure.NET)
    own = text.replace(text[text.index("<script>") : text.index("</script>")], "")
    assert "116 settings have been tried" in own
    assert "&lt;b&gt;case" in own
    assert " src=" not in own
    assert "neighbours" in own


# -- trials --------------------------------------------------------------------------------------------------


def row(count: int, from_ms: int = 0, to_ms: int = 100) -> trials.TrialRow:
    return trials.TrialRow(
        at_ms=1,
        data_sha256="aa",
        symbol="BTCUSDT",
        interval_ms=INTERVAL_MS,
        from_ms=from_ms,
        to_ms=to_ms,
        trials=count,
        strategy="case",
        what="stop=… " * 200,
    )


def test_trials_add_up_over_any_time_they_saw(tmp_path: Path) -> None:
    assert trials.read_trials(tmp_path) == ()
    for one in (row(10), row(5, 50, 150), row(3, 100, 200)):
        trials.note_trials(tmp_path / "deep", one)
    rows = trials.read_trials(tmp_path / "deep")
    assert [one.trials for one in rows] == [10, 5, 3]
    assert trials.trials_of(rows, symbol="BTCUSDT", from_ms=0, to_ms=100) == 15
    assert trials.trials_of(rows, symbol="BTCUSDT", from_ms=0, to_ms=101) == 18
    assert trials.trials_of(rows, symbol="ETHUSDT", from_ms=0, to_ms=100) == 0


def test_a_torn_ledger_is_refused_and_not_counted_short(tmp_path: Path) -> None:
    trials.note_trials(tmp_path, row(10))
    path = tmp_path / trials.NAME
    path.write_bytes(path.read_bytes()[:-20] + b"\n")
    with pytest.raises(trials.LedgerDamaged, match=r"trials\.jsonl:1"):
        trials.read_trials(tmp_path)


# -- wishes of a file ----------------------------------------------------------------------------------------


def test_wishes_of_a_file_stand_at_their_bars(tmp_path: Path) -> None:
    candles = drawn(1, 10).candles
    path = tmp_path / "wishes.csv"
    times = candles.open_ms.tolist()
    path.write_text(f"timestamp,side\n{times[3]},1\n{times[7]},-1\n", encoding="utf-8")
    sides = read_signals(path, candles).sides
    assert sides is not None
    assert sides.tolist() == [0, 0, 0, 1, 0, 0, 0, -1, 0, 0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cannot be read"),
        ("timestamp,side\n", "no rows"),
        ("time,side\n1,1\n", "no column timestamp"),
        ("timestamp,side\n{0},2\n", "a side is 1"),
        ("timestamp,side\n{0},1\n{0},1\n", "twice"),
        ("timestamp,side\n{1},1\n", "no bar's open"),
        ("timestamp,side\n17,1\n", "no row is of these bars"),
        ("timestamp,side\n{0},long\n", "numbers alone"),
    ],
)
def test_wishes_that_are_none_are_refused(tmp_path: Path, text: str, said: str) -> None:
    candles = drawn(1, 10).candles
    first = int(candles.open_ms[0])
    path = tmp_path / "wishes.csv"
    path.write_text(text.format(first, first + 1), encoding="utf-8")
    with pytest.raises(ResearchRefused, match=said):
        read_signals(path, candles)
