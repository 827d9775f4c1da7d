"""A call that is ready to leave: one to one recipient."""

from dataclasses import dataclass

SHORTEST_RING = 15  # seconds. RULES 3: 16 CFR 310.4(b)(4)(ii), 15 seconds or four rings
LONGEST_RING = 600  # seconds, Twilio's limit for Timeout
LONGEST_TWIML = 4000  # characters, Twilio's limit for Twiml


@dataclass(frozen=True, slots=True)
class Call:
    """`id`: the message's id, as in its Permit. ValueError for what Twilio would never take: nothing is sent then.

    twiml           what is played when it is answered; "" if Twilio asks for that at
    answer_url      which is "" if `twiml` is given
    status_url      where its states are reported; "" for nowhere
    ring_seconds    how long it may ring
    detect_machine  find out whether a machine answers, in the background: nothing waits for it (RULES 0.6)
    machine_url     where that is reported; "" for `status_url`
    """

    id: str
    sender: str
    twiml: str
    status_url: str
    answer_url: str
    from_number: str
    ring_seconds: int
    detect_machine: bool
    machine_url: str = ""

    def __post_init__(self) -> None:
        if bool(self.twiml) == bool(self.answer_url):
            raise ValueError("a call has TwiML or an address to ask for it, not both")
        if len(self.twiml) > LONGEST_TWIML:
            raise ValueError("TwiML of a call has at most 4,000 characters")
        if not self.from_number:
            raise ValueError("a call needs a number that it comes from")
        if not SHORTEST_RING <= self.ring_seconds <= LONGEST_RING:
            raise ValueError("a call rings 15 to 600 seconds")
        if self.detect_machine and not (self.machine_url or self.status_url):
            raise ValueError("a machine is detected for nobody: there is no address to report it to")
