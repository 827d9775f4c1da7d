"""Twilio's REST API as this gateway uses it. Whoever creates is told exactly whether Twilio may have taken it.

Refused             Twilio, or somebody on the way, answered with an error
Lost                the request left and no usable answer came back: it may have been taken
CarrierUnavailable  nothing left, or (when reading) nothing usable came back
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import aiohttp
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.rest import Client

from channels.sms.message import Text
from channels.twilio import resources
from channels.twilio.http import Attempt, Endpoint, PooledHttp
from channels.twilio.resources import Created, Lost, Refused, TwilioCall, TwilioMessage
from channels.voice.message import Call
from suppression.errors import CarrierUnavailable

PAGE = 500  # records; Twilio's own limit is 1,000
MOST_PAGES = 200
CALL_EVENTS = ["initiated", "ringing", "answered", "completed"]
NO_SETTINGS_FROM_THE_ENVIRONMENT = {"": ""}  # an empty mapping would be taken for none

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Of an account (AC...): an API key (SK...) and its secret, or the account itself and its auth token."""

    account: str
    username: str
    password: str = field(repr=False)


class TwilioClient:
    """One account. Made anywhere, used in one event loop, closed there."""

    def __init__(self, credentials: Credentials, endpoint: Endpoint | None = None) -> None:
        self.endpoint = endpoint or Endpoint()
        self._http = PooledHttp(self.endpoint)
        client = Client(
            credentials.username,
            credentials.password,
            credentials.account,
            http_client=self._http,
            environment=NO_SETTINGS_FROM_THE_ENVIRONMENT,
        )
        self._messages: Any = client.messages
        self._calls: Any = client.calls

    async def close(self) -> None:
        await self._http.close()

    async def create_message(self, to: str, text: Text, begin: Callable[[], object]) -> Created:
        """`begin` is called when a connection is ready, right before the request leaves; what it raises comes through.

        Never with SendAt: Twilio sends what it has scheduled even after a STOP (RULES 0.7).
        """
        fields = _given(
            from_=text.from_number,
            messaging_service_sid=text.service,
            status_callback=text.status_url,
            validity_period=text.validity,
        )
        return await _answered(
            Attempt(begin),
            lambda: self._messages.create_async(to=to, body=text.body, **fields),
            lambda record: resources.created(record, ("SM", "MM")),
        )

    async def create_call(self, to: str, call: Call, begin: Callable[[], object]) -> Created:
        """As with a text."""
        fields = _given(
            twiml=call.twiml,
            url=call.answer_url,
            status_callback=call.status_url,
            status_callback_event=CALL_EVENTS if call.status_url else None,
        )
        if call.detect_machine:
            # RULES 0.6: without AsyncAmd the call stays silent until the machine is found out.
            fields |= {
                "machine_detection": "DetectMessageEnd",
                "async_amd": "true",
                "async_amd_status_callback": call.machine_url or call.status_url,
            }
        return await _answered(
            Attempt(begin),
            lambda: self._calls.create_async(
                to=to, from_=call.from_number, timeout=call.ring_seconds, **fields
            ),
            lambda record: resources.created(record, ("CA",)),
        )

    async def cancel_call(self, sid: str) -> str:
        """Not to ring, or no longer. The status after it: "canceled", or another one when it came too late."""
        return await self._update_call(sid, status="canceled")

    async def replace_twiml(self, sid: str, twiml: str) -> str:
        """Go on with other TwiML: a machine's own message once its greeting is over."""
        return await self._update_call(sid, twiml=twiml)

    async def _update_call(self, sid: str, **fields: str) -> str:
        return await _answered(
            Attempt(),
            lambda: self._calls(sid).update_async(**fields),
            lambda record: resources.created(record, ("CA",)).status,
        )

    async def message(self, sid: str) -> TwilioMessage | None:
        """None when Twilio has no such text."""
        return await _read_one(lambda: self._messages(sid).fetch_async(), resources.message)

    async def call(self, sid: str) -> TwilioCall | None:
        return await _read_one(lambda: self._calls(sid).fetch_async(), resources.call)

    async def messages_to(self, number: str, sender: str = "") -> list[TwilioMessage]:
        """All that went to a number. Without times: Twilio looks for those in `date_sent`, which what waits has not."""
        return await self._pages(self._messages, resources.message, to=number, **_given(from_=sender))

    async def calls_to(self, number: str, sender: str = "") -> list[TwilioCall]:
        return await self._pages(self._calls, resources.call, to=number, **_given(from_=sender))

    async def knows_us(self) -> bool:
        """Whether Twilio takes the credentials; asked with what any key may ask. CarrierUnavailable."""
        try:
            await _answered(Attempt(), lambda: self._messages.page_async(page_size=1), lambda page: page)
        except Refused as error:
            if error.status in (401, 403):
                return False
            raise CarrierUnavailable(f"twilio: {error}") from None
        except Lost as error:
            raise CarrierUnavailable(f"twilio: {error}") from None
        return True

    async def inbound_since(self, number: str, since: datetime) -> list[TwilioMessage]:
        """What came to a number of ours since then, oldest first: START after STOP is not START before it."""
        found = await self._pages(
            self._messages, resources.message, to=number, date_sent_after=since.astimezone(UTC)
        )
        inbound = (text for text in found if text.direction == "inbound")
        return sorted(inbound, key=lambda text: text.at)

    async def _pages(self, listing: Any, convert: Callable[[Any], T], **filters: object) -> list[T]:
        found: list[T] = []
        page, records = await _read(lambda: listing.page_async(page_size=PAGE, **filters), _page(convert))
        for _ in range(MOST_PAGES):
            found += records
            if not page.next_page_url:
                return found
            page, records = await _read(page.next_page_async, _page(convert))
        raise CarrierUnavailable("twilio: a list that does not end")


