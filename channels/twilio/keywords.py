"""Which texts Twilio answers by itself (RULES 2.1): to these we say nothing, or the person would get two answers.

By default it knows single words, alone in a text, whatever their case. What it does with them stays its own: we read
every text ourselves.
"""

STOP = frozenset({"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"})
START = frozenset({"START", "YES", "UNSTOP"})
HELP = frozenset({"HELP", "INFO"})
_ALL = STOP | START | HELP


def answered_by_twilio(text: str, opt_out: str, opt_out_type: str) -> bool:
    """`opt_out`: the sender's setting; `opt_out_type`: what the webhook said Twilio took it for, "" for nothing."""
    return bool(opt_out_type) or (opt_out == "default" and text.strip().upper() in _ALL)
