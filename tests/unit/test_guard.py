"""Who is let in at the client port, by the head of the request."""

from collections.abc import Mapping

import pytest

from gossip.api.guard import Guard
from gossip.serving.answer import Answer, HttpError, plain
from gossip.serving.feed import Streamed
from gossip.serving.head import parse_head
from gossip.serving.limits import Limits
from gossip.serving.request import Operation, Request
from tests.unit.fakes import error_of, refusal_of, request_of, text_of

PAGE = "https://app.example"
ABROAD = "a page of another site asks for this; CLIENT_ORIGINS names those that may"
NO_TOKEN = "this node wants a token: send Authorization: Bearer <token>, with one of those in CLIENT_TOKEN_FILE"


def route(_: object) -> Operation:
    return lambda request: plain(200, "done")


def raw(method: str = "GET", host: str | None = "localhost", **fields: str) -> bytes:
    told = {name.replace("_", "-"): value for name, value in fields.items()}
    lines = [f"{name}: {value}" for name, value in ({} if host is None else {"Host": host}).items()]
    lines += [f"{name}: {value}" for name, value in told.items()]
    return "\r\n".join((f"{method} /map?k=a HTTP/1.{int(host is not None)}", *lines, "", "")).encode()


def asked(guard: Guard, head: bytes) -> Answer:
    return guard(parse_head(head, Limits()))(request_of(head))


def fields_of(answer: Answer) -> Mapping[str, str]:
    return dict(answer.fields)


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost", "localhost:8001", "localhost.", "localhost:", "127.0.0.1", "127.0.0.1:80", "10.1.2.3",
     "[::1]", "[::1]:8080", "[fe80::1]", "map", "MAP:80", "map.shop.svc", None],
)  # fmt: skip
def test_hosts_that_are_served(host: str | None) -> None:
    guard = Guard(route, hosts=("map", "map.shop.svc"))
    assert text_of(asked(guard, raw(host=host))) == "done\n"


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:80", "localhost.evil.example", "notlocalhost", "127.0.0.1.evil.example", "127.1",
     "[evil.example]", "::1", "[127.0.0.1]", "127.0.0.1]", "[127.0.0.1", "[[::1]]", "[::1", "::1]", "[", "[]",
     "localhost:80:80", "localhost:x", "map", ""],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
def test_hosts_that_are_not(method: str, host: str) -> None:
    sentence = "this node serves localhost and IP addresses; CLIENT_HOSTS names other hosts"
    assert refusal_of(lambda: asked(Guard(route), raw(method, host))) == (421, sentence)


def test_any_host_may_be_served() -> None:
    assert text_of(asked(Guard(route, hosts=("*",)), raw(host="whatever.example"))) == "done\n"


def test_the_host_of_a_whole_url_counts() -> None:
    """RFC 9112, section 3.2.2: whatever Host says."""
    evil = b"GET http://evil.example/map?k=a HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert refusal_of(lambda: asked(Guard(route), evil))[0] == 421
    good = b"GET http://localhost:80/map?k=a HTTP/1.1\r\nHost: evil.example\r\n\r\n"
    assert text_of(asked(Guard(route), good)) == "done\n"


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
@pytest.mark.parametrize(
    ("host", "origin"),
    [("localhost:8080", "http://evil.example"), ("localhost:8080", "null"), ("localhost:8080", "http://localhost"),
     ("localhost:8080", "http://localhost:3000"), ("localhost", "http://localhost:8080"), ("10.1.2.3", "http://6.6.6.6"),
     ("localhost", "http://localhost, http://evil.example"), ("localhost", "file://"), ("localhost", "localhost"),
     ("localhost", "ftp://localhost"), (None, "http://evil.example"), ("localhost:80", "https://localhost")],
)  # fmt: skip
def test_pages_of_other_origins_may_not_write(method: str, host: str | None, origin: str) -> None:
    assert refusal_of(lambda: asked(Guard(route), raw(method, host, Origin=origin))) == (403, ABROAD)


@pytest.mark.parametrize(
    ("host", "origin"),
    [("localhost:8001", "http://localhost:8001"), ("localhost", "http://localhost"), ("localhost:80", "http://localhost"),
     ("[::1]:8080", "http://[::1]:8080"), ("LOCALHOST", "http://localhost"), ("localhost", "https://localhost")],
)  # fmt: skip
def test_pages_from_here_may_write(host: str, origin: str) -> None:
    assert text_of(asked(Guard(route), raw("PUT", host, Origin=origin))) == "done\n"


def test_who_is_no_browser_may_write() -> None:
    assert text_of(asked(Guard(route), raw("PUT"))) == "done\n"


def test_what_a_foreign_page_reads_stays_its_browsers_secret() -> None:
    answer = asked(Guard(route), raw(Origin="http://evil.example"))
    assert (answer.status, fields_of(answer)) == (200, {})


@pytest.mark.parametrize(
    ("site", "mode", "status"),
    [("cross-site", "no-cors", 403), ("same-site", "no-cors", 403), ("cross-site", "navigate", 200),
     ("same-site", "navigate", 200), ("same-origin", "no-cors", 200), ("none", "no-cors", 200),
     ("none", "navigate", 200), ("cross-site", "cors", 200), ("same-site", "cors", 200)],
)  # fmt: skip
def test_a_foreign_page_may_not_run_a_value_as_a_script(site: str, mode: str, status: int) -> None:
    """`<script src="http://localhost/map?k=secret">` would set its variable `secret`. To a browser another port, where
    somebody else's page may be, is of the same site."""
    head = parse_head(raw(Sec_Fetch_Site=site, Sec_Fetch_Mode=mode), Limits())
    operation = Guard(route)(head)
    answer = operation(Request(head)) if status == 200 else error_of(lambda: operation(Request(head))).answer
    assert answer.status == status


