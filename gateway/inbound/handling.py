"""What each kind of address does, put together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway.archive.history import History
from gateway.confirmations.confirming import Confirmations
from gateway.confirmations.questions import Post
from gateway.inbound.answering import Answering
from gateway.inbound.applying import Applying
from gateway.inbound.attribution import Attribution
from gateway.inbound.bounces import Bounces
from gateway.inbound.complaints import Complaints, FeedbackMailbox, SignedByItsAuthor
from gateway.inbound.mailbox import OptOutMailbox
from gateway.inbound.opt_outs import WrittenOptOuts
from gateway.inbound.passing_on import PassingOn
from gateway.inbound.receiving import Handlers
from gateway.inbound.routing import Routing
from gateway.inbound.unsubscribing import Unsubscribing
from gateway.links import Links
from gateway.roads.changes import Changes
from suppression.model import Sender
from suppression.purposes import Catalogue
from suppression.store.store import Store
from suppression.store.ways_back import WaysBack


@dataclass(frozen=True, slots=True)
class Roads:
    """What all of them stand on. `post`: mails of our own; `signed`: of a report by its author.

    authserv_id  whose word on who wrote a mail is taken; None: nobody's
    other        whether feedback of the type "other" is taken for a complaint
    history      of the store's log
    """

    store: Store
    changes: Changes
    senders: Mapping[str, Sender]
    links: Links
    ways_back: WaysBack
    routing: Routing
    passing_on: PassingOn
    applying: Applying
    confirmations: Confirmations
    post: Post
    catalogue: Callable[[], Catalogue]
    signed: SignedByItsAuthor
    authserv_id: str | None = None
    other: bool = False
    history: History | None = None


def handlers(roads: Roads) -> Handlers:
    attribution = Attribution(roads.store, roads.links, roads.ways_back, roads.applying, roads.history)
    complaints = Complaints(roads.applying, attribution, roads.signed, other=roads.other)
    passing_on, recipient = roads.passing_on, roads.store.keyring.recipient
    bounces = Bounces(roads.applying, attribution, complaints, passing_on.bounce, recipient)
    answering = Answering(roads.store, roads.senders, roads.catalogue, roads.post)
    opt_outs = WrittenOptOuts(roads.store, roads.changes, roads.confirmations, answering, roads.authserv_id)
    return Handlers(
        unsubscribe=Unsubscribing(roads.changes, roads.senders),
        bounce=bounces,
        feedback=FeedbackMailbox(complaints, bounces.without_token),
        mailbox=OptOutMailbox(
            opt_outs,
            roads.senders,
            passing_on.mailbox,
            roads.routing.is_ours,
            bounces.without_token,
            complaints.take,
        ),
    )
