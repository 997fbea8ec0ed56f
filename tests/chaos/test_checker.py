"""The checker passes what is right and says what is wrong."""

from gossip.data.entry import Entry
from tests.chaos.checker import check
from tests.chaos.history import Contents, Ended, History, Read, Stopping, Survey, Write
from tests.chaos.walk import Walk, surviving

A, B, C = 0xA, 0xB, 0xC
"""Processes."""

ONE, TWO = Entry(100, A, b"one"), Entry(200, B, b"two")

WRITTEN: History = [
    Write(A, b"k", b"one", acknowledged=True),
    Read(A, b"k", ONE),
    Write(B, b"k", b"two", acknowledged=True),
    Read(B, b"k", TWO),
]


def all_hold(entry: Entry, *nodes: int) -> Contents:
    return {node: {b"k": entry} for node in nodes}


def test_the_later_of_two_writes_is_everywhere() -> None:
    assert check(WRITTEN, all_hold(TWO, A, B, C)) == []


def test_an_unknown_write_may_have_happened_or_not() -> None:
    history = [*WRITTEN, Write(C, b"k", b"three", acknowledged=False)]
    assert check(history, all_hold(TWO, A, B, C)) == []
    assert check(history, all_hold(Entry(300, C, b"three"), A, B, C)) == []


def test_an_unknown_write_may_have_been_made_at_the_process_that_was_there_before() -> None:
    history = [*WRITTEN, Write(None, b"k", b"three", acknowledged=False)]
    assert check(history, all_hold(Entry(300, 0xD, b"three"), A, B, C)) == []


def test_what_only_a_killed_process_held_may_be_lost() -> None:
    assert check([*WRITTEN, Ended(B, heir=None)], all_hold(ONE, A, C)) == []


def test_nodes_that_differ() -> None:
    contents = {**all_hold(TWO, A, B), C: {}}
    assert "k differs: b'two' of 200/b at a, nothing at c" in check(WRITTEN, contents)
    assert check([Write(A, b"k", b"one", acknowledged=False)], {A: {b"k": ONE}, B: {}}) == [
        "k differs: b'one' of 100/a at a, nothing at b"
    ]


def test_a_value_that_nobody_wrote() -> None:
    assert check(WRITTEN, all_hold(Entry(300, C, b"three"), A, B, C)) == [
        "k was held as b'three' of 300/c, which nobody wrote"
    ]


def test_a_value_that_was_written_to_another_key() -> None:
    contents: Contents = {A: {b"k": TWO, b"other": Entry(300, A, b"one")}}
    assert check(WRITTEN, contents) == ["other was held as b'one' of 300/a, which nobody wrote"]


def test_a_value_that_was_seen_for_a_moment_and_that_nobody_wrote() -> None:
    history = [Read(C, b"k", Entry(50, C, b"zero")), *WRITTEN]
    assert check(history, all_hold(TWO, A, B, C)) == ["k was held as b'zero' of 50/c, which nobody wrote"]


def test_a_value_under_the_stamp_of_a_process_that_it_was_not_written_at() -> None:
    assert check(WRITTEN, all_hold(Entry(200, C, b"two"), A, B, C))[0] == (
        "k was held as b'two' of 200/c, which was written at b"
    )


def test_a_write_whose_process_lives_is_lost() -> None:
    assert check(WRITTEN, all_hold(ONE, A, B, C)) == [
        "k was lost: a ends with 100/a, below 200/b; b held it, and b lives"
    ]
    assert check(WRITTEN, {A: {}, B: {}}) == ["k was lost: a ends with nothing, below 200/b; b held it, and b lives"]


def test_a_write_that_was_seen_at_a_process_that_lives_is_lost() -> None:
    history = [*WRITTEN, Read(C, b"k", TWO), Ended(B, heir=None)]
    assert check(history, all_hold(ONE, A, C)) == ["k was lost: a ends with 100/a, below 200/b; c held it, and c lives"]


def test_a_write_whose_stamp_was_not_read_is_lost() -> None:
    history = [*WRITTEN, Write(B, b"other", b"three", acknowledged=True)]
    assert check(history, all_hold(TWO, A, B)) == [
        "other was lost: a ends with nothing, below 201/0; b held it, and b lives"
    ]


def test_a_write_that_was_handed_over_is_lost() -> None:
    history = [*WRITTEN, Stopping(B), Ended(B, heir=C), Stopping(C), Ended(C, heir=A)]
    assert check(history, all_hold(ONE, A)) == ["k was lost: a ends with 100/a, below 200/b; b held it, and a lives"]


def test_an_heir_that_lacks_what_was_handed_over() -> None:
    end: History = [Stopping(B), Ended(B, heir=C)]
    in_time, too_early = Survey(C, {b"k": (100, A)}, since=6), Survey(C, {b"k": (100, A)}, since=5)
    assert check([*WRITTEN, *end, in_time, Ended(C, heir=None)], all_hold(ONE, A)) == [
        "c lacks what b handed over: k and 0 others"
    ]
    assert check([*WRITTEN, *end, too_early, Ended(C, heir=None)], all_hold(ONE, A)) == []
    assert check([*WRITTEN, *end, in_time._replace(stamps={b"k": (200, B)})], all_hold(TWO, A)) == []


