"""Paths and queries as clients write them."""

from gossip.client.targets import given, patience, seconds, target, targets, value_target, watch_target


def test_a_key_in_a_path_is_encoded_whole() -> None:
    assert value_target("a/b c+d?é", {}) == "/map/a%2Fb%20c%2Bd%3F%C3%A9"


def test_parameters_that_are_none_are_left_out() -> None:
    assert value_target("a", {"ttl": "1.500000", "wait": None}) == "/map/a?ttl=1.500000"
    assert target("/map", {"k": "a b", "add": -3}) == "/map?k=a+b&add=-3"
    assert target("/keys", {"after": None}) == "/keys"
    assert given({"a": None, "b": ""}) == {"b": ""}


def test_few_keys_are_one_query() -> None:
    assert list(targets("/map", ["a", "b&c"], {})) == ["/map?k=a&k=b%26c"]
    assert list(targets("/map", ["a", "b"], {"wait": 2, "timeout": None})) == ["/map?k=a&k=b&wait=2"]
    assert list(targets("/map", [], {})) == []


def test_many_keys_are_so_many_queries_as_a_node_takes() -> None:
    keys = [f"key{number:04}" for number in range(2000)]
    queries = list(targets("/map", keys, {}))
    assert max(map(len, queries)) < 8000
    assert len(queries) == 3
    assert [key for query in queries for key in query.removeprefix("/map?k=").split("&k=")] == keys


def test_a_key_that_is_too_long_goes_alone() -> None:
    assert [len(query) for query in targets("/map", ["a", "x" * 9000, "b"], {})] == [8, 9007, 8]


def test_seconds_have_no_exponent() -> None:
    assert seconds(0.00001) == "0.000010"
    assert seconds(30) == "30.000000"
    assert seconds(None) is None


def test_a_write_that_waits_may_take_longer() -> None:
    assert [patience(None, 20), patience(2, None), patience("all", 20)] == [0, 1, 20]


def test_what_is_watched() -> None:
    assert watch_target([], []) == "/watch?"
    assert watch_target(["a", "b"], ["c/"]) == "/watch?k=a&k=b&prefix=c%2F"
