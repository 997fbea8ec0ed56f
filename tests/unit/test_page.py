"""The status page as it is sent."""

import re
import subprocess
import sys
from base64 import b64encode
from hashlib import sha256

from gossip.api import page
from tests.nodes import ROOT
from tests.unit.fakes import get_of, text_of

SAFE = (
    "default-src 'none'; script-src SCRIPTS; style-src STYLES; connect-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)


def hashes(element: str, text: str) -> str:
    found = re.findall(rf"<{element}>(.*?)</{element}>", text, re.DOTALL)
    return " ".join(f"'sha256-{b64encode(sha256(piece.encode()).digest()).decode()}'" for piece in found)


def test_only_what_came_with_it_may_run() -> None:
    answer = page.get(get_of("/"))
    assert (answer.status, answer.content_type) == (200, "text/html; charset=UTF-8")
    text = text_of(answer)
    policy = SAFE.replace("SCRIPTS", hashes("script", text)).replace("STYLES", hashes("style", text))
    assert answer.fields == (
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-cache"),
    )


def test_it_is_all_there_in_one_piece() -> None:
    text = text_of(page.get(get_of("/")))
    scripts = sorted(path.name for path in (ROOT / "gossip" / "page").glob("*.js"))
    assert text.count("<script>") == len(scripts) == 9
    assert text.count("<style>") == 1
    assert not re.search(
        r"<script src|<link rel=\"stylesheet|https?://(?!www\.w3\.org/2000/svg)| style=| on[a-z]+=", text
    )


def test_no_file_is_read_before_somebody_asks() -> None:
    code = "from gossip.api import page; import gossip.node; print(page._page.cache_info().currsize)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "0\n"
