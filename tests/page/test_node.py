"""The page of a real node, as a person sees it."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests

from gossip.commands.demo.nodes import free_ports
from tests.nodes import RunningNode
from tests.page.browser import Browser
from tests.watching import Watching

MANY = 100_000


@pytest.fixture(scope="module")
def cluster() -> Iterator[list[RunningNode]]:
    """Four nodes that know each other."""
    ports = free_ports(4)
    nodes = []
    with ExitStack() as stack:
        for number, port in enumerate(ports):
            peers = ",".join(f"127.0.0.1:{other}" for other in ports if other != port)
            flags = [f"--peers={peers}", f"--my-pod-name=pod-{number}", "--max-watchers=1", "--gossip-interval=0.2"]
            nodes.append(stack.enter_context(RunningNode(*flags, peer_port=port)))
        yield nodes
        assert not any("Traceback" in node.log for node in nodes)


def put(node: RunningNode, values: dict[str, str]) -> None:
    items = {key: {"value": value} for key, value in values.items()}
    assert requests.post(f"{node.url}/map", json=items, timeout=10).status_code == 200


def test_a_node_and_its_three_peers_agree(browser: Browser, cluster: list[RunningNode]) -> None:
    node = cluster[0]
    browser.open(node.url)
    browser.wait(lambda: browser.text("#verdict") == "All 3 peers agree", "agreement", 20)
    browser.wait_for_text("#found", "no key is in the map")
    assert browser.text("h1") == "pod-0"
    assert browser.driver.title == "pod-0: All 3 peers agree · Gossipcar"
    assert browser.text("#picture #share") == "3"
    assert browser.element("#picture").get_attribute("aria-label") == "3 peers around this node: 3 in agreement"
    assert sorted(browser.texts("#peer-rows .address")) == sorted(f"127.0.0.1:{n.peer_port}" for n in cluster[1:])
    assert len(browser.texts("#marks .same")) == 3
    assert browser.complaints() == []
    assert [url for url in browser.asked() if not url.startswith((f"{node.url}/", "data:image/svg+xml,"))] == []


def test_what_is_written_at_another_node_is_seen_within_a_second(browser: Browser, cluster: list[RunningNode]) -> None:
    browser.open(cluster[0].url)
    browser.wait_for_text("#changes-state", "nothing has changed yet")
    assert min(seconds_to_be_seen(browser, cluster[1], value) for value in ("red", "green", "blue")) < 1
    assert browser.texts("#change-rows .key") == ["colour"] * 3
    assert browser.texts("#change-rows .kind") == ["put"] * 3
    assert browser.texts("#change-rows .value") == ["blue", "green", "red"]
    assert browser.texts("#key-rows .key") == ["colour"]
    requests.delete(f"{cluster[2].url}/map?k=colour", timeout=5)
    browser.wait(lambda: browser.texts("#change-rows .kind") == ["gone", *["put"] * 3], "the delete")
    assert browser.texts("#key-rows .key") == []
    assert browser.text("#found") == "no key is in the map"
    assert browser.complaints() == []


def seconds_to_be_seen(browser: Browser, writer: RunningNode, value: str) -> float:
    """How long it takes from a write at a node until the page shows it."""
    began = time.monotonic()
    writer.put("colour", value.encode())
    browser.wait(lambda: browser.texts("#change-rows .value")[:1] == [value], "the change")
    return time.monotonic() - began


def test_out_of_sight_it_asks_nothing_and_gives_its_place_among_the_watchers_back(
    browser: Browser, cluster: list[RunningNode]
) -> None:
    node = cluster[3]
    browser.open(node.url)
    browser.wait_for_text("#changes-state", "nothing has changed yet")
    put(node, {"before": "1"})
    browser.wait(lambda: browser.texts("#change-rows .key") == ["before"], "the first change")
    assert requests.get(f"{node.url}/watch?timeout=0.1", timeout=5).status_code == 503
    page = browser.driver.current_window_handle
    browser.driver.switch_to.new_window("tab")
    browser.wait(lambda: requests.get(f"{node.url}/watch?timeout=0.1", timeout=5).status_code == 200, "a place")
    put(node, {"meanwhile": "1"})
    browser.driver.close()
    browser.driver.switch_to.window(page)
    browser.driver.execute_cdp_cmd("Page.bringToFront", {})
    browser.wait(lambda: browser.texts("#change-rows .key") == ["meanwhile", "before"], "what came meanwhile")
    assert browser.texts("#key-rows .key") == ["before", "meanwhile"]
    assert browser.complaints() == []


def test_without_a_place_among_the_watchers_the_keys_are_listed_all_the_same(
    browser: Browser, cluster: list[RunningNode]
) -> None:
    node = cluster[2]
    with Watching(node.url):
        put(node, {"crowded/1": "1"})
        browser.open(node.url)
        browser.element("#search").send_keys("crowded/")
        browser.wait(lambda: browser.texts("#key-rows .key") == ["crowded/1"], "the key")
        assert browser.text("#changes-state") == "not connected; trying again"
        put(node, {"crowded/2": "2"})
        browser.wait(lambda: browser.texts("#key-rows .key") == ["crowded/1", "crowded/2"], "the next key")
    browser.wait_for_text("#changes-state", "nothing has changed yet, of such keys")


def test_a_node_that_comes_back_is_watched_again(browser: Browser) -> None:
    with RunningNode("--my-pod-name=first") as node:
        browser.open(node.url)
        put(node, {"before": "1"})
        browser.wait(lambda: browser.texts("#key-rows .key") == ["before"], "the key")
        port = node.client_port
    browser.wait_for_text("#verdict", "This node does not answer")
    assert browser.texts("#said") == ["This node does not answer"]
    with RunningNode("--my-pod-name=second", client_port=port) as node:
        browser.wait_for_text("#verdict", "No peers yet")
        assert browser.texts("#said") == ["This node answers again"]
        assert browser.text("h1") == "second"
        browser.wait(lambda: browser.texts("#key-rows .key") == [], "the empty map", 15)
        put(node, {"after": "2"})
        browser.wait(lambda: browser.texts("#key-rows .key") == ["after"], "the new key")
        assert browser.texts("#change-rows .key")[0] == "after"


def test_a_hundred_thousand_keys_page_by_page(browser: Browser) -> None:
    with RunningNode() as node:
        for first in range(0, MANY, 1000):
            put(node, {f"user/{number:05}": f"value {number}" for number in range(first, first + 1000)})
        browser.open(node.url)
        browser.wait_for_text("#found", "the first 50 keys")
        browser.wait(lambda: "100,000" in browser.texts("#facts dd"), "the number of entries")
        browser.element("#more").click()
        browser.wait_for_text("#found", "the first 100 keys")
        assert browser.texts("#key-rows .key") == [f"user/{number:05}" for number in range(100)]
        browser.element("#search").send_keys("user/9999")
        browser.wait_for_text("#found", "10 such keys")
        assert browser.texts("#key-rows .value") == [f"value {number}" for number in range(99990, 100_000)]
        assert not browser.element("#more").is_displayed()
        put(node, {"user/1": "not such", "user/99995x": "such"})
        browser.wait_for_text("#found", "11 such keys")
        assert browser.texts("#change-rows .key") == ["user/99995x"]
        assert browser.complaints() == []
