"""Why research will not begin: what, where, which value, and the fix."""

from __future__ import annotations


class ResearchRefused(Exception):
    """Input that nothing can be made of. The text says what, where, which values are allowed, and the fix."""


class BacktestRefused(ValueError):
    """Data and configuration do not fit, or do not suffice. Nothing was played."""

    def __init__(self, *, what: str, where: str = "", value: str = "", fix: str = "") -> None:
        self.what, self.where, self.value, self.fix = what, where, value, fix
        head = f"{where}: {what}" if where else what
        shown = f" ({value})" if value else ""
        mend = f". Fix: {fix}" if fix else ""
        super().__init__(f"{head}{shown}{mend}")
