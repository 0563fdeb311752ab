"""Calls that follow each other, as Schemathesis finds them in the document: what one answers, another is asked with.

Its own engine drives them. The bare state machine, run by Hypothesis, gives up with "inconsistent data generation" as
soon as a server answers the same call differently the second time, and this one does: a position that was closed is
closed. The engine knows that of servers; a suite that it ends early is followed by one of another seed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import requests
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema

SEEDS_MAX = 20
STEPS = 10
REQUEST_S = 10
OFF = {"enabled": False}
HEALTH = ("/health", "/livez", "/readyz")
"""They say 503 with `critical`, or while nobody is ready: that is their answer."""

SIGNED = "/api/signals"
"""Its signature is a credential: whoever guesses one waits, and is told so."""


@dataclass
class Followed:
    """What was asked, and what came of it: scenarios, calls by operation and by status, and what is wrong."""

    scenarios: int = 0
    operations: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def follow(url: str, token: str, document: dict[str, Any], *, scenarios: int) -> Followed:
    """At least so many scenarios of up to STEPS calls. Whatever was asked is asked once more by a stranger (S2)."""
    found = Followed()
    for seed in range(SEEDS_MAX):
        if found.scenarios >= scenarios:
            break
        schema = schemathesis.openapi.from_dict(document, config=_config(url, token, seed, scenarios))
        for event in from_schema(schema).execute():
            if isinstance(event, events.ScenarioFinished) and event.status is not Status.SKIP:
                found.scenarios += 1
                _note(found, event.recorder)
            elif isinstance(event, events.NonFatalError):
                found.wrong.append(f"{event.label}: {event.info.message}")
            elif isinstance(event, events.FatalError):
                found.wrong.append(str(event.exception))
    return found


def _config(url: str, token: str, seed: int, scenarios: int) -> SchemathesisConfig:
    return SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "base-url": url,
            "headers": {"Authorization": f"Bearer {token}"},
            "request-timeout": REQUEST_S,
            "continue-on-failure": True,
            "phases": {
                "examples": OFF,
                "coverage": OFF,
                "fuzzing": OFF,
                "stateful": {"enabled": True, "max-steps": STEPS},
            },
            # A made-up token beside the good one would be refused, and whoever guesses is held back.
            "generation": {"max-examples": scenarios, "database": "none", "with-security-parameters": False},
            "checks": {
                **OFF,
                "not_a_server_error": {"enabled": True, "expected-statuses": ["2xx", "3xx", "4xx", "503"]},
            },
        }
    )


def _note(found: Followed, recorder: Any) -> None:
    for case_id, call in recorder.interactions.items():
        label = recorder.cases[case_id].value.operation.label
        found.operations[label] += 1
        for check in recorder.checks.get(case_id, ()):
            if check.failure_info is not None:
                found.wrong.append(f"{label}: {check.failure_info.failure}")
        if call.response is None:
            found.wrong.append(f"{label}: no answer")
            continue
        found.statuses[call.response.status_code] += 1
        if call.response.status_code >= 500 and not label.endswith(HEALTH):
            found.wrong.append(f"{label}: {call.response.status_code} {call.response.text[:300]}")
        refusals = {401, 429} if label.endswith(SIGNED) else {401}
        if "/api/" in label and (status := _as_a_stranger(call.request)) not in refusals:
            found.wrong.append(f"{label}: {status} to somebody without a token")


def _as_a_stranger(said: Any) -> int:
    headers = {name: values[0] for name, values in said.headers.items() if name.lower() != "authorization"}
    return requests.request(
        said.method, said.uri, headers=headers, data=said.body, timeout=REQUEST_S
    ).status_code
