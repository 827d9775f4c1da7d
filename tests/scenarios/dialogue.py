r"""Plays a dialogue, a line script between a client and the SMTP front, against the real server.

# a comment
@limit size=2000          a limit of the front (before the first line); @client shop: known by its network
@consent ann@example.net marketing     @stop ann@example.net *     @hop RCPT 550 5.1.1 Unknown
@away                     from here on the store cannot be reached
@inbound, @lmtp           on the port for mail that comes back (before the first line); in lines,
                          <<mailto:ann@example.net>> and <<back:ann@example.net>> are Ann's addresses at u. and b.
=: ann@example.net unsubscribed    (or would_send): what is decided now of marketing to that recipient
C: EHLO client.example    the client sends this line and CRLF
C> A\r\nB\r\n             the client sends exactly this, escapes as in Python
S: 250-PIPELINING         the server's next line begins so
S: ...                    and the rest of this reply, whatever it says
X:                        the server has closed the connection
T: 2                      so many messages were taken by the next hop
T: Subject: Hello         the last of them has this in it (escapes as in Python); T! has it not
"""

import ast
import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.smtp.limits import Limits
from suppression.store.store import Store
from tests.channels.relay.sink import Sink
from tests.gateway.smtp.front_door import APPS, FrontDoor, Talker, relay_to
from tests.gateway.smtp.inbound_door import InboundDoor


@dataclass(frozen=True)
class Step:
    number: int
    kind: str
    text: str


def read(path: Path) -> Iterator[Step]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("@"):
            word, _, rest = line.partition(" ")
            yield Step(number, word, rest)
        else:
            yield Step(number, line[:2], line[2:].removeprefix(" "))


async def play(path: Path, store: Store) -> None:
    steps = list(read(path))
    async with Sink() as sink:
        kinds = {step.kind for step in steps}
        if kinds & {"@inbound", "@lmtp"}:
            door: FrontDoor = InboundDoor(
                store, relay_to(sink.port), limits=limits(steps), lmtp="@lmtp" in kinds
            )
        else:
            door = FrontDoor(store, relay_to(sink.port), limits=limits(steps))
        names = [step.text for step in steps if step.kind == "@client"]
        door.network_app = next((app for app in APPS if app.name in names), None)
        async with door.open():
            client = await Talker.to(door.port)
            try:
                for step in steps:
                    try:
                        await Dialogue(door, sink, client).step(step)
                    except (AssertionError, TimeoutError) as error:
                        raise AssertionError(f"{path.name}:{step.number}: {step.text}: {error}") from None
            finally:
                client.close()


def limits(steps: list[Step]) -> Limits:
    """Those of the front as in tests, changed by @limit."""
    chosen: dict[str, Any] = {"auth_on_loopback": True, "auth_delay": 0.01}
    for step in steps:
        if step.kind == "@limit":
            name, _, value = step.text.partition("=")
            default = getattr(Limits(), name)
            chosen[name] = value == "yes" if isinstance(default, bool) else type(default)(value)
    return Limits(**chosen)


class Dialogue:
    def __init__(self, door: FrontDoor, sink: Sink, client: Talker) -> None:
        self.door = door
        self.sink = sink
        self.client = client

    async def step(self, step: Step) -> None:
        text = step.text
        if isinstance(self.door, InboundDoor):
            text = self.door.filled_in(text)
        match step.kind:
            case "C:":
                self.client.write(text.encode() + b"\r\n")
            case "C>":
                self.client.write(unescaped(text))
            case "S:":
                await self.hear(text)
            case "X:":
                assert await self.client.closed(), "still open"
            case "T:" | "T!":
                self.taken(text, there=step.kind == "T:")
            case "=:":
                address, _, reason = text.partition(" ")
                assert await self.door.would(address) == reason, await self.door.would(address)
            case _:
                await self.outside(step.kind, text)

    async def outside(self, kind: str, text: str) -> None:
        """What happens beside the dialogue."""
        match kind:
            case "@consent":
                await self.door.consent(*text.split())
            case "@stop":
                await self.door.stop(*text.split())
            case "@hop":
                verb, _, reply = text.partition(" ")
                self.sink.answer(verb, reply)
            case "@away":
                self.door.go_away()
            case _:
                assert kind in {"@limit", "@client", "@inbound", "@lmtp"}, "no such kind of step"

    async def hear(self, text: str) -> None:
        if text == "...":
            await self.client.reply()
            return
        line = (await asyncio.wait_for(self.client.reader.readline(), 20)).decode().rstrip("\r\n")
        assert line.startswith(text), f"the server said {line!r}"

    def taken(self, text: str, *, there: bool) -> None:
        if text.isdecimal():
            assert len(self.sink.taken) == int(text), f"{len(self.sink.taken)} were taken"
        else:
            assert (unescaped(text) in self.sink.taken[-1].raw) is there, self.sink.taken[-1].raw.decode()


def unescaped(text: str) -> bytes:
    quoted = text.replace('"', '\\"')
    value = ast.literal_eval(f'b"{quoted}"')
    assert isinstance(value, bytes)
    return value
