"""The pages of the documentation site that code writes, and the links of those that stand at the root.

A hook of MkDocs: `python3 x.py docs` builds `site/`. Nothing that it writes is kept in the repository.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from jackline.cli.catalogue import Entry, entries
from jackline.cli.manual import exit_codes, pages
from jackline.core.codes import PAGES

ROOT = Path(__file__).resolve().parent.parent
OPENAPI = ROOT / "tests" / "web" / "openapi.json"
"""Compared with the application by a test of its own."""
AT_ROOT = {
    "README.md": "readme.md",
    "PROMISE.md": "promise.md",
    "ARCHITECTURE.md": "architecture.md",
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
"""Files that stand where people look for them in a repository, and their pages."""
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")


def on_files(files: Any, config: Any) -> Any:
    """Add what is not in `docs/`: pages of the root, and those that code tells."""
    from mkdocs.structure.files import File  # noqa: PLC0415  only the build needs it

    made = {name: write() for name, write in WRITTEN.items()}
    made |= {
        page: (ROOT / name).read_text(encoding="utf-8")
        for name, page in AT_ROOT.items()
        if (ROOT / name).exists()
    }
    for name, text in made.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Let links that leave `docs/` arrive on the site, or be the name of a file."""
    here = Path(page.file.src_uri)
    at_root = here.as_posix() in AT_ROOT.values()
    known = {file.src_uri for file in files}
    return "".join(_linked(part, here, at_root, known) for part in _fenced(markdown))


def _fenced(markdown: str) -> Iterator[tuple[bool, str]]:
    """The text in pieces: those of code are left as they are."""
    for number, part in enumerate(re.split(r"(^```.*?^```[^\n]*$)", markdown, flags=re.M | re.S)):
        yield number % 2 == 1, part


def _linked(piece: tuple[bool, str], here: Path, at_root: bool, known: set[str]) -> str:
    is_code, text = piece
    if is_code:
        return text

    def there(match: re.Match[str]) -> str:
        bang, words, target = match.groups()
        path, _, anchor = target.partition("#")
        if not path or "://" in target or target.startswith("mailto:"):
            return match.group(0)
        base = ROOT if at_root else ROOT / "docs" / here.parent
        wanted = _page_of((base / path).resolve())
        if wanted is None or wanted not in known:
            return f"`{(base / path).resolve().relative_to(ROOT)}`" if not bang else ""
        up = "../" * (len(here.parts) - 1)
        return f"{bang}[{words}]({up}{wanted}{'#' + anchor if anchor else ''})"

    return LINK.sub(there, text)


def _page_of(file: Path) -> str | None:
    """The page of a file of this repository; None for one that has none."""
    if not file.is_relative_to(ROOT):
        return None
    told = file.relative_to(ROOT).as_posix()
    if told in AT_ROOT:
        return AT_ROOT[told]
    if file.is_dir() and (file / "README.md").exists():
        told += "/README.md"
    return told.removeprefix("docs/") if told.startswith("docs/") else None


# -- what code tells -----------------------------------------------------------------------------------------


def configuration() -> str:
    """Every key of the configuration, by its section."""
    lines = [
        "# Configuration keys",
        "",
        "Written from the declarations that judge a file. How files, variables and options go together is in",
        "[Configuration](../configuration.md); `jackline config explain KEY` tells one of them on the screen.",
    ]
    section = ""
    for entry in entries():
        table, _, _ = entry.key.rpartition(".")
        title = f"[{table}]" + (f", strategy {entry.strategy}" if entry.strategy else "")
        if title != section:
            section = title
            lines += [
                "",
                f"## `{title}`",
                "",
                "| key | unit | default | allowed | meaning |",
                "|---|---|---|---|---|",
            ]
        lines.append(_key(entry))
    return "\n".join(lines) + "\n"


def _key(entry: Entry) -> str:
    name = entry.key.rpartition(".")[2]
    default = "required" if entry.required else "" if entry.default is None else f"`{entry.default}`"
    return f"| `{name}` | {_cell(entry.unit)} | {default} | {_cell(entry.allowed)} | {_cell(entry.meaning)} |"


