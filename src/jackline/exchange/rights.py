"""What an API key may do, and from where."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRights:
    """Reading is always allowed. `withdraws` is shown to whoever asks and has no use here: no money leaves.
    `addresses` are those the key may come from; none means from anywhere."""

    trades: bool = True
    withdraws: bool = False
    addresses: tuple[str, ...] = ()

    def comes_from(self, address: str) -> bool:
        return not self.addresses or address in self.addresses
