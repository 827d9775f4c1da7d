"""What is counted, by labels that no stranger chooses."""

from collections.abc import Callable
from pathlib import Path

from gateway.metrics import families, joined, observed
from suppression.purposes import Catalogue
from suppression.records import Record, RecordKind
from tests.gateway.metrics.conftest import Samples, parsed

Counting = Callable[[], Samples]


def decided(purpose: str, kind: RecordKind = RecordKind.DECIDED) -> Record:
    return Record(kind, 1, channel="email", purpose=purpose, outcome="refuse", reason="no_consent")


def labels(samples: Samples, name: str, label: str) -> set[str]:
    return {dict(pairs)[label] for sample, pairs in samples if sample == name}


def test_nothing_is_counted_before_a_process_begins() -> None:
    observed.logged(decided("marketing/promotions"), 0.1)
    observed.process_began("worker")
    assert joined.text(None, {}, "")[0] == b""


def test_a_refusal_counts_as_a_decision_and_as_a_record(counting: Counting) -> None:
    observed.purposes.know(Catalogue.shipped())
    observed.logged(decided("marketing/promotions"), 0.0003)
    found = counting()

    about = {"channel": "email", "purpose": "marketing/promotions", "outcome": "refuse"}
    about |= {"reason": "no_consent", "record": "decided"}
    assert found["gateway_decisions_total", tuple(sorted(about.items()))] == 1
    assert found["gateway_records_total", (("kind", "decided"),)] == 1
    assert found["gateway_store_step_seconds_count", (("step", "record"),)] == 1


def test_a_stop_counts_by_its_way_and_a_repeat_of_it_does_not(counting: Counting) -> None:
    stop = Record(RecordKind.SUPPRESSED, 1, way="one_click")
    observed.logged(stop, 0.001)
    observed.logged(Record(RecordKind.SUPPRESSED, 1, way="one_click", repeated=True), 0.001)
    found = counting()

    assert found["gateway_changes_total", (("kind", "suppressed"), ("way", "one_click"))] == 1
    assert found["gateway_store_step_seconds_count", (("step", "stop"),)] == 2


def test_names_that_apps_choose_for_partners_are_no_labels(counting: Counting) -> None:
    observed.purposes.know(Catalogue.shipped())
    for number in range(3000):
        observed.logged(decided(f"marketing/partners/p{number}"), 0.001)
        observed.logged(decided(f"never/heard-of-{number}"), 0.001)

    found = counting()
    assert labels(found, "gateway_decisions_total", "purpose") == {"marketing/partners/*", "other"}


def test_whatever_labels_come_to_hold_their_number_is_bounded(counting: Counting) -> None:
    for number in range(families.MOST_CHILDREN + 500):
        observed.http_request(f"METHOD{number}", f"/{number}", 200, 0.001)

    found = counting()
    routes = labels(found, "gateway_http_request_seconds_count", "route")
    assert len(routes) == families.MOST_CHILDREN + 1
    others = (("method", "other"), ("route", "other"), ("status", "other"))
    assert found["gateway_http_request_seconds_count", others] == 500
    assert labels(found, "gateway_http_request_seconds_count", "method") == {"other"}


def test_a_row_counts_on_from_where_the_process_before_left_it(tmp_path: Path) -> None:
    for row in (0, 1, 0):
        families.begin(tmp_path, row)
        observed.process_began("worker")
        families.end()

    found = parsed(joined.text(tmp_path, {}, "")[0].decode())
    assert found["gateway_process_starts_total", (("role", "worker"),)] == 3
    assert len(list(tmp_path.glob("counter_*.db"))) == 2


def test_a_scraper_that_wants_openmetrics_gets_it(tmp_path: Path) -> None:
    text, media_type = joined.text(tmp_path, {observed.STORE_UP: {(): 1.0}}, "application/openmetrics-text")
    assert media_type.startswith("application/openmetrics-text")
    assert text.endswith(b"# EOF\n")
