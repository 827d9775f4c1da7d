"""The mail that tells somebody who wrote "stop" what was stopped. Pure; no link, and nothing to win anybody back."""

from channels.email.letter import Letter
from gateway.confirmations.letter import close
from gateway.languages import Words, marked
from suppression.model import Sender
from suppression.opt_out_words import ScopeWord

_SUBJECT = marked("You are unsubscribed: {sender}")
_STOPPED = {
    ScopeWord.MARKETING: marked("We got your email. {sender} will send you no more advertising."),
    ScopeWord.SERVICE: marked(
        "We got your email. {sender} will send you no more advertising and no more news of the service."
    ),
    ScopeWord.CHANNEL: marked("We got your email. {sender} will send you no more emails."),
    ScopeWord.EVERYTHING: marked(
        "We got your email. {sender} will not contact you any more, by email, text or phone."
    ),
}
_REQUIRED = marked("Only what must reach you, such as a password reset that you ask for, still does.")


def letter(words: Words, sender: Sender, scope: ScopeWord, *, to: str, id: str, in_reply_to: str) -> Letter:  # noqa: A002
    return Letter(
        id=id,
        from_name=sender.title,
        from_address=sender.from_address,
        to=to,
        subject=words(_SUBJECT, sender=sender.title),
        blocks=(words(_STOPPED[scope], sender=sender.title), words(_REQUIRED)),
        close=close(words, sender),
        language=words.language,
        in_reply_to=in_reply_to,
    )
