"""What a bundle is known by, for those who must not load it: the hash of its manifest, which holds all others."""

from __future__ import annotations

import hashlib
from pathlib import Path

MANIFEST = "manifest.json"


def manifest_sha256(directory: Path) -> str:
    """SHA-256 of a bundle's manifest. Raises OSError."""
    return hashlib.sha256((directory / MANIFEST).read_bytes()).hexdigest()
