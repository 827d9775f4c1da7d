"""What one copy says about how its recipient can stop such mails."""

import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\s]+")
# RFC 3986: what stands in a URI as itself; not "<>" (RFC 2369 2) and no comma, at which some readers cut.
URI_SAFE = re.compile(r"[A-Za-z0-9%/:=&?~#+!$;@()*\[\]._-]*")


def one_line(text: str) -> str:
    """Without line ends and control characters: safe in a header and in a footer."""
    return CONTROLS.sub(" ", text).strip()


def safe_uri(uri: str) -> str:
    """The URI with all percent-encoded that could end it early."""
    return uri if URI_SAFE.fullmatch(uri) else quote(uri, safe="%/:=&?~#+!$;@()*[]._-", errors="replace")


@dataclass(frozen=True)
class WaysOut:
    """The ways out of one copy.

    header_url    the one-click https URL of List-Unsubscribe (RFC 8058)
    page_url      the link that a reader sees: a page with a button
    mailto        address or mailto: URI that unsubscribes, where inbound mail is configured
    list_id       "promotions.marketing.list-id.example.com", never renamed once used (RFC 2919)
    complaints_to  address for complaints by readers (RFC 9477); "": not asked for
    feedback_id    which mail a complaint is about
    footer        False: list headers only (placeholders are filled all the same)
    """

    header_url: str
    page_url: str
    preferences_url: str
    mailto: str | None
    sender_name: str
    postal_address: str
    list_id: str
    list_title: str
    footer: bool = True
    language: str = "en"
    complaints_to: str = ""
    feedback_id: str = ""

    @cached_property
    def own_link(self) -> re.Pattern[bytes]:
        """This reader's links. Another reader's, in a copy that went on, stops nothing for this one."""
        urls = {self.page_url, self.preferences_url, self.header_url} - {""}
        found = b"|".join(re.escape(url.encode("utf-8", "replace")) for url in sorted(urls))
        return re.compile(rb"(?:" + found + rb")(?![A-Za-z0-9_-])")
