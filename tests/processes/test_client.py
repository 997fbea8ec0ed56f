"""The client against real nodes: its own examples first, then what they do not show."""

import doctest
import functools
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from gossip.client import Client, ConditionFailed, NotConfirmed, NotReachable, RequestRefused, Watch, connections
from gossip.commands.demo.nodes import free_ports
from tests.nodes import ROOT, RunningNode, wait_until

EXAMPLES = [test for test in doctest.DocTestFinder().find(Client) if test.examples]


@pytest.fixture(scope="module")
def node() -> Iterator[RunningNode]:
    with RunningNode() as running:
        yield running


@pytest.fixture
def client(node: RunningNode) -> Iterator[Client]:
    with Client(node.url) as client:
        yield client


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example.name))
def test_the_examples_in_its_docstrings(example: doctest.DocTest) -> None:
    with RunningNode() as fresh, Client(fresh.url) as client:
        example.globs = {"Client": functools.partial(Client, fresh.url), "client": client}
        said: list[str] = []
        result = doctest.DocTestRunner(optionflags=doctest.REPORT_NDIFF).run(
            example, out=said.append, clear_globs=False
        )
        assert result.failed == 0, "".join(said)


@pytest.mark.parametrize("page", ["README.md", "docs/client.md"])
def test_the_examples_in_the_docs(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL))
    said: list[str] = []
    with RunningNode() as fresh:
        monkeypatch.setattr(connections, "DEFAULT_URLS", (fresh.url,))
        example = doctest.DocTestParser().get_doctest(text, {}, page, page, 0)
        result = doctest.DocTestRunner().run(example, out=said.append)
    assert (result.attempted > 3, result.failed) == (True, 0), "".join(said)


def test_each_method_has_an_example() -> None:
    methods = {name for name in vars(Client) if not name.startswith("_")} - {"close"}
    assert {f"Client.{name}" for name in methods} <= {example.name for example in EXAMPLES}


@pytest.mark.parametrize(
    "key", ["a/b", "..", ".", "/", "a//b", "+", " ", "%", "%41", "?k=b", "#", "é", "\n", "\x7f", "k" * 2000]
)
def test_any_key(client: Client, key: str) -> None:
    assert client.get(key) is None
    assert client.put(key, "1").created
    assert client.get(key) == b"1"
    assert client.get_many([key]) == {key: b"1"}
    assert key in list(client.keys())
    assert client.delete(key) is True
    assert client.entry(key) is None


@pytest.mark.parametrize("value", [b"", b"\n", b"a\nb=c\n", bytes(range(256)), "é".encode(), b"x" * 1_000_000])
def test_any_value(client: Client, value: bytes) -> None:
    client.put("value", value)
    entry = client.entry("value")
    assert entry
    assert client.get("value") == client.get_many(["value"])["value"] == entry.value == value
    client.put_many({"values": value[:1000]})
    assert client.get("values") == value[:1000]


def test_a_thousand_keys_at_once(client: Client) -> None:
    values = {f"many/{'x' * 50}/{number:04}": b"%d" % number for number in range(1000)}
    assert client.put_many(values).created == 1000
    assert client.get_many(values) == values
    assert list(client.keys("many/")) == list(values)
    assert {key: entry.value for key, entry in client.entries("many/")} == values
    assert client.delete(*values) is True
    assert client.get_many(values) == {}


def test_more_keys_than_a_page_has(client: Client) -> None:
    keys = [f"page/{number:04}" for number in range(2500)]
    for first in range(0, 2500, 1000):
        client.put_many(dict.fromkeys(keys[first : first + 1000], ""))
    assert list(client.keys("page/")) == keys


def test_an_etag_guards_a_write(client: Client) -> None:
    first = client.put("guarded", "1")
    assert client.put("guarded", "2", if_match=first.etag).created is False
    entry = client.entry("guarded")
    assert entry
    for write in (
        lambda: client.put("guarded", "3", if_match=first.etag),
        lambda: client.put("guarded", "3", if_none_match=True),
        lambda: client.delete("guarded", if_match=first.etag),
    ):
        with pytest.raises(ConditionFailed):
            write()
    assert client.get("guarded") == b"2"
    assert client.delete("guarded", if_match=entry.etag) is True


