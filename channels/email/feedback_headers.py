"""CFBL-Address and CFBL-Feedback-ID (RFC 9477): where a mailbox provider sends its reader's complaint.

A provider reports only where both are signed, by a signature that covers the domain of the address.
"""

from channels.email.ways_out import CONTROLS, WaysOut

ADDRESS = b"cfbl-address"
FEEDBACK_ID = b"cfbl-feedback-id"
BOTH = frozenset({ADDRESS, FEEDBACK_ID})


def feedback_headers(ways: WaysOut) -> bytes:
    """Both field lines; b"" where no complaint is asked for."""
    if not ways.complaints_to:
        return b""
    address, number = (CONTROLS.sub("", text) for text in (ways.complaints_to, ways.feedback_id))
    # Not folded: some verifiers trip over a fold right after the colon.
    return f"CFBL-Address: {address}; report=arf\r\nCFBL-Feedback-ID: {number}\r\n".encode("ascii", "replace")
