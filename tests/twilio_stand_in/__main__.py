"""The stand-in as a process of its own: says where it listens, in a line of JSON, and runs until it is ended.

`POST /control/ {"next": [...], "always": {...}}` tells it what to do (fields of Answer); `GET /control/` what it took.
"""

import argparse
import asyncio
import signal
from pathlib import Path

from tests.twilio_stand_in import description
from tests.twilio_stand_in.stand_in import TOKEN, StandIn


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.twilio_stand_in")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay-ms", type=float, default=0)
    parser.add_argument("--log", type=Path, help="a line of JSON for each text or call that was taken")
    parser.add_argument(
        "--described", action="store_true", help="refuse what Twilio's description does not know"
    )
    parser.add_argument("--reports", default="", help="states to post, as in sent,delivered")
    parser.add_argument("--deliver-to", default="", help="base URL to which webhooks are really posted")
    parser.add_argument("--token", default=TOKEN)
    return parser.parse_args()


async def main() -> None:
    told = arguments()
    twilio = StandIn(
        delay=told.delay_ms / 1000,
        log=told.log,
        description=description.load(description.FILE) if told.described else None,
        reports=[state for state in told.reports.split(",") if state],
        deliver_to=told.deliver_to,
        token=told.token,
        keep_requests=False,
    )
    await twilio.start(told.port)
    print(f'{{"url": "{twilio.url}"}}', flush=True)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    await twilio.stop()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())
