"""The page in states that real nodes are hard to bring into; and whether everybody can read it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import pytest

from tests.page.browser import Browser
from tests.page.staged import Staged, peer

AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


def with_peers(staged: Staged, number: int) -> None:
    """Of many some differ, leave, or were never called; and some are not there."""
    staged.peers = [peer(n + 1) for n in range(number)]
    for key in range(60):
        staged.store.put(b"key/%02d" % key, b"some value")
    if number == 3:
        staged.peers[1] |= {"agrees": False, "agreesSinceSecs": 1.3}
    if number == 50:
        staged.peers[7] |= {"agrees": False, "agreesSinceSecs": 0.8}
        staged.peers[30] |= {"leaving": True}
        staged.peers[44] |= {"roundTripMs": None, "address": None, "clockOffsetMs": None}
        staged.not_heard = ["10.0.0.77:46747", "[fd00:1234:5678:9abc::1]:46747"]


SAID = {0: "No peers yet", 3: "2 of 3 peers agree", 50: "48 of 49 peers agree, 2 addresses silent"}


def test_alone_it_says_how_to_find_others(browser: Browser, staged: Staged) -> None:
    browser.open(staged.url)
    browser.wait_for_text("#verdict", "No peers yet")
    assert "--peers=host:46747" in browser.text("#alone")
    assert browser.element("#picture").get_attribute("aria-label") == "This node, with no peers"
    assert browser.texts("#facts dt")[0] == "Entries held"
    assert browser.texts("#facts dd") == ["12", "4.6 KiB", "4 ms", "32 ms", "400 ms ago", "0", "00c0ffee00c0ffee"]


def test_three_peers_of_which_one_differs(browser: Browser, staged: Staged) -> None:
    with_peers(staged, 3)
    browser.open(staged.url)
    browser.wait_for_text("#verdict", "2 of 3 peers agree")
    rows = [row.text for row in browser.driver.find_elements("css selector", "#peer-rows tr")]
    assert rows[1].split() == [
        "2",
        "10.0.0.2:46747",
        "no,",
        "for",
        "1.3",
        "s",
        "5.8",
        "ms",
        "2",
        "s",
        "\N{MINUS SIGN}18",
        "ms",
    ]
    assert browser.texts("#marks .other text") == ["2"]
    assert browser.texts("#legend span") == ["in agreement", "differing"]
    assert not browser.element("#alone").is_displayed()
    staged.peers[1] |= {"agrees": True, "agreesSinceSecs": 0.1}
    browser.wait_for_text("#verdict", "All 3 peers agree")


def test_fifty_peers(browser: Browser, staged: Staged) -> None:
    with_peers(staged, 50)
    browser.open(staged.url)
    browser.wait_for_text("#verdict", SAID[50])
    assert browser.element("#picture").get_attribute("aria-label") == (
        "52 peers around this node: 48 in agreement, 1 differing, 1 leaving, 2 not heard"
    )
    assert len(browser.texts("#marks .mark")) == 52
    assert len(browser.texts("#peer-rows tr")) == 52
    boxes = browser.run(
        "return [...document.querySelectorAll('#marks path')].map((mark) => mark.getBoundingClientRect().toJSON())"
    )
    picture = browser.run("return document.querySelector('#picture').getBoundingClientRect().toJSON()")
    assert all(picture["left"] <= box["left"] and box["right"] <= picture["right"] for box in boxes)


@pytest.mark.parametrize(
    ("number", "width", "colours"),
    [
        (0, 360, "light"),
        (0, 1280, "dark"),
        (3, 360, "dark"),
        (3, 1280, "light"),
        (50, 360, "light"),
        (50, 1280, "dark"),
    ],
)
def test_everybody_can_read_it(browser: Browser, staged: Staged, number: int, width: int, colours: str) -> None:
    """By the rules of axe, which looks at contrast, names and roles; and without scrolling sideways."""
    with_peers(staged, number)
    browser.look(width, 740, dark=colours == "dark", calm=True)
    browser.open(staged.url)
    browser.wait_for_text("#verdict", SAID[number])
    browser.wait_for_text("#found", "the first 50 keys")
    browser.element("#key-rows summary").click()
    staged.store.put(b"key/00", b"another value")
    staged.store.delete([b"key/01"])
    browser.wait(lambda: len(browser.texts("#change-rows li")) == 2, "the changes")
    assert browser.run("return document.documentElement.scrollWidth") <= width
    assert browser.run("return [...document.querySelectorAll('.scroll')].every(e => e.scrollWidth <= e.clientWidth)")
    assert broken_rules(browser) == []
    assert browser.complaints() == []


def broken_rules(browser: Browser) -> list[tuple[str, Any]]:
    browser.run(AXE)
    found = browser.driver.execute_async_script(
        """const [rules, done] = arguments;
        axe.run(document, { runOnly: rules }).then(done, (error) => done({ failed: error.message }))""",
        RULES,
    )
    assert "failed" not in found, found
    return [(rule["id"], rule["nodes"][0]["html"]) for rule in found["violations"]]


def test_without_a_mouse(browser: Browser, staged: Staged) -> None:
    """From the top to the keys by their shortcut; a key is opened by Enter, and paused by the space bar."""
    with_peers(staged, 0)
    browser.open(staged.url)
    browser.wait_for_text("#found", "the first 50 keys")
    focused = browser.driver.switch_to
    press(browser, "Tab", "Enter")
    assert focused.active_element.get_attribute("id") == "search"
    press(browser, "Tab", "Enter")
    assert focused.active_element.tag_name == "summary"
    browser.wait(lambda: browser.texts("#key-rows pre") == ["key/00", "some value"], "the details")
    browser.run("document.getElementById('pause').focus()")
    press(browser, " ")
    assert browser.element("#pause").get_attribute("aria-pressed") == "true"
    staged.store.put(b"key/00", b"unseen")
    browser.wait(lambda: browser.texts("#key-rows pre") == ["key/00", "unseen"], "the value")
    assert browser.texts("#change-rows li") == []


def press(browser: Browser, *keys: str) -> None:
    texts = {"Enter": "\r", " ": " "}
    for key in keys:
        typed = {
            "key": key,
            "code": "Space" if key == " " else key,
            "windowsVirtualKeyCode": ord({"Tab": "\t"}.get(key) or texts[key]),
        }
        browser.driver.execute_cdp_cmd(
            "Input.dispatchKeyEvent", {"type": "keyDown", "text": texts.get(key, ""), **typed}
        )
        browser.driver.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": "keyUp", **typed})


def test_traffic_is_that_of_others(browser: Browser, staged: Staged) -> None:
    browser.open(staged.url)
    browser.wait_for_text("#verdict", "No peers yet")
    browser.wait(lambda: rates(browser) == ["0"] * 3, "the rates")
    staged.stats |= {"nGoodHttpReqs": 1000, "nEntriesIn": 400}
    browser.wait(lambda: rates(browser)[0] != "0", "the requests")
    requests, entries_in, out = map(float, rates(browser))
    assert 100 < requests < 520, "a thousand in the two seconds of a turn, or a little more"
    assert 0.39 < entries_in / requests < 0.42
    assert out == 0
    assert "at most" in browser.run("return document.querySelector('.requests svg').getAttribute('aria-label')")


def rates(browser: Browser) -> list[str]:
    return browser.texts(".spark b")


def test_a_token_is_asked_for_and_used(browser: Browser, staged: Staged) -> None:
    staged.token = "sesame"
    with_peers(staged, 3)
    browser.open(staged.url)
    browser.wait_for_text("#verdict", "A token is needed")
    browser.element("#token").send_keys("sesame\n")
    browser.wait_for_text("#verdict", "2 of 3 peers agree")
    assert not browser.element("#token-form").is_displayed()
    browser.wait_for_text("#found", "the first 50 keys")
    browser.wait_for_text("#changes-state", "nothing has changed yet")
    staged.store.put(b"key/00", b"another value")
    browser.wait(lambda: browser.texts("#change-rows .value") == ["another value"], "the change")
    assert browser.texts("#key-rows .value")[0] == "another value"
    browser.run("sessionStorage.clear()")


@contextmanager
def writing(staged: Staged, a_second: int) -> Iterator[None]:
    """So many writes a second, while this lasts."""
    done = threading.Event()

    def write() -> None:
        began, written = time.monotonic(), 0
        while not done.wait(0.01):
            while written < (time.monotonic() - began) * a_second:
                staged.store.put(b"busy/%d" % (written % 500), b"value %d" % written)
                written += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join()


def test_a_thousand_changes_a_second_leave_it_lively(browser: Browser, staged: Staged) -> None:
    browser.open(staged.url)
    browser.wait_for_text("#changes-state", "nothing has changed yet")
    browser.run("""
        let last = performance.now();
        window.frames = window.longest = 0;
        requestAnimationFrame(function frame(now) {
          window.frames += 1;
          window.longest = Math.max(window.longest, now - last);
          last = now;
          requestAnimationFrame(frame);
        });
    """)
    browser.wait(lambda: browser.run("return window.frames") > 100, "a hundred pictures at rest")
    at_rest = browser.run("const longest = window.longest; window.longest = 0; return longest")
    with writing(staged, 1000):
        browser.wait(lambda: number_of_changes(browser) > 2500, "the changes", 15)
    assert len(browser.texts("#change-rows li")) == 100
    assert len(browser.texts("#key-rows li")) == 50
    assert browser.run("return window.longest") < max(1000, 5 * at_rest), "milliseconds without a picture"


def number_of_changes(browser: Browser) -> int:
    (state,) = browser.texts("#changes-state")
    return int(state.split()[0].replace(",", "")) if state[0].isdigit() else 0
