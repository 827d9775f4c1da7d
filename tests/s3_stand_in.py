"""A store that speaks as much of the S3 protocol as the archive needs, on a port of this machine; and its bad days.

https://docs.aws.amazon.com/AmazonS3/latest/API/ says what is answered. Requests must be signed: that the header is
there and names our key, and that the payload is what the header says it is, is checked; the signature is not.
"""

import asyncio
import hashlib
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from aiohttp import web

BUCKET, KEY_ID, SECRET, REGION = "archive", "key-of-the-stand-in", "secret-of-the-stand-in", "eu-west-1"
PAGE = 3  # names a listing's page: few, so that every test sees several
UNSIGNED = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True)
class Fault:
    """What is done with a request instead.

    `status`  answered with, and nothing is done   `lost`  all is done, and the connection closed instead of an answer
    `delay`   seconds before anything is done      `cut`   half of the content is sent
    """

    status: int = 0
    code: str = "SlowDown"
    delay: float = 0.0
    lost: bool = False
    cut: bool = False


FINE = Fault()


@dataclass(frozen=True)
class Asked:
    method: str
    name: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


class S3StandIn:
    """
    `objects`   what is there, by name
    `next`      done with the next requests, in order
    `rule`      decides when `next` is empty
    `asked`     all that arrived
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.next: deque[Fault] = deque()
        self.rule: Callable[[Asked], Fault] = lambda _: FINE
        self.asked: list[Asked] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        bucket, _, name = request.match_info["path"].partition("/")
        asked = Asked(request.method, name, dict(request.query), dict(request.headers))
        self.asked.append(asked)
        fault = self.next.popleft() if self.next else self.rule(asked)
        await asyncio.sleep(fault.delay)
        if fault.status:
            return _refusal(fault.status, fault.code)
        answer = _unsigned(asked, body) or _foreign(bucket) or self._done(asked, body)
        if fault.lost:
            return await _closed(request, answer, b"")
        if fault.cut:
            return await _closed(request, answer, answer.body)
        return answer

    def _done(self, asked: Asked, body: bytes) -> web.Response:
        if "uploads" in asked.query or "uploadId" in asked.query:
            return self._multipart(asked, body)
        match asked.method:
            case "PUT":
                return self._put(asked, body)
            case "DELETE":
                self.objects.pop(asked.name, None)
                return web.Response(status=204)
            case "GET" if not asked.name:
                return self._list(asked.query)
            case "GET" | "HEAD":
                return self._get(asked)
        return _refusal(405, "MethodNotAllowed")

    def _put(self, asked: Asked, body: bytes) -> web.Response:
        if asked.headers.get("If-None-Match") == "*" and asked.name in self.objects:
            return _refusal(412, "PreconditionFailed")
        self.objects[asked.name] = body
        return web.Response(headers={"ETag": _etag(body)})

    def _get(self, asked: Asked) -> web.Response:
        content = self.objects.get(asked.name)
        if content is None:
            return _refusal(404, "NoSuchKey")
        headers = {"ETag": _etag(content), "Last-Modified": "Mon, 02 Nov 2026 10:00:00 GMT"}
        if asked.method == "HEAD":
            return web.Response(headers=headers | {"Content-Length": str(len(content))})
        wanted = asked.headers.get("Range")
        if wanted is None:
            return web.Response(body=content, headers=headers)
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        part = content[int(first) : int(last) + 1 if last else None]
        if not part:
            return _refusal(416, "InvalidRange")
        headers["Content-Range"] = f"bytes {first}-{int(first) + len(part) - 1}/{len(content)}"
        return web.Response(status=206, body=part, headers=headers)

    def _list(self, query: Mapping[str, str]) -> web.Response:
        """ListObjectsV2."""
        after = query.get("continuation-token", query.get("start-after", ""))
        names = sorted(n for n in self.objects if n.startswith(query.get("prefix", "")) and n > after)
        page = names[:PAGE]
        found = "".join(
            f"<Contents><Key>{escape(name)}</Key><LastModified>2026-11-02T10:00:00.000Z</LastModified>"
            f"<ETag>{_etag(self.objects[name])}</ETag><Size>{len(self.objects[name])}</Size></Contents>"
            for name in page
        )
        more = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if names[PAGE:] else ""
        return _xml(
            f"<ListBucketResult><Name>{BUCKET}</Name><KeyCount>{len(page)}</KeyCount>"
            f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>{more}{found}</ListBucketResult>"
        )

    def _multipart(self, asked: Asked, body: bytes) -> web.Response:
        upload = asked.query.get("uploadId", "")
        match asked.method:
            case "POST" if not upload:
                upload = f"upload-{len(self.asked)}"
                self.uploads[upload] = {}
                return _xml(
                    f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
                )
            case _ if upload not in self.uploads:
                return _refusal(404, "NoSuchUpload")
            case "PUT":
                self.uploads[upload][int(asked.query["partNumber"])] = body
                return web.Response(headers={"ETag": _etag(body)})
            case "DELETE":
                del self.uploads[upload]
                return web.Response(status=204)
        return self._completed(asked, body)

    def _completed(self, asked: Asked, body: bytes) -> web.Response:
        if asked.headers.get("If-None-Match") == "*" and asked.name in self.objects:
            return _refusal(412, "PreconditionFailed")
        parts = self.uploads.pop(asked.query["uploadId"])
        wanted = [int(node.text or 0) for node in ET.fromstring(body).iter() if _is_number(node)]  # noqa: S314  from our own client
        self.objects[asked.name] = b"".join(parts[number] for number in wanted)
        etag = escape(_etag(self.objects[asked.name]))
        return _xml(f"<CompleteMultipartUploadResult><ETag>{etag}</ETag></CompleteMultipartUploadResult>")


def _is_number(node: ET.Element) -> bool:
    return node.tag.rpartition("}")[2] == "PartNumber"


def _unsigned(asked: Asked, body: bytes) -> web.Response | None:
    signed = asked.headers.get("Authorization", "")
    if not signed.startswith(f"AWS4-HMAC-SHA256 Credential={KEY_ID}/"):
        return _refusal(403, "AccessDenied")
    said = asked.headers.get("x-amz-content-sha256", "")
    if said not in {UNSIGNED, hashlib.sha256(body).hexdigest()}:
        return _refusal(400, "XAmzContentSHA256Mismatch")
    return None


def _foreign(bucket: str) -> web.Response | None:
    return None if bucket == BUCKET else _refusal(404, "NoSuchBucket")


async def _closed(request: web.Request, answer: web.Response, body: object) -> web.StreamResponse:
    """The connection ends before the answer does."""
    if body and isinstance(body, bytes):
        cut = web.StreamResponse(status=answer.status, headers={"ETag": answer.headers.get("ETag", "")})
        cut.headers["Last-Modified"] = answer.headers.get("Last-Modified", "")
        cut.content_length = len(body)
        await cut.prepare(request)
        await cut.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return answer


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


def _refusal(status: int, code: str) -> web.Response:
    return _xml(f"<Error><Code>{code}</Code><Message>{code}</Message></Error>", status)


def _xml(text: str, status: int = 200) -> web.Response:
    return web.Response(
        status=status, text=f'<?xml version="1.0" encoding="UTF-8"?>\n{text}', content_type="application/xml"
    )
