"""Values as the file would write them, and as a person would say them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from pathlib import Path

_SPANS = (
    (172_800_000, 86_400_000, "days"),
    (3_600_000, 3_600_000, "h"),
    (60_000, 60_000, "min"),
    (1_000, 1_000, "s"),
)


def toml_text(value: object) -> str:
    """A value as TOML writes it: thousands of a whole number apart, decimals as they are."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:_}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_text(item) for item in value)}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {toml_text(item)}' for key, item in value.items())} }}"
    text = str(value.value) if isinstance(value, Enum) else str(value)
    # JSON's escapes are TOML's, but for one character that TOML wants escaped and JSON does not.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def spoken(key: str, value: object) -> str | None:
    """``0.015`` of a fraction is ``1.5 %``, ``28_800_000`` ms are ``8 h``; None where there is nothing to add."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    if key.endswith(("_fraction", "_share_max")):
        return f"{_plain(Decimal(value) * 100)} %"
    if key.endswith(("_ms", "_ms_max")):
        for least, length, name in _SPANS:
            if value >= least:
                return f"{_plain(Decimal(value) / length)} {name}"
    return None


def plain_text(value: object) -> object:
    """A value for JSON: decimals, paths and enums as texts, so that no digit is lost."""
    if isinstance(value, list | tuple):
        return [plain_text(item) for item in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Path) else value


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
