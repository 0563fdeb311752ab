"""The sweep kernel and the replay beside others, in one run: the same rule, the same bars, trade lists compared.

    python benchmarks/peers.py --install DIR [--data FILE] [--write docs/research-speed.md]

Each peer lives in an environment of its own under DIR, made on first use with `uv pip install`. One that cannot be
installed or run is reported as such. Processor seconds stand beside wall seconds, the least of several runs, for other
work on the same machine disturbs the second more than the first.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rule import bars_of, reference, sides_of

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent / "src"
BARS, LONG_BARS = 45_031, 495_000
DEADLINE_S = 1_800
PEERS = {
    "vectorbt": ("vectorbt", "peer_vectorbt.py"),
    "backtesting.py": ("backtesting", "peer_backtesting.py"),
    "NautilusTrader": ("nautilus_trader", "peer_nautilus.py"),
    "freqtrade": ("freqtrade", "peer_freqtrade.py"),
}
PRICE_TOLERANCE = 1e-6
WIDE = 1_000
"""Settings that vectorbt is given at once."""

Said = dict[str, Any]


def main() -> None:
    """Install, measure, compare, write."""
    asked = _asked()
    bars = bars_of(asked.data, BARS)
    long_bars = bars_of(None, asked.long_bars)
    with tempfile.TemporaryDirectory() as name:
        place, long_place = Path(name) / "bars.npz", Path(name) / "long.npz"
        for where, rows in ((place, bars), (long_place, long_bars)):
            np.savez(where, bars=rows, sides=sides_of(rows))
        expected = reference(bars, sides_of(bars))
        ours = {
            "once": _run(sys.executable, "ours.py", place, "once"),
            "many": _run(sys.executable, "ours.py", place, "many"),
            "long": _run(sys.executable, "ours.py", long_place, "many"),
        }
        single: dict[str, Said] = {"jackline kernel": ours["once"]}
        single["jackline replay: engine, journal, exchange"] = _run(sys.executable, "ours_replay.py", place)
        single["plain Python"] = _run(sys.executable, "peer_python.py", place)
        wide: Said = {"not_run": "peers were not asked for: --install DIR"}
        for title, (package, script) in PEERS.items():
            if asked.install is None:
                single[title] = wide
                continue
            python = _environment(asked.install, package)
            single[title] = python if isinstance(python, dict) else _run(python, script, place)
            if title == "vectorbt":
                wide = python if isinstance(python, dict) else _run(python, script, place, str(WIDE))
    text = "\n".join(_page(asked, bars, long_bars, expected, single, ours, wide)) + "\n"
    sys.stdout.write(text)
    if asked.write is not None:
        asked.write.write_text(text, encoding="utf-8")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--install", type=Path, metavar="DIR", help="environments of the peers, made on first use"
    )
    parser.add_argument(
        "--data", type=Path, metavar="FILE", help="CSV of 1 m candles; generated where none is given"
    )
    parser.add_argument("--long-bars", type=int, default=LONG_BARS)
    parser.add_argument("--write", type=Path, metavar="FILE", help="the page, as Markdown")
    return parser.parse_args()


def _environment(place: Path, package: str) -> str | Said:
    """The Python of a peer's environment, or why there is none."""
    home = (place / package).resolve()
    python = home / "bin" / "python"
    if (home / "installed").exists():
        return str(python)
    venv.create(home, with_pip=False, clear=True)
    command = [sys.executable, "-m", "uv", "-q", "pip", "install", "--python", str(python), package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"not_run": f"cannot be installed: {done.stderr.strip().splitlines()[-1:]}"}
    (home / "installed").touch()
    return str(python)


