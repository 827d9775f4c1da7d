"""A Django project's mail, by its own functions: run with a job in JSON on stdin, it says what came of it on stdout."""

import json
import smtplib
import sys
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection, send_mail, send_mass_mail


def single(job: dict[str, Any]) -> int:
    return int(send_mail(job["subject"], job["text"], job["from"], [job["to"]]))


def alternatives(job: dict[str, Any]) -> int:
    message = EmailMultiAlternatives(job["subject"], job["text"], job["from"], [job["to"]])
    message.attach_alternative(job["html"], "text/html")
    message.attach("bill.pdf", bytes.fromhex(job["pdf"]), "application/pdf")
    message.attach("grüße.txt", "Grüße\n", "text/plain")
    return int(message.send())


def mass(job: dict[str, Any]) -> int:
    """Over one connection: Django opens and closes it around all of them."""
    messages = [(job["subject"], job["text"], job["from"], [to]) for to in job["everybody"]]
    return int(send_mass_mail(messages, connection=get_connection()))


def main() -> None:
    job = json.load(sys.stdin)
    settings.configure(**job["settings"], EMAIL_USE_TLS=True, EMAIL_TIMEOUT=30, USE_TZ=True)
    try:
        sent = {"single": single, "alternatives": alternatives, "mass": mass}[job["kind"]](job)
    except smtplib.SMTPRecipientsRefused as refused:
        told = {to: [code, text.decode()] for to, (code, text) in refused.recipients.items()}
        print(json.dumps({"refused": told}))
    else:
        print(json.dumps({"sent": sent}))


if __name__ == "__main__":
    main()
