"""A text, a call, and permits for them."""

from channels.sms.message import Text
from channels.twilio.client import Credentials, TwilioClient
from channels.twilio.http import Endpoint
from channels.voice.message import Call
from suppression.address import parse_phone
from suppression.decision import Reason, Send
from suppression.model import Recipient
from suppression.store.permit import Permit
from tests.twilio_stand_in import ACCOUNT, StandIn

TO = "+12025550143"
FROM = "+15005550006"
SERVICE = "MG" + "a" * 32
STATUS_URL = "https://gateway.example.com/hooks/twilio/status?e=abc#rc=5"

TEXT = Text("m1", "brand", "The Brand: hello. Reply STOP to opt out", STATUS_URL, 3600, from_number=FROM)
CALL = Call(
    id="m1",
    sender="brand",
    twiml="<Response><Say>Hello</Say></Response>",
    status_url=STATUS_URL,
    answer_url="",
    from_number=FROM,
    ring_seconds=25,
    detect_machine=False,
)


def permit(message: str = "m1", *, born: float | None = None, to: str = TO) -> Permit:
    """As the store's commit makes it."""
    recipient = Recipient(b"k" * 16, "e" * 16, parse_phone(to))
    return Permit(Send(Reason.CONSENTED), recipient, message, "d1", born=born)


def client_of(stand_in: StandIn, *, answer_timeout: float = 15.0, connections: int = 10) -> TwilioClient:
    endpoint = Endpoint(
        stand_in.url,
        plain_http=True,
        answer_timeout=answer_timeout,
        connections=connections,
        connect_timeout=1.0,
    )
    return TwilioClient(Credentials(ACCOUNT, "SK" + "b" * 32, "secret"), endpoint)


def begin() -> None:
    """Nothing keeps the request from leaving."""
