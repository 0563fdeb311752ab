"""`jackline` that takes one name for loopback, so that the engine that ships speaks to its venue by a name.

This version refuses every name (C2), and nothing else of it is another one here: transport, gate and protection are
those that trade. `python -m tests.out_of_process.by_name python -m jackline ARGUMENTS` runs the command behind it.
"""

from __future__ import annotations

import sys

from jackline.cli.main import main
from jackline.venue.transport import endpoint, gate

NAME = "venue.jackline.test"
COMMAND = 3
"""Words of the command that stands behind this one: interpreter, -m, jackline."""

_is_loopback = endpoint.is_loopback


def is_here(host: str | None) -> bool:
    """As the program says, and one name."""
    return host == NAME or _is_loopback(host)


if __name__ == "__main__":
    for module in (endpoint, gate):
        setattr(module, "is_loopback", is_here)  # noqa: B010  the gate's is an import of its own
    sys.argv[1:] = sys.argv[1 + COMMAND :]
    main()
