"""A mailing list's way of sending (Mailman's): one message, many recipients, headers and return paths of its own."""

import smtplib

import pytest

from tests.end_to_end.client import PATIENCE, address
from tests.interop.house import FREE, ORDERS, PROMOTIONS, House, plain_text
from tests.interop.test_smtplib import connected

pytestmark = pytest.mark.client("Mailman's way of sending")
MEMBERS = 50
BOUNCES = "news-bounces@example.com"
OWN = {
    "List-Id": "News of the shop <news.example.com>",
    "List-Help": "<mailto:news-request@example.com?subject=help>",
    "List-Post": "<mailto:news@example.com>",
    "List-Archive": "<https://lists.example.com/news/>",
    "List-Owner": "<mailto:news-owner@example.com>",
    "Precedence": "list",
    "X-Mailman-Version": "3.3.8",
}
REPLACED = {"List-Unsubscribe": "<mailto:news-leave@example.com>"}
WORDS = "This month in the shop:\r\n.Dots\r\n"


def posting(to: str = "news@example.com") -> bytes:
    fields = {"From": "The Shop <shop@example.com>", "To": to, "Subject": "[News] November"}
    fields |= {"Message-ID": f"<{address('post')}>", "Sender": BOUNCES} | OWN | REPLACED
    return (
        "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode() + f"\r\n{WORDS}".encode()
    )


def test_one_message_to_many_goes_as_a_copy_for_each(house: House) -> None:
    """Each has a way out of its own; the list's other headers stay as they are."""
    members = [house.shop.consented("member") for _ in range(MEMBERS)]
    stopped = members[7]
    house.shop.stop(stopped)
    with connected(house, PROMOTIONS) as client:
        refused = client.sendmail(BOUNCES, members, posting())
    assert list(refused) == [stopped]
    links = set()
    for member in members:
        if member == stopped:
            assert not house.copies(member)
            continue
        found = house.arrived(member)
        assert {name: found[name] for name in OWN} == OWN
        assert found.get_all("List-Unsubscribe") == [found["List-Unsubscribe"]]
        assert "news-leave" not in found["List-Unsubscribe"]
        assert plain_text(found).startswith("This month in the shop:\n.Dots\n")
        links.add(found["List-Unsubscribe"])
    assert len(links) == MEMBERS - 1
    assert {copy.mail_from for copy in house.copies(members[0])} == {BOUNCES}


def test_a_return_path_for_each_member_is_kept(house: House) -> None:
    """Variable envelope return paths: the list tells by them whose copy came back. A transaction each."""
    members = [house.shop.consented("member") for _ in range(5)]
    with connected(house, PROMOTIONS) as client:
        for member in members:
            client.sendmail(verp(member), [member], posting(member))
    for member in members:
        house.arrived(member)
        assert [copy.mail_from for copy in house.copies(member)] == [verp(member)]


def test_what_needs_no_way_out_goes_with_all_of_the_list_s_headers(house: House) -> None:
    to, account = address(), house.account(ORDERS)
    with smtplib.SMTP(account.host, account.port, timeout=PATIENCE, source_address=(FREE, 0)) as client:
        client.sendmail(BOUNCES, [to], posting())
    found = house.arrived(to)
    assert {name: found[name] for name in OWN | REPLACED} == OWN | REPLACED


def verp(member: str) -> str:
    return f"news-bounces+{member.replace('@', '=')}@example.com"
