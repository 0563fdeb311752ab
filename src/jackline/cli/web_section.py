"""The keys of `[web]`: where API and dashboard are served, and under which names."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from jackline.cli.checks import Found
from jackline.cli.problems import Problem
from jackline.cli.section import Section
from jackline.cli.section_types import Allowed, Whole
from jackline.web.options import REQUESTS_PER_S_MAX


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError("must be an IP address") from None


def _listed(value: object) -> object:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


Address = Annotated[str, AfterValidator(_address), Allowed(text='an address, e.g. "127.0.0.1"')]
HostName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]{1,253}$")]
HostNames = Annotated[
    tuple[HostName, ...], BeforeValidator(_listed), Allowed(text='names, e.g. ["jackline.lan"]')
]
PemFile = Annotated[Path, Allowed(text="a PEM file")]


class WebSection(Section):
    """`[web]`. Anything but loopback needs TLS, or a trusted proxy that speaks it (S2)."""

    host: Address = Field("127.0.0.1", description="the address that is listened on")
    port: Whole = Field(8080, ge=0, le=65_535, description="the port; 0 chooses one")
    hosts: HostNames | None = Field(None, description="names a browser may call it by, besides loopback's")
    tls_certificate_file: PemFile | None = Field(None, description="chain of the server's certificate")
    tls_key_file: PemFile | None = Field(None, description="its key, chmod 600")
    trusted_proxy: Address | None = Field(
        None, description="a proxy on this address speaks TLS and names the client"
    )
    requests_per_s_max: Whole = Field(
        REQUESTS_PER_S_MAX, ge=10, le=100_000, description="of one token; halting and closing are not counted"
    )


def web_problems(web: WebSection, found: Found) -> Iterator[Problem]:
    """What is wrong between keys that are right by themselves."""
    pair = {"tls_certificate_file": web.tls_certificate_file, "tls_key_file": web.tls_key_file}
    missing = [name for name, value in pair.items() if value is None]
    if len(missing) == 1:
        what = "missing: certificate and key belong together"
        yield found.problem(f"web.{missing[0]}", None, what, "name both files, or neither")
    if not ip_address(web.host).is_loopback and missing and web.trusted_proxy is None:
        what = "S2: not loopback, and nothing there speaks TLS"
        fix = "name tls_certificate_file and tls_key_file, or the trusted_proxy that speaks it, or 127.0.0.1"
        yield found.problem("web.host", web.host, what, fix)
