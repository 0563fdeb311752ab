"""What engine and watchdog of a stage are told."""

from __future__ import annotations

from pathlib import Path

from jackline.core.plan import Rung
from tests.out_of_process.records import Records
from tests.processes import write_config

LOOPBACK = "127.0.0.1"


def called(url: str, host: str | None) -> str:
    """The address with a name in the place of the number, where there is one."""
    return url if host is None else url.replace(LOOPBACK, host)


def configured(verb: str, url: str, rung: Rung, records: Records) -> Path:
    """A file for each of the two: they share the account and its state, not the way to the exchange."""
    home = records.state_dir.with_name(verb)
    home.mkdir(parents=True)
    return write_config(
        home,
        url,
        **records.lines,
        venue__rung=f'"{rung}"',
        strategy__parameters__rsi_period="2",
        strategy__parameters__ema_period="2",
        strategy__parameters__rsi_long="51",
        strategy__parameters__rsi_short="49",
        risk__trailing_fraction="0.01",
    )
