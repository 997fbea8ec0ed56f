"""Browsers at the client port, and tokens: what a page, a stranger or an old token cannot do to a running node."""

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from gossip.client import Client, RequestRefused
from tests.commands import COMMAND
from tests.nodes import RunningNode, wait_until
from tests.serving.sockets import connect, statuses, talk
from tests.unit.fakes import TinyServer

PAGE = "https://app.example"


@pytest.fixture(scope="module")
def node() -> Iterator[RunningNode]:
    with RunningNode("--client-hosts=map", f"--client-origins={PAGE}") as running:
        running.put("secret", b"1")
        yield running
        assert running.get("secret") == b"secret=1\n", "nobody who was refused has changed anything"
        assert running.log.count("level=warning") == running.log.count("reaches the peer port") == 1


def asked(node: RunningNode, method: str, host: str = "localhost", **fields: str) -> requests.Response:
    told = {"Host": host, **{name.replace("_", "-"): value for name, value in fields.items()}}
    return requests.request(method, f"{node.url}/map?k=secret", data=b"evil", headers=told, timeout=10)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_name_that_was_made_to_lead_here_is_not_served(node: RunningNode, method: str) -> None:
    answer = asked(node, method, "rebound.example")
    assert answer.status_code == 421
    assert answer.text == "this node serves localhost, map and IP addresses; CLIENT_HOSTS names other hosts\n"


def test_the_same_connection_does_not_change_who_may_ask(node: RunningNode) -> None:
    """Each head is looked at, those too that come again."""
    good = b"GET /map?k=secret HTTP/1.1\r\nHost: localhost\r\n\r\n"
    bad = good.replace(b"localhost", b"rebound.example")
    last = good.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert statuses(talk(node.client_port, good + bad + good + bad + last)) == [200, 421, 200, 421, 200]
    with connect(node.client_port) as client:
        seen = []
        for head in (bad, good, bad, good):
            client.sendall(head)
            seen += statuses(client.recv(4096))
        assert seen == [421, 200, 421, 200]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8080", "[::1]:80", "10.0.0.7", "map", "map:8080"])
def test_names_and_addresses_that_lead_here_by_right_are_served(node: RunningNode, host: str) -> None:
    assert asked(node, "GET", host).text == "secret=1\n"


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:3000"])
def test_a_page_of_another_site_cannot_write(node: RunningNode, method: str, origin: str) -> None:
    assert asked(node, method, Origin=origin).status_code == 403


