"""The documentation site: `python -m maintenance.site FOLDER` prepares it, and with `--look` reads what was built.

The pages of the repository read well on GitHub, and are the site's, too: the README is its first page, and links to
files that are no pages lead to GitHub.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).parents[1]
GITHUB = "https://github.com/migration-guard/migration-guard"
FRONT = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
GUIDES = ("adopt", "hooks", "expand-and-contract", "long-tables", "sqlite", "merge-queue")
REFERENCE = ("commands", "db", "settings", "action", "github", "json", "benchmarks")
_LINK = re.compile(r"(?<=\]\()([^)#\s]+)")
_ITEM = re.compile(r"(?:[-*]|\d+\.) |\s|$")
_ASKS = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"), ("source", "src"), ("use", "href")}
_PAGES_ONLY = {"canonical", "prev", "next", "alternate"}  # of `<link rel>`: what a browser does not fetch


def prepared(root: Path) -> dict[str, str]:
    """Every page of the site by its path in it, and `../zensical.toml`, the generator's settings."""
    sources = {name: root / name for name in FRONT}
    sources |= {file.relative_to(root).as_posix(): file for file in sorted((root / "docs").rglob("*.md"))}
    places = {name: FRONT.get(name, name.removeprefix("docs/")) for name in sources}
    pages = {places[name]: _page(name, file, places, root) for name, file in sources.items()}
    settings = (root / "maintenance" / "site.toml").read_text(encoding="utf-8")
    return pages | {"../zensical.toml": settings.replace("nav = []", f"nav = {_toml(_nav(pages))}", 1)}


def _page(name: str, file: Path, places: dict[str, str], root: Path) -> str:
    """A page with its links as the site needs them."""

    def leads(found: re.Match[str]) -> str:
        target = found[1]
        if "://" in target or target.startswith("mailto:"):
            return target
        path = os.path.normpath(os.path.join(os.path.dirname(name), target))  # noqa: PTH118, PTH120
        if path in places:
            return Path(os.path.relpath(places[path], os.path.dirname(places[name]) or ".")).as_posix()  # noqa: PTH120
        kind = "tree" if (root / path).is_dir() else "blob"
        return f"{GITHUB}/{kind}/main/{path}"

    return outside_code(file.read_text(encoding="utf-8"), lambda text: _spaced(_LINK.sub(leads, text)))


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """The page with all changed but its blocks of code between fences."""
    parts = re.split(r"(^```.*?^```$)", text, flags=re.DOTALL | re.MULTILINE)
    return "".join(part if part.startswith("```") else change(part) for part in parts)


def _spaced(text: str) -> str:
    """With an empty line above each list, which GitHub does without, and the generator does not."""
    lines = text.split("\n")
    spaced = lines[:1]
    for above, line in pairwise(lines):
        if re.match(r"(?:[-*]|\d+\.) ", line) and not _ITEM.match(above):
            spaced.append("")
        spaced.append(line)
    return "\n".join(spaced)


def _nav(pages: dict[str, str]) -> list[object]:
    """The pages in their order. A page that stands nowhere in it is an error."""
    rules: list[object] = ["rules/index.md"]
    for family, body in re.findall(r"^## (.+)\n((?:(?!## ).*\n?)*)", pages["rules/index.md"], re.MULTILINE):
        rules.append({family: [{slug: f"rules/{slug}.md"} for slug in re.findall(r"\]\(([\w-]+)\.md\)", body)]})
    nav: list[object] = [
        {"Start": "index.md"},
        {"Guides": [f"guides/{name}.md" for name in GUIDES if f"guides/{name}.md" in pages]},
        {"Rules": rules},
        {"Reference": [f"{name}.md" for name in REFERENCE if f"{name}.md" in pages]},
        {"Runbook": "runbook.md"},
        {"Project": ["contributing.md", "changelog.md", {"On GitHub": GITHUB}]},
    ]
    lost = pages.keys() - set(re.findall(r"[\w/-]+\.md", json.dumps(nav)))
    if lost:
        raise SystemExit(f"in no part of the site's navigation: {', '.join(sorted(lost))}\nname it in {__file__}")
    return nav


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items()) + " }"
    return f"[{', '.join(map(_toml, value))}]" if isinstance(value, list) else json.dumps(value)


class _Page(HTMLParser):
    """The anchors of a built page, where it leads to, and what a browser fetches for it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        for name, value in given.items():
            if (tag, name) in _ASKS and not _PAGES_ONLY & set(given.get("rel", "").split()):
                self.fetched.append(value)
            elif (tag, name) == ("a", "href"):
                self.links.append(value)


def wrong(built: Path) -> Iterator[str]:
    """A sentence for each link of the built site that leads nowhere, and for each request to another server."""
    pages = {file: _Page(file.read_text(encoding="utf-8")) for file in sorted(built.rglob("*.html"))}
    for file, page in pages.items():
        shown = file.relative_to(built)
        yield from (f"{shown} asks another server for {url}" for url in page.fetched if urlsplit(url).netloc)
        for link in page.links if file.name != "404.html" else ():  # its links are from the top of the server
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = Path(os.path.normpath(file.parent / unquote(parts.path))) if parts.path else file
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                yield f"{shown} leads to {link}, which is no page"
            elif parts.fragment and unquote(parts.fragment) not in pages.get(target, page).anchors:
                yield f"{shown} leads to {link}, and the page has no such place"
    for file in sorted(built.rglob("*.css")):
        for url in re.findall(r"(?:url\(|@import )[\"']?((?:https?:)?//[^\"')]+)", file.read_text(encoding="utf-8")):
            yield f"{file.relative_to(built)} asks another server for {url}"


def main(arguments: list[str]) -> int:
    """0, or 1 where the built site is wrong."""
    folder = Path(arguments[0])
    if "--look" in arguments:
        found = list(wrong(folder / "html"))
        print("\n".join(found) or f"Every link of {len(list(folder.rglob('*.html')))} pages leads somewhere.")
        return 1 if found else 0
    shutil.rmtree(folder, ignore_errors=True)
    for path, text in prepared(ROOT).items():
        file = folder / "docs" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
