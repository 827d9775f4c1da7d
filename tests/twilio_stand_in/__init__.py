"""A stand-in for Twilio: the endpoints that the gateway uses, over real connections, failing as it is told.

In process: `async with StandIn() as twilio`. By itself: `python -m tests.twilio_stand_in --port N --log FILE`.
"""

from tests.twilio_stand_in.records import Record, read_log
from tests.twilio_stand_in.stand_in import ACCOUNT, TOKEN, StandIn
from tests.twilio_stand_in.wire import Answer, Fault, Request

__all__ = ["ACCOUNT", "TOKEN", "Answer", "Fault", "Record", "Request", "StandIn", "read_log"]
