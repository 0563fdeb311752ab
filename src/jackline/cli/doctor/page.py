"""The findings as lines of 80 columns."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from jackline.cli.doctor.finding import Finding, Grade
from jackline.cli.page import WIDTH

CHECK_COLUMNS = 16
LEFT = len("fail  ") + CHECK_COLUMNS


def lines(findings: Iterable[Finding]) -> Iterator[str]:
    """One line a check, what to do below it."""
    for one in findings:
        yield from _wrapped(f"{one.grade.value:<6}{one.check:<{CHECK_COLUMNS}}", one.seen)
        if one.fix:
            yield from _wrapped(" " * LEFT + "Fix: ", one.fix)


def summary(findings: Sequence[Finding]) -> str:
    """How many of each."""
    counts = Counter(one.grade for one in findings)
    words = {
        Grade.FAIL: "to mend",
        Grade.WARN: "to look at",
        Grade.OK: "well",
        Grade.SKIP: "not asked",
    }
    return ", ".join(f"{counts[grade]} {word}" for grade, word in words.items() if counts[grade]) + "."


def _wrapped(first: str, text: str) -> list[str]:
    indent = " " * max(LEFT, len(first))
    return textwrap.wrap(
        " ".join(text.split()),
        WIDTH,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
