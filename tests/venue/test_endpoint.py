"""Which addresses may be spoken to at all."""

from __future__ import annotations

import pytest

from jackline.venue.transport.endpoint import Credentials, Endpoint, EndpointRefused, VenueMode


@pytest.mark.owns("C2")
@pytest.mark.parametrize("mode", [VenueMode.LIVE, VenueMode.TESTNET])
def test_c2_no_transport_can_be_built_outside_paper(mode: VenueMode) -> None:
    with pytest.raises(EndpointRefused, match=f"mode {mode}"):
        Endpoint(mode=mode, base_url="http://127.0.0.1:8090")


@pytest.mark.parametrize(
    "url",
    [
        "https://fapi.binance.com",
        "http://fapi.binance.com",
        "http://localhost:8090",
        "http://0.0.0.0:8090",
        "http://192.168.0.1:8090",
        "https://127.0.0.1:8090",
        "http://127.0.0.1:8090/fapi",
        "127.0.0.1:8090",
        "",
    ],
)
def test_c2_paper_speaks_to_loopback_only(url: str) -> None:
    with pytest.raises(EndpointRefused, match="C2"):
        Endpoint(mode=VenueMode.PAPER, base_url=url)


def test_a_loopback_endpoint_gives_its_addresses() -> None:
    endpoint = Endpoint(mode=VenueMode.PAPER, base_url="http://127.0.0.1:8090/")
    assert (endpoint.rest, endpoint.socket) == ("http://127.0.0.1:8090", "ws://127.0.0.1:8090")
    assert Endpoint(mode=VenueMode.PAPER, base_url="http://[::1]:8090").authority == "[::1]:8090"


def test_s1_credentials_do_not_show_themselves() -> None:
    shown = repr(Credentials(api_key="visible-key", secret="visible-secret"))
    assert "visible" not in shown