def test_a_page_of_another_site_cannot_read(node: RunningNode) -> None:
    fetched = asked(node, "GET", Origin="http://evil.example")
    assert not [name for name in fetched.headers if name.lower().startswith("access-control")]
    script = asked(node, "GET", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors", Sec_Fetch_Dest="script")
    assert script.status_code == 403


@pytest.mark.parametrize("path", ["/map?k=secret", "/map/secret"])
def test_a_page_of_another_site_cannot_run_a_value_by_a_browser_that_does_not_say_for_whom_it_asks(
    node: RunningNode, path: str
) -> None:
    """As of nodes on other machines, by plain HTTP: those are not told."""
    answer = requests.get(node.url + path, timeout=10)
    assert (answer.status_code, answer.headers["Cross-Origin-Resource-Policy"]) == (200, "same-origin")


def test_a_page_that_is_allowed_can(node: RunningNode) -> None:
    asks = asked(node, "OPTIONS", Origin=PAGE, Access_Control_Request_Method="PUT")
    assert (asks.status_code, asks.headers["Access-Control-Allow-Origin"]) == (204, PAGE)
    reads = asked(node, "GET", Origin=PAGE)
    assert (reads.text, reads.headers["Access-Control-Allow-Origin"]) == ("secret=1\n", PAGE)


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    path = tmp_path / "tokens"
    path.write_text("first\nsecond\n")
    return path


def status_with(node: RunningNode, token: str, path: str = "/map?k=a") -> int:
    return requests.get(node.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=10).status_code


def test_without_a_token_there_is_nothing(tokens: Path) -> None:
    with RunningNode(f"--client-token-file={tokens}") as node:
        paths = ["/map?k=a", "/map/a", "/keys", "/watch", "/stats", "/peers", "/openapi.json", "/nowhere"]
        for path in paths:
            answer = requests.get(node.url + path, timeout=10)
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        page = requests.get(node.url, timeout=10)
        assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=UTF-8"), "it asks for one"
        assert requests.get(f"{node.url}/stats", timeout=10).status_code == 401, "nobody is let in by the page"
        assert requests.post(node.url, timeout=10).status_code == 401
        assert requests.put(f"{node.url}/map?k=a", data=b"x" * 2**20, timeout=10).status_code == 401
        assert status_with(node, "first") == 404, "nothing was written"
        assert requests.get(f"{node.peer_url}/readyz", timeout=10).status_code == 200, "kubelets have none"
        assert "first" not in node.log


def test_a_token_that_was_taken_away_opens_nothing_more(tokens: Path) -> None:
    head = b"GET /stats HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer first\r\n\r\n"
    with RunningNode(f"--client-token-file={tokens}") as node, connect(node.client_port) as client:

        def status() -> list[int]:
            client.sendall(head)
            return statuses(client.recv(8192))

        assert [status(), status()] == [[200], [200]]
        assert status_with(node, "third") == 401
        tokens.write_text("second\nthird\n")
        wait_until(lambda: status() == [401], seconds=5, what="the end of the first token")
        assert (status_with(node, "second"), status_with(node, "third")) == (404, 404)
        tokens.unlink()
        wait_until(lambda: status_with(node, "third") == 404, seconds=5)
        assert status() == [401]


def test_the_client_sends_its_token(tokens: Path) -> None:
    with RunningNode(f"--client-token-file={tokens}") as node:
        with Client(node.url, token="second") as client, client.watch("a") as events:
            assert client.put("a", "1").created
            assert next(events).key == "a"
        with pytest.raises(RequestRefused, match="this node wants a token") as refused:
            Client(node.url, token="wrong").get("a")
        assert refused.value.status == 401
        with pytest.raises(ValueError, match="a token is printable"):
            Client(node.url, token="two\r\nlines")


def test_the_token_is_for_the_node_alone(tokens: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a URL the client looks for the node at two ports, and at one of them there may be somebody else."""
    asked: list[bytes] = []

    def act(connection: socket.socket) -> None:
        asked.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")

    with TinyServer(act) as other, RunningNode(f"--client-token-file={tokens}") as node:
        monkeypatch.setattr("gossip.client.connections.DEFAULT_URLS", (f"http://{other.address}", node.url))
        assert Client(token="first").put("a", "1").created
    assert len(asked) == 1
    assert b"first" not in asked[0]


def run(*arguments: str, **environ: str) -> tuple[int, str, str]:
    process = subprocess.run(
        [*COMMAND, *arguments], env=environ, capture_output=True, text=True, timeout=20, check=False
    )
    return process.returncode, process.stdout, process.stderr


def test_commands_send_the_first_token_of_a_file(tokens: Path) -> None:
    with RunningNode(f"--client-token-file={tokens}") as node:
        assert run("put", "a", "1", "--url", node.url, "--token-file", str(tokens)) == (0, "", "")
        assert run("get", "a", GOSSIPCAR_URL=node.url, GOSSIPCAR_TOKEN_FILE=str(tokens)) == (0, "1", "")
        status, _, errors = run("get", "a", "--url", node.url)
        assert (status, errors.startswith("gossipcar: this node wants a token")) == (4, True)
    missing = run("get", "a", "--token-file", "absent")
    assert missing == (2, "", "gossipcar: absent gives no token: No such file or directory\n")


@pytest.mark.parametrize(
    ("content", "why"), [(None, "No such file or directory"), ("\n", "it has no token; give them one a line")]
)
def test_a_node_without_the_tokens_it_was_to_ask_for_does_not_start(
    tmp_path: Path, content: str | None, why: str
) -> None:
    path = tmp_path / "file"
    if content is not None:
        path.write_text(content)
    status, output, errors = run(f"--client-token-file={path}", "--client-port=0", "--peer-port=0")
    assert (status, output) == (2, "")
    assert errors == f"gossipcar: CLIENT_TOKEN_FILE cannot be used: {path}: {why}\n"


@pytest.mark.parametrize(
    ("hosts", "with_token", "warned"),
    [("127.0.0.1", False, 0), ("localhost", False, 0), ("0.0.0.0", False, 1), ("::", False, 1),
     ("0.0.0.0", True, 0)],
)  # fmt: skip
def test_a_port_that_is_open_to_others_without_a_token_is_warned_of(
    tokens: Path, hosts: str, with_token: bool, warned: int
) -> None:
    flags = [f"--client-token-file={tokens}"] if with_token else []
    with RunningNode(f"--client-host={hosts}", *flags) as node:
        wait_until(lambda: "is up" in node.log)
        assert node.log.count("whoever reaches the client port can read and write the map") == warned


def test_by_default_only_this_machine_reaches_the_client_port() -> None:
    with RunningNode() as node:
        assert requests.get(f"http://127.0.0.1:{node.client_port}/stats", timeout=10).status_code == 200
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", node.client_port))