def _page(convert: Callable[[Any], T]) -> Callable[[Any], tuple[Any, list[T]]]:
    return lambda page: (page, [convert(record) for record in page])


def _given(**fields: Any) -> dict[str, Any]:
    """Those that say something."""
    return {name: value for name, value in fields.items() if value not in ("", None)}


async def _read(ask: Callable[[], Awaitable[Any]], convert: Callable[[Any], T]) -> T:
    """Reading changes nothing: whatever goes wrong, it may be asked again."""
    try:
        return await _answered(Attempt(), ask, convert)
    except (Lost, Refused) as error:
        raise CarrierUnavailable(f"twilio: {error}") from None


async def _read_one(ask: Callable[[], Awaitable[Any]], convert: Callable[[Any], T]) -> T | None:
    """None for what is not there."""
    try:
        return await _answered(Attempt(), ask, convert)
    except Refused as error:
        if error.status == 404:
            return None
        raise CarrierUnavailable(f"twilio: {error}") from None
    except Lost as error:
        raise CarrierUnavailable(f"twilio: {error}") from None


async def _answered(attempt: Attempt, ask: Callable[[], Awaitable[Any]], convert: Callable[[Any], T]) -> T:
    """The one place that says what a failure means. Errors of aiohttp hold URLs, so numbers: their classes are told."""
    with attempt.under_way():
        try:
            return convert(await ask())
        except TwilioException as error:
            raise _refused(attempt, error) from None
        except Exception as error:
            if attempt.begun:  # whatever it was: the request had left
                raise Lost(type(error).__name__, attempt.status) from None
            if isinstance(error, (aiohttp.ClientError, OSError)):  # TimeoutError is an OSError
                raise CarrierUnavailable(f"twilio: {type(error).__name__}") from None
            raise


def _refused(attempt: Attempt, error: TwilioException) -> Exception:
    if attempt.status < 300:  # "unable to read the page"
        return Lost(type(error).__name__, attempt.status)
    code, text = 0, ""
    if isinstance(error, (TwilioRestException, TwilioServiceException)):
        code = error.code if isinstance(error.code, int) else 0
        text = error.msg if isinstance(error, TwilioRestException) else error.title
    # The package puts HTTP's status where Twilio's code is missing.
    return Refused(attempt.status, code if code >= 10_000 else 0, str(text))
