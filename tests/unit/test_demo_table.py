"""The table of a demo, as people read it."""

from gossip.commands.demo.table import Row, milliseconds, table


def test_columns_are_as_wide_as_they_need_to_be() -> None:
    rows = [
        Row("1", "http://127.0.0.1:20001", "up", "1200", "3f2a91c0", "yes", "wrote it"),
        Row("2", "http://127.0.0.1:20002", "up", "1199", "77ab0123", "no", "not yet"),
        Row("3", "http://127.0.0.1:20003", "killed"),
    ]
    assert table(rows) == [
        "node  address                 state   entries  fingerprint  agrees  last write seen",
        "   1  http://127.0.0.1:20001  up         1200  3f2a91c0     yes     wrote it",
        "   2  http://127.0.0.1:20002  up         1199  77ab0123     no      not yet",
        "   3  http://127.0.0.1:20003  killed        -  -            -       -",
    ]


def test_times_are_in_milliseconds() -> None:
    assert [milliseconds(seconds) for seconds in (0.0004, 0.0123, 1.5)] == ["0 ms", "12 ms", "1,500 ms"]
