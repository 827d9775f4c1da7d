"""What a recipient's word stops, by the way it came: which scopes it comes to (DESIGN "Ways out", "STOP by text").

An error falls on the safe side: a stop is as broad as its words may be meant, for every sender.
"""

from collections.abc import Mapping
from types import MappingProxyType

from suppression.model import Channel, Scope
from suppression.opt_out_words import ScopeWord

Scopes = tuple[Scope, ...]

_EMAIL, _SMS, _VOICE = frozenset({Channel.EMAIL}), frozenset({Channel.SMS}), frozenset({Channel.VOICE})
_MARKETING, _SERVICE = "marketing", "service"

EVERYTHING: Scopes = (Scope(),)
ALL_MARKETING: Scopes = (Scope(purpose=_MARKETING),)

# A key pressed in a call: no more calls, and no marketing by text.
KEY_PRESS: Scopes = (Scope(_VOICE), Scope(_SMS, _MARKETING))
# On the opt-out line it is said that all calls and texts to the number stop.
PHONE_LINE: Scopes = (Scope(_VOICE), Scope(_SMS))

# The plain word, "STOP". 47 CFR 64.1200(a)(10), RULES 0.9: all that is not transactional, texts and calls alike.
PLAIN: Mapping[Channel, Scopes] = MappingProxyType(
    {
        Channel.SMS: (Scope(_SMS), Scope(_VOICE, _MARKETING), Scope(_VOICE, _SERVICE)),
        Channel.VOICE: KEY_PRESS,
        Channel.EMAIL: (Scope(_EMAIL),),
    }
)


def written(word: ScopeWord, channel: Channel) -> Scopes:
    """What a clear request in writing stops. Who wants no news of a service wants no advertising either."""
    match word:
        case ScopeWord.EVERYTHING | ScopeWord.DELETE:
            return EVERYTHING
        case ScopeWord.MARKETING:
            return ALL_MARKETING
        case ScopeWord.SERVICE:
            return (Scope(purpose=_SERVICE), *ALL_MARKETING)
        case ScopeWord.CHANNEL:
            return PLAIN[channel]
        case ScopeWord.CHANGE:
            return ()


def paused(channel: Channel) -> Scope:
    """What stands still while somebody has to read what was written: marketing by the address it came from."""
    return Scope(_EMAIL if channel is Channel.EMAIL else _SMS | _VOICE, _MARKETING)
