"""What to do about an alert, by its code: one sentence that can be followed at three in the morning."""

from __future__ import annotations

from jackline.core.codes import LOOK, page
from jackline.notify.event import TRADE


def advice(code: str) -> str:
    """As the code's page says (`jackline explain`); for a code that nobody knows: where to look at all."""
    if code == TRADE:
        return "nothing; it is told for the record"
    found = page(code)
    return f"see {LOOK}" if found is None else found.to_do
