"""The words for records, in what a person is given of them."""

from gateway.http.record_words import meaning
from suppression.records import Record, RecordKind


def test_every_kind_of_record_has_words_of_its_own() -> None:
    words = {kind: meaning(Record(kind, at=0)) for kind in RecordKind}

    assert len(set(words.values())) == len(RecordKind)
    assert all(said.endswith(".") and said[0].isupper() for said in words.values())


def test_a_decision_says_how_it_ended() -> None:
    said = {
        meaning(Record(RecordKind.DECIDED, at=0, outcome=outcome)) for outcome in ("send", "refuse", "defer")
    }

    assert len(said) == 3
