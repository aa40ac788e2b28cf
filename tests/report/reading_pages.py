"""Pages as a browser and GitHub see them: tags, links, text outside of code, pictures."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from markdown_it import MarkdownIt

_VOID = frozenset({"br", "hr", "meta", "img", "link", "input"})
# A label between quotes: letters, digits, blanks, what is no ASCII, and what Mermaid decodes.
_LABEL = r'(?:[\w ]|[^\x00-\x7f"\ufb02\xb6]|\#[0-9]+;)*'
_WORD = r"[A-Za-z][A-Za-z0-9_()]*"
_FLOW = re.compile(
    rf'flowchart (?:LR|TB)|  r\d+\["{_LABEL}(?:<br/>{_LABEL})?"\]:::\w+|  or\d+\(\["\d+ older revisions?"\]\):::older'
    r'|  or\d+ -\.-> r\d+|  r\d+ (?:-->|-\. "\d+ between" \.->) r\d+|  classDef \w+ [\w:#,-]+'
)
_TABLES = re.compile(
    rf'erDiagram|  t\d+\["{_LABEL}(?: \((?:new|removed|was {_LABEL})\))?"\](?: \{{)?|  \}}'
    rf'|    {_WORD} {_WORD}(?: (?:PK|FK|PK,FK))?(?: "{_LABEL}")?|  t\d+ \}}o--(?:o\||\|\|) t\d+ : "{_LABEL}"'
)


class Page(HTMLParser):
    """What a browser makes of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.text: list[str] = []  # pieces outside of code, as comments and tags divide them
        self.code: list[str] = []
        self.all: list[str] = []
        self.wrong: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in _VOID and not (self.get_starttag_text() or "").endswith("/>"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.all.append(data)
        (self.code if {"code", "pre"} & set(self.open) else self.text).append(data)

    @property
    def links(self) -> list[str]:
        return [value or "" for _, name, value in self.attributes if name in ("href", "src", "action", "xlink:href")]


def rendered(markdown: str) -> Page:
    """The Markdown as GitHub renders it, before it takes out the tags that it does not like."""
    return Page(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown))


def pictures(markdown: str) -> list[str]:
    """The texts of the pictures that Mermaid draws."""
    return re.findall(r"^```mermaid\n(.*?)\n```$", markdown, re.MULTILINE | re.DOTALL)


def unknown_lines(picture: str) -> list[str]:
    """The lines that are not of the few forms that we draw with."""
    grammar = _TABLES if picture.startswith("erDiagram") else _FLOW
    return [line for line in picture.split("\n") if not grammar.fullmatch(line)]
