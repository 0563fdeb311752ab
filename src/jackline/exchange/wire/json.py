"""What may be written on the wire."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

Json = Mapping[str, "Json"] | Sequence["Json"] | str | int | float | bool | None

_ENCODER: Final = msgspec.json.Encoder()


def encode(value: Json) -> bytes:
    return _ENCODER.encode(value)
