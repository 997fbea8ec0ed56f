"""The pages that people read, with their headings and links, as GitHub shows them."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.nodes import ROOT

DOCS = ROOT / "docs"
INDEX = DOCS / "index.md"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.glob("*.md"))]

_PARSER = MarkdownIt("commonmark").enable("table")


def inline(text: str) -> Iterator[tuple[Token, Token]]:
    """Each run of text of a page, and what it is in."""
    tokens = _PARSER.parse(text)
    yield from ((before, token) for before, token in pairwise(tokens) if token.type == "inline")


def links(text: str) -> list[str]:
    """What a page's links and pictures lead to."""
    parts = [part for _, token in inline(text) for part in token.children or []]
    targets = [part.attrs.get("href") or part.attrs.get("src") for part in parts]
    return [str(target) for target in targets if target]


def anchors(text: str) -> set[str]:
    """The names by which a link leads to the headings of a page."""
    found: set[str] = set()
    seen: Counter[str] = Counter()
    for before, token in inline(text):
        if before.type == "heading_open":
            shown = "".join(part.content for part in token.children or [])
            name = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
            found.add(f"{name}-{seen[name]}" if seen[name] else name)
            seen[name] += 1
    return found
