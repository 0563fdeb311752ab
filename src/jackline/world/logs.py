"""Where the log lines of simulated processes go: nowhere, or into the trace for whoever reads a replay."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog

from jackline.world.loop import OWNER, VirtualLoop
from jackline.world.trace import Trace


class _Silent:
    """A logger that says nothing, at no cost."""

    def __init__(self, *_: object, **__: object) -> None:
        return None

    def _say(self, *_: object, **__: object) -> None:
        return None

    def _same(self, *_: object, **__: object) -> _Silent:
        return self

    bind = new = unbind = _same
    debug = info = warning = error = critical = exception = _say


@contextmanager
def captured(trace: Trace, loop: VirtualLoop, *, keep: bool) -> Iterator[None]:
    """While inside, log lines become notes beside the trace, where they are kept at all. They never change its hash."""
    before = structlog.get_config()

    def note(_: object, level: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        owner = OWNER.get()
        words = " ".join(f"{key}={value}" for key, value in event.items() if key != "event")
        text = f"[{level}] {event.get('event', '')} {words}"
        trace.aside(loop.time() * 1_000, owner.name if owner is not None else "world", text)
        raise structlog.DropEvent

    if keep:
        structlog.configure(
            processors=[note], wrapper_class=structlog.make_filtering_bound_logger("info"), context_class=dict
        )
    else:
        structlog.configure(wrapper_class=_Silent)  # type: ignore[arg-type] # what of it our rooms call is there
    try:
        yield
    finally:
        structlog.configure(**before)
