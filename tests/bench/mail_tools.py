"""A load of SMTP sessions and a sink that counts: Postfix's smtp-source and smtp-sink, or our own in plain asyncio.

The C tools take less of the two processors, so figures with them are higher; the table says which were used.
"""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

SESSIONS = 20
HAS_POSTFIX_TOOLS = all(shutil.which(tool) for tool in ("smtp-source", "smtp-sink"))


def newsletter() -> bytes:
    """5 KB of multipart/alternative, LF lines."""
    text = "".join(f"Line {n}: a newsletter about shoes, hats and other things.\n" for n in range(30))
    html = "".join(f"<p>Paragraph {n} about <b>shoes</b> and hats, and more.</p>\n" for n in range(48))
    return (
        "From: Shop <shop@example.com>\nTo: you@example.net\nSubject: What is new\n"
        "Date: Sun, 22 Nov 2026 12:00:00 +0000\nMIME-Version: 1.0\n"
        'Content-Type: multipart/alternative; boundary="part"\n\n'
        f"--part\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
        f"--part\nContent-Type: text/html; charset=utf-8\n\n<html><body>{html}</body></html>\n--part--\n"
    ).encode()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Sink:
    """Counts messages; `count` is what came after the final dot."""

    def __init__(self, port: int, log: Path) -> None:
        self.port = port
        self._log = log

    @property
    def count(self) -> int:
        """smtp-sink -c: "sess=1 quit=1 mesg=1" again and again in one line; ours writes the number only."""
        last = self._log.read_bytes()[-200:].replace(b"\r", b"\n").rpartition(b"mesg=")[2]
        return int(last.split()[0].split(b"s")[0]) if last.split() else 0


@contextlib.contextmanager
def sink(folder: Path) -> Iterator[Sink]:
    port, log = free_port(), folder / "sink.log"
    ours = [sys.executable, "-m", "tests.bench.mail_tools", str(port)]
    # smtp-sink wants to be root to give it up, or no -u at all.
    command = ["smtp-sink", "-c", *_as_nobody(), f"127.0.0.1:{port}", "300"] if HAS_POSTFIX_TOOLS else ours
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield Sink(port, log)
    finally:
        process.terminate()
        process.wait()


def _as_nobody() -> list[str]:
    return ["-u", "nobody"] if os.geteuid() == 0 else []


def wait_for(port: int, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.01)
    raise TimeoutError(f"nobody listens on port {port}")


def wait_for_ready(port: int, seconds: float = 20) -> None:
    """Until the gateway's HTTP door answers: its workers serve then (its ports are bound before)."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as door:
            door.sendall(b"GET / HTTP/1.0\r\n\r\n")
            if door.recv(1):
                return
        time.sleep(0.01)
    raise TimeoutError("the gateway did not get ready")


def send(port: int, messages: int, message: Path) -> None:
    """`messages` mails to 1b@example.net, 2b@example.net, ... in SESSIONS sessions at once."""
    if not HAS_POSTFIX_TOOLS:
        asyncio.run(_send_all(port, messages, message.read_bytes()))
        return
    to = ["-f", "a@example.com", "-t", "b@example.net", "-N", "-F", str(message)]
    command = ["smtp-source", "-s", str(SESSIONS), "-m", str(messages), *to, f"127.0.0.1:{port}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


async def _send_all(port: int, messages: int, content: bytes) -> None:
    numbers = iter(range(1, messages + 1))
    wire = content.replace(b"\n", b"\r\n") + b".\r\n"

    async def session() -> None:
        for number in numbers:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await reader.readline()
            rcpt = b"RCPT TO:<%db@example.net>\r\n" % number
            for line in (b"HELO bench\r\n", b"MAIL FROM:<a@example.com>\r\n", rcpt, b"DATA\r\n", wire):
                writer.write(line)
                if not (await reader.readline()).startswith((b"2", b"3")):
                    raise RuntimeError("a message was refused")
            writer.close()

    await asyncio.gather(*(session() for _ in range(SESSIONS)))


async def _serve_sink(port: int) -> None:
    count = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            if line.upper().startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                count += 1
                sys.stdout.write(f"mesg={count}\n")
                sys.stdout.flush()
            writer.write(b"250 ok\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve_sink(int(sys.argv[1])))
