"""S1: no secret leaves in an alert, whether this process knows it or not; what is no secret stays readable."""

from __future__ import annotations

import pytest

from jackline.notify.redact import GONE, Redactor

KNOWN = "planted-Secret/41+x"
HEX = "0123456789abcdef"


@pytest.mark.owns("S1")
@pytest.mark.parametrize(
    "text",
    [
        f"refused: {KNOWN}",
        "refused: planted-Secret%2F41%2Bx",
        f"GET http://127.0.0.1/x?timestamp=1&signature={HEX * 4}",
        f"signature={HEX}",
        "api_key: abcdefgh1",
        '{"listenKey": "abcdefgh12"}',
        "X-MBX-APIKEY: abcdefgh1",
        "Authorization: Bearer abcdefgh1.xyz",
        "sent with bearer abcdefgh1",
        "wss://user:abcdefgh1@stream.example/ws",
        f"key {HEX * 4}",
        f"secret of OKX {HEX * 2}",
        "key 01234567-89ab-cdef-0123-456789abcdef",
        "passphrase='abc def gh1'",
        "-" * 5
        + "BEGIN EC PRIVATE KEY"
        + "-" * 5
        + "\nabcdefgh1\n"
        + "-" * 5
        + "END EC PRIVATE KEY"
        + "-" * 5,
    ],
)
def test_S1_what_is_or_looks_like_a_secret_is_gone(text: str) -> None:
    told = Redactor([KNOWN])(text)
    assert GONE in told
    assert Redactor([KNOWN])(told) == told, "once is enough"
    for secret in ("planted", HEX, "abcdefgh1", "abc def", "01234567-89ab"):
        assert secret not in told


@pytest.mark.parametrize(
    "text",
    [
        "t3k9x2mfq0ab BTCUSDT: stop t3k9x2mfq0abd1 is gone",
        "kill level normal → flatten by operator: drill",
        "the wallet moved by -12.50 quote that no fill, funding or transfer explains",
        "entries frozen: sweep_pending_of_a_symbol_that_is_busy_for_long",
        "z" * 31 + "9",
        "",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert Redactor([KNOWN, "", "ab"])(text) == text


def test_lines_and_control_characters_become_spaces() -> None:
    assert Redactor()("a\nb\x1b[31mc\x00") == "a b [31mc "


def test_S1_a_redactor_does_not_show_what_it_knows() -> None:
    assert KNOWN not in repr(Redactor([KNOWN]))
