"""What rules ask, and reasons say, in a sentence. Pure."""

from collections.abc import Mapping

from suppression.decision import Reason

# In the order of suppression.policy.RULES.
RULES: Mapping[str, str] = {
    "access": "May this app send this at all?",
    "address": "Can this channel reach the address?",
    "erased": "Was the person erased?",
    "child": "Is it a child?",
    "undeliverable": "Do messages arrive there?",
    "complaint": "Did they report us as spam?",
    "suppression": "Did they stop it?",
    "registers": "Are they in a do-not-call register?",
    "lists": "Are they on a list that forbids it?",
    "consent": "Did they agree, where that is needed?",
    "caps": "Did they get as many as they may?",
    "hours": "Is it a time to call or text?",
}
BECAUSE: Mapping[Reason, str] = {
    Reason.NO_CONSENT_NEEDED: "such a message needs no consent, and nobody stopped it",
    Reason.CONSENTED: "they agreed to it",
    Reason.SOFT_OPT_IN: "it follows from an order of theirs",
    Reason.NOT_OBJECTED: "nobody objected",
    Reason.REQUIRED: "such a message is required: it always goes",
    Reason.NOT_PERMITTED: "the app is not permitted to send it",
    Reason.UNUSABLE_ADDRESS: "the address cannot be used for it",
    Reason.ERASED: "all that was known of them was erased",
    Reason.CHILD: "they are a child",
    Reason.UNDELIVERABLE: "messages do not arrive there",
    Reason.COMPLAINED: "they reported a message as spam",
    Reason.UNSUBSCRIBED: "they stopped such messages",
    Reason.BLOCKED: "it is blocked",
    Reason.REGISTERED: "the number is in a do-not-call register",
    Reason.REGISTER_STALE: "a do-not-call register that must be asked is out of date",
    Reason.LISTED: "they are on a list that forbids it",
    Reason.NO_CONSENT: "it needs their consent, and there is none",
    Reason.CONSENT_EXPIRED: "it needs their consent, and the one they gave has ended",
    Reason.CAPPED: "they had as many of these as they may",
    Reason.OUTSIDE_HOURS: "it is not within the hours for calls and texts where they live",
    Reason.ZONE_UNKNOWN: "nobody knows which time of day it is where they live",
    Reason.IN_REVIEW: "what they wrote must be read by somebody first",
    Reason.NO_VISIBLE_WAY_OUT: "the message had no place for a way out",
}


def because(reason: str) -> str:
    try:
        return BECAUSE[Reason(reason)]
    except ValueError:
        return reason or "the record names no reason"
