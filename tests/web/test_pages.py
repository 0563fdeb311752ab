"""Pages without a browser: who is let in, what a form must bring, what the socket refuses, how figures are written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from jackline.core.codes import PAGES
from jackline.core.orders import PriceSource
from jackline.store.access import ACCESS_FILE, AccessStore
from jackline.store.host_disk import HostDisk
from jackline.store.tokens import By, Scope, revoke_token
from jackline.web.account import Account
from jackline.web.app import create_app
from jackline.web.doorkeeper import Doorkeeper, now
from jackline.web.options import WebOptions
from jackline.web.pages import words
from jackline.web.pages.dashboard import PARTS
from jackline.web.pages.live import Live
from jackline.web.pages.rendering import View
from jackline.web.pages.route import inside
from jackline.web.pages.sight import Sight
from jackline.web.problems import KINDS
from tests.core.making import RISK
from tests.web.house import make_token

HOME = "http://127.0.0.1:8090"
SOCKET = "ws://127.0.0.1:8090/ws"
OPEN = {"/login", "/static/{name}", "/problems/{code}"}
"""What a stranger may see: it says nothing of the account."""
MADE_UP = {
    "position_id": "BTCUSDT:long",
    "seq": "1",
    "code": "P1",
    "bot": "main",
    "what": "stop",
    "name": "main",
    "stage": "testnet",
}


@dataclass
class Room:
    """An account on which no engine has ever run, its pages, and a token of every scope."""

    client: TestClient
    directory: Path
    tokens: dict[Scope, str]

    def log_in(self, scope: Scope) -> str:
        """Log in by the form; the CSRF token of the session."""
        answer = self.client.post("/login", data={"token": self.tokens[scope], "next": "/limits"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/limits")
        found = re.search(r'name="csrf" value="([0-9A-Za-z]+)"', self.client.get("/").text)
        assert found is not None
        return found[1]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    options = WebOptions(
        account="test",
        mode="paper",
        venue="binance at nowhere",
        state_dir=tmp_path,
        symbols=(),
        interval_ms=300_000,
        risk=RISK,
        price_source=PriceSource.MARK,
        bots=(),
        configured={},
    )
    disk = HostDisk()
    tokens = {scope: make_token(tmp_path, scope) for scope in Scope}
    app = create_app(options, disk=disk, doorkeeper=Doorkeeper(AccessStore(disk, tmp_path / ACCESS_FILE)))
    with TestClient(app, base_url=HOME, follow_redirects=False) as client:
        yield Room(client, tmp_path, tokens)


def test_S2_without_a_session_every_page_shows_the_door(room: Room) -> None:
    routes = [one for part in PARTS for one in part.pages.routes if isinstance(one, Route)]
    pages = [one for one in routes if one.path not in OPEN]
    assert len(pages) > 20
    for route in pages:
        for method in (route.methods or set()) - {"HEAD"}:
            answer = room.client.request(method, route.path.format(**MADE_UP))
            assert answer.status_code in {303, 401}, route.path
            assert answer.headers.get("location", "/login").startswith("/login"), route.path
            assert "account" not in answer.text


def test_S2_the_cookie_of_a_session_is_out_of_reach_of_scripts_and_other_sites(room: Room) -> None:
    answer = room.client.post("/login", data={"token": room.tokens[Scope.READ]})
    (cookie,) = answer.headers.get_list("set-cookie")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert room.tokens[Scope.READ] not in cookie


def test_S2_a_form_without_its_word_changes_nothing(room: Room) -> None:
    csrf = room.log_in(Scope.ADMIN)
    for sent in ({}, {"csrf": "wrong"}, {"csrf": csrf[:-1]}):
        answer = room.client.post("/act/halt", data=sent)
        assert answer.status_code == 403
        assert KINDS["forged"].title in answer.text
    elsewhere = room.client.post("/act/halt", data={"csrf": csrf}, headers={"origin": "http://evil.example"})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "forged")
    assert not (room.directory / "commands.db").exists()
    taken = room.client.post("/act/halt", data={"csrf": csrf})
    assert taken.status_code == 303
    notice = room.client.get(taken.headers["location"])
    assert "Written down, and not answered yet" in notice.text


@pytest.mark.parametrize("scope", [Scope.READ, Scope.REDUCE])
def test_S2_a_scope_reaches_as_far_as_it_says(room: Room, scope: Scope) -> None:
    csrf = room.log_in(scope)
    halted = room.client.post("/act/halt", data={"csrf": csrf})
    assert halted.status_code == (403 if scope is Scope.READ else 303)
    reset = room.client.post("/act/reset", data={"csrf": csrf, "reason": "because", "word": "test"})
    assert reset.status_code == 403


def test_K4_a_reset_needs_a_reason_a_word_and_what_must_hold(room: Room) -> None:
    csrf = room.log_in(Scope.ADMIN)
    for sent, told in (({}, "reason"), ({"reason": "because", "word": "test"}, "the engine shows itself")):
        answer = room.client.post("/act/reset", data={"csrf": csrf, **sent})
        assert answer.status_code in {409, 422}
        assert told in answer.text


def test_whoever_guesses_is_told_how_long_to_wait_in_words(room: Room) -> None:
    answers = [room.client.post("/login", data={"token": "jl_admin_guess"}) for _ in range(20)]
    assert "wrong, expired or revoked" in answers[0].text
    assert answers[-1].status_code == 429
    assert re.search(r"Too many attempts from this address: try again in \d+ s", answers[-1].text)
    assert int(answers[-1].headers["retry-after"]) > 0
    good = room.client.post("/login", data={"token": room.tokens[Scope.READ]})
    assert good.status_code == 303  # the owner behind the same address is not locked out


@pytest.mark.parametrize(
    "place", ["//evil.example", "https://evil.example", "/\\evil", "x", "/a\nb", "/" + "a" * 300]
)
def test_S2_a_log_in_leads_nowhere_else(place: str) -> None:
    assert inside(place) == "/"


def drained(socket: WebSocketTestSession) -> None:
    """Take messages until it closes."""
    while True:
        socket.receive_text()


def refused(room: Room, page: str = "/", **headers: str) -> int:
    """The code with which the socket closes."""
    with (
        pytest.raises(WebSocketDisconnect) as closed,
        room.client.websocket_connect(f"{SOCKET}?page={page}", headers=headers) as socket,
    ):
        socket.receive_text()
    return closed.value.code


def test_S2_the_socket_serves_our_own_pages_of_a_session_that_lasts(room: Room) -> None:
    ours = {"origin": HOME, "host": "127.0.0.1:8090"}
    assert refused(room, **ours) == 4401
    room.log_in(Scope.READ)
    assert refused(room, host="127.0.0.1:8090") == 4403
    assert refused(room, origin="http://evil.example", host="127.0.0.1:8090") == 4403
    assert refused(room, page="/nothing", **ours) == 4404
    with room.client.websocket_connect(f"{SOCKET}?page=/", headers=ours) as socket:
        first = socket.receive_json()
        assert "Nobody says what is open." in first["parts"]["headline"]
        assert "parts" in socket.receive_json()
        with AccessStore(HostDisk(), room.directory / ACCESS_FILE).changing() as db:
            revoke_token(db, Scope.READ.value, by=By(wire_ms=now(), actor="cli:test"))
        with pytest.raises(WebSocketDisconnect) as closed:
            drained(socket)
        assert closed.value.code == 4401


def test_a_page_that_talks_back_is_hung_up_on(room: Room) -> None:
    room.log_in(Scope.READ)
    ours = {"origin": HOME, "host": "127.0.0.1:8090"}
    with room.client.websocket_connect(f"{SOCKET}?page=/", headers=ours) as socket:
        socket.send_text("x")
        with pytest.raises(WebSocketDisconnect):
            drained(socket)


async def test_twenty_watchers_of_a_page_cost_one(room: Room) -> None:
    state = room.client.app.state  # type: ignore[attr-defined]  # the client keeps the application as any ASGI one
    account, built = Account(HostDisk(), state.options), []
    live = Live(account, state.history, state.options, HostDisk(), state.bots)

    async def build(of: Sight, query: Mapping[str, str]) -> View:
        del query
        built.append(of.seen)
        return View(name="", title="")

    for looks in (1, 2):
        account.look()
        parts = [await live.parts("/made-up", build, {}) for _ in range(20)]
        assert len(built) == looks
        assert all(set(one) == {"bar", "spoken"} for one in parts)


@pytest.mark.parametrize(
    "body", ["csrf=a&csrf=b", "reason=" + "x" * 1_001, "&".join(f"f{n}=1" for n in range(30)), "a=%ff"]
)
def test_a_form_that_none_of_our_pages_sends_is_refused(room: Room, body: str) -> None:
    answer = room.client.post(
        "/login", content=body, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 422
    assert KINDS["bad-request"].title in answer.text


def test_every_code_and_problem_has_its_page_and_the_api_its_listing(room: Room) -> None:
    room.log_in(Scope.READ)
    for code, page in PAGES.items():
        assert page.to_do.split("'")[0][:30] in room.client.get(f"/codes/{code}").text
    for code in KINDS:
        assert room.client.get(f"/problems/{code}").status_code == 200
    listed = room.client.get("/docs").text
    assert all(path in listed for path in ("/api/positions", "/api/close-all", "/api/trading-safety/status"))
    assert room.client.get("/codes/Z9").status_code == 404


def test_a_place_that_is_not_there_is_told_in_the_askers_words(room: Room) -> None:
    page = room.client.get("/nope", headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert KINDS["not-found"].title in page.text
    program = room.client.get("/nope", headers={"accept": "*/*"})
    assert (program.status_code, program.json()["code"]) == (404, "not-found")
    other = room.client.get("/api/halt", headers={"accept": "text/html"})
    assert (other.status_code, KINDS["method-not-allowed"].title in other.text) == (405, True)


def test_static_files_are_ours_and_are_asked_for_once(room: Room) -> None:
    chart = room.client.get("/static/lightweight-charts-5.2.1.mjs")
    assert "Lightweight Charts" in chart.text[:200]
    again = room.client.get(
        "/static/lightweight-charts-5.2.1.mjs", headers={"if-none-match": chart.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert "Apache License" in room.client.get("/static/lightweight-charts-5.2.1.LICENSE.txt").text
    assert room.client.get("/static/..%2fapp.py").status_code == 404


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (words.figure(Decimal("-1234567.50")), "\u22121\u2009234\u2009567.5"),
        (words.figure(Decimal("0E-8")), "0"),
        (words.figure(None), "\u2013"),
        (words.money(Decimal("-0.001")), "0.00"),
        (words.change(Decimal("3")), "+3.00"),
        (words.change(Decimal("0.001"), 1), "0.0"),
        (words.change(Decimal("-3")), "\u22123.00"),
        (words.price(Decimal("384.18645252")), "384.1865"),
        (words.price(Decimal("0.0001234567891")), "0.0001234568"),
        (words.price(Decimal("54027.10")), "54\u2009027.1"),
        (words.share(Decimal("-0.0129")), "\u22121.29\u2009%"),
        (words.span(0), "0\u2009s"),
        (words.span(412), "412\u2009ms"),
        (words.span(3_240), "3.2\u2009s"),
        (words.span(119_000), "119\u2009s"),
        (words.span(125_000), "2\u2009min 5\u2009s"),
        (words.span(90_000_000), "1\u2009d 1\u2009h"),
    ],
)
def test_figures_are_written_with_real_signs_and_thin_spaces(written: str, wanted: str) -> None:
    assert written == wanted


def test_a_time_is_utc_to_the_millisecond() -> None:
    assert words.at(1_700_000_000_123) == (
        '<time datetime="2023-11-14T22:13:20.123Z" title="2023-11-14 22:13:20.123 UTC">22:13:20.123</time>'
    )