def _run(python: str, script: str, *arguments: object) -> Said:
    """What a script tells in its last line."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    command = [python, str(HERE / script), *map(str, arguments)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=DEADLINE_S, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        return {"not_run": f"no end within {DEADLINE_S} s"}
    if done.returncode:
        return {"not_run": (done.stderr.strip().splitlines() or ["no word"])[-1][:160]}
    found: Said = json.loads(done.stdout.strip().splitlines()[-1])
    return found


# -- the page ------------------------------------------------------------------------------------------------


def _page(
    asked: argparse.Namespace,
    bars: np.ndarray,
    long_bars: np.ndarray,
    expected: list[list[float]],
    single: dict[str, Said],
    ours: dict[str, Said],
    wide: Said,
) -> Iterator[str]:
    source = "generated bars" if asked.data is None else asked.data.name
    yield "# Speed of research beside others"
    yield ""
    yield "Written by `python benchmarks/peers.py`; [sweep.md](sweep.md) says what the kernel does, and"
    yield "[backtest.md](backtest.md) what the replay does: each trade goes through the engine that trades, its journal"
    yield "and the local exchange. None of the others does that, and all of them are faster than the replay."
    yield ""
    yield "```"
    yield "python benchmarks/peers.py --install DIR --data FILE --write docs/research-speed.md"
    yield "```"
    yield ""
    load = os.getloadavg()[1]
    yield f"- Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}; load of the last five"
    yield f"  minutes {load:.1f}: wall times are those of a machine at work, processor times depend on it less"
    yield f"- {len(bars):,} bars ({source}); the long ones are {len(long_bars):,} generated bars"
    yield "- one rule for all (`benchmarks/rule.py`): entry at the next open, stop 0.4 %, target 0.8 %, 5 bps each way"
    yield ""
    yield "## One run"
    yield ""
    yield f"| | version | bars per CPU s | CPU s | wall s | memory MiB | trades as the reference's {len(expected)} |"
    yield "|---|---|---|---|---|---|---|"
    for title, said in single.items():
        yield _single(title, said, len(bars), expected)
    sparse = ours["once"].get("runs", {}).get("sparse")
    if sparse is not None:
        yield (
            f"| jackline kernel, passing over bars | {ours['once']['version']} | {len(bars) / sparse['cpu_s']:,.0f} |"
            f" {sparse['cpu_s']:.6f} | {sparse['wall_s']:.6f} | | the same |"
        )
    yield ""
    yield "## Many settings"
    yield ""
    yield "| | settings × bars | CPU s | wall s | ns per bar and setting, CPU | memory MiB |"
    yield "|---|---|---|---|---|---|"
    for key, rows in (("many", bars), ("long", long_bars)):
        yield from _many(ours[key], len(rows))
    if "not_run" in wide:
        yield f"| vectorbt | {wide['not_run']} | | | | |"
    else:
        each = 1e9 * wide["cpu_s"] / (wide["settings"] * len(bars))
        yield (
            f"| vectorbt {wide['version']}, fixed stop and target | {wide['settings']:,} × {len(bars):,} |"
            f" {wide['cpu_s']:.2f} | {wide['wall_s']:.2f} | {each:.2f} | {wide['memory_mib']:,.0f} |"
        )
    yield ""
    yield "Ours are stop, target, trail and hold, ten values each, with slippage and the engine's order of events"
    same = all(ours[key].get("same", False) for key in ("many", "long"))
    yield "inside a bar. `jackline sweep` passes over bars and shares walks; the loop that looks at every bar is there"
    yield f"to prove it: both gave the same sums to the last bit: {'yes' if same else 'NO'}."


def _single(title: str, said: Said, bars: int, expected: list[list[float]]) -> str:
    if "not_run" in said:
        return f"| {title} | {said.get('version', '')} | not run: {said['not_run']} | | | | |"
    return (
        f"| {title} | {said['version']} | {bars / said['cpu_s']:,.0f} | {said['cpu_s']:.6f} | {said['wall_s']:.6f} |"
        f" {said['memory_mib']:,.0f} | {_agreement(said['trades'], expected, said.get('tick', 0.0))} |"
    )


def _agreement(found: list[list[float]], expected: list[list[float]], tick: float) -> str:
    """How many of the reference's trades it has, bars and side alike, and prices too: to its tick, where it has one."""
    known = {(one[0], one[1], one[2]): one[3:] for one in found}
    same = sum(
        1
        for one in expected
        if (key := (one[0], one[1], one[2])) in known
        and max(abs(a - b) for a, b in zip(known[key], one[3:], strict=True))
        < PRICE_TOLERANCE * one[3] + tick
    )
    more = len(found) - same
    to_tick = f", to a tick of {tick}" if tick else ""
    return f"all{to_tick}" if same == len(expected) and not more else f"{same}, and {more} others{to_tick}"


def _many(said: Said, bars: int) -> Iterator[str]:
    if "not_run" in said:
        yield f"| jackline kernel | not run: {said['not_run']} | | | | |"
        return
    for run in said["runs"]:
        each = 1e9 * run["cpu_s"] / (said["settings"] * bars)
        loop = "as swept" if run["sparse"] else "bar by bar"
        yield (
            f"| jackline kernel, {loop}, {run['trades']:,.0f} trades a setting | {said['settings']:,} × {bars:,} |"
            f" {run['cpu_s']:.2f} | {run['wall_s']:.2f} | {each:.2f} | {said['memory_mib']:,.0f} |"
        )


if __name__ == "__main__":
    main()
