"""The documentation site: every page has its place in it, and what was built wrongly is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from maintenance.site import GITHUB, main, prepared, wrong

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return prepared(ROOT)


def test_every_page_stands_once_in_the_navigation(pages: dict[str, str]) -> None:
    named = re.findall(r'"([\w/-]+\.md)"', pages["../zensical.toml"])

    assert sorted(named) == sorted(pages.keys() - {"../zensical.toml"})
    assert len([name for name in named if name.startswith("guides/")]) > 5


def test_the_readme_is_the_first_page_and_its_links_lead_to_pages_of_the_site(pages: dict[str, str]) -> None:
    assert "](rules/index.md#locks)" in pages["index.md"]
    assert "](docs/" not in pages["index.md"]


def test_a_link_to_a_file_that_is_no_page_leads_to_github(pages: dict[str, str]) -> None:
    assert f"]({GITHUB}/blob/main/docs/report.schema.json)" in pages["json.md"]


def test_nothing_is_loaded_from_another_server(pages: dict[str, str]) -> None:
    settings = pages["../zensical.toml"]

    assert "font = false" in settings
    assert "analytics" not in settings
    assert "mermaid" not in "".join(pages.values())  # its script would come from another server


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ('<a href="nowhere/">', "index.html leads to nowhere/, which is no page"),
        ('<a href="other/#gone">', "index.html leads to other/#gone, and the page has no such place"),
        ('<a href="#gone">', "index.html leads to #gone, and the page has no such place"),
        ('<script src="https://cdn.example/x.js">', "index.html asks another server for https://cdn.example/x.js"),
        (
            '<link rel="stylesheet" href="//cdn.example/x.css">',
            "index.html asks another server for //cdn.example/x.css",
        ),
        ('<a href="other/#here"><a href="https://example.org/"><a href="a%20b.txt"><img src="x.png">', None),
        ('<link rel="canonical" href="https://example.org/">', None),
    ],
)
def test_a_link_that_leads_nowhere_and_a_foreign_request_are_named(
    page: str, says: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "html" / "other").mkdir(parents=True)
    (tmp_path / "html" / "other" / "index.html").write_text('<h1 id="here">')
    (tmp_path / "html" / "a b.txt").write_text("")
    (tmp_path / "html" / "index.html").write_text(page)

    assert list(wrong(tmp_path / "html")) == ([says] if says else [])
    assert main([str(tmp_path), "--look"]) == (1 if says else 0)
    assert (says or "Every link of 2 pages leads somewhere.") in capsys.readouterr().out


def test_a_style_that_loads_from_another_server_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("@import 'https://fonts.example/a.css'; b { background: url(x.png) }")

    assert list(wrong(tmp_path)) == ["a.css asks another server for https://fonts.example/a.css"]
