"""The main job, from a mail that is handed in to a click that stops the next one."""

import json

import pytest

from tests.end_to_end.client import Client, address, click, mail
from tests.end_to_end.processes import Running, run
from tests.end_to_end.signatures import signatures_valid

HTML = (
    "From: Shop <shop@example.com>\r\nTo: ann@example.net\r\nSubject: Shoes\r\nMessage-ID: <{id}>\r\n"
    "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\n\r\nShoes.\r\n"
    "--b\r\nContent-Type: text/html\r\n\r\n<html><body><p>Shoes.</p></body></html>\r\n--b--\r\n"
)


def test_a_mail_arrives_signed_with_ways_out_and_a_click_stops_the_next_one(
    gateway: Client, shared: Running
) -> None:
    """The path of the issue, word for word."""
    ann = gateway.consented("ann")
    first = gateway.send(mail(), ann)
    assert (first.code, first.status) == (250, "2.0.0")
    [arrived] = gateway.arrived(ann)
    assert arrived.parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert arrived.header_link.startswith(f"{gateway.url}/u/")
    assert arrived.footer_link.startswith(f"{gateway.url}/u/")
    assert arrived.footer_link != arrived.header_link
    assert "1 Example Street, Springfield" in arrived.text
    assert signatures_valid(arrived.raw, gateway.facts) == [True, True]

    stranger = gateway.send(mail(), address("stranger"))
    assert stranger.code == 550
    assert stranger.text.startswith("5.7.1 no_consent ")

    assert click(arrived.header_link).status_code == 200
    with gateway.talk() as talk:
        [refused] = talk.envelope("shop@example.com", ann)
    assert refused.code == 550
    assert refused.text.startswith("5.7.1 unsubscribed ")

    assert gateway.order(ann).code == 250
    assert len(gateway.arrived(ann)) == 2

    kinds = ["consented", "handing_over", "sent", "suppressed", "decided", "handing_over", "sent"]
    by_command = run("log", "--recipient", ann, "--json", "--data-dir", shared.data)
    assert [json.loads(line)["kind"] for line in by_command.stdout.splitlines()] == kinds
    assert [line["kind"] for line in gateway.log(recipient=ann)] == kinds

    by_decision = run("log", "--decision", refused.words[1], "--json", "--data-dir", shared.data)
    [record] = map(json.loads, by_decision.stdout.splitlines())
    assert (record["outcome"], record["reason"]) == ("refuse", "unsubscribed")
    assert [line["kind"] for line in gateway.log(decision=first.words[0])] == ["handing_over", "sent"]


def test_ann_of_the_readme_has_consented_from_the_start(gateway: Client) -> None:
    assert gateway.send(mail(), "ann@example.net").code == 250
    assert gateway.arrived("ann@example.net")


def test_text_and_html_part_both_get_the_link(gateway: Client) -> None:
    ann = gateway.consented()
    assert gateway.send(HTML.format(id=address()).encode(), ann).code == 250
    [arrived] = gateway.arrived(ann)
    html = arrived.parsed.get_body(("html",))

    assert html is not None
    assert f'href="{arrived.footer_link}"' in html.get_content()
    assert signatures_valid(arrived.raw, gateway.facts) == [True, True]


@pytest.mark.parametrize("purpose", ["transactional/orders", "transactional/security"])
def test_mail_without_way_out_gets_lines_on_top_only(gateway: Client, purpose: str) -> None:
    to, raw = address(), mail()
    assert gateway.send(raw, to, purpose=purpose).code == 250
    [arrived] = gateway.arrived(to)

    assert arrived.raw.endswith(raw)
    on_top = arrived.raw[: -len(raw)].decode()
    assert {line.partition(":")[0] for line in on_top.splitlines() if line[0] not in " \t"} == {
        "Received",
        "DKIM-Signature",
    }
    assert signatures_valid(arrived.raw, gateway.facts) == [True, True]


def test_a_header_only_purpose_gets_no_footer(gateway: Client) -> None:
    to, raw = address(), mail(text="Somebody answered you.\r\n")
    assert gateway.send(raw, to, purpose="service/notifications").code == 250
    [arrived] = gateway.arrived(to)

    assert arrived.text == "Somebody answered you.\r\n"
    assert click(arrived.header_link).status_code == 200
    assert gateway.send(mail(), to, purpose="service/notifications").words[0] == "unsubscribed"


def test_one_click_stops_its_purpose_and_the_footer_all_marketing(gateway: Client) -> None:
    to = gateway.consented()
    gateway.send(mail(), to, purpose="marketing/surveys")
    [arrived] = gateway.arrived(to)

    assert click(arrived.header_link).status_code == 200
    assert gateway.would(to, "marketing/surveys")[1] == "unsubscribed"
    assert gateway.would(to, "marketing/promotions") == ("would_send", "consented")
    assert click(arrived.footer_link).status_code == 200
    assert gateway.would(to, "marketing/promotions")[1] == "unsubscribed"
    assert gateway.would(to, "service/feedback") == ("would_send", "not_objected")


def test_a_log_line_holds_no_address(gateway: Client, shared: Running) -> None:
    to = gateway.consented("secretive")
    gateway.send(mail(), to)
    [arrived] = gateway.arrived(to)
    click(arrived.header_link)
    gateway.order(to)
    shown = run("log", "--recipient", to, "--json", "--data-dir", shared.data).stdout

    assert shown.count("\n") == 6
    assert "secretive" not in shown
    assert "secretive" not in shared.output.read_text()
    assert arrived.header_link.rpartition("/")[2] not in shared.output.read_text()
