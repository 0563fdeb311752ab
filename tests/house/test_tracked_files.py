"""What must not be in the repository: secrets, paths of a machine, the host of a package registry."""

import re
from collections.abc import Iterator

import pytest

from tests.house.source import tracked_files

TEXT_BYTES_MAX = 4_000_000  # larger files are data

# Written so that no pattern matches its own line here.
FORBIDDEN = {
    "a private key": r"-{5}BEGIN [A-Z ]*PRIVATE KEY",
    "an access key": r"\b(AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36})\b",
    "a venue key": r"""(?x) ["'] (?=[^"']*[A-Z]) (?=[^"']*[a-z]) (?=[^"']*[0-9]) [A-Za-z0-9]{64} ["']""",
    "a machine's path": r"(?<![\w.*-])(/roo[t]/|/hom[e]/[a-z]|/User[s]/[A-Za-z]|/wor[k]/|[A-Z]:\\User[s]\\)",
    "a registry host": r"\b(pypi[.](org|python)|files[.]pythonhosted|(extra-)?index[-_]url *=)|--index-ur[l]",
}


def findings(name: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), start=1):
        for what, pattern in FORBIDDEN.items():
            if re.search(pattern, line):
                yield f"{name}:{number}: {what}"


def test_the_repository_holds_none() -> None:
    found: list[str] = []
    for file in tracked_files():
        content = file.read_bytes()
        if len(content) <= TEXT_BYTES_MAX and b"\0" not in content[:8192]:
            found += findings(file.name, content.decode("utf-8", errors="replace"))
    assert found == []


@pytest.mark.parametrize(
    "bad",
    [
        "-----" + "BEGIN EC PRIVATE KEY-----",
        "key = AKIA" + "ABCDEFGHIJKLMNOP",
        "secret = '" + "aB3" * 21 + "x'",
        "open('/" + "home/someone/data.csv')",
        "see /" + "root/notes",
        "--extra-index-" + "url = somewhere",
        "https://pypi" + ".org/simple",
    ],
)
def test_the_rule_rejects(bad: str) -> None:
    assert list(findings("fixture", bad))


@pytest.mark.parametrize(
    "good", ["'" + "0123456789abcdef" * 4 + "'", "https://fapi.binance.com/fapi/v1/order", "src/home/x"]
)
def test_the_rule_accepts(good: str) -> None:
    assert not list(findings("fixture", good))
