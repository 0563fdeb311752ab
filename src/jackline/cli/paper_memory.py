"""What an engine's books say of a paper account, for a local exchange that begins anew and knows nothing of it.

The exchange of `jackline run` keeps its accounts in memory. It is given the wallet that the ledger explains, so that a
restart is no gap in the money (A3). Positions it cannot be given: they were at an exchange that is gone.
"""

from __future__ import annotations

from dataclasses import dataclass

from jackline.cli.config import Config
from jackline.cli.stored import read_store
from jackline.core.machine import Phase
from jackline.core.values import Quote
from jackline.store.boot import ENGINE_FILE
from jackline.store.errors import StoreError
from jackline.store.ledger import totals
from jackline.store.reader import StoreReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """`wallet_quote` None: nothing is on record. `positions`: as BTCUSDT long, those that were not flat."""

    wallet_quote: Quote | None = None
    positions: tuple[str, ...] = ()


def remembered(config: Config) -> Remembered:
    """Nothing where no engine has written, or where its books cannot be read: the engine itself says why."""
    if not (config.state_dir / ENGINE_FILE).exists():
        return Remembered()
    try:
        return read_store(config, _read)
    except StoreError:
        return Remembered()


def _read(store: StoreReader) -> Remembered:
    entries = store.ledger_entries()
    held = (one for one in store.load_trades() if one.phase is not Phase.DONE and one.quantity)
    return Remembered(
        wallet_quote=totals(entries).wallet_quote if entries else None,
        positions=tuple(f"{one.symbol} {one.side.value.lower()}" for one in held),
    )
