"""The OpenAPI document as it is published, and the file beside this one that it is compared with.

``python -m tests.web.schema`` writes the file anew; what changed is then read in the diff.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from tests.web.alone import alone

FILE = Path(__file__).with_name("openapi.json")


def document() -> dict[str, Any]:
    """Of the application as it is now; title and version are the account's and the release's."""
    with tempfile.TemporaryDirectory() as directory, alone(Path(directory)) as home:
        found = dict(home.app.openapi())
    found["info"] = {**found["info"], "title": "jackline", "version": "0"}
    return found


def text(of: dict[str, Any]) -> str:
    """As it stands in the file."""
    return json.dumps(of, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(document()), encoding="utf-8")
