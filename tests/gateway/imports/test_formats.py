"""What each provider exports, as its console writes it, and what it comes to: a table."""

import io
from dataclasses import dataclass

import pytest

from gateway.imports.formats import TIGHTENS_ONLY
from gateway.imports.reading import Reader
from gateway.imports.rows import Options, Rejected, Row
from suppression.decision import Reason
from suppression.model import Scope
from tests.gateway.imports.test_reading import HOUSE, MAIL, read


@dataclass(frozen=True)
class Export:
    """A provider's file as its console writes it, and what it comes to."""

    format: str
    text: str
    expected: list[tuple[str, Scope, Reason] | str]


GONE, SPAM, NO = Reason.UNDELIVERABLE, Reason.COMPLAINED, Reason.UNSUBSCRIBED
EXPORTS = [
    Export(
        "sendgrid",
        "status,reason,email,created\n"
        '5.1.1,"550 5.1.1 The email account, that you tried\nto reach, does not exist",Ann@example.net,1700000000\n'
        "4.7.0,451 try again later,bob@example.net,1700000001\n"
        "5.7.1,550 5.7.1 blocked for policy reasons,eve@example.net,1700000001\n"
        ",550 user unknown,dan@example.net,1700000002\n",
        [
            ("Ann@example.net", Scope(MAIL), GONE),
            "a block or a delay: not a fault of the address",
            "a block or a delay: not a fault of the address",
            ("dan@example.net", Scope(MAIL), GONE),
        ],
    ),
    Export(
        "sendgrid",
        "reason,email,created\nMail domain mentioned in email address is unknown,ann@examplee.net,1700000000\n",
        [("ann@examplee.net", Scope(MAIL), GONE)],
    ),
    Export(
        "sendgrid",
        "email,created,ip\nann@example.net,1700000000,192.0.2.1\n",
        [("ann@example.net", Scope(MAIL), SPAM)],
    ),
    Export(
        "sendgrid",
        '"email","created"\n"ann@example.net","1700000000"\n',
        [("ann@example.net", Scope(MAIL), NO)],
    ),
    Export(
        "mailgun",
        'address,code,error,created_at\nann@example.net,550,No such mailbox,"Fri, 21 Oct 2011 11:02:55 UTC"\n'
        "bob@example.net,451,Try again,\n",
        [("ann@example.net", Scope(MAIL), GONE), "a delay: not a fault of the address"],
    ),
    Export(
        "mailgun",
        'address,tags,created_at\nann@example.net,*,"Fri, 21 Oct 2011 11:02:55 UTC"\n',
        [("ann@example.net", Scope(MAIL), NO)],
    ),
    Export(
        "mailgun",
        'address,created_at\nann@example.net,"Fri, 21 Oct 2011 11:02:55 UTC"\n',
        [("ann@example.net", Scope(MAIL), SPAM)],
    ),
    Export(
        "postmark",
        "EmailAddress,SuppressionReason,Origin,CreatedAt\n"
        "ann@example.net,HardBounce,Recipient,2019-12-10T08:58:33-05:00\n"
        "bob@example.net,SpamComplaint,Recipient,2019-12-10T08:58:33-05:00\n"
        "eve@example.net,ManualSuppression,Customer,2019-12-10T08:58:33-05:00\n"
        "dan@example.net,SomethingNew,Customer,2019-12-10T08:58:33-05:00\n",
        [
            ("ann@example.net", Scope(MAIL), GONE),
            ("bob@example.net", Scope(MAIL), SPAM),
            ("eve@example.net", Scope(MAIL), NO),
            "a SuppressionReason that is not known",
        ],
    ),
    Export(
        "ses",
        "EmailAddress,Reason,LastUpdateTime\nann@example.net,BOUNCE,1700000000\nbob@example.net,COMPLAINT,1\n",
        [("ann@example.net", Scope(MAIL), GONE), ("bob@example.net", Scope(MAIL), SPAM)],
    ),
    Export(
        "ses",
        "ann@example.net,BOUNCE\nbob@example.net, COMPLAINT\n",
        [("ann@example.net", Scope(MAIL), GONE), ("bob@example.net", Scope(MAIL), SPAM)],
    ),
    Export(
        "ses",
        '{"emailAddress": "ann@example.net", "reason": "BOUNCE"}\n{"emailAddress": "b@example.net", "reason": "?"}\n',
        [("ann@example.net", Scope(MAIL), GONE), "a reason that is neither BOUNCE nor COMPLAINT"],
    ),
    Export(
        "mailchimp",
        '"Email Address","First Name",MEMBER_RATING,OPTIN_TIME,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,'
        "UNSUB_REASON,UNSUB_REASON_OTHER,LEID,EUID\n"
        "ann@example.net,Ann,2,2020-01-01 10:00:00,2021-01-01 10:00:00,News,17,NORMAL,,1,a\n",
        [("ann@example.net", Scope(MAIL, "marketing"), NO)],
    ),
    Export(
        "mailchimp",
        "Email Address,MEMBER_RATING,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,LEID,EUID\n"
        "ann@example.net,2,2021-01-01 10:00:00,News,17,1,a\n",
        [("ann@example.net", Scope(MAIL), GONE)],
    ),
    Export(
        "mailchimp",
        "Email Address,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LEID,EUID\n"
        "ann@example.net,2,2021-01-01 10:00:00,2021-01-01 10:00:00,1,a\n",
        [TIGHTENS_ONLY],
    ),
]


@pytest.mark.parametrize("export", EXPORTS)
def test_a_providers_export_is_known_by_its_heading_and_read_as_meant(export: Export) -> None:
    reader = Reader(io.BytesIO(export.text.encode()), Options(), HOUSE)
    found = [
        row.reason if isinstance(row, Rejected) else (row.address.text, row.terms.scope, row.terms.reason)
        for row in reader
    ]
    assert (reader.format, found) == (export.format, export.expected)


@pytest.mark.parametrize("export", EXPORTS)
def test_undeliverable_is_said_of_the_very_address_and_nothing_else_is(export: Export) -> None:
    for row in read(export.text):
        if isinstance(row, Row):
            assert row.terms.bound == (row.terms.reason is GONE)
