"""The accounts of a served exchange: from a file, or the one of the command line."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

import msgspec

from jackline.exchange.account import AccountSpec
from jackline.exchange.rights import KeyRights

ACCOUNTS_MAX: Final = 64
"""Every tick looks at every account."""


class AccountRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account of a file. Without a secret it equals the key: play money. `balance` is USDT as text, for a number of
    JSON is a float."""

    name: str
    key: str
    secret: str | None = None
    balance: str = "10000"
    hedge: bool = False
    trades: bool = True
    withdraws: bool = False
    addresses: tuple[str, ...] = ()


_FILE: Final = msgspec.json.Decoder(tuple[AccountRow, ...])


def read_accounts(file: Path) -> tuple[AccountSpec, ...]:
    """A JSON list of accounts. Raises ValueError for what is none, with its place and the fix; OSError for a file that
    cannot be read."""
    where = f"--accounts {file}"
    try:
        rows = _FILE.decode(file.read_bytes())
    except msgspec.DecodeError as error:
        message = f'{where}: not a list of accounts: {error}. Fix: [{{"name": ..., "key": ...}}, ...]'
        raise ValueError(message) from error
    if not 1 <= len(rows) <= ACCOUNTS_MAX:
        message = f"{where}: {len(rows)} accounts. Fix: 1 to {ACCOUNTS_MAX}"
        raise ValueError(message)
    _check_distinct(where, "name", [row.name for row in rows])
    _check_distinct(where, "key", [row.key for row in rows])
    return tuple(_spec(where, row) for row in rows)


def _spec(where: str, row: AccountRow) -> AccountSpec:
    return AccountSpec(
        name=row.name,
        key=row.key,
        secret=row.key if row.secret is None else row.secret,
        balance=read_balance(row.balance, where=f"{where}: account {row.name!r}: balance"),
        hedge=row.hedge,
        rights=KeyRights(trades=row.trades, withdraws=row.withdraws, addresses=row.addresses),
    )


def read_balance(text: str, *, where: str) -> Decimal:
    """An amount of USDT above 0. Raises ValueError."""
    try:
        balance = Decimal(text)
    except InvalidOperation:
        balance = Decimal(-1)
    if not balance.is_finite() or balance <= 0:
        message = f"{where} {text!r} is not an amount above 0. Fix: e.g. 10000"
        raise ValueError(message)
    return balance


def _check_distinct(where: str, what: str, values: Sequence[str]) -> None:
    for value in values:
        if not value or values.count(value) > 1:
            message = (
                f"{where}: {what} {value!r} stands {values.count(value)} times. Fix: one of its own each"
            )
            raise ValueError(message)
