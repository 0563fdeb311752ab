"""Prometheus metrics, made of what is shown and followed at the moment they are asked for.

No amount of money is among them that `/metrics` shows without a token: ratios, counts and times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from jackline import __version__
from jackline.core.phases import Stage
from jackline.core.picture import PositionPicture
from jackline.core.state import KillLevel
from jackline.core.trade import SlotState
from jackline.web.account import Account, Seen
from jackline.web.differences import diffs
from jackline.web.history import History, Past
from jackline.web.measures import coverage, liquidation_ratio, naked_ms, open_ones

BUCKETS_S = ("0.05", "0.1", "0.25", "0.5", "1.0", "1.5", "2.0", "5.0", "10.0", "30.0")
"""1.5 s is P1's deadline, 5 s its repair deadline."""


class Metrics(Collector):
    """Of one account."""

    def __init__(self, account: Account, history: History) -> None:
        self._account = account
        self._history = history

    def collect(self) -> Iterator[Metric]:
        """Every metric, as it is now."""
        seen, past = self._account.seen, self._history.past
        yield InfoMetricFamily("jackline_build", "Version that serves this", value={"version": __version__})
        yield from protection(seen, past)
        yield from switches(seen)
        yield from standing(seen, past)
        yield from progress(seen)
        yield from orders(past)


def protection(seen: Seen, past: Past) -> Iterator[Metric]:
    """Coverage, what is naked now, and how long windows were."""
    opened = open_ones(seen)
    naked = [one for one in opened if not one.is_protected]
    yield GaugeMetricFamily(
        "jackline_protection_coverage_ratio",
        "Notional covered by confirmed stops over open notional; 1 when flat",
        value=float(coverage(opened)),
    )
    yield GaugeMetricFamily("jackline_open_positions", "Open positions", value=len(opened))
    yield GaugeMetricFamily(
        "jackline_unprotected_positions", "Open positions without covering stops (P1)", value=len(naked)
    )
    yield GaugeMetricFamily(
        "jackline_unprotected_for_seconds",
        "Longest running exposure clock; 0 when all stand",
        value=max((naked_ms(one, seen) for one in opened), default=0) / 1_000,
    )
    lengths = [one.length_ms for one in past.windows]
    yield HistogramMetricFamily(
        "jackline_stop_confirm_seconds",
        "From the first evidence of exposure to a confirmed stop",
        buckets=buckets(lengths),
        sum_value=sum(lengths) / 1_000,
    )
    yield CounterMetricFamily(
        "jackline_unprotected_seconds", "Time in which positions had no confirmed stop", sum(lengths) / 1_000
    )
    if seen.account is not None and seen.account.looked_ms is not None:
        yield GaugeMetricFamily(
            "jackline_stop_confirmation_age_seconds",
            "Since the venue was last asked what rests",
            value=max(0, seen.now_ms - seen.account.looked_ms) / 1_000,
        )
    resting = GaugeMetricFamily("jackline_stops_resting", "Stops at the venue, by role", labels=("role",))
    for role, number in Counter(_working(opened)).items():
        resting.add_metric((role,), number)
    yield resting
    phases = GaugeMetricFamily("jackline_trades", "Live trades, by the state they are in", labels=("phase",))
    for phase, number in Counter(one.phase for one in seen.positions).items():
        phases.add_metric((phase,), number)
    yield phases
    ratios = GaugeMetricFamily(
        "jackline_liquidation_buffer_ratio",
        "Distance to the stop over distance to liquidation (P7)",
        labels=("symbol", "side"),
    )
    for one in opened:
        ratio = liquidation_ratio(one)
        if ratio is not None:
            ratios.add_metric((one.symbol, one.side), float(ratio))
    yield ratios


def _working(opened: Iterable[PositionPicture]) -> Iterator[str]:
    """The role of every stop that the venue has and that would fire."""
    return (stop.role for one in opened for stop in one.stops if stop.state == SlotState.WORKING.value)


