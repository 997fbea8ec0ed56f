"""Keys and values that somebody made up to do harm, or that nobody can see: text they are, and text they stay."""

import pytest
import requests

from tests.nodes import RunningNode
from tests.page.browser import Browser
from tests.page.staged import Staged, peer

HARMFUL = [
    "<img src=x onerror=\"document.title='harmed'\">",
    '"><script>document.title="harmed"</script>',
    "</script><script>document.title='harmed'</script>",
    "<svg/onload=alert(1)>",
    "javascript:alert(1)",
    "${alert(1)}{{alert(1)}}",
    "__proto__",
    "constructor",
]

UNSEEN = [
    ("\u202egnp.exe", "U+202Egnp.exe"),
    ("a\u200fb", "aU+200Fb"),
    ("two\nlines", "two\\nlines"),
    (" space ", "·space·"),
    ("no\u00a0break", "noU+00A0break"),
    ("\ue000", "U+E000"),
    ("\U0001f600", "\U0001f600"),
    ("日本語", "日本語"),
]


def keys_of(browser: Browser) -> list[str]:
    return browser.texts("#key-rows .key")


def test_markup_is_shown_as_it_is_and_never_run(browser: Browser, staged: Staged) -> None:
    for key in HARMFUL:
        staged.store.put(key.encode(), key.encode())
    staged.stats["name"] = HARMFUL[0]
    staged.peers = [peer(1, address=HARMFUL[1])]
    staged.not_heard = [HARMFUL[2]]
    before = "return document.querySelectorAll('script, img, style').length"
    browser.open(staged.url)
    browser.wait_for_text("#found", "8 keys")
    elements = browser.run(before)
    for key in HARMFUL:
        staged.store.put(key.encode(), b"again " + key.encode())
    browser.wait(lambda: len(browser.texts("#change-rows li")) == 8, "the changes")
    assert keys_of(browser) == sorted(HARMFUL)
    assert browser.texts("#key-rows .value") == [f"again {key}" for key in sorted(HARMFUL)]
    assert sorted(browser.texts("#change-rows .key")) == sorted(HARMFUL)
    assert browser.text("h1") == HARMFUL[0]
    assert sorted(browser.texts("#peer-rows .address")) == sorted(HARMFUL[1:3])
    for row in browser.driver.find_elements("css selector", "#key-rows details"):
        browser.run("arguments[0].open = true", row)
    browser.wait(lambda: len(browser.texts("#key-rows .whole dl")) == 8, "the details")
    assert browser.run(before) == elements == 10
    assert "harmed" not in browser.driver.title.partition(":")[2]
    assert browser.complaints() == []
    assert [url for url in browser.asked() if not url.startswith((f"{staged.url}/", "data:image/svg+xml,"))] == []


def test_what_cannot_be_seen_has_a_name(browser: Browser, staged: Staged) -> None:
    for key, _ in UNSEEN:
        staged.store.put(key.encode(), b"")
    browser.open(staged.url)
    browser.wait_for_text("#found", "8 keys")
    assert sorted(keys_of(browser)) == sorted(said for _, said in UNSEEN)
    assert browser.texts("#key-rows .value") == ["empty"] * 8


def test_changes_find_their_place_in_the_order_of_utf_8(browser: Browser, staged: Staged) -> None:
    browser.open(staged.url)
    browser.wait_for_text("#changes-state", "nothing has changed yet")
    for key in ("\U0001f600", "b", "\uff5e", "ab", "é", "a"):
        staged.store.put(key.encode(), b"1")
    browser.wait_for_text("#found", "6 keys")
    assert keys_of(browser) == ["a", "ab", "b", "é", "\uff5e", "\U0001f600"]


def test_keys_too_long_for_a_query_do_not_end_the_pages(browser: Browser, staged: Staged) -> None:
    for number in range(60):
        staged.store.put(b"%02d" % number + b"x" * 60_000, b"%d" % number)
    staged.store.put(b"z", b"the last")
    browser.open(staged.url)
    browser.wait_for_text("#found", "the first 50 keys")
    assert browser.texts("#key-rows .key")[0] == "00" + "x" * 158 + "… and 59,842 characters more"
    browser.element("#more").click()
    browser.wait_for_text("#found", "61 keys")
    assert keys_of(browser)[-1] == "z"
    assert browser.complaints() == []


@pytest.mark.parametrize(
    ("value", "short", "whole"),
    [
        (b"two\nlines\n", "two\\nlines\\n", "two\nlines\n"),
        (b"\x00\xff" * 9, "binary, 18 B", "0000  " + "00 ff " * 7 + "00 ff\n0010  00 ff"),
        (b"x" * 20_000, "x" * 160 + "… and 19,840 characters more", "x" * 10_000 + "… and 10,000 characters more"),
    ],
    ids=["lines", "binary", "long"],
)
def test_a_value_in_short_and_in_whole(browser: Browser, staged: Staged, value: bytes, short: str, whole: str) -> None:
    staged.store.put(b"k", value)
    browser.open(staged.url)
    browser.wait(lambda: browser.texts("#key-rows .value") == [short], "the value")
    browser.element("#key-rows summary").click()
    browser.wait(lambda: browser.texts("#key-rows pre") == ["k", whole], "the details")
    assert browser.complaints() == []


def test_a_value_that_is_a_page_runs_nothing(browser: Browser) -> None:
    page = b"<!doctype html><title>harmless</title><script>document.title = 'harmed'</script><p id='end'>the end"
    with RunningNode() as node:
        requests.put(f"{node.url}/map/page", data=page, headers={"Content-Type": "text/html"}, timeout=5)
        browser.open(f"{node.url}/map/page")
        browser.wait_for_text("#end", "the end")
        assert browser.driver.title == "harmless"
