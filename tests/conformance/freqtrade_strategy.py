"""A strategy for freqtrade that enters at its first look and holds: what there is to see is the stop that it rests."""

from typing import Any

from freqtrade.strategy import IStrategy


class Hold(IStrategy):  # type: ignore[misc] # freqtrade lives in an environment of its own
    """Long, three times leveraged, with its stop at the exchange."""

    timeframe = "1m"
    stoploss = -0.10
    minimal_roi = {"0": 10}  # noqa: RUF012 # the form that freqtrade asks for
    startup_candle_count = 5
    order_types = {  # noqa: RUF012 # the form that freqtrade asks for
        "entry": "market",
        "exit": "market",
        "stoploss": "market",
        "stoploss_on_exchange": True,
    }

    def leverage(self, *_: Any, **__: Any) -> float:
        return 3.0

    def populate_indicators(self, frame: Any, _: dict[str, Any]) -> Any:
        return frame

    def populate_entry_trend(self, frame: Any, _: dict[str, Any]) -> Any:
        frame["enter_long"] = 1
        return frame

    def populate_exit_trend(self, frame: Any, _: dict[str, Any]) -> Any:
        return frame