def switches(seen: Seen) -> Iterator[Metric]:
    """Kill level and limits."""
    account = seen.account
    if account is None:
        return
    yield GaugeMetricFamily(
        "jackline_kill_level",
        "0 normal, 1 no_new_risk, 2 flatten, 3 locked",
        KillLevel(account.kill_level).rank,
    )
    yield GaugeMetricFamily("jackline_entries_denied", "1 while nothing may enter", int(bool(account.denied)))
    used = GaugeMetricFamily("jackline_limit_used_ratio", "Used over limit", labels=("limit",))
    for limit in account.limits:
        if limit.limit:
            used.add_metric((limit.name,), float(limit.used / limit.limit))
    yield used
    if account.day_result_quote is not None and account.day_start_quote:
        yield GaugeMetricFamily(
            "jackline_day_result_ratio",
            "Result of the day (UTC), open positions included, over its first equity",
            value=float(account.day_result_quote / account.day_start_quote),
        )


def standing(seen: Seen, past: Past) -> Iterator[Metric]:
    """The phase, and how engine and venue agree. What an engine looked at last ages on while it is gone."""
    if past.stage:
        stages = GaugeMetricFamily(
            "jackline_phase", "1 of the phase that the account is in", labels=("phase",)
        )
        for stage in Stage:
            stages.add_metric((stage.value,), int(stage.value == past.stage))
        yield stages
    yield GaugeMetricFamily(
        "jackline_reconcile_differences",
        "Rows in which engine and venue are not the same",
        sum(row.is_open for one in seen.positions for row in diffs(one)),
    )
    if seen.account is not None and seen.account.looked_ms is not None:
        yield GaugeMetricFamily(
            "jackline_reconcile_age_seconds",
            "Since the engine last laid the venue's word beside its own",
            max(0, seen.now_ms - seen.account.looked_ms) / 1_000,
        )


def progress(seen: Seen) -> Iterator[Metric]:
    """Whether the engine makes progress (L2)."""
    yield GaugeMetricFamily(
        "jackline_engine_up", "1 while an engine holds the lease", int(seen.engine is not None)
    )
    yield GaugeMetricFamily("jackline_engine_live", "1 while it shows itself", int(seen.is_live))
    shown = seen.published
    if shown is None:
        return
    age_s = max(0, seen.now_ms - shown.account.wire_ms) / 1_000
    yield GaugeMetricFamily("jackline_picture_age_seconds", "Since the engine last showed itself", age_s)
    yield GaugeMetricFamily("jackline_loop_lag_seconds", "Of the engine's loop", shown.loop_lag_ms / 1_000)
    yield GaugeMetricFamily(
        "jackline_journal_lag_seconds", "Of the journal's writer", shown.journal_lag_ms / 1_000
    )
    yield GaugeMetricFamily("jackline_inbox_events", "Events that wait", shown.inbox)
    yield CounterMetricFamily("jackline_turns", "Events handled since the engine's start", shown.turns)
    yield GaugeMetricFamily(
        "jackline_stream_up", "1 while the user stream is up", int(shown.account.stream_up)
    )
    yield GaugeMetricFamily(
        "jackline_journal_ok", "1 while the journal can be written", int(shown.account.journal_ok)
    )
    ages = GaugeMetricFamily(
        "jackline_feed_age_seconds", "Since the last mark of a symbol", labels=("symbol",)
    )
    for market in shown.account.markets:
        if market.mark_wire_ms:
            ages.add_metric((market.symbol,), max(0, seen.now_ms - market.mark_wire_ms) / 1_000)
    yield ages


def orders(past: Past) -> Iterator[Metric]:
    """What was sent and what came of it."""
    sent = CounterMetricFamily("jackline_orders", "Requests and their outcomes", labels=("type", "result"))
    for (verb, word), count in past.outcomes.items():
        sent.add_metric((verb, word), count)
    yield sent
    rejects = CounterMetricFamily("jackline_stop_rejects", "Refusals by the venue's code", labels=("code",))
    for code, count in past.refusals.items():
        rejects.add_metric((code,), count)
    yield rejects
    denials = CounterMetricFamily("jackline_denials", "Entries that a gate denied", labels=("reason",))
    for reason, count in past.denials.items():
        denials.add_metric((reason,), count)
    yield denials
    alerts = CounterMetricFamily("jackline_alerts", "Alerts written down", labels=("level",))
    for level in ("info", "warning", "critical"):
        alerts.add_metric((level,), sum(one.level == level for one in past.alerts))
    yield alerts


def buckets(lengths_ms: list[int]) -> list[tuple[str, float]]:
    """Cumulative, as Prometheus wants them."""
    found: list[tuple[str, float]] = [
        (edge, sum(length <= float(edge) * 1_000 for length in lengths_ms)) for edge in BUCKETS_S
    ]
    return [*found, ("+Inf", len(lengths_ms))]
