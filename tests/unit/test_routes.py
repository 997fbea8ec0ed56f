"""Which operation answers."""

import pytest

from gossip.api.routes import Routes
from gossip.serving.answer import Answer, plain
from gossip.serving.head import parse_head
from gossip.serving.limits import Limits
from tests.unit.fakes import error_of, refusal_of, request_of, text_of


def saying(sentence: str) -> Answer:
    return plain(200, sentence)


ROUTES = Routes({
    "/map": {"GET": lambda request: saying("get"), "PUT": lambda request: saying("put")},
    "/write": {"POST": lambda request: saying("post")},
    "/all/": {"GET": lambda request: saying("below")},
    "/": {"GET": lambda request: saying("page")},
})  # fmt: skip


def asked(method: str, target: str) -> Answer:
    raw = f"{method} {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    return ROUTES(parse_head(raw, Limits()))(request_of(raw))


@pytest.mark.parametrize(
    ("method", "target", "said"),
    [
        ("GET", "/map", "get"), ("HEAD", "/map?k=a", "get"), ("PUT", "/map?", "put"), ("POST", "/write", "post"),
        ("GET", "http://proxied/map?k=a", "get"), ("GET", "/all/", "below"), ("GET", "/all/of/it", "below"),
        ("GET", "/", "page"), ("GET", "/?x", "page"), ("GET", "http://proxied", "page"),
    ],
)  # fmt: skip
def test_answered(method: str, target: str, said: str) -> None:
    assert text_of(asked(method, target)) == said + "\n"


@pytest.mark.parametrize("target", ["/map/", "/Map", "/%6dap", "//map", "*", "/write/x"])
def test_nothing_is_here(target: str) -> None:
    assert refusal_of(lambda: asked("GET", target)) == (404, "nothing is here; ask for one of /map, /write, /all/, /")


@pytest.mark.parametrize(
    ("method", "target", "allowed"),
    [("DELETE", "/map", "GET, HEAD, PUT"), ("get", "/map", "GET, HEAD, PUT"), ("GET", "/write", "POST")],
)
def test_another_method_is_told_what_is_allowed(method: str, target: str, allowed: str) -> None:
    answer = error_of(lambda: asked(method, target)).answer
    assert (answer.status, answer.fields) == (405, (("Allow", allowed),))
    assert text_of(answer) == f"this takes {allowed} only\n"
