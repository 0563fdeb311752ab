"""Every block of code in the pages is what it says it is: commands exist, configurations hold, documents parse."""

from __future__ import annotations

import ast
import json
import re
import shlex
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jackline.cli.config import load_config
from jackline.cli.main import COMMANDS, load
from tests.docs.reading import Block, blocks

BLOCKS = tuple(blocks())
LINE = re.compile(r"^\s*(?:\$ )?(?:python3 x\.py |\.venv/bin/)?jackline (?P<words>.+)$", re.M)
STANDS_FOR = re.compile(r"[A-Z_]{3,}|\.\.\.|…|<[^>]+>")


def of(*kinds: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "block", [block for block in BLOCKS if block.kind in kinds], ids=lambda block: block.place
    )


@of("json")
def test_a_document_parses(block: Block) -> None:
    json.loads(block.body)


@of("toml")
def test_a_configuration_holds(block: Block, tmp_path: Path) -> None:
    """A whole one is judged by what judges it at a start."""
    told = tomllib.loads(block.body)
    if {"account", "venue"} <= told.keys():
        file = tmp_path / "jackline.toml"
        file.write_text(block.body, encoding="utf-8")
        load_config(file, environment={})


@of("python")
def test_a_program_compiles(block: Block) -> None:
    ast.parse(textwrap.dedent(block.body))


def commands() -> Iterator[tuple[str, str]]:
    for block in BLOCKS:
        if block.kind in {"", "console", "sh", "bash", "text"}:
            joined = block.body.replace("\\\n", " ")
            for match in LINE.finditer(joined):
                yield block.place, match["words"]


@pytest.mark.parametrize(("place", "words"), sorted(set(commands())))
def test_a_command_and_its_options_exist(place: str, words: str) -> None:
    assert unknown(words) == [], place


def unknown(line: str) -> list[str]:
    """The words of a line that no command has."""
    words = shlex.split(line.partition("  #")[0].partition(" | ")[0], comments=True)
    if words[0] not in COMMANDS:
        return [] if words[0].startswith("-") or STANDS_FOR.fullmatch(words[0]) else words[:1]
    command: Any = load(words[0])
    rest = words[1:]
    while rest and rest[0] in getattr(command, "commands", {}):
        command = command.commands[rest.pop(0)]
    if getattr(command, "commands", {}) and rest and not rest[0].startswith(("-", "[")):
        return rest[:1]
    known = {name for param in command.params for name in (*param.opts, *param.secondary_opts)} | {
        "--help",
        "-h",
    }
    options = (word.partition("=")[0].strip("[]") for word in rest)
    return [word for word in options if re.fullmatch(r"--[a-z].*|-[a-z]", word) and word not in known]


def test_words_that_no_command_has_would_be_found() -> None:
    assert unknown("positions --direct") == []
    assert unknown("positions --directly") == ["--directly"]
    assert unknown("possitions") == ["possitions"]
    assert unknown("data downlode") == ["downlode"]
