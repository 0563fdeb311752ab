"""What to do: a page for every code of the promise and every problem of the API, and the API itself, offline."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import Path, Request, Response

from jackline.core.codes import PAGES
from jackline.web.access import Reader
from jackline.web.pages.places import static_view
from jackline.web.pages.rendering import View
from jackline.web.pages.route import plain, router, show
from jackline.web.problems import KINDS, Problem

pages = router()
VERBS = ("get", "post", "put", "patch", "delete")


@pages.get("/codes")
async def codes_page(request: Request, grant: Reader) -> Response:
    """Every code."""
    view = View(name="codes", title="Codes", facts={"codes": list(PAGES.values())})
    return await show(request, grant, static_view(view))


@pages.get("/codes/{code}")
async def code_page(
    request: Request, grant: Reader, code: Annotated[str, Path(max_length=8, pattern=r"^[A-Z][0-9]+$")]
) -> Response:
    """What one code means, whether money is at risk, and what to do."""
    found = PAGES.get(code)
    if found is None:
        raise Problem("not-found", f"no code {code}")
    view = View(name="code", title=f"{code}: {found.title}", facts={"code": found})
    return await show(request, grant, static_view(view))


@pages.get("/problems/{code}")
async def problem_page(request: Request, code: Annotated[str, Path(max_length=40)]) -> Response:
    """What one problem of the API means. Whoever has no token yet may read it too."""
    kind = KINDS.get(code)
    if kind is None:
        raise Problem("not-found", "no such problem")
    return plain(request, View(name="kind", title=kind.title, facts={"kind": kind}))


@pages.get("/docs")
async def docs_page(request: Request, grant: Reader) -> Response:
    """The API, as its own document has it."""
    document = await asyncio.to_thread(request.app.openapi)  # made once, and it takes a second
    routes: dict[str, list[dict[str, Any]]] = {}
    for path, verbs in document.get("paths", {}).items():
        for verb in VERBS:
            if verb in verbs:
                routes.setdefault((verbs[verb].get("tags") or ["other"])[0], []).append(
                    _route(path, verb, verbs[verb])
                )
    view = View(name="docs", title="API", facts={"routes": routes, "version": document["info"]["version"]})
    return await show(request, grant, static_view(view))


def _route(path: str, verb: str, told: dict[str, Any]) -> dict[str, Any]:
    return {
        "path": path,
        "verb": verb.upper(),
        "text": told.get("description") or told.get("summary", ""),
        "takes": [
            f"{one['name']} ({one['in']}{', needed' if one.get('required') else ''})"
            for one in told.get("parameters", [])
        ],
        "body": _schema(told.get("requestBody", {})),
        "answers": sorted(told.get("responses", {})),
    }


def _schema(body: dict[str, Any]) -> str:
    for media in body.get("content", {}).values():
        schema = media.get("schema", {})
        named = schema.get("$ref") or next((one.get("$ref", "") for one in schema.get("anyOf", [])), "")
        return str(named).rpartition("/")[2]
    return ""
