"""Mail that is no bounce is taken for none, and no file crashes anything."""

from pathlib import Path

import pytest

from channels.email.inbound.classify import Nature, classify
from tests.channels.email.corpora import as_sent, files

# Found by reading: real bounces among the MIME files.
BOUNCES = {
    "msg_16.txt",
    "msg_25.txt",
    "msg_43.txt",
    "core__src__test__resources__mimetools-testmsgs__badbound.msg",
    "spec__fixtures__emails__mime_emails__raw_email_with_mimepart_without_content_type.eml",
    "spec__fixtures__emails__multipart_report_emails__multi_address_bounce1.eml",
    "spec__fixtures__emails__multipart_report_emails__multi_address_bounce2.eml",
    "spec__fixtures__emails__multipart_report_emails__multipart_report_multiple_status.eml",
    "spec__fixtures__emails__multipart_report_emails__report_422.eml",
    "spec__fixtures__emails__multipart_report_emails__report_530.eml",
}
OTHERS = files("mime") + files("html")

pytestmark = [pytest.mark.corpus, pytest.mark.usefixtures("corpora_here")]


@pytest.mark.parametrize("path", OTHERS or [Path("none")], ids=lambda path: path.name)
def test_only_bounces_are_taken_for_bounces(path: Path) -> None:
    report = classify(as_sent(path))

    assert report.nature is (Nature.BOUNCE if path.name in BOUNCES else Nature.WRITTEN)
    assert report == classify(path.read_bytes()) or b"\x00" in path.read_bytes()
