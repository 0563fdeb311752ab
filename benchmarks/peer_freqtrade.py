"""freqtrade: whether its backtest runs without a network; it asks the venue for its markets before it reads any bar."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import freqtrade
from rule import tell

CONFIG = {
    "stake_currency": "USDT",
    "stake_amount": 1000,
    "dry_run": True,
    "dry_run_wallet": 1_000_000,
    "max_open_trades": 1,
    "trading_mode": "futures",
    "margin_mode": "isolated",
    "timeframe": "1m",
    "exchange": {"name": "binance", "pair_whitelist": ["BTC/USDT:USDT"]},
    "pairlists": [{"method": "StaticPairList"}],
    "entry_pricing": {"price_side": "same"},
    "exit_pricing": {"price_side": "same"},
}
STRATEGY = """
from freqtrade.strategy import IStrategy


class Rule(IStrategy):
    timeframe = "1m"
    stoploss = -0.004
    minimal_roi = {"0": 0.008}
    can_short = True

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
"""
DEADLINE_S = 90


def main() -> None:
    """Ask it; tell what it says."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "strategies").mkdir()
        (place / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
        (place / "strategies" / "rule.py").write_text(STRATEGY, encoding="utf-8")
        command = [sys.executable, "-m", "freqtrade", "backtesting", "--config", str(place / "config.json")]
        command += ["--userdir", name, "--strategy", "Rule", "--cache", "none"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
            said = (done.stdout + done.stderr).strip().splitlines()
        except subprocess.TimeoutExpired:
            said = [f"no end within {DEADLINE_S} s"]
    why = next(
        (line for line in reversed(said) if "ERROR" in line or "Error" in line), said[-1] if said else ""
    )
    tell(version=freqtrade.__version__, not_run=why.split(" - ")[-1][:160])


main()
