"""`jackline config explain`: a key found however it is written, and everything about it on a page."""

from __future__ import annotations

from decimal import Decimal

import pytest
from inline_snapshot import snapshot

from jackline.cli.catalogue import entries
from jackline.cli.effective import Setting
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.explain import find, index, page
from jackline.cli.page import WIDTH


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ("risk.leverage", "risk.leverage"),
        ("leverage", "risk.leverage"),
        ("RISK.Leverage", "risk.leverage"),
        ("JACKLINE__RISK__LEVERAGE", "risk.leverage"),
        ("rsi_period", "strategy.parameters.rsi_period"),
        ("JACKLINE__STRATEGY__PARAMETERS__RSI_PERIOD", "strategy.parameters.rsi_period"),
        ("QT_TRAIL_CALLBACK", "risk.trailing_fraction"),
    ],
)
def test_a_key_is_found_however_it_is_written(asked: str, key: str) -> None:
    assert [entry.key for entry in find(asked)] == [key]


@pytest.mark.parametrize(("asked", "count"), [("account", 4), ("[account]", 4), ("strategy.parameters", 14)])
def test_a_table_is_all_its_keys(asked: str, count: int) -> None:
    assert len(find(asked)) == count


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("riks.levrage", "did you mean risk.leverage?"),
        ("trailing_percent", "risk.trailing_fraction"),
        ("protection.leverage", "risk.leverage"),
        ("name", "did you mean account.name or venue.name or strategy.name?"),
        ("zzz", "jackline config explain lists all keys"),
    ],
)
def test_an_unknown_key_names_the_nearest(asked: str, said: str) -> None:
    with pytest.raises(CommandFailed) as caught:
        find(asked)
    assert caught.value.code is ExitCode.BAD_INPUT
    assert str(caught.value).startswith(f"{asked}: no such key. Fix: ")
    assert said in str(caught.value)


def test_a_page() -> None:
    (entry,) = find("trailing_fraction")
    now = Setting(entry=entry, value=Decimal("0.03"), source="environment JACKLINE__RISK__TRAILING_FRACTION")
    assert page(entry, now) == snapshot("""\
risk.trailing_fraction
  The stop's distance behind the best price; unset, it does not trail.

  unit          share of one, so 0.01 is one per cent
  allowed       0.001 … 0.20
  default       not set
  environment   JACKLINE__RISK__TRAILING_FRACTION
  now           0.03 (3 %), from environment JACKLINE__RISK__TRAILING_FRACTION\
""")


def test_a_page_of_a_key_that_must_be_given() -> None:
    (entry,) = find("account.name")
    assert page(entry, Setting(entry=entry, value="main", source="file")) == snapshot("""\
account.name
  Marks every order as this account's; never rename it.

  allowed       a to z, 0 to 9, _ and -, at most 32
  default       none, it must be given
  environment   JACKLINE__ACCOUNT__NAME
  now           "main", from the file\
""")


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.key)
def test_every_page_fits_the_terminal(entry: object) -> None:
    (found,) = [one for one in entries() if one == entry]
    shown = page(found, Setting(entry=found, value=found.default, source="default"))
    assert max(len(line) for line in [*shown.splitlines(), *index([found]).splitlines()]) <= WIDTH
    assert found.allowed.split()[0] in shown
