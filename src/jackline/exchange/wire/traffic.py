"""What was asked of one server, by route: for whoever wants to know where the request weight of a minute goes."""

from collections import defaultdict
from dataclasses import dataclass, field

from jackline.exchange.wire.json import Json


@dataclass(slots=True, kw_only=True)
class Asked:
    """One route since the start. `refused`: of them, those over a limit or from a banned address."""

    requests: int = 0
    weight: int = 0
    refused: int = 0


@dataclass(slots=True, kw_only=True)
class Traffic:
    """`weight_max`: the heaviest minute of any address so far."""

    routes: defaultdict[str, Asked] = field(default_factory=lambda: defaultdict(Asked))
    weight_max: int = 0

    def note(self, route: str, *, weight: int, used: int, refused: bool) -> None:
        """One request; `used` is what its address has spent in this minute, with it."""
        asked = self.routes[route]
        asked.requests += 1
        asked.weight += weight
        asked.refused += refused
        self.weight_max = max(self.weight_max, used)

    def report(self) -> Json:
        """Everything since the start."""
        routes: dict[str, Json] = {
            name: {"requests": one.requests, "weight": one.weight, "refused": one.refused}
            for name, one in sorted(self.routes.items())
        }
        return {"weight_max": self.weight_max, "routes": routes}
