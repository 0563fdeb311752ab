"""The network: cut, silent, slow, lossy, reset. For the engine, the watchdog or both."""

from __future__ import annotations

from jackline.world.acts import Act
from jackline.world.deeds.means import Means, Result
from jackline.world.supervisor import ENGINE, WATCHDOG
from jackline.world.weather import Line
from jackline.world.wires import Wire


def cut_rest(means: Means, act: Act) -> Result:
    """Requests are refused, streams live."""
    return _ways(means, act, Line.CUT, None)


def cut_streams(means: Means, act: Act) -> Result:
    """Streams are refused, requests live."""
    return _ways(means, act, None, Line.CUT)


def cut_all(means: Means, act: Act) -> Result:
    """Nothing gets through, and everybody knows at once."""
    return _ways(means, act, Line.CUT, Line.CUT)


def silent_rest(means: Means, act: Act) -> Result:
    """Requests vanish."""
    return _ways(means, act, Line.SILENT, None)


def silent_streams(means: Means, act: Act) -> Result:
    """Half-open sockets."""
    return _ways(means, act, None, Line.SILENT)


def silent_all(means: Means, act: Act) -> Result:
    """Nothing gets through and nobody says so."""
    return _ways(means, act, Line.SILENT, Line.SILENT)


def slow_network(means: Means, act: Act) -> Result:
    """Every message takes up to half a second more: the three that the deadline is longer by never take longer.

    Where stops carry no id, one cannot be sent a second time before a listing: what left in the slow time is what must
    arrive, and the deadline is as much longer until it has.
    """
    weather = means.stage.network.weather
    extra_ms = 30 + int(400 * act.size)
    weather.extra_ms += extra_ms
    # A question, its answer, and what follows: three messages at the least.
    means.stage.delay(3 * extra_ms)

    def undo() -> None:
        weather.extra_ms -= extra_ms
        if means.wire is Wire.BINGX:
            means.stage.network.later(extra_ms / 1_000, lambda: means.stage.delay(-3 * extra_ms))
        else:
            means.stage.delay(-3 * extra_ms)

    return undo


def lossy(means: Means, act: Act) -> Result:
    """Up to three of ten requests, there or back, are lost."""
    weather = means.stage.network.weather
    lost = 0.03 + 0.12 * act.size
    weather.lose_request += lost
    weather.lose_answer += lost

    def undo() -> None:
        weather.lose_request -= lost
        weather.lose_answer -= lost

    return undo


def resets(means: Means, act: Act) -> Result:
    """Connections are reset before the request is read: TLS trouble, an overloaded balancer."""
    weather = means.stage.network.weather
    more = 0.2 + 0.6 * act.size
    weather.reset += more

    def undo() -> None:
        weather.reset -= more

    return undo


def _ways(means: Means, act: Act, rest: Line | None, streams: Line | None) -> Result:
    both, engine_alone = act.pick < 0.5, act.pick < 0.8
    roles = (ENGINE, WATCHDOG) if both else ((ENGINE,) if engine_alone else (WATCHDOG,))
    network = means.stage.network
    for role in roles:
        network.set_ways(role, rest=rest, streams=streams)

    def undo() -> None:
        for role in roles:
            network.set_ways(role, rest=rest and Line.OPEN, streams=streams and Line.OPEN)

    return undo if rest is None else means.outage(undo, *roles)
