"""Every block of code in the documents, and which test runs or checks it, or why none can.

`HELD`: by page and heading, one line for each block under it, in their order. A line is the file and name of a test
that takes the block from the page, or NOT and a reason.
"""

import re
from collections.abc import Iterator

from tests.documents import pages, readme
from tests.documents.readme import (
    AUDITING,
    CONCEPTS,
    INTEGRATING,
    OPERATING,
    README,
    RELAYING,
    SUPPORT,
    TEXTING,
)

NOT = "not run: "
MADE = frozenset({"deploy/HTTP.md"})  # of the routes' own examples

_GUIDES = "tests/documents/test_guides.py::"
_RELAYING = "tests/interop/test_relaying_guide.py::"
_SETTINGS = "tests/documents/test_production.py::"
_AUDITOR = _GUIDES + "test_an_auditor_finds_why_proves_it_and_exports"
_LOG = "tests/documents/test_log.py::test_the_log_is_asked_word_for_word"
_QUICK = "tests/documents/test_quick_start.py::"
_FIRST = _GUIDES + "test_first_calls_and_a_list_tried"
_TEXTS = _GUIDES + "test_texting_from_the_first_text_to_a_call_at_an_agreed_time"
_SECTIONS = _SETTINGS + "test_sections_that_the_guides_show_are_ones_that_check_takes"
_RUNBOOK = "tests/deploy/test_snippets.py::"

RUNBOOK, CAPACITY = "deploy/RUNBOOK.md", "deploy/CAPACITY.md"

HELD: dict[tuple[str, str], tuple[str, ...]] = {
    (README, "Suppression gateway"): (NOT + "a picture",),
    (README, "Quick start"): (
        _QUICK + "test_make_run_installs_the_core_and_starts_gateway_dev",
        *(_QUICK + "test_it_works_word_for_word",) * 2,
    ),
    (CONCEPTS, "Registers, lists, caps and hours"): (_SECTIONS,),
    (RELAYING, "Python"): (_RELAYING + "test_python",),
    (RELAYING, "Django"): (_RELAYING + "test_django",) * 2,
    (RELAYING, "Ruby on Rails"): (_RELAYING + "test_ruby",),
    (RELAYING, "Node.js"): (_RELAYING + "test_nodemailer",),
    (RELAYING, "PHP"): (_RELAYING + "test_phpmailer",),
    (RELAYING, "Postfix"): (_RELAYING + "test_postfix",),
    (RELAYING, "Handle the answers"): (_GUIDES + "test_explain_is_asked_as_the_guide_for_apps_says",),
    (TEXTING, "What you need"): (_TEXTS,) * 2,
    (TEXTING, "Send a text"): (_TEXTS,) * 2,
    (TEXTING, "Make a call"): (_TEXTS,),
    (TEXTING, "A call at an agreed time"): (_TEXTS,),
    (TEXTING, "Setting up Twilio"): (
        "tests/documents/test_texts.py::test_the_settings_are_ones_that_check_takes",
    ),
    (INTEGRATING, "First calls"): (_FIRST,) * 3,
    (INTEGRATING, "Webhooks"): (_GUIDES + "test_the_example_of_an_event_is_what_an_app_is_told",),
    (INTEGRATING, "A receiver"): (_GUIDES + "test_the_receiver_knows_what_we_signed",),
    (INTEGRATING, "Imports"): (_FIRST,),
    (SUPPORT, "For who runs it"): (_SECTIONS, _GUIDES + "test_the_first_agent_is_added", _SECTIONS),
    (OPERATING, "In production"): (_SETTINGS + "test_the_example_is_a_configuration_without_problems",),
    (OPERATING, "A first mail"): (
        _RELAYING + "test_an_operators_first_mail_and_what_the_gateway_knows_of_it",
    )
    * 2,
    (OPERATING, "An alert that rings"): (
        _GUIDES + "test_what_prometheus_is_told_is_what_it_takes",
        NOT + "needs systemd as the first process; the rule itself is tried by promtool",
    ),
    (OPERATING, "Why there is no mail queue"): (_RELAYING + "test_postfix_reads_what_the_next_hop_is_told",),
    (OPERATING, "Mail that comes back"): ("tests/interop/test_inbound.py::as_documented",),
    (AUDITING, "Why did this person get this mail on that day?"): (_AUDITOR,),
    (AUDITING, "Is the log whole?"): (_AUDITOR,),
    (AUDITING, "Give a person what is held of them"): (_AUDITOR,),
    (AUDITING, "Give a regulator a year"): (_AUDITOR,),
    (AUDITING, "Asking the log"): (_LOG,) * 2,
    (CAPACITY, "What grows with what"): (NOT + "arithmetic",),
    (RUNBOOK, "Install"): (
        _RUNBOOK + "test_what_the_runbook_copies_is_there",
        NOT + "asks for systemd; each command is one of `gateway`, by test_pages.py",
        NOT + "needs a Docker engine",
    ),
    (RUNBOOK, "Postfix"): (
        NOT + "alters the Postfix of its host; what it copies is read by test_snippets.py",
    ),
    (RUNBOOK, "DKIM"): (_RUNBOOK + "test_the_runbooks_keys_are_made_as_it_says",),
    (RUNBOOK, "Backup and restore"): (
        NOT + "needs a store that was lost; tests/gateway/archive/test_restoring.py fills an empty one",
    ),
}


def found() -> dict[tuple[str, str], int]:
    """How many blocks stand under each heading of each page that is written by hand."""
    counted: dict[tuple[str, str], int] = {}
    for page in pages.names():
        for heading in () if page in MADE else _headings_of_blocks(readme.text(page)):
            counted[page, heading] = counted.get((page, heading), 0) + 1
    return counted


def _headings_of_blocks(text: str) -> Iterator[str]:
    heading, within = "", False
    for line in text.splitlines():
        if line.startswith("```"):
            within = not within
            if within:
                yield heading
        elif not within and (said := re.match(r"#+ (.+)", line)):
            heading = said[1]
