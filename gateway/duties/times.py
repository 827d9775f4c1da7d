"""How long what is done with an entry may take, one after the other."""

from dataclasses import dataclass

from gateway.phones.sending import GIVEN_UP_AFTER


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds.

    lease          longer than a hand-over takes with all its waiting: at the gate, for a connection, for the answer
    settle         for which an outcome is kept while the store is away: within the lease
    look_up_after  from the submission: until then the status callback is waited for
    give_up_after  from the submission: what is not found by then is for agents
    """

    lease: float = 30.0
    settle: float = 20.0
    look_up_after: float = 60.0
    give_up_after: float = GIVEN_UP_AFTER.total_seconds()


TIMES = Times()
