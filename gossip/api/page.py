"""`GET /`: the status page, put together from the files in `gossip/page/`.

It is one answer, with its styles and scripts in it, and asks nobody but this node. What may run in it is told by hashes
of just these pieces, so that no key or value can ever become part of what runs.
"""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from gossip.serving.answer import Answer
from gossip.serving.request import Request

HTML = "text/html; charset=UTF-8"

_FOLDER = Path(__file__).parent.parent / "page"

_STYLE = re.compile(r'<link rel="stylesheet" href="([a-z]+\.css)">')
_SCRIPT = re.compile(r'<script src="([a-z]+\.js)"></script>')


def get(request: Request) -> Answer:
    """The files are not even read before somebody asks."""
    request.may_take_long()
    return _page()


@cache
def _page() -> Answer:
    page = (_FOLDER / "index.html").read_text(encoding="utf-8")
    page, styles = _taken_in(page, _STYLE, "style")
    page, scripts = _taken_in(page, _SCRIPT, "script")
    fields = (
        ("Content-Security-Policy", "; ".join(_policy(scripts, styles))),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-cache"),
    )
    return Answer(200, (page.encode(),), HTML, fields)


def _taken_in(page: str, named: re.Pattern[str], element: str) -> tuple[str, list[str]]:
    """The page with such files in the place of their names, and a hash of each (CSP level 3, section 8.4)."""
    hashes: list[str] = []

    def content(match: re.Match[str]) -> str:
        text = "\n" + (_FOLDER / match[1]).read_text(encoding="utf-8")
        hashes.append(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'")
        return f"<{element}>{text}</{element}>"

    return named.sub(content, page), hashes


def _policy(scripts: list[str], styles: list[str]) -> tuple[str, ...]:
    return (
        "default-src 'none'",
        f"script-src {' '.join(scripts)}",
        f"style-src {' '.join(styles)}",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
