"""Who is there: an agent and the session that one request came with."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from starlette.requests import Request

from gateway.console import carrying, forms
from gateway.console.forms import Form, Typed
from gateway.console.roles import Permission, may
from gateway.state.agents import Agent
from gateway.state.sessions import Session
from suppression.store.sealed import Sealer

FLASH, TYPED = "flash", "typed"  # notes of a session that wait for a page


@dataclass
class Visit:
    """One request of an agent. `flash` and `typed` are what waited for this page; `came_from`: the form's own page."""

    agent: Agent
    session: Session
    flash: Mapping[str, str] | None = None
    typed: Typed | None = None
    came_from: str = carrying.START
    form: Form = field(default_factory=lambda: Form(()))

    @property
    def actor(self) -> str:
        """What entries and records name as who did it."""
        return f"agent:{self.agent.name}"

    def may(self, permission: Permission) -> bool:
        return may(self.agent.role, permission)

    def form_token(self) -> str:
        return forms.token(self.session.id)

    def take_notes(self, sealer: Sealer, here: str) -> tuple[str, ...]:
        """What waited for this page is the visit's from now on; the names of these notes."""
        taken = []
        if (flash := self.session.notes.get(FLASH)) is not None:
            self.flash = json.loads(flash)
            taken.append(FLASH)
        found = carrying.opened(sealer, self.session.notes.get(TYPED, b""))
        if found is not None and found[1] == here:
            self.typed = found[0]
            taken.append(TYPED)
        return tuple(taken)


def visit_of(request: Request) -> Visit:
    """The visit that the route let in."""
    return cast("Visit", request.state.visit)


def form_of(request: Request) -> Form:
    """What was posted; the route read and checked it."""
    return visit_of(request).form


def here(request: Request) -> str:
    """This page, as a link to it has it."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
