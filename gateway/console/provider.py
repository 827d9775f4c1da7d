"""The company's own sign-in, by OpenID Connect: authorization code with PKCE, state and nonce.

Needs the extra `oidc`. Nothing is taken from the environment, no redirect is followed, and whatever the provider says
is checked before it is believed.
"""

import asyncio
import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx

from gateway.console.claims import Person, person_of
from gateway.state.agents import Role
from suppression.errors import ConfigurationError, NotPermitted, Unavailable

_ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "Ed25519",
    "EdDSA",
)
_KNOWN_FOR = 3600.0  # seconds that keys and endpoints are believed
_ASKED_AGAIN_AFTER = 30.0  # for a key that is not known
_LEEWAY = 60


class ProviderAway(Unavailable):
    peer_text = "your company's sign-in does not answer: try again in a moment"


class NotBelieved(NotPermitted):
    peer_text = "your company's sign-in did not say who you are"


@dataclass(frozen=True, slots=True)
class Client:
    """What we are to the provider. `roles`: what it says to what it means here."""

    issuer: str
    id: str
    secret: str = field(repr=False)
    role_claim: str
    roles: Mapping[str, Role]
    back: str  # where browsers come back to


@dataclass(frozen=True, slots=True)
class Journey:
    """What binds the way there to the way back: kept here, never in the URL but as the provider needs it."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)

    @classmethod
    def new(cls) -> "Journey":
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))


@dataclass(frozen=True, slots=True)
class _Known:
    endpoints: Mapping[str, str]
    keys: Any
    at: float


class Provider:
    """One process's view of the provider."""

    def __init__(self, client: Client) -> None:
        _check_installed()
        self._client = client
        self._known: _Known | None = None
        self._asking = asyncio.Lock()

    async def way_there(self, journey: Journey) -> str:
        """Where to send the browser. RFC 7636 4.2: the challenge is the verifier's hash."""
        challenge = hashlib.sha256(journey.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self._client.id,
            "redirect_uri": self._client.back,
            "scope": "openid profile",
            "state": journey.state,
            "nonce": journey.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        url = (await self._provider()).endpoints["authorization_endpoint"]
        return f"{url}{'&' if '?' in url else '?'}{urlencode(asked)}"

    async def who(self, code: str, journey: Journey) -> Person:
        """Who came back with this code. NotBelieved, NoRole, ProviderAway."""
        token = await self._id_token(code, journey)
        known = await self._provider()
        try:
            claims = self._checked(token, known.keys, journey)
        except _UnknownKey:
            claims = self._checked(token, (await self._provider(unless=known)).keys, journey)
        return person_of(claims, self._client.role_claim, self._client.roles)

    async def _id_token(self, code: str, journey: Journey) -> str:
        # RFC 6749 2.3.1: both parts are form-encoded before they are joined.
        credentials = (quote_plus(self._client.id), quote_plus(self._client.secret))
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.back,
            "code_verifier": journey.verifier,
        }
        url = (await self._provider()).endpoints["token_endpoint"]
        async with _http() as http:
            answer = await _asked(http.post(url, data=asked, auth=credentials))
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise NotBelieved("no ID token")
        return token

    def _checked(self, token: str, keys: Any, journey: Journey) -> Mapping[str, Any]:
        """OpenID Connect Core 1.0 3.1.3.7."""
        from authlib.oidc.core import CodeIDToken  # noqa: PLC0415 - an extra
        from joserfc import errors, jwt  # noqa: PLC0415

        options = {
            "iss": {"essential": True, "value": self._client.issuer},
            "aud": {"essential": True, "value": self._client.id},
            "nonce": {"essential": True, "value": journey.nonce},
        }
        try:
            read = jwt.decode(token, keys, algorithms=_ALGORITHMS)
        except (ValueError, errors.InvalidKeyIdError) as error:
            raise _UnknownKey from error
        except errors.JoseError as error:
            raise NotBelieved(type(error).__name__) from error
        params = {"nonce": journey.nonce, "client_id": self._client.id}
        claims = CodeIDToken(read.claims, read.header, options, params)
        try:
            claims.validate(leeway=_LEEWAY)
        except errors.JoseError as error:
            raise NotBelieved(type(error).__name__) from error
        return dict(claims)

    async def _provider(self, unless: "_Known | None" = None) -> _Known:
        """Endpoints and keys; asked for again when they are old, or are the ones that did not do."""
        async with self._asking:
            known, now = self._known, time.monotonic()
            fresh = known is not None and now - known.at < _KNOWN_FOR
            asked_now = known is not None and now - known.at < _ASKED_AGAIN_AFTER
            if known is None or not fresh or (known is unless and not asked_now):
                known = self._known = await self._discovered(now)
            return known

    async def _discovered(self, now: float) -> _Known:
        from joserfc import errors, jwk  # noqa: PLC0415

        async with _http() as http:
            url = f"{self._client.issuer.rstrip('/')}/.well-known/openid-configuration"
            found = await _asked(http.get(url))
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            endpoints = {name: str(found.get(name, "")) for name in names}
            # Discovery 4.3: the issuer is the very one that was asked.
            safe = all(url.startswith(_scheme(self._client.issuer)) for url in endpoints.values())
            if found.get("issuer") != self._client.issuer or not safe:
                raise ProviderAway("not what its issuer should say")
            listed = await _asked(http.get(endpoints["jwks_uri"]))
        try:
            keys = jwk.KeySet.import_key_set({"keys": _for_signatures(listed)})
        except (errors.JoseError, ValueError, TypeError) as error:
            raise ProviderAway("keys that cannot be read") from error
        return _Known(endpoints, keys, now)


class _UnknownKey(NotBelieved):
    """Signed by a key that we did not see yet: keys change."""


def _check_installed() -> None:
    try:
        import authlib.oidc.core  # noqa: F401, PLC0415
    except ImportError as error:
        raise ConfigurationError(
            "console.oidc needs the extra: pip install suppression-gateway[oidc]"
        ) from error


def _http() -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=10.0)


async def _asked(call: Any) -> dict[str, Any]:
    try:
        answer: httpx.Response = await call
    except httpx.HTTPError as error:
        raise ProviderAway(type(error).__name__) from error
    if answer.status_code >= 500:
        raise ProviderAway(f"status {answer.status_code}")
    try:
        read = answer.json()
    except ValueError:
        read = None
    if answer.status_code != 200 or not isinstance(read, dict):
        raise NotBelieved(f"status {answer.status_code}")
    return read


def _scheme(issuer: str) -> str:
    return issuer.partition("//")[0] + "//"


def _for_signatures(listed: Mapping[str, Any]) -> list[Any]:
    """RFC 7517 5: keys of kinds that are not understood are passed over."""
    kinds = {"RSA", "EC", "OKP"}
    keys = listed.get("keys")
    found = keys if isinstance(keys, list) else []
    return [
        key for key in found if isinstance(key, dict) and key.get("kty") in kinds and key.get("use") != "enc"
    ]
