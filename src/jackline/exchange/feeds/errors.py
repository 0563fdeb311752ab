"""The one error that a feed raises about its input, and how it writes times."""

from datetime import UTC, datetime


class FeedError(ValueError):
    """A market source that must not be traded on: what is wrong, where, the offending value, and the fix."""

    def __init__(self, *, what: str, where: str, value: str, fix: str) -> None:
        super().__init__(f"{what}: {value} ({where}). Fix: {fix}")
        self.what = what
        self.where = where
        self.value = value
        self.fix = fix


def utc(time_ms: int) -> str:
    """A time for a reader: the instant in UTC and the number as it stands in the file."""
    return f"{datetime.fromtimestamp(time_ms / 1000, tz=UTC):%Y-%m-%d %H:%M:%S} UTC [{time_ms}]"
