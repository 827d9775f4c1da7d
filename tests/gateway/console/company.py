"""A company's OpenID Connect provider, as far as a browser and a client of it can tell: real HTTP on loopback."""

import base64
import hashlib
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.http import server

CLIENT, SECRET = "gateway", "s3cr:t/+ %"


@dataclass
class Company:
    """`claims` go over what an honest provider says; `issuer_says` is what discovery tells."""

    issuer: str
    claims: dict[str, Any] = field(default_factory=dict)
    issuer_says: str = ""
    key: Any = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one"}))
    sign_with: Any = None
    header: dict[str, str] = field(default_factory=lambda: {"alg": "ES256", "kid": "one"})
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    away: bool = False

    def authorize(self, url: str) -> dict[str, str]:
        """A person says who he is; what the browser comes back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"state": asked["state"], "code": code}

    def rotate(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "two"})
        self.header = {**self.header, "kid": "two"}

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": "248289", "exp": now + 300, "iat": now, "nonce": nonce,
            "name": "Kim <Doe>", "preferred_username": "Kim.Doe@example.com", "realm": {"roles": ["support", "x"]},
        }  # fmt: skip
        said = {name: value for name, value in {**claims, **self.claims}.items() if value is not None}
        if self.header["alg"] == "none":
            parts = (json.dumps(part).encode() for part in (self.header, said))
            return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."
        algorithms = [self.header["alg"]]
        return jwt.encode(self.header, said, self.sign_with or self.key, algorithms=algorithms)

    async def discovery(self, _: Request) -> Response:
        self.asked.append("discovery")
        if self.away:
            return Response(status_code=503)
        paths = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        found = {name: f"{self.issuer}/{path}" for name, path in paths.items()}
        return JSONResponse({"issuer": self.issuer_says or self.issuer, **found})

    async def keys(self, _: Request) -> Response:
        self.asked.append("keys")
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def token(self, request: Request) -> Response:
        """RFC 6749 4.1.3 and RFC 7636 4.6, as strict as they are."""
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        asked = self.codes.pop(form.get("code", ""), None)
        sent = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        right = (
            asked is not None
            and sent == "gateway:s3cr%3At%2F%2B+%25"
            and form["redirect_uri"] == asked["redirect_uri"]
            and base64.urlsafe_b64encode(challenge).decode().rstrip("=") == asked["code_challenge"]
        )
        if not right or asked is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(
            {"access_token": "x", "token_type": "Bearer", "id_token": self.id_token(asked["nonce"])}
        )


@asynccontextmanager
async def company() -> AsyncIterator[Company]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        made = Company(f"http://127.0.0.1:{listener.getsockname()[1]}/realms/staff")
        where = "/realms/staff"
        routes = [
            Route(f"{where}/.well-known/openid-configuration", made.discovery),
            Route(f"{where}/keys", made.keys),
            Route(f"{where}/token", made.token, methods=["POST"]),
        ]
        running = await server.serve(Starlette(routes=routes), [listener])
        yield made
        await running.drain()
