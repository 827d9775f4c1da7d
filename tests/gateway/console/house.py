"""A console on a real store, agents in each role, and browsers that fill in what pages hold."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

import httpx
import pyotp
from fastapi import FastAPI
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from gateway.console import app as console_app
from gateway.console.doors import Console
from gateway.console.overview.hot import HotFigures, depths
from gateway.console.overview.watching import Watching
from gateway.console.tries import Tries
from gateway.http.app import create_app
from gateway.http.doors import Doors
from gateway.roads.changes import Changes
from gateway.roads.reviews import Reviewing
from gateway.state.agents import Agents, Role
from gateway.state.passwords import Passwords
from gateway.state.rate_limits import TokenBucket
from gateway.state.second_factor import SecondFactor
from gateway.state.sessions import Sessions
from suppression.store.reviews import Reviews
from suppression.store.store import Store

URL = "https://console.test"
PASSWORD = "correct horse battery"
CHEAP = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
STRANGER = "203.0.113.7"


@dataclass
class Watch:
    """The real time, as tests set it."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, by: timedelta) -> None:
        self.now += by


@dataclass
class House:
    """Agents are named as their roles; `without_codes`: they need no one-time codes, unless a test says so."""

    console: Console
    watch: Watch
    app: FastAPI

    def browser(self, address: str = STRANGER) -> "Browser":
        transport = httpx.ASGITransport(app=self.app, client=(address, 1))
        return Browser(httpx.AsyncClient(transport=transport, base_url=URL), self)

    async def signed_in(self, role: str = "agent") -> "Browser":
        browser = self.browser()
        answer = await browser.sign_in(role)
        assert answer.headers["location"] == "/console", answer.text
        return browser


def house(store: Store, doors: Doors, **changed: Any) -> House:
    lane, watch = store.client.stops, Watch()
    if doors.reviewing is None:
        doors = replace(doors, reviewing=Reviewing(store, Reviews(store), cast("Changes", doors.changes)))
    console = Console(
        doors=doors,
        agents=Agents(lane, Passwords(CHEAP)),
        sessions=Sessions(lane, clock=watch),
        second_factor=SecondFactor(lane, store.sealer, clock=watch),
        tries=replace(
            Tries.counted_in(lane), clients=TokenBucket(lane, "clients", 1000, timedelta(seconds=1))
        ),
        sealer=store.sealer,
        origin=URL,
        without_codes=frozenset(Role),
        watching=Watching(HotFigures(store), partial(depths, store), every=0),
    )
    console = replace(console, **changed)
    return House(console, watch, create_app(doors, console=console_app.routes(console)))


async def employ(house: House) -> None:
    for role in Role:
        await house.console.agents.add(role.value, role, f"The {role.value}", PASSWORD)


_FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@dataclass
class Browser:
    """What a browser does: keeps cookies, sends what forms hold, says where it comes from."""

    client: httpx.AsyncClient
    house: House
    page: str = ""

    async def get(self, path: str, **headers: str) -> httpx.Response:
        answer = await self.client.get(path, headers=_named(headers))
        self.page = answer.text
        return answer

    async def post(
        self, action: str, fields: Mapping[str, str] | None = None, **headers: str
    ) -> httpx.Response:
        """The form of the page that goes there, filled in."""
        return await self.send(action, {**self.hidden(action), **(fields or {})}, **headers)

    async def send(self, path: str, fields: Mapping[str, str], **headers: str) -> httpx.Response:
        """Whatever the page holds."""
        said = {"Sec-Fetch-Site": "same-origin", "Origin": "null", **_named(headers)}
        said = {name: value for name, value in said.items() if value}
        answer = await self.client.post(path, data=dict(fields), headers=said)
        if answer.status_code != 303:
            self.page = answer.text
        return answer

    def hidden(self, action: str) -> dict[str, str]:
        for form in _FORM.findall(self.page):
            if f'action="{action}"' in form:
                return {name: html.unescape(value) for name, value in _HIDDEN.findall(form)}
        raise AssertionError(f"no form for {action} on {self.page}")

    async def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        await self.get("/console/sign-in")
        return await self.post("/console/sign-in", {"name": name, "password": password})

    async def follow(self, answer: httpx.Response) -> httpx.Response:
        assert answer.status_code == 303, answer.text
        return await self.get(answer.headers["location"])

    def code(self, secret: str) -> str:
        return pyotp.TOTP(secret).at(self.house.watch.now)

    async def enrol(self, name: str) -> str:
        """Sign in for the first time, and set up codes; the secret."""
        await self.follow(await self.sign_in(name))
        secret = self.secret()
        answer = await self.post("/console/sign-in/enrol", {"code": self.code(secret)})
        assert answer.status_code == 200, answer.text
        return secret

    def secret(self) -> str:
        found = re.search(r'id="secret">([A-Z2-7 ]+)<', self.page)
        assert found, self.page
        return found[1].replace(" ", "")

    @property
    def session(self) -> str:
        return self.client.cookies.get("__Host-console") or ""


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
