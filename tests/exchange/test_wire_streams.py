"""Streams without sockets: who is seated where, and what the board does to messages, keys and connections."""

from typing import Any

import msgspec
import pytest

from jackline.exchange.wire.faults import ForgetKey, GoDeaf, HangUp, NoDial, Side, Stream, StreamDeed
from jackline.exchange.wire.misbehaviour import Board
from jackline.exchange.wire.streams import STREAMS_MAX, Dial, Hub, read_dial
from tests.exchange.served import Ear, Unserved


def names(ear: Ear) -> list[str]:
    return [one["e"] for one in ear.heard]


def hub() -> Hub:
    return Hub(Board(lambda: 0, lambda: 0.0))


@pytest.mark.parametrize(
    ("address", "dial"),
    [
        ("/private/ws?listenKey=abc", Dial(combined=False, streams=("abc",))),
        ("/market/stream?streams=a@1/b@2", Dial(combined=True, streams=("a@1", "b@2"))),
        ("/market/stream?streams=a%401/b%402", Dial(combined=True, streams=("a@1", "b@2"))),
        ("/public/ws/a%401/b@2", Dial(combined=False, streams=("a@1", "b@2"))),
        ("/ws/a@1", Dial(combined=False, streams=("a@1",))),
        ("/stream", Dial(combined=True, streams=())),
        ("/market/ws", Dial(combined=False, streams=())),
        ("/wsx", None),
        ("/other/ws", None),
        ("/fapi/v1/ping", None),
    ],
)
def test_an_address_names_its_streams(address: str, dial: Dial | None) -> None:
    path, _, query = address.partition("?")
    assert read_dial(path, query) == dial


def test_listeners_are_told_in_the_order_in_which_they_came_each_in_its_own_wrapping() -> None:
    told: list[tuple[str, Any]] = []

    class Named(Ear):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

        def offer(self, frame: bytes) -> None:
            told.append((self.name, msgspec.json.decode(frame)))

    house = hub()
    everyone = [Named(f"{number}") for number in range(20)]
    for one in everyone:
        assert house.attach(
            "/stream" if one.name == "7" else "/ws", "streams=x" if one.name == "7" else "", one
        )
        house.subscribe(one, ["x"])
    house.detach(everyone[3])
    house.detach(everyone[3])
    house.publish("x", {"e": "t"})
    assert [name for name, _ in told] == [one.name for one in everyone if one.name != "3"]
    assert told[6][1] == {"stream": "x", "data": {"e": "t"}}
    assert told[0][1] == {"e": "t"}


def test_someone_who_leaves_while_being_told_does_not_disturb_the_others() -> None:
    house = hub()

    class Leaving(Ear):
        def offer(self, frame: bytes) -> None:
            house.hang_up("x")

    first, second = Leaving(), Ear()
    house.attach("/ws/x", "", first)
    house.attach("/ws/x", "", second)
    house.publish("x", {"e": "t"})
    assert (first.closed, second.closed, second.heard) == (True, True, [])
    assert not house.heard("x")


def test_commands_of_a_client() -> None:
    house, ear = hub(), Ear()
    house.attach("/ws/a", "", ear)
    for text in (
        '{"method":"SUBSCRIBE","params":["b"],"id":1}',
        '{"method":"UNSUBSCRIBE","params":["a","never"],"id":2}',
        '{"method":"LIST_SUBSCRIPTIONS","id":3}',
        msgspec.json.encode(
            {"method": "SUBSCRIBE", "params": [f"{number}" for number in range(STREAMS_MAX)], "id": 4}
        ).decode(),
        '{"method":"ODD","id":5}',
        "{",
    ):
        house.command(ear, text)
    answers = ear.heard
    assert [one.get("id") for one in answers] == [1, 2, 3, 4, 5, None]
    assert answers[2]["result"] == ["b"]
    assert [one.get("error", {}).get("code") for one in answers] == [None, None, None, 2, 2, 2]
    house.detach(ear)
    house.command(ear, '{"method":"LIST_SUBSCRIPTIONS","id":6}')
    assert len(answers) == 6


FILL = ["ORDER_TRADE_UPDATE", "TRADE_LITE", "ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE"]


def test_events_are_dropped_by_name_and_account_and_the_rest_comes_through() -> None:
    wire = Unserved()
    mine, theirs = wire.user_ear(), wire.user_ear("other")
    wire.board.put_up(Stream(deed=StreamDeed.DROP, account="main", events=("TRADE_LITE", "ACCOUNT_UPDATE")))
    wire.buy(quantity="0.05")
    wire.buy(quantity="0.05", key="other-key")
    assert names(mine) == ["ORDER_TRADE_UPDATE"] * 2
    assert names(theirs) == FILL


