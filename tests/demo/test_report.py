"""The report: figures from testimony and journal, its JSON, and its page for people."""

import json
from dataclasses import replace
from decimal import Decimal

from inline_snapshot import snapshot
from rich.console import Console

from jackline.cli.demo.acts import exit_code
from jackline.cli.demo.breaches import Breach
from jackline.cli.demo.render import render_report
from jackline.cli.demo.report import Report, as_json, build_report
from jackline.cli.page import WIDTH
from jackline.core.settings import ProtectionSettings
from tests.demo.making import FRAME, LEDGER, account, episode, evidence, kill, stop_fill, witnessed

QUOTED = Decimal("-20.98999999")  # -20 realised, 0.99 fees, 0.00000001 funding


def built(*, naked: tuple[tuple[float, float], ...] = (), empty: bool = False) -> Report:
    told = witnessed(episodes=() if empty else (episode(naked=naked),), orders=() if empty else None)
    return build_report(
        frame=FRAME,
        evidence=evidence(told),
        ledger=LEDGER,
        kills=() if empty else (kill(),),
        protection=ProtectionSettings(),
    )


def page(report: Report) -> str:
    console = Console(
        width=WIDTH, record=True, file=None, quiet=False, force_terminal=False, color_system=None
    )
    with console.capture() as captured:
        console.print(render_report(report))
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def test_the_json_holds_what_was_promised_and_survives_json() -> None:
    told = json.loads(json.dumps(as_json(built(naked=((0.0, 2.5),)))))
    figures = {"p50": 2.5, "p99": 2.5, "max": 2.5}
    confirmed = {"p50": 4, "p99": 4, "max": 4}
    assert told["trades"] == 1
    assert told["stops_fired"] == 1
    assert told["coverage_fraction"] == 0.99975
    assert told["naked_ms"] == figures
    assert told["confirm_ms"] == confirmed
    assert told["naked_notional_seconds"] == 0.0
    assert told["rungs"] == {"stop_first": {"entries": 1, "naked_ms": figures, "confirm_ms": confirmed}}
    assert {key: told["kills"][0][key] for key in ("position_open", "recovered_ms")} == {
        "position_open": True,
        "recovered_ms": 812,
    }
    assert told["kills"][0]["stop_working_during_outage"] is True
    assert told["kills"][0]["stop_fired_during_outage"] is True
    assert (told["double_entries"], told["orphan_orders"], told["breaches"]) == (0, 0, [])
    assert told["ledger_equals_exchange"] is True
    assert told["realised_pnl_quote"] == str(QUOTED)
    assert told["gap_fills"][0]["trigger_price"] == "49500.5"


def test_a_ledger_that_differs_is_told() -> None:
    told = witnessed(of=account(fees="1"))
    report = build_report(
        frame=FRAME, evidence=evidence(told), ledger=LEDGER, kills=(), protection=ProtectionSettings()
    )
    assert not report.ledger_equals_exchange
    assert exit_code(report) == 1


def test_an_exit_price_is_never_invented() -> None:
    unbooked = tuple(entry for entry in LEDGER if entry.entry_id != "fill:2")
    report = build_report(
        frame=FRAME, evidence=evidence(), ledger=unbooked, kills=(), protection=ProtectionSettings()
    )
    assert report.lines[0].exit_price is None


def test_nothing_happened_is_its_own_exit_code() -> None:
    assert exit_code(built(empty=True)) == 3
    assert exit_code(built()) == 0
    assert "No position was ever opened" in page(built(empty=True))


def test_a_breach_is_loud() -> None:
    report = replace(built(), breaches=(Breach(code="P6", detail="the order x still rests"),))
    assert exit_code(report) == 1
    assert "THE PROMISE WAS BROKEN: 1 found" in page(report)
    assert "P6  the order x still rests" in page(report)


def test_coverage_is_never_rounded_up_to_a_whole() -> None:
    report = replace(built(), coverage_fraction=0.999999999)
    assert "99.9999 %" in page(report)


def test_an_outage_in_which_nothing_fired_is_told_so() -> None:
    report = replace(
        built(), kills=(kill(fired=False, recovered_ms=None),), stop_fills=(stop_fill(gap=False),)
    )
    words = " ".join(page(report).split())
    assert "rested at the exchange and was not reached" in words
    assert "did not recover" in words


def test_no_line_is_wider_than_the_page() -> None:
    many = tuple(
        replace(built().lines[0], pnl_quote=Decimal(-1_234 - n), confirm_ms=2_400) for n in range(40)
    )
    text = page(replace(built(), lines=many))
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    assert "16 earlier ones" in text


def test_the_whole_page() -> None:
    assert page(built()) == snapshot("""\

jackline demo   BTCUSDT, ETHUSDT · seed 7
10 Oct 20:15 – 10 Oct 22:15 UTC in 121 s of wall time, market at ×1,728

opened       symbol side     in    out exit         P&L naked confirm
─────────────────────────────────────────────────────────────────────
10 Oct 21:15 BTC    long 50,000 49,000 stop, gap -20.99  0 ms    4 ms

The outage
  10 Oct 21:15: the engine was killed (SIGKILL) with BTCUSDT long open. The
  market fell through its stop at 49,500.5. The exchange filled it at 49,000: a
  gap of 101 bps. The engine was started again after 3.5 s and had recovered 812
  ms later: everything read back as protected, or flat and swept. Nothing was
  naked meanwhile.

Gap fills: the price stepped past the stop
  market time   symbol   closed      stop  filled      gap
  ────────────────────────────────────────────────────────
  10 Oct 21:16  BTCUSDT  long    49,500.5  49,000  101 bps

Protection, as the exchange saw it
  rung        entries  naked p50 / p99 / max  confirmed p50 / p99 / max
  ─────────────────────────────────────────────────────────────────────
  stop first        1           0 / 0 / 0 ms               4 / 4 / 4 ms

Money, to the last unit
                    ledger        exchange  difference
  ────────────────────────────────────────────────────
  realised          -20.00          -20.00        0.00
  fees                0.99            0.99        0.00
  funding       0.00000001      0.00000001        0.00
  wallet    9,979.01000001  9,979.01000001        0.00

The promise was kept. 1 trade, 1 stop fired. 100 % of exposed time was covered
by a resting stop; naked 0 ms at most; no double entry, no orphan.\
""")