def commands() -> str:
    """Every command with its options."""
    lines = [
        "# Commands",
        "",
        "Written from the commands themselves; `jackline help COMMAND` shows the same.",
    ]
    for page in pages():
        lines += ["", f"## {page.name}", "", "```", page.usage, "```", "", _escaped(page.about)]
        if page.options:
            lines += ["", "| option | |", "|---|---|"]
            lines += [f"| `{left.strip()}` | {_cell(right)} |" for left, right in page.options]
        if page.below:
            lines += ["", "| below it | |", "|---|---|"]
            lines += [f"| `{left}` | {_cell(right)} |" for left, right in page.below]
    lines += ["", "## Exit codes", "", "| code | meaning |", "|---|---|"]
    lines += [f"| {number} | {meaning} |" for number, meaning in exit_codes()]
    return "\n".join(lines) + "\n"


def codes() -> str:
    """Every code of the promise."""
    lines = [
        "# Codes",
        "",
        "What stands in logs, journal, alerts and on the dashboard. `jackline explain P1` shows one of them.",
    ]
    for page in PAGES.values():
        lines += ["", f"## {page.code}: {page.title}", "", _escaped(page.meaning), ""]
        lines += [f"- *Is money at risk?* {_escaped(page.risk)}", f"- *What to do:* {_escaped(page.to_do)}"]
    return "\n".join(lines) + "\n"


def calls() -> str:
    """Every call of the REST API."""
    document = json.loads(OPENAPI.read_text(encoding="utf-8"))
    lines = [
        "# Calls of the REST API",
        "",
        "Written from the OpenAPI document, which the running system serves as `/openapi.json`. What holds for all of",
        "them is in [REST API](../api.md).",
    ]
    for path, verbs in sorted(document["paths"].items()):
        lines += ["", f"## `{path}`"]
        for verb, call in verbs.items():
            lines += ["", *_call(verb, call, document)]
    return "\n".join(lines) + "\n"


def _call(verb: str, call: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    scopes = sorted({scope for one in call.get("security", ()) for names in one.values() for scope in names})
    yield f"**{verb.upper()}**" + (f", scope `{'`, `'.join(scopes)}`" if scopes else ", without a token")
    yield ""
    yield _escaped(call.get("description") or call.get("summary", ""))
    rows = [
        (one["name"], one["in"], one.get("required", False), one.get("schema", {}))
        for one in call.get("parameters", ())
    ]
    rows += [(name, "body", needed, schema) for name, needed, schema in _body(call, document)]
    if rows:
        yield from ("", "| name | in | type | |", "|---|---|---|---|")
        for name, place, needed, schema in rows:
            told = _cell(schema.get("description", ""))
            yield f"| `{name}`{' (required)' if needed else ''} | {place} | {_cell(_type(schema))} | {told} |"
    answers = ", ".join(
        f"{code} {answer.get('description', '')}".strip()
        for code, answer in call.get("responses", {}).items()
    )
    yield from ("", f"Answers: {answers}.")


def _body(call: dict[str, Any], document: dict[str, Any]) -> Iterator[tuple[str, bool, dict[str, Any]]]:
    content = call.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = _found(content.get("schema", {}), document)
    for one in (schema, *(_found(part, document) for part in schema.get("anyOf", ()))):
        for name, inner in one.get("properties", {}).items():
            yield name, name in one.get("required", ()), inner


def _found(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"][name] if name else schema
    return found


def _type(schema: dict[str, Any]) -> str:
    """The type and its bounds, in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " or ".join(f"`{one}`" for one in schema["enum"])
    kinds = [_type(one) for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    bounds = [f"{word} {schema[key]}" for key, word in BOUNDS.items() if key in schema]
    return ", ".join([" or ".join(kinds) or str(schema.get("type", "any")), *bounds])


BOUNDS = {
    "minimum": "≥",
    "exclusiveMinimum": ">",
    "maximum": "≤",
    "exclusiveMaximum": "<",
    "maxLength": "length ≤",
}


def _cell(text: str) -> str:
    return _escaped(" ".join(text.split())).replace("|", "\\|")


def _escaped(text: str) -> str:
    """Angle brackets are words here, and nothing of HTML."""
    return html.escape(text, quote=False)


WRITTEN: dict[str, Callable[[], str]] = {
    "reference/configuration.md": configuration,
    "reference/commands.md": commands,
    "reference/calls.md": calls,
    "reference/codes.md": codes,
}
