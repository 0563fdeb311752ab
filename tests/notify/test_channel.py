"""The file of addresses: names without secrets, tags, and what is refused without showing it."""

from __future__ import annotations

import sys

import pytest

from jackline.core.effects import Level
from jackline.notify.apprise_channel import AppriseMissing, open_channels
from jackline.notify.book import Book, decode_book, encode_book
from jackline.notify.channel import CHANNELS_MAX, UrlsRefused, names_for, read_addresses

FILE = """
# people
phone, mail = json://127.0.0.1:1/topic?a=b
json://127.0.0.1:2/other
mail=mailto://user:planted-secret@mail.example
"""


def test_names_are_schemes_with_numbers() -> None:
    found = read_addresses(FILE)
    assert [one.name for one in found] == ["json-1", "json-2", "mailto-1"]
    assert [sorted(one.tags) for one in found] == [["mail", "phone"], [], ["mail"]]
    assert found[0].url == "json://127.0.0.1:1/topic?a=b"


@pytest.mark.owns("S1")
def test_S1_an_address_does_not_show_itself() -> None:
    assert "planted-secret" not in repr(read_addresses(FILE))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no address"),
        ("# nothing\n", "no address"),
        ("json://ok\nplanted-secret", "line 2: not an address"),
        ("Phone=json://planted-secret", "line 1: a tag is"),
        ("json://planted-secret\n" * (CHANNELS_MAX + 1), f"at most {CHANNELS_MAX}"),
    ],
)
@pytest.mark.owns("S1")
def test_S1_a_bad_line_is_named_and_not_shown(text: str, said: str) -> None:
    with pytest.raises(UrlsRefused, match=said) as refused:
        read_addresses(text)
    assert "planted" not in str(refused.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nosuchscheme://planted-secret", "Apprise does not know"),
        ("json://planted-secret?redirect=yes", "hosts nobody named"),
        ("syslog://planted-secret", "own screen"),
    ],
)
@pytest.mark.owns("S1")
def test_S1_an_address_that_cannot_be_used_is_refused_by_its_name(line: str, said: str) -> None:
    with pytest.raises(UrlsRefused, match=said) as refused:
        open_channels(read_addresses(line))
    assert "planted" not in str(refused.value)


def test_a_level_goes_to_its_tags_to_all_or_to_none() -> None:
    channels = [(one.name, one.tags) for one in read_addresses(FILE)]
    tags = {Level.INFO: frozenset[str](), Level.WARNING: frozenset({"phone"}), Level.CRITICAL: None}
    assert names_for(Level.INFO, channels, tags) == []
    assert names_for(Level.WARNING, channels, tags) == ["json-1"]
    assert names_for(Level.CRITICAL, channels, tags) == ["json-1", "json-2", "mailto-1"]


def test_a_book_comes_back_as_it_was_and_another_one_is_refused() -> None:
    book = Book(numbers=7, silent_since_ms=5)
    assert decode_book(encode_book(book)) == book
    for data in (b"", b"\xff", b"[]", encode_book(Book(version=9))):
        with pytest.raises(ValueError, match=r"not a book|version 9"):
            decode_book(data)


def test_without_apprise_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(AppriseMissing, match=r"Fix: pip install .jackline\[alerts\]"):
        open_channels(read_addresses("json://127.0.0.1:1"))