def test_an_origin_that_is_allowed_is_given_the_answer() -> None:
    guard = Guard(route, origins=(PAGE,))
    for method in ("GET", "PUT"):
        answer = asked(guard, raw(method, Origin=PAGE))
        assert text_of(answer) == "done\n"
        assert fields_of(answer)["Access-Control-Allow-Origin"] == PAGE
        assert fields_of(answer)["Vary"] == "Origin"
    assert refusal_of(lambda: asked(guard, raw("PUT", Origin="https://evil.example")))[0] == 403
    assert refusal_of(lambda: asked(guard, raw("PUT", "evil.example", Origin=PAGE)))[0] == 421


def test_an_origin_that_is_allowed_is_given_errors_and_streams_too() -> None:
    def refuse(request: Request) -> Answer:
        raise HttpError(404, "nothing is here")

    def stream(request: Request) -> Answer:
        raise Streamed(Answer(200), None, lambda *_: None)  # type: ignore[arg-type]

    error = error_of(lambda: asked(Guard(lambda _: refuse, origins=(PAGE,)), raw(Origin=PAGE)))
    assert fields_of(error.answer)["Access-Control-Allow-Origin"] == PAGE
    with pytest.raises(Streamed) as streamed:
        asked(Guard(lambda _: stream, origins=(PAGE,)), raw(Origin=PAGE))
    assert fields_of(streamed.value.answer)["Access-Control-Allow-Origin"] == PAGE


def test_a_browser_is_told_beforehand_what_an_origin_may_do() -> None:
    guard = Guard(route, origins=(PAGE,), tokens=lambda: (b"secret",))
    answer = asked(guard, raw("OPTIONS", Origin=PAGE, Access_Control_Request_Method="PUT"))
    assert answer.status == 204
    assert fields_of(answer)["Access-Control-Allow-Methods"] == "GET, HEAD, PUT, POST, DELETE"
    assert "Authorization" in fields_of(answer)["Access-Control-Allow-Headers"]
    foreign = asked(Guard(route), raw("OPTIONS", Origin=PAGE, Access_Control_Request_Method="PUT"))
    assert fields_of(foreign) == {}


@pytest.mark.parametrize(
    "fields",
    [{}, {"Authorization": "Bearer"}, {"Authorization": "Bearer "}, {"Authorization": "Bearer wrong"},
     {"Authorization": "Bearer one two"}, {"Authorization": "Bearer on"}, {"Authorization": "Bearer oneone"},
     {"Authorization": "Basic one"}, {"Authorization": "one"}, {"Cookie": "one"}],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "OPTIONS"])
def test_without_a_token_nothing_is_answered(method: str, fields: dict[str, str]) -> None:
    guard = Guard(route, tokens=lambda: (b"one", b"two"))
    error = error_of(lambda: asked(guard, raw(method, **fields)))
    assert (error.answer.status, text_of(error.answer)) == (401, NO_TOKEN + "\n")
    assert fields_of(error.answer) == {"WWW-Authenticate": "Bearer"}


@pytest.mark.parametrize("given", ["Bearer one", "bearer two", "BEARER  one"])
def test_one_of_the_tokens_is_enough(given: str) -> None:
    guard = Guard(route, tokens=lambda: (b"one", b"two"))
    assert text_of(asked(guard, raw("PUT", Authorization=given))) == "done\n"


def test_a_token_opens_neither_other_hosts_nor_other_origins() -> None:
    guard = Guard(route, tokens=lambda: (b"one",))
    assert refusal_of(lambda: asked(guard, raw(host="evil.example", Authorization="Bearer one")))[0] == 421
    assert refusal_of(lambda: asked(guard, raw("PUT", Origin=PAGE, Authorization="Bearer one")))[0] == 403


def test_who_was_let_in_is_asked_again_when_the_tokens_change() -> None:
    tokens = [b"one"]
    guard = Guard(route, tokens=lambda: tuple(tokens))
    head = parse_head(raw(Authorization="Bearer one"), Limits())
    request = Request(head)
    for _ in range(2):
        assert text_of(guard(head)(request)) == "done\n"
    tokens[0] = b"two"
    guard.as_of()
    assert refusal_of(lambda: guard(head)(request))[0] == 401


def test_fields_that_let_one_in_let_in_nobody_else() -> None:
    guard = Guard(route)
    for _ in range(2):
        assert text_of(asked(guard, raw())) == "done\n"
        assert text_of(asked(guard, raw("PUT"))) == "done\n"
        assert refusal_of(lambda: asked(guard, raw("PUT", Origin=PAGE)))[0] == 403
        assert text_of(asked(guard, raw("GET", Origin=PAGE))) == "done\n"


def test_every_token_is_compared_in_a_time_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(given: bytes, token: bytes) -> bool:
        compared.append((given, token))
        return given == token

    monkeypatch.setattr("hmac.compare_digest", compare)
    guard = Guard(route, tokens=lambda: (b"one", b"two"))
    assert text_of(asked(guard, raw(Authorization="Bearer one"))) == "done\n"
    assert refusal_of(lambda: asked(guard, raw(Authorization="Bearer o")))[0] == 401
    assert compared == [(b"one", b"one"), (b"one", b"two"), (b"o", b"one"), (b"o", b"two")]