def test_events_are_duplicated_side_by_side_as_often_as_the_rule_says() -> None:
    wire = Unserved()
    ear = wire.user_ear()
    wire.board.put_up(Stream(deed=StreamDeed.DUPLICATE, count=2))
    wire.buy(quantity="0.05")
    assert names(ear) == [FILL[0], FILL[0], FILL[1], FILL[1], *FILL[2:]]
    assert ear.heard[0] == ear.heard[1]


def test_held_events_go_out_in_order_behind_later_ones_when_the_rule_ends() -> None:
    wire = Unserved()
    ear = wire.user_ear()
    wire.board.put_up(Stream(deed=StreamDeed.HOLD, events=("ORDER_TRADE_UPDATE",), for_ms=500))
    wire.buy(quantity="0.05")
    wire.clock.now_ms += 499
    wire.tick(60_000)
    assert names(ear) == ["TRADE_LITE", "ACCOUNT_UPDATE"]
    wire.clock.now_ms += 1
    wire.tick(60_000)
    assert names(ear) == ["TRADE_LITE", "ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE", "ORDER_TRADE_UPDATE"]
    assert [one["o"]["X"] for one in ear.heard[2:]] == ["NEW", "FILLED"]


def test_market_messages_are_dropped_by_stream_and_user_messages_are_not() -> None:
    wire = Unserved()
    market, user = Ear(), wire.user_ear()
    hub = wire.exchange.floor.hub
    assert hub.attach("/market/stream", "streams=btcusdt@markPrice/ethusdt@markPrice", market)
    number = wire.board.put_up(Stream(deed=StreamDeed.DROP, side=Side.MARKET, streams=("btcusdt@markPrice",)))
    wire.tick(60_010)
    assert [one["stream"] for one in market.heard] == ["ethusdt@markPrice"]
    wire.board.take_down(number)
    wire.board.put_up(Stream(deed=StreamDeed.DROP, side=Side.USER))
    wire.tick(60_020)
    assert len(market.heard) == 3
    wire.buy(quantity="0.05")
    assert user.heard == []


def test_a_forgotten_key_is_silence_without_notice_until_a_new_one_is_opened() -> None:
    wire = Unserved()
    deaf = wire.user_ear()
    wire.exchange.floor.do(ForgetKey(account="main"))
    wire.buy(quantity="0.05")
    assert (deaf.heard, deaf.closed) == ([], False)
    assert wire.ask("PUT", "v1/listenKey").status == 401
    hearing = wire.user_ear()
    wire.buy(quantity="0.05")
    assert names(hearing) == FILL
    assert deaf.heard == []


def test_the_end_of_a_key_can_be_told_to_its_listeners() -> None:
    wire = Unserved()
    mine, theirs = wire.user_ear(), wire.user_ear("other")
    wire.exchange.floor.do(ForgetKey(account="main", told=True))
    assert (names(mine), names(theirs)) == (["listenKeyExpired"], [])
    assert wire.ask("PUT", "v1/listenKey").status == 401


def test_a_half_open_socket_carries_nothing_and_the_next_one_everything() -> None:
    wire = Unserved()
    mine, market = wire.user_ear(), Ear()
    hub = wire.exchange.floor.hub
    assert hub.attach("/market/ws/btcusdt@markPrice", "", market)
    wire.exchange.floor.do(GoDeaf(account="main"))
    wire.buy(quantity="0.05")
    hub.command(mine, '{"method":"LIST_SUBSCRIPTIONS","id":1}')
    assert (mine.heard, mine.closed, hub.is_deaf(mine), hub.is_deaf(market)) == ([], False, True, False)
    again = wire.user_ear()
    wire.buy(quantity="0.05")
    assert (names(again), mine.heard) == (FILL, [])
    wire.exchange.floor.do(GoDeaf())
    wire.tick(60_010)
    assert market.heard == []


def test_sockets_are_closed_by_account_or_all_at_once() -> None:
    wire = Unserved()
    mine, theirs, market = wire.user_ear(), wire.user_ear("other"), Ear()
    wire.exchange.floor.hub.attach("/market/ws/btcusdt@markPrice", "", market)
    wire.exchange.floor.do(HangUp(account="main"))
    assert (mine.closed, theirs.closed, market.closed) == (True, False, False)
    wire.exchange.floor.do(HangUp())
    assert (theirs.closed, market.closed) == (True, True)
    wire.buy(quantity="0.05")
    assert mine.heard == []


def test_nobody_gets_in_while_dials_are_refused() -> None:
    wire = Unserved()
    wire.board.put_up(NoDial(for_ms=1_000))
    assert not wire.exchange.floor.hub.attach("/ws/x", "", Ear())
    wire.clock.now_ms += 1_000
    assert wire.exchange.floor.hub.attach("/ws/x", "", Ear())
