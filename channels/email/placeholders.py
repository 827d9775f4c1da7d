"""Places that a template keeps for the way out: {{unsubscribe_url}}, %%unsubscribe_url%%, and their like."""

import re

from channels.email.splices import Kind, Place

KINDS = {
    b"unsubscribe_url": Kind.UNSUBSCRIBE,
    b"preferences_url": Kind.PREFERENCES,
    b"postal_address": Kind.POSTAL_ADDRESS,
}
PLACEHOLDER = re.compile(
    rb"\{\{ *(unsubscribe_url|preferences_url|postal_address) *\}\}"
    rb"|%%(unsubscribe_url|preferences_url|postal_address)%%"
)
MOST = 1_000  # in one part: nobody's template has more, and each costs work in every copy


def placeholders(text: bytes) -> list[Place]:
    """The places in searchable text, in order."""
    if not any(name in text for name in KINDS):
        return []
    places = []
    for match in PLACEHOLDER.finditer(text):
        places.append(Place(match.start(), match.end(), KINDS[match[1] or match[2]]))
        if len(places) == MOST:
            break
    return places
