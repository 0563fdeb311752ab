"""What pages and socket share: one look rendered once, however many watch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from markupsafe import Markup

from jackline.store.disk import Disk
from jackline.web.account import Account, Seen
from jackline.web.bot_book import BotBook
from jackline.web.history import History
from jackline.web.options import WebOptions
from jackline.web.pages.bar import Bar, bar_of
from jackline.web.pages.journal import TradeRows
from jackline.web.pages.rendering import ENVIRONMENT, View, render_parts
from jackline.web.pages.series import Series
from jackline.web.pages.sight import Sight

Builder = Callable[[Sight, Mapping[str, str]], Awaitable[View]]
KEPT_MAX = 100
"""Different pages whose parts of one look are kept; more people than that do not watch one account."""


class Live:
    """The account as pages see it."""

    def __init__(
        self, account: Account, history: History, options: WebOptions, disk: Disk, bots: BotBook
    ) -> None:
        self.account = account
        self.series = Series()
        self._trade_rows = TradeRows(account)
        self._history = history
        self._options = options
        self._disk = disk
        self._bots = bots
        self._kept: dict[str, dict[str, Markup]] = {}
        self._kept_of: Seen | None = None

    async def run(self) -> None:
        """Keep the series for ever."""
        await self.series.run(self.account)

    async def sight(self) -> Sight:
        """All that a page is made of, now."""
        return Sight(
            seen=self.account.seen,
            past=self._history.past,
            account=self.account,
            options=self._options,
            series=self.series,
            trade_rows=self._trade_rows,
            disk=self._disk,
            bots=self._bots,
            stage=self._history.past.stage,
        )

    async def parts(self, path: str, build: Builder, query: Mapping[str, str]) -> dict[str, Markup]:
        """The live parts of a page, the bar's among them."""
        sight = await self.sight()
        if sight.seen is not self._kept_of or len(self._kept) > KEPT_MAX:
            self._kept, self._kept_of = {}, sight.seen
        found = self._kept.get(path)
        if found is None:
            found = {**bar_parts(bar_of(sight)), **render_parts(await build(sight, query))}
            if sight.seen is self._kept_of:
                self._kept[path] = found
        return found


def bar_parts(bar: Bar) -> dict[str, Markup]:
    """The bar, its spoken form, and the words of title and icon."""
    shown = ENVIRONMENT.get_template("parts/bar.html").render(bar=bar).strip()
    return {
        "bar": Markup(shown),  # noqa: S704  escaped within
        "spoken": Markup("{}").format(bar.spoken),
    }
