"""What is reached through the network: our own public URL from outside in, Twilio, and apps' receivers."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from channels.twilio.client import TwilioClient
from gateway.doctor.findings import Finding, Findings, fail, ok, warn
from gateway.http import proof
from gateway.http.pages import HEADERS
from gateway.webhooks.destination import Destinations, Forbidden
from gateway.webhooks.subscriptions import Subscription
from suppression.errors import CarrierUnavailable

PUBLIC, TWILIO, RECEIVERS = "public url", "twilio", "receivers"
_OURS = ("referrer-policy", "x-robots-tag")
_PATIENCE = 8.0  # seconds


async def look_at_public_url(public_url: str, key: bytes) -> Findings:
    """`key`: the deployment's, by which it answers and no other does."""
    asked = proof.challenge(key)
    try:
        async with httpx.AsyncClient(timeout=_PATIENCE) as client:
            answer = await client.get(public_url + proof.PATH + asked)
    except httpx.ConnectError as error:
        said = "certificate verify failed" in str(error)
        why = "its certificate is not trusted" if said else "nobody answers, or its name is not known"
        todo = "Look at the DNS, the proxy in front (deploy/nginx.conf) and its certificate."
        return [fail(PUBLIC, f"{public_url} cannot be reached: {why}. Links in mails lead nowhere.", todo)]
    except httpx.HTTPError as error:
        todo = "Look at the proxy in front and its log (deploy/nginx.conf)."
        return [fail(PUBLIC, f"{public_url} gives no answer ({type(error).__name__}).", todo)]
    proven = answer.is_success and proof.is_answer(key, asked, answer.text)
    return [ok(PUBLIC, f"{public_url} leads to this deployment.") if proven else _judged(public_url, answer)]


def _judged(public_url: str, answer: httpx.Response) -> Finding:
    pages = all(answer.headers.get(name) == _header(name) for name in _OURS)
    if pages and answer.status_code == httpx.codes.NOT_FOUND:
        todo = (
            "Look where the name and the proxy lead. If it is the right gateway, it has another secrets.toml than "
            "this host: copy the one that belongs to the store, and start anew what was started with another."
        )
        said = f"{public_url} leads to a gateway with other secrets: our links are dead there."
        return fail(PUBLIC, said, todo)
    if answer.is_redirect:
        todo = "The proxy must pass /u/ on without a redirect: mailbox providers do not follow one (RFC 8058 3.1)."
        return fail(PUBLIC, f"{public_url} redirects.", todo)
    todo = "The proxy must pass /u/, /c/, /assets/ and /hooks/ to the HTTP port as they came (deploy/nginx.conf)."
    return fail(PUBLIC, f"{public_url} answers {answer.status_code}, and not as a gateway does.", todo)


def _header(name: str) -> str | None:
    return next((value for known, value in HEADERS.items() if known.lower() == name), None)


async def look_at_twilio(client: TwilioClient, account: str) -> Findings:
    """`account`: its SID, of which the end is told."""
    name = f"account ...{account[-4:]}"
    try:
        if await client.knows_us():
            return [ok(TWILIO, f"It takes the credentials of {name}.")]
    except CarrierUnavailable as error:
        todo = "Look at the way out to the internet, twilio.region and edge, and status.twilio.com."
        return [fail(TWILIO, f"It gives no usable answer for {name}: {error}", todo)]
    todo = "Look at account_sid, and at api_key with its secret (or the first token of the file)."
    return [fail(TWILIO, f"It refuses the credentials of {name}: no text and no call leaves.", todo)]


async def look_at_receivers(receivers: Mapping[str, Subscription], destinations: Destinations) -> Findings:
    return [await _receiver(app, one, destinations) for app, one in receivers.items()]


async def _receiver(app: str, receiver: Subscription, destinations: Destinations) -> Finding:
    url = urlsplit(receiver.url)
    host = url.hostname or ""
    try:
        await destinations.addresses(host, url.port or (443 if url.scheme == "https" else 80))
    except Forbidden:
        todo = "If that network is yours, name it in webhooks.allow_networks."
        return fail(RECEIVERS, f"The receiver of app {app} is in a network that events do not go to.", todo)
    except CarrierUnavailable:
        return warn(
            RECEIVERS,
            f"The name of app {app}'s receiver is not known.",
            f"Mend apps.{app}.webhook.url, or the DNS.",
        )
    return ok(RECEIVERS, f"The receiver of app {app} is where events may go.")
