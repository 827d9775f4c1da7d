"""A route that reads its body itself: its form's action carries the token, and nothing is read without it."""

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from gateway.console.access import router
from gateway.console.forms import token
from gateway.console.roles import Permission
from gateway.http.app import create_app
from gateway.state.sessions import Stage
from tests.gateway.console.house import URL, House


@pytest.fixture
async def client(front: House) -> httpx.AsyncClient:
    uploads = router(front.console, Permission.BULK, upload=True)

    @uploads.post("/sink")
    async def sink(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    transport = httpx.ASGITransport(app=create_app(front.console.doors, console=[uploads]))
    return httpx.AsyncClient(transport=transport, base_url=URL)


async def session(front: House, role: str) -> str:
    agent = await front.console.agents.one(role)
    return (await front.console.sessions.start(agent.name, agent.generation, Stage.SIGNED_IN)).id


async def upload(client: httpx.AsyncClient, session: str, proof: str, site: str) -> httpx.Response:
    headers = {"Sec-Fetch-Site": site, "Cookie": f"__Host-console={session}"}
    return await client.post("/console/sink", params={"form_token": proof}, content=b"x" * 9, headers=headers)


async def test_an_upload_needs_the_token_the_site_and_the_role(
    front: House, client: httpx.AsyncClient
) -> None:
    mine, agents = await session(front, "supervisor"), await session(front, "agent")
    right = await upload(client, mine, token(mine), "same-origin")
    assert (right.status_code, right.text) == (200, "9")
    for who, proof, site in (
        (mine, "", "same-origin"),
        (mine, token(agents), "same-origin"),
        (mine, token(mine), "cross-site"),
        (agents, token(agents), "same-origin"),
    ):
        assert (await upload(client, who, proof, site)).status_code == 403
    assert (await upload(client, "nobody", token("nobody"), "same-origin")).status_code == 401
