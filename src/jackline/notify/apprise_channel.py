"""Apprise at the edge: an address becomes a channel. The library blocks, so each delivery has a thread of its own.

A thread cannot be ended from outside. One that outlives its deadline is left to the library's own timeouts, and so many
of them per channel are borne; from there on a delivery fails at once until one returns. They are daemons: a process
that is told to stop does not wait for a mail server.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from jackline.core.effects import Level
from jackline.notify.channel import Address, UrlsRefused
from jackline.notify.message import Message

STUCK_MAX = 4
EXTRA = "alerts"
"""The extra of this package that brings Apprise."""
LOCAL_SCHEMES = frozenset({"dbus", "kde", "qt", "glib", "gnome", "macosx", "windows", "syslog"})
"""They go to a screen or a file of this host: nobody reads those at three in the morning."""


class AppriseMissing(Exception):
    """Apprise is not installed."""

    def __init__(self) -> None:
        super().__init__(f"alerts need Apprise. Fix: pip install 'jackline[{EXTRA}]'")


class AppriseChannel:
    """Fulfils `Channel`."""

    def __init__(self, *, name: str, tags: frozenset[str], plugin: Any, types: Any) -> None:
        self._name = name
        self._tags = tags
        self._plugin = plugin
        self._types = {Level.INFO: types.INFO, Level.WARNING: types.WARNING, Level.CRITICAL: types.FAILURE}
        self._stuck = 0

    @property
    def name(self) -> str:
        """Scheme and number."""
        return self._name

    @property
    def tags(self) -> frozenset[str]:
        """As the file has them."""
        return self._tags

    async def send(self, message: Message) -> bool:
        """Deliver in a thread. A cancelled wait leaves the thread to end by itself."""
        if self._stuck >= STUCK_MAX:
            return False
        loop = asyncio.get_running_loop()
        done: asyncio.Future[bool] = loop.create_future()
        self._stuck += 1

        def finish(taken: bool) -> None:
            self._stuck -= 1
            if not done.done():
                done.set_result(taken)

        def work() -> None:
            taken = self._notify(message)
            try:
                loop.call_soon_threadsafe(finish, taken)
            except RuntimeError:
                return  # the loop is closed: the process ends

        threading.Thread(target=work, name=f"alert-{self._name}", daemon=True).start()
        return await done

    def _notify(self, message: Message) -> bool:
        """The library's word for it. Whatever a plugin raises is a failed delivery, and its text may hold a secret."""
        try:
            return bool(
                self._plugin.notify(
                    body=message.body, title=message.subject, notify_type=self._types[message.level]
                )
            )
        except Exception:  # noqa: BLE001  of a hundred plugins; it is counted as failed and tried again
            return False


def open_channels(addresses: Sequence[Address]) -> tuple[AppriseChannel, ...]:
    """A channel an address. Nothing is sent. No redirect is followed: a message goes to the host that its line names.

    Raises AppriseMissing, and UrlsRefused with the name of the channel, never with its address (S1).
    """
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # of its hundred plugins, which are imported at first use
        return _opened(addresses)


def _opened(addresses: Sequence[Address]) -> tuple[AppriseChannel, ...]:
    try:
        apprise: Any = import_module("apprise")
    except ImportError:
        raise AppriseMissing from None
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # its texts may repeat an address
    asset = apprise.AppriseAsset(
        app_id="jackline",
        app_desc="jackline alerts",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        http_redirects=False,
        async_mode=False,
        interpret_emojis=False,
        interpret_escapes=False,
        secure_logging=True,
        storage_mode="memory",
    )
    return tuple(_open(apprise, asset, address) for address in addresses)


def _open(apprise: Any, asset: Any, address: Address) -> AppriseChannel:
    if address.url.partition("://")[0].lower() in LOCAL_SCHEMES:
        raise UrlsRefused(
            f"{address.name}: a notice on this host's own screen reaches nobody. Fix: another one"
        )
    plugin = apprise.Apprise.instantiate(address.url, asset=asset, suppress_exceptions=True)
    if plugin is None:
        raise UrlsRefused(
            f"{address.name}: Apprise does not know this address, or something is missing in it"
        )
    if getattr(plugin, "redirects", False):
        raise UrlsRefused(
            f"{address.name}: redirect=yes sends messages to hosts nobody named. Fix: remove it"
        )
    return AppriseChannel(name=address.name, tags=address.tags, plugin=plugin, types=apprise.NotifyType)
