"""The board that workers share, without processes: what each row says and what it makes others do."""

import pytest

from gateway.processes.connections import Board, Connections, Limits


def test_a_worker_with_more_connections_than_another_leaves_the_next_one_to_it() -> None:
    board = Board(4)
    busy, idle = (Connections(Limits(), board.take_row()) for _ in range(2))
    idle.begin()
    for number in range(3):
        busy.admit(f"192.0.2.{number}")
    assert idle.pause() == 0
    assert 0 < busy.pause() <= 0.005


def test_who_accepts_nothing_is_waited_for_by_nobody() -> None:
    """A process that archives, one of another role, one that has only begun: their rows stay empty."""
    board = Board(4)
    busy = Connections(Limits(), board.take_row())
    board.take_row()
    busy.begin()
    for number in range(3):
        busy.admit(f"192.0.2.{number}")
    assert busy.pause() == 0


def test_a_draining_worker_is_waited_for_by_nobody_and_its_connections_still_count() -> None:
    board = Board(4)
    row = board.take_row()
    row.accept()
    other = Connections(Limits(per_address=1), board.take_row())
    Connections(Limits(), row).admit("192.0.2.1")
    row.drain()
    other.admit("192.0.2.9")
    assert other.pause() == 0
    assert other.admit("192.0.2.1") is None


def test_a_cleared_row_takes_its_connections_with_it_and_is_free_again() -> None:
    board = Board(1)
    row = board.take_row()
    Connections(Limits(), row).admit("192.0.2.1")
    with pytest.raises(RuntimeError):
        board.take_row()
    row.clear()
    assert board.take_row().total_of_all() == 0


def test_what_is_beside_is_counted_by_itself() -> None:
    """Mail servers that fill their places leave the apps theirs."""
    board = Board(2)
    row, other = board.take_row(), board.take_row()
    other.accept()
    other.beside.accept()
    apps, servers = Connections(Limits(total=1), row), Connections(Limits(total=1), row.beside)
    assert servers.admit("192.0.2.1") is not None
    assert Connections(Limits(total=1), other.beside).admit("192.0.2.2") is None
    assert apps.admit("192.0.2.1") is not None
    assert row.beside.ahead() == row.ahead() == 1
    row.beside.clear()
    assert row.free
    assert row.beside.total_of_all() == row.total_of_all() == 0


def test_to_leave_twice_counts_once() -> None:
    connections = Connections(Limits(), Board(1).take_row())
    leave = connections.admit("192.0.2.1")
    connections.admit("192.0.2.2")
    assert leave is not None
    leave()
    leave()
    assert connections.open == 1


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("", "", True),
    ],
)
def test_whose_connections_count_together(first: str, second: str, *, same: bool) -> None:
    connections = Connections(Limits(per_address=1), Board(1).take_row())
    assert connections.admit(first) is not None
    assert (connections.admit(second) is None) is same
