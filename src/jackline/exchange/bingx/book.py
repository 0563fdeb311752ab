"""What BingX remembers about orders beyond what the venue does: how they were asked for, and the account's timer."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedTexts:
    """The legs of an entry as their JSON was sent; "" without one."""

    stop_loss: str = ""
    take_profit: str = ""


@dataclass(slots=True, kw_only=True)
class Book:
    """`types` names conditional orders whose type the venue knows under another name. `timers`: per account, the wire
    time at which everything open is cancelled."""

    types: dict[int, str] = field(default_factory=dict)
    attached: dict[int, AttachedTexts] = field(default_factory=dict)
    timers: dict[str, int] = field(default_factory=dict)