def test_what_is_put_with_ttl_goes(client: Client) -> None:
    client.put("brief", "1", ttl=0.2)
    client.put_many({"brief too": "1"}, ttl=0.2)
    wait_until(lambda: client.get_many(["brief", "brief too"]) == {})


def test_refusals(client: Client) -> None:
    with pytest.raises(RequestRefused, match="at most") as caught:
        client.put("large", b"x" * 30_000_000)
    assert caught.value.status == 413
    with pytest.raises(RequestRefused) as caught:
        client.put("", "1")
    assert caught.value.status == 422
    client.put("text", "abc")
    with pytest.raises(RequestRefused, match="no whole number") as caught:
        client.add("text")
    assert caught.value.status == 409


def test_threads_share_a_client(client: Client) -> None:
    def work(number: int) -> None:
        for turn in range(50):
            client.put(f"thread/{number}", f"{turn}")
            wrong.extend([number] * (client.get(f"thread/{number}") != b"%d" % turn))
            client.add("thread/adds")

    wrong: list[int] = []
    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert client.get("thread/adds") == b"400"


def test_a_node_that_was_restarted_is_asked_again() -> None:
    port, peer_port = free_ports(2)
    client = Client(f"http://localhost:{port}")
    with pytest.raises(NotReachable):
        client.get("a")
    for _ in range(2):
        with RunningNode(client_port=port, peer_port=peer_port):
            assert client.put("a", "1").created
            assert client.add("n") == 1
    with pytest.raises(NotReachable):
        client.put("a", "1")


def test_peers_that_have_a_write() -> None:
    ports = free_ports(2)
    peers = f"--peers={','.join(f'127.0.0.1:{port}' for port in ports)}"
    with RunningNode(peers, peer_port=ports[0]) as one, RunningNode(peers, peer_port=ports[1]) as other:
        client = Client(one.url)
        wait_until(lambda: client.peers()["agreeing"] == 1)
        assert client.put("a", "1", wait=1, wait_timeout=5).confirmed == 1
        assert Client(other.url).get("a") == b"1"
        assert client.put_many({"b": "2"}, wait="all", wait_timeout=5).confirmed == 1
        assert client.delete("b", wait="majority", wait_timeout=5) is True
        with pytest.raises(NotConfirmed) as caught:
            client.put("a", "2", wait=2, wait_timeout=2)
        assert caught.value.confirmed == 1


@contextmanager
def bounded(events: Watch) -> Iterator[Watch]:
    """A watch that ends, and its test with it, when it waits in vain."""
    patience = threading.Timer(20, events.close)
    patience.start()
    try:
        with events:
            yield events
    finally:
        patience.cancel()


def test_a_watch_goes_on_when_the_node_was_restarted() -> None:
    port, peer_port = free_ports(2)
    client = Client(f"http://localhost:{port}")
    with ExitStack() as watching:
        with RunningNode(client_port=port, peer_port=peer_port):
            events = watching.enter_context(bounded(client.watch(prefix="door/")))
            client.put("window/1", "open")
            client.put("door/1", "open")
            put = next(events)
            client.delete("door/1")
            delete = next(events)
        assert [(event.kind, event.key) for event in (put, delete)] == [("put", "door/1"), ("delete", "door/1")]
        with RunningNode(client_port=port, peer_port=peer_port):
            assert next(events).kind == "reset"
            client.put("door/2", "shut")
            assert next(events).key == "door/2"


def test_a_watch_goes_on_behind_an_event(client: Client) -> None:
    with bounded(client.watch("since")) as events:
        client.put("since", "1")
        first = next(events)
        client.put("since", "2")
    with bounded(client.watch("since", since=first.id)) as events:
        entry = next(events).entry
        assert entry
        assert entry.value == b"2"


def test_a_watch_that_is_closed_leaves_its_place_to_another() -> None:
    with RunningNode("--max-watchers=1") as node, Client(node.url) as client:
        with client.watch(), pytest.raises(RequestRefused) as caught:
            client.watch()
        assert caught.value.status == 503
        wait_until(lambda: begins(client))


def begins(client: Client) -> bool:
    try:
        client.watch().close()
    except RequestRefused:
        return False
    return True
