"""Room for what is large: who gets it, who waits, and who is sent away."""

import threading

import pytest

from gossip.serving.answer import HttpError
from gossip.serving.room import Room, Rooms
from tests.nodes import wait_until
from tests.unit.fakes import error_of, refusal_of


def test_there_is_so_much_and_no_more() -> None:
    room = Room(100)
    room.take(60, 0)
    room.take(40, 0)
    assert refusal_of(lambda: room.take(1, 0.01)) == (503, "too much is on its way to this node; try again")
    room.give_back(40)
    room.take(40, 0)


def test_who_finds_none_parts_and_is_told_when_to_come_back() -> None:
    room = Room(1)
    room.take(1, 0)
    error = error_of(lambda: room.take(1, 0))
    assert (error.answer.fields, error.close) == ((("Retry-After", "1"),), True)


def test_who_waits_gets_what_others_give_back() -> None:
    room, got = Room(100), threading.Event()
    room.take(80, 0)

    def wait() -> None:
        room.take(50, 10)
        got.set()

    threading.Thread(target=wait, daemon=True).start()
    assert not got.wait(0.05)
    room.give_back(80)
    wait_until(got.is_set)


def test_what_is_larger_than_all_there_is_goes_alone() -> None:
    room = Room(100)
    room.take(500, 0)
    assert refusal_of(lambda: room.take(1, 0))[0] == 503
    room.give_back(500)
    room.take(1, 0)
    assert refusal_of(lambda: room.take(500, 0))[0] == 503


def waiting(room: Room, count: int, seconds: float = 10) -> tuple[threading.Thread, list[int]]:
    """One that waits for so much, and what it got."""
    got: list[int] = []

    def wait() -> None:
        try:
            room.take(count, seconds)
        except HttpError as error:
            got.append(error.answer.status)
        else:
            got.append(count)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    wait_until(lambda: got or room.waiting)
    return thread, got


def test_who_wants_much_is_not_passed_by_those_who_want_little() -> None:
    room = Room(100)
    room.take(50, 0)
    much, got_much = waiting(room, 100)
    with pytest.raises(HttpError):
        room.take(50, 0.01)
    room.give_back(50)
    much.join(10)
    assert got_much == [100]


def test_who_gives_up_makes_way_for_those_behind() -> None:
    room = Room(100)
    room.take(50, 0)
    much, got_much = waiting(room, 100, 0.2)
    room.take(50, 10)
    much.join(10)
    assert got_much == [503]


def test_no_client_takes_the_room_of_all() -> None:
    rooms = Rooms(100, each=40)
    theirs, again, other = rooms.of(("10.0.0.1", 1000)), rooms.of(("10.0.0.1", 1001)), rooms.of(("10.0.0.2", 1000))
    theirs.take(30, 0)
    assert refusal_of(lambda: again.take(30, 0.01))[0] == 503
    other.take(40, 0)
    theirs.give_back(30)
    again.take(30, 0)


def test_a_client_that_finds_no_room_among_the_others_has_its_own_again() -> None:
    rooms = Rooms(100, each=60)
    one, other = rooms.of(("10.0.0.1", 1000)), rooms.of(("10.0.0.2", 1000))
    one.take(60, 0)
    assert refusal_of(lambda: other.take(60, 0.01))[0] == 503
    other.take(40, 0)
    one.give_back(60)
    other.give_back(40)
    other.take(60, 0)
