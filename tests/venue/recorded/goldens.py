"""The golden files: every request of a venue, exactly. ``python -m tests.venue.recorded.goldens`` writes them anew."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from jackline.venue.recorded.venue import RecordedVenue
from tests.venue.recorded.samples import WIRED, Written, orders, others

DIRECTORY = Path(__file__).resolve().parents[1] / "golden"


def shown(written: Written) -> object:
    """As it stands in the file: empty parts left out."""
    if isinstance(written.request, str):
        return f"not wired: {written.request}"
    return {key: value for key, value in asdict(written.request).items() if value not in ({}, None)}


def golden(venue: RecordedVenue) -> str:
    """The text of a venue's file: JSON, a line for each case."""
    written = (*orders(venue), *others(venue))
    lines = (f" {json.dumps(one.case)}: {json.dumps(shown(one))}" for one in written)
    return "{\n" + ",\n".join(lines) + "\n}\n"


def path_of(venue: RecordedVenue) -> Path:
    return DIRECTORY / f"{venue.profile.name}.json"


if __name__ == "__main__":
    for one in WIRED:
        path_of(one).write_text(golden(one), encoding="utf-8")
