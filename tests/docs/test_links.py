"""No link leads nowhere, and every page of the docs can be found from their first."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import INDEX, PAGES, anchors, links
from tests.docs.readme import README
from tests.nodes import ROOT


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere. Those out of the project are not looked at."""
    found = []
    for link in links(page.read_text()):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if re.match(r"\w+:", link):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target.read_text())):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_named_files_exist(page: Path) -> None:
    assert broken(page) == []
    for name in re.findall(r"`((?:gossip|tests|docs|bench|deploy)/[\w./-]*)`", page.read_text()):
        assert (ROOT / name).exists(), name


def test_every_page_can_be_reached_from_the_index_and_the_index_from_the_readme() -> None:
    reached, ahead = set(), [INDEX]
    while ahead:
        page = ahead.pop()
        reached.add(page)
        linked = {(page.parent / link.partition("#")[0]).resolve() for link in links(page.read_text())}
        ahead += (linked & set(PAGES)) - reached
    assert set(PAGES) - reached == set()
    assert "docs/index.md" in links(README.read_text())


def test_a_link_to_nothing_is_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# Well `a/b`, then!\n\n## Twice\n\n## Twice\n\n```\n# no heading\n```\n")
    (tmp_path / "page.md").write_text(
        "[a](other.md) [b](other.md#well-ab-then) [c](other.md#twice-1) [d](https://example.org/) ![e](none.png)\n\n"
        "`[f](none.md)`\n\n| [g](other.md#no-heading) | [h](#here) |\n| --- | --- |\n| [i](other.md#Twice) | |\n"
    )
    assert broken(tmp_path / "page.md") == ["none.png", "other.md#no-heading", "#here", "other.md#Twice"]
