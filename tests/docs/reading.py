"""The pages of this repository, their links, headings and blocks of code."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown.extensions.toc import slugify

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(?P<indent> *)```(?P<kind>[a-z]*)[^\n]*\n(?P<body>.*?)^ *```", re.M | re.S)
INLINE = re.compile(r"`[^`\n]*`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block of code, and where it begins."""

    page: Path
    line: int
    kind: str
    body: str

    @property
    def place(self) -> str:
        """For people."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@cache
def pages() -> tuple[Path, ...]:
    """Every page that is kept."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists())


def links(page: Path) -> Iterator[str]:
    """Targets of the links of a page; those of code are none."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    yield from LINK.findall(INLINE.sub("", text))


@cache
def anchors(page: Path) -> frozenset[str]:
    """What a link may point to inside a page."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    found = [slugify(_words(title), "-") for title in re.findall(r"^#+ +(.+?) *#*$", text, re.M)]
    return frozenset(found)


def _words(title: str) -> str:
    return re.sub(r"[`*_]|\]\([^)]*\)|\[", "", title)


def blocks() -> Iterator[Block]:
    """Every fenced block of every page."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            indent = match["indent"]
            body = "".join(line.removeprefix(indent) for line in match["body"].splitlines(keepends=True))
            yield Block(page=page, line=text.count("\n", 0, match.start()) + 1, kind=match["kind"], body=body)
