"""jackline.example.toml: it loads, it is complete, and every value and range in it is the code's own."""

from __future__ import annotations

import re
import tomllib
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from jackline.cli.all_sections import SECTIONS
from jackline.cli.catalogue import Entry, parameter_entries, section_entries
from jackline.cli.config import load_config
from jackline.strategies.rsi_trend import RsiTrend

EXAMPLE = Path(__file__).resolve().parents[2] / "jackline.example.toml"
TEXT = EXAMPLE.read_text(encoding="utf-8")
GIVEN = tomllib.loads(TEXT, parse_float=Decimal)

CHOSEN = {("strategy", "name"), ("strategy", "parameters")}
"""Not defaults: a copy names its strategy, this way or by its file."""


def fields_with_defaults() -> list[tuple[str, str, FieldInfo]]:
    return [
        (section, name, field)
        for section, kind in SECTIONS.items()
        for name, field in kind.model_fields.items()
        if not field.is_required() and (section, name) not in CHOSEN
    ]


def line_of(section: str, name: str) -> str:
    """The line that sets a key, or shows it behind a `#` because it has no default value."""
    part = re.search(rf"^\[{section}\](.*?)(?=^\[|\Z)", TEXT, re.M | re.S)
    assert part is not None
    found = re.search(rf"^(# )?{name} = .*$", part[1], re.M)
    assert found is not None, f"{section}.{name} is missing"
    return found[0]


def test_it_loads_as_it_is() -> None:
    config = load_config(EXAMPLE, environment={})
    assert config.strategy == RsiTrend()


@pytest.mark.parametrize(
    ("section", "name", "field"), fields_with_defaults(), ids=lambda value: str(value)[:40]
)
def test_every_optional_key_shows_its_default(section: str, name: str, field: FieldInfo) -> None:
    line = line_of(section, name)
    if field.default is None:
        assert line.startswith("# "), "an optional key without a value is only shown"
    else:
        assert GIVEN[section][name] == field.default


@pytest.mark.parametrize("kind", SECTIONS.values())
def test_it_has_no_key_that_is_not_read(kind: type[BaseModel]) -> None:
    section = next(name for name, one in SECTIONS.items() if one is kind)
    shown = re.findall(r"^(?:# )?([a-z_]+) = ", TEXT.split(f"[{section}]")[1].split("\n[")[0], re.M)
    assert set(shown) <= set(kind.model_fields)


@pytest.mark.parametrize(
    "entry", [*section_entries(), *parameter_entries(RsiTrend)], ids=lambda entry: entry.key
)
def test_every_comment_is_what_the_declaration_says(entry: Entry) -> None:
    section, _, name = entry.key.rpartition(".")
    comment = line_of(section, name).rpartition(" # ")[2]
    assert comment == entry.comment, f"{entry.key}: its comment is to be\n# {entry.comment}"


def test_no_line_is_longer_than_a_screen() -> None:
    assert [line for line in TEXT.splitlines() if len(line) > 120] == []


def test_the_strategy_has_its_parameters() -> None:
    assert GIVEN["strategy"]["parameters"] == asdict(RsiTrend())


@pytest.mark.parametrize(
    "path", sorted((EXAMPLE.parent / "examples").glob("*.toml")), ids=lambda path: path.stem
)
def test_every_other_example_loads(path: Path) -> None:
    config = load_config(path, environment={})
    assert len(config.venue.symbols) == 1, "what the research commands are shown with"
