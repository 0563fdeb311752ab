"""An experiment as a text that can be kept, read by a person and played again."""

from __future__ import annotations

import json
import math

import msgspec

from jackline.world.experiment import Experiment


class NoExperiment(ValueError):
    """The text is not an experiment of this version; says which part of it."""


def dumps(experiment: Experiment) -> str:
    """JSON, one property a line and one act a line. An act without an end lasts `null`."""
    plain: dict[str, object] = msgspec.to_builtins(experiment)
    return "{\n" + ",\n".join(f'  "{name}": {_value(value)}' for name, value in plain.items()) + "\n}"


def loads(text: str) -> Experiment:
    """The experiment of such a text. Raises NoExperiment."""
    try:
        plain = msgspec.json.decode(text)
        if isinstance(plain, dict):
            for name in ("acts", "broken_for_ever"):
                for act in plain.get(name, ()):
                    act["lasts_s"] = math.inf if act.get("lasts_s") is None else act["lasts_s"]
        # Not strict about numbers: JSON writes 40.0 as it likes.
        return msgspec.convert(plain, Experiment)
    except (msgspec.MsgspecError, AttributeError, TypeError) as error:
        raise NoExperiment(f"not an experiment: {error}") from error


def _value(value: object) -> str:
    rows = isinstance(value, list | tuple) and value and isinstance(value[0], dict)
    if not rows or not isinstance(value, list | tuple):
        return _json(value)
    return "[\n" + ",\n".join(f"    {_json(row)}" for row in value) + "\n  ]"


def _json(value: object) -> str:
    if isinstance(value, dict):
        value = {name: None if part == math.inf else part for name, part in value.items()}
    return json.dumps(value)
