"""From a view to HTML: whole pages, and the parts of them that live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from jackline.web.pages import words


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a page shows.

    Attributes:
        name: of its template.
        title: as its tab and its heading say.
        facts: what the templates are given.
        live: names of its parts that the socket sends anew; each is a template of its own.
    """

    name: str
    title: str
    facts: Mapping[str, object] = field(default_factory=dict)
    live: tuple[str, ...] = ()


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("jackline.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    for name in (
        "figure",
        "price",
        "money",
        "change",
        "share",
        "span",
        "age",
        "at",
        "plural",
        "spaced",
        "code_link",
    ):
        made.filters[name] = getattr(words, name)
    made.globals["NONE"] = words.NONE
    return made


ENVIRONMENT: Final = _environment()


def render_parts(view: View) -> dict[str, Markup]:
    """The live parts by name."""
    return {
        name: Markup(ENVIRONMENT.get_template(f"parts/{name}.html").render(view.facts).strip())  # noqa: S704  escaped within
        for name in view.live
    }


def render_page(view: View, parts: Mapping[str, Markup], chrome: Mapping[str, object]) -> str:
    """The whole document; `chrome` is what stands around every page."""
    template = ENVIRONMENT.get_template(f"{view.name}.html")
    return template.render({**view.facts, **chrome, "parts": parts, "page_title": view.title})
