"""Input that research cannot work with."""

from __future__ import annotations


class ResearchRefused(Exception):
    """The text says what, where, which values are allowed, and the fix."""
