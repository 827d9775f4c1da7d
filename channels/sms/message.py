"""A text that is ready to leave: one for one recipient."""

from dataclasses import dataclass

LONGEST = 1600  # characters, Twilio's limit for Body
LONGEST_VALIDITY = 36_000  # seconds, Twilio's limit for ValidityPeriod


@dataclass(frozen=True, slots=True)
class Text:
    """`id`: the message's id, as in its Permit. ValueError for what Twilio would never take: nothing is sent then.

    status_url   where its states are reported; "" for nowhere
    validity     seconds that it may wait at Twilio: to the end of the hours in which it may arrive. None: ten hours
    from_number  it goes from this number,
    service      or from one that this messaging service chooses; from the number if both are given
    """

    id: str
    sender: str
    body: str
    status_url: str
    validity: int | None = None
    from_number: str = ""
    service: str = ""

    def __post_init__(self) -> None:
        if not self.from_number and not self.service:
            raise ValueError("a text needs a number or a service that it goes from")
        if not 0 < len(self.body) <= LONGEST:
            raise ValueError("a text has 1 to 1,600 characters")
        self.body.encode()  # a lone surrogate is no character
        if self.validity is not None and not 1 <= self.validity <= LONGEST_VALIDITY:
            raise ValueError("a text waits 1 to 36,000 seconds")
