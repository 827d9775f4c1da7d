"""The stand-in does as it is told, signs what it posts, and its log outlives it."""

import asyncio
import json
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qsl

import aiohttp
import pytest
from aiohttp import web

from channels.twilio.signature import Signatures
from tests.channels.twilio.samples import CALL, FROM, TEXT, TO, begin, client_of
from tests.twilio_stand_in import TOKEN, StandIn, read_log

PUBLIC = "https://gateway.example.com"


class Receiver:
    """Takes webhooks: what arrived, and whether its signature is right for the public URL."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, str], bool]] = []
        self.port = 0

    async def take(self, request: web.Request) -> web.Response:
        form = parse_qsl(await request.text(), keep_blank_values=True)
        signature = request.headers.get("X-Twilio-Signature")
        right = Signatures([TOKEN]).verify(PUBLIC + request.path_qs, signature, form=form, body=None)
        self.taken.append((request.path_qs, dict(form), right))
        return web.Response(text="<Response/>")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    application = web.Application()
    application.router.add_post("/{path:.*}", receiver.take)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.port = runner.addresses[0][1]
    yield receiver
    await runner.cleanup()


async def test_states_are_posted_signed_to_the_callback(receiver: Receiver) -> None:
    """Signed for the public URL, delivered to where that is reached from here, without its fragment."""
    async with StandIn(deliver_to=f"http://127.0.0.1:{receiver.port}") as twilio:
        client = client_of(twilio)
        created = await client.create_message(TO, TEXT, begin)
        posted = await twilio.report(created.sid, "undelivered", 30005)
        found = await client.message(created.sid)
        await client.close()

    [(path, form, right)] = receiver.taken
    assert (path, right, posted.status) == ("/hooks/twilio/status?e=abc", True, 200)
    assert (form["MessageSid"], form["MessageStatus"], form["ErrorCode"]) == (
        created.sid,
        "undelivered",
        "30005",
    )
    assert found is not None
    assert (found.status, found.error_code) == ("undelivered", 30005)


async def test_states_are_posted_by_themselves_when_it_is_told_so(receiver: Receiver) -> None:
    async with StandIn(
        deliver_to=f"http://127.0.0.1:{receiver.port}", reports=("ringing", "completed")
    ) as twilio:
        client = client_of(twilio)
        await client.create_call(TO, CALL, begin)
        await twilio.all_reported()
        await client.close()

    assert [form["CallStatus"] for _, form, _ in receiver.taken] == ["ringing", "completed"]


async def test_text_to_us_is_a_webhook(receiver: Receiver) -> None:
    async with StandIn(deliver_to=f"http://127.0.0.1:{receiver.port}") as twilio:
        form = twilio.receive(TO, FROM, "STOP", OptOutType="STOP")
        await twilio.post(PUBLIC + "/hooks/twilio/sms", form)

    [(_, taken, right)] = receiver.taken
    assert right
    assert (taken["Body"], taken["From"], taken["To"], taken["OptOutType"]) == ("STOP", TO, FROM, "STOP")


async def started(*options: str) -> tuple[asyncio.subprocess.Process, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.twilio_stand_in", *options,
        stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert process.stdout
    return process, json.loads(await process.stdout.readline())["url"]


async def send(url: str) -> int:
    form = {"To": TO, "From": FROM, "Body": "x"}
    path = f"/2010-04-01/Accounts/{'AC' + '1' * 32}/Messages.json"
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            url + path, data=form, headers={"Authorization": aiohttp.encode_basic_auth("a", "b")}
        ) as answer,
    ):
        return answer.status


async def test_log_of_the_process_outlives_its_kill(tmp_path: Path) -> None:
    """What it answered with success is counted, whoever dies."""
    log = tmp_path / "sent.log"
    process, url = await started("--log", str(log), "--delay-ms", "20")
    begun = time.perf_counter()
    assert [await send(url) for _ in range(3)] == [201] * 3
    assert time.perf_counter() - begun >= 0.06
    process.send_signal(signal.SIGKILL)
    await process.wait()

    assert [(line["To"], line["Body"]) for line in read_log(log)] == [(TO, "x")] * 3


async def test_process_is_told_what_to_do_and_says_what_it_took() -> None:
    process, url = await started()
    async with aiohttp.ClientSession() as session:
        told = {"next": [{"status": 400, "code": 21610}], "always": {"delay": 0.01}}
        async with session.post(url + "/control/", json=told) as answer:
            assert answer.status == 200
        assert [await send(url), await send(url)] == [400, 201]
        async with session.get(url + "/control/") as answer:
            sent = (await answer.json())["sent"]
    process.terminate()

    assert await process.wait() == 0
    assert [text["Body"] for text in sent] == ["x"]
