"""A sweep over the machines of a Ray cluster, or over this machine as one: the tasks of one machine, elsewhere."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from typing import Any, TypeVar

from jackline.research.refusal import ResearchRefused
from jackline.research.sweep.kernel import rules_sha256

LOCAL = "local"
"""In place of an address: a cluster of this machine alone, for as long as the sweep takes."""
LOOPBACK = "127.0.0.2"
"""For 127.0.0.1 Ray would take the address that other machines see."""
AHEAD_PER_CORE = 4
"""Tasks under way or done and not fetched, for each core: the results of the rest wait nowhere."""

Part = TypeVar("Part")
Found = TypeVar("Found")


def over_cluster(
    run: Callable[[Any, Any], Found], shared: object, parts: Sequence[Part], address: str
) -> Iterator[Found]:
    """What `run(shared, part)` gives for every part, in their order.

    Raises:
        ResearchRefused: no library, no cluster at this address, or a machine that computes by other rules.
    """
    ray = _joined(address)
    try:
        task = ray.remote(_checked).options(num_cpus=1, max_retries=2)
        given, rules = ray.put(shared), rules_sha256()
        ahead = max(1, AHEAD_PER_CORE * int(ray.cluster_resources().get("CPU", 1)))
        under_way: list[Any] = []
        waiting = iter(parts)
        for part in waiting:
            under_way.append(task.remote(run, given, part, rules))
            if len(under_way) >= ahead:
                yield _fetched(ray, under_way.pop(0))
        while under_way:
            yield _fetched(ray, under_way.pop(0))
    finally:
        ray.shutdown()


def _joined(address: str) -> Any:
    """The library, connected."""
    if find_spec("ray") is None:
        raise ResearchRefused(
            "--ray: the library is not installed. Fix: pip install jackline[ray], on every machine; one machine needs"
            " none"
        )
    # Nothing is told to anybody: read when the library is imported, and by every process that it starts.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray  # noqa: PLC0415 # seconds, and only who asks for a cluster waits for them

    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address == LOCAL:
        # Not all of its processes keep to the address (docs/sweep.md).
        options |= {
            "address": "local",
            "num_cpus": os.cpu_count(),
            "include_dashboard": False,
            "_node_ip_address": LOOPBACK,
        }
    else:
        options["address"] = address
    try:
        ray.init(**options)
    except (ConnectionError, RuntimeError, ValueError, AssertionError) as error:
        said = str(error).strip().splitlines()
        raise ResearchRefused(
            f"--ray {address}: {said[0] if said else 'no answer'}. Fix: the address of a running cluster with the same"
            " Python and Ray, as HOST:6379, or local"
        ) from None
    return ray


def _fetched(ray: Any, reference: Any) -> Any:
    """A result, or what the task raised there as if it had been raised here."""
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, ResearchRefused):
            raise error.cause from None
        raise


def _checked(run: Callable[[Any, Any], Found], shared: object, part: object, rules: str) -> Found:
    """Runs there. The same results need the same rules, compiled by the same compiler."""
    if rules_sha256() != rules:
        raise ResearchRefused(
            f"--ray: the machine {os.uname().nodename} has another jackline, numba or Python: its results would be of"
            " other rules. Fix: install the same versions there"
        )
    return run(shared, part)