def test_what_a_survey_showed_is_lost() -> None:
    history = [*WRITTEN, Survey(C, {b"k": (200, B)}, since=4), Ended(B, heir=None)]
    assert check(history, all_hold(ONE, A, C)) == ["k was lost: a ends with 100/a, below 200/b; c held it, and c lives"]
    history[4:4] = [Stopping(C)]
    assert check([*history, Ended(C, heir=A)], all_hold(ONE, A)) == []


def test_a_write_whose_heir_was_killed_may_be_lost() -> None:
    history = [*WRITTEN, Stopping(B), Ended(B, heir=C), Ended(C, heir=None)]
    assert check(history, all_hold(ONE, A)) == []


def test_processes_that_say_to_have_handed_over_in_a_circle() -> None:
    history = [*WRITTEN, Stopping(A), Ended(A, heir=B), Stopping(B), Ended(B, heir=A)]
    assert check(history, all_hold(TWO, C)) == [
        "a handed over to nobody in the end: its heirs are each other's",
        "b handed over to nobody in the end: its heirs are each other's",
    ]


def test_what_came_to_a_process_while_it_stopped_may_be_lost_but_not_its_own_writes() -> None:
    late: History = [Stopping(A), Read(A, b"k", TWO), Ended(A, heir=C), Ended(B, heir=None)]
    assert check([*WRITTEN, *late], all_hold(ONE, C)) == []
    late[1:1] = [Write(A, b"k", b"last", acknowledged=True), Read(A, b"k", Entry(150, A, b"last"))]
    assert check([*WRITTEN, *late], all_hold(ONE, C)) == [
        "k was lost: c ends with 100/a, below 150/a; a held it, and c lives"
    ]


def test_a_stamp_that_goes_backwards_at_one_process() -> None:
    history = [*WRITTEN, Read(C, b"k", TWO), Read(C, b"k", ONE)]
    assert check(history, all_hold(TWO, A, B, C)) == ["k went back at c: 100/a after 200/b"]


def test_an_entry_that_is_gone_for_a_moment() -> None:
    history = [*WRITTEN, Read(C, b"k", TWO), Read(C, b"k", None)]
    assert check(history, all_hold(TWO, A, B, C)) == ["k went back at c: nothing after 200/b"]


def test_an_acknowledged_write_that_is_not_there() -> None:
    history = [*WRITTEN, Write(B, b"k", b"three", acknowledged=True), Read(B, b"k", TWO)]
    assert "k went back at b: 200/b after 201/0" in check(history, all_hold(TWO, A, B, C))


def test_a_write_that_is_stamped_below_what_its_process_had_seen() -> None:
    history = [*WRITTEN, Write(B, b"other", b"three", acknowledged=True), Read(B, b"other", Entry(150, B, b"three"))]
    contents: Contents = {B: {b"k": TWO, b"other": Entry(150, B, b"three")}}
    assert "other went back at b: 150/b after 201/0" in check(history, contents)


def test_one_stamp_on_two_values() -> None:
    history = [*WRITTEN, Write(B, b"k", b"three", acknowledged=True)]
    contents: Contents = all_hold(Entry(200, B, b"three"), A, B, C)
    assert "one stamp is of two writes: k, b'two' of 200/b; k, b'three' of 200/b" in check(history, contents)


def test_one_stamp_on_two_keys() -> None:
    history = [*WRITTEN, Write(B, b"other", b"three", acknowledged=False)]
    contents: Contents = {A: {b"k": TWO, b"other": Entry(200, B, b"three")}}
    assert check(history, contents) == ["one stamp is of two writes: k, b'two' of 200/b; other, b'three' of 200/b"]


def test_a_process_that_does_not_say_what_became_of_what_it_held() -> None:
    nothing_held: History = [Read(C, b"k", None), Stopping(C), Ended(C, heir=None, silent=True)]
    assert check([*WRITTEN, *nothing_held], all_hold(TWO, A, B)) == []
    assert check([*WRITTEN, Stopping(A), Ended(A, heir=None, silent=True)], all_hold(TWO, B)) == [
        "a was stopped and did not say what became of k"
    ]


def test_what_must_survive_is_the_greatest_stamp_that_a_living_process_has_to_answer_for() -> None:
    assert surviving(Walk(WRITTEN)) == {b"k": ((200, B), "b held it, and b lives")}
    assert surviving(Walk([*WRITTEN, Ended(B, heir=None)])) == {b"k": ((100, A), "a held it, and a lives")}
    assert surviving(Walk([*WRITTEN, Ended(B, heir=A), Ended(A, heir=None)])) == {}
