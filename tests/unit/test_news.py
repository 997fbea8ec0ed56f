"""What is written here and not told yet."""

from gossip.data.entry import Entry
from gossip.data.news import MOST_NEWS
from tests.unit.fakes import NOON, make_store


def test_writes_made_here_are_news_once_each() -> None:
    store = make_store()
    woken: list[int] = []
    store.news.tell(lambda: woken.append(store.entries))
    for key in (b"a", b"b", b"a"):
        store.put(key, b"1")
    store.apply([(b"from a peer", Entry(NOON, 9, b"1"))])
    assert woken == [1], "whoever tells is woken by the first write alone"
    assert store.take_news() == [b"a", b"b"]
    assert store.take_news() == []
    store.put(b"a", b"2")
    assert len(woken) == 2
    assert store.take_news() == [b"a"]


def test_nothing_is_kept_when_nobody_tells_it() -> None:
    store = make_store()
    store.put(b"a", b"1")
    assert store.take_news() == []


def test_what_waits_is_bounded() -> None:
    store = make_store()
    store.news.tell(lambda: None)
    for number in range(MOST_NEWS + 5):
        store.put(b"%d" % number, b"")
    store.put(b"7", b"again")
    assert store.news.dropped == 5
    assert len(store.take_news()) == 10_000
