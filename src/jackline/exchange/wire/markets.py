"""Where the prices of a served exchange come from: a feed that is pulled, or another venue that is listened to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from jackline.exchange.feeds.clock import MarketClock
from jackline.exchange.feeds.mirror import Mirror, open_mirror
from jackline.exchange.ports import Feed, Source
from jackline.exchange.wire.floor import Floor
from jackline.exchange.wire.relay import EVERY_MS, SILENT_MS, Relay
from jackline.exchange.wire.runner import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorSpec:
    """Another venue's market: looked at every `every_ms`, given up for silent after `silent_ms`. `say` tells a person
    when that happens."""

    source: Source
    say: Callable[[str], None]
    every_ms: int = EVERY_MS
    silent_ms: int = SILENT_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenMarket:
    """`drive` makes what moves it; `steps` are price and quantity steps other than a symbol's usual ones."""

    feed: Feed | Mirror
    drive: Callable[[Floor, MarketClock], Runner | Relay]
    steps: Mapping[str, tuple[Decimal, Decimal]] = field(default_factory=dict)


async def open_market(asked: Feed | MirrorSpec) -> OpenMarket:
    """Raises ValueError for a market that cannot be mirrored, SourceSilentError for a venue out of reach."""
    if not isinstance(asked, MirrorSpec):
        return OpenMarket(feed=asked, drive=lambda floor, clock: Runner(floor, asked, clock))
    spec = asked
    mirror = await open_mirror(spec.source)

    def relay(floor: Floor, _: MarketClock) -> Relay:
        return Relay(
            floor, mirror, spec.source, every_ms=spec.every_ms, silent_ms=spec.silent_ms, say=spec.say
        )

    steps = {symbol: await spec.source.steps(symbol) for symbol in mirror.symbols}
    return OpenMarket(feed=mirror, drive=relay, steps=steps)
