"""One message to N recipients: each copy decided and handed over, one reply, reports of what failed."""

import re

from tests.channels.relay.sink import Sink
from tests.gateway.smtp.front_door import FrontDoor, order


async def test_order_reaches_the_next_hop_and_the_reply_has_its_words(door: FrontDoor, sink: Sink) -> None:
    """250 2.0.0 <message id> <next hop's text>; the log knows every step."""
    async with door.talk("shop") as client:
        reply = await client.mail(["ann@example.net"], order())

    assert re.fullmatch(r"250 2\.0\.0 \w+ Ok: queued as 4F2A77B1", reply), reply
    assert [taken.to for taken in sink.taken] == ["ann@example.net"]
    assert await door.kinds("ann@example.net") == ["handing_over", "sent"]
