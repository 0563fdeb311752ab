"""What is printed fits 80 columns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jackline.cli.page import WIDTH, fitted, without_padding

WORDS = st.lists(st.text("abc/.-", min_size=1, max_size=WIDTH), min_size=1, max_size=40)


@given(WORDS)
def test_no_line_is_too_long_and_no_word_is_lost_or_broken(words: list[str]) -> None:
    lines = fitted(" ".join(words)).splitlines()
    assert all(len(line) <= WIDTH for line in lines)
    assert " ".join(lines).split() == words


def test_a_path_longer_than_the_page_stays_whole() -> None:
    path = "/" + "directory-" * 12
    assert path in fitted(f"{path}: not a file").splitlines()[0]


def test_a_continued_line_keeps_its_indent() -> None:
    assert all(line.startswith("    ") for line in fitted("    " + "word " * 40).splitlines())


def test_lines_that_fit_are_left_alone() -> None:
    text = "a table\n  of  two   columns\n"
    assert fitted(text) == text.rstrip("\n")


def test_tables_end_without_padding() -> None:
    assert without_padding("a   \n  b \n\n") == "a\n  b\n\n"
