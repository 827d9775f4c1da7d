"""What is told of a list, in each state that it can be in."""

from dataclasses import replace

import pytest

from gateway.console.bulk.view import list_view, progress, size
from gateway.state.imports import Import, State

ONE = Import("4f1d", State.TRIED, "old shop", "agent:kim", "", 1_790_000_000_000, {}, dry_run=True)


def of(state: State, **changed: object) -> Import:
    return replace(ONE, **{"state": state, "dry_run": state is State.TRIED, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (of(State.WAITING), "It waits for its turn. Nothing has been changed yet."),
        (of(State.RUNNING, rows=50_000), "Being put in: 50,000 rows so far."),
        (of(State.RUNNING, rows=1, dry_run=True), "Being read; nothing is changed: 1 row so far."),
        (
            of(State.TRIED, rows=1300, changed=1204, known=95, rejected=1),
            (
                "1,204 rows of 1,300 would stop something new; 95 rows were known already, "
                "1 was rejected. Nothing has been changed yet."
            ),
        ),
        (
            of(State.TRIED, rows=2, known=1, rejected=1),
            "Nothing in it is new: 1 row was known already, 1 was rejected. There is nothing to put in.",
        ),
        (
            of(State.DONE, rows=2, changed=1, rejected=1),
            "Put in: 1 stop was added; 0 rows were known already, 1 was rejected.",
        ),
        (of(State.FAILED, fault="an empty file"), "Nothing of it could be used: an empty file."),
        (
            of(State.FAILED, rows=4, changed=3, fault="an error of the gateway's own"),
            "It failed after 4 rows: an error of the gateway's own. 3 stops were added.",
        ),
        (
            of(State.INTERRUPTED, rows=9, fault="its file is gone: bring the list again"),
            "It stopped halfway, after 9 rows: its file is gone: bring the list again.",
        ),
        (of(State.UNDOING, undone=256), "Being taken back: 256 stops ended so far."),
        (of(State.UNDONE, undone=3), "Taken back: 3 stops ended. What recipients said otherwise stays."),
    ],
)
def test_each_state_is_told_in_a_sentence(one: Import, said: str) -> None:
    assert list_view(one, kept=True).sentence == said


def test_only_a_tried_list_with_something_new_can_be_put_in_while_its_file_is_kept() -> None:
    tried = of(State.TRIED, rows=2, changed=2)
    assert list_view(tried, kept=True).can_start
    assert not list_view(tried, kept=False).can_start
    assert "not kept any more" in list_view(tried, kept=False).sentence
    assert not list_view(of(State.TRIED, rows=2, known=2), kept=True).can_start


@pytest.mark.parametrize("state", State)
def test_only_what_changed_something_and_has_ended_can_be_taken_back(state: State) -> None:
    ended = {State.DONE, State.INTERRUPTED, State.FAILED}
    assert list_view(of(state, changed=1)).can_undo is (state in ended)
    assert not list_view(of(state, changed=0)).can_undo


def test_reasons_of_rejects_come_most_frequent_first() -> None:
    view = list_view(of(State.DONE, why={"no address": 2, "half a row": 9, "a reason": 2}))
    assert [reason for reason, _ in view.why] == ["half a row", "a reason", "no address"]


def test_the_bar_is_told_per_cent_and_a_sentence() -> None:
    told = progress(of(State.RUNNING, size=200, place=50, rows=10))
    assert told == {"done": 25, "total": 100, "text": "25 %. Being put in: 10 rows so far."}


def test_sizes_read_well() -> None:
    assert (size(2 << 30), size(1 << 20)) == ("2 GB", "1 MB")
