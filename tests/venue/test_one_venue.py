"""One venue of ccxt is imported alone, and leaves the library as it is for everybody else."""

from __future__ import annotations

import subprocess
import sys

DEADLINE_S = 40


def in_a_fresh_process(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_no_other_venue_is_imported() -> None:
    code = (
        "import sys\n"
        "from jackline.venue.transport.one_venue import exchange_class\n"
        "venue, error = exchange_class('binanceusdm')\n"
        "assert venue.__name__ == 'binanceusdm' and issubclass(error, Exception)\n"
        "print(*sorted(name for name in sys.modules if name.startswith('ccxt.async_support.')\n"
        "    and 'base' not in name))\n"
    )
    assert in_a_fresh_process(code) == "ccxt.async_support.binance ccxt.async_support.binanceusdm"


def test_the_whole_library_can_be_imported_afterwards_with_the_same_errors() -> None:
    code = (
        "from jackline.venue.transport.one_venue import exchange_class\n"
        "venue, error = exchange_class('binanceusdm')\n"
        "import ccxt, ccxt.async_support\n"
        "assert len(ccxt.async_support.exchanges) > 50\n"
        "assert ccxt.BaseError is error and ccxt.async_support.binanceusdm is venue\n"
        "print('whole')\n"
    )
    assert in_a_fresh_process(code) == "whole"
