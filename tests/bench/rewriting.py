"""Rewriting and signing alone, in processor time: what each mail costs a worker beside the wire and the store."""

import time
from collections.abc import Callable
from statistics import median

from channels.email.compose import Original, WaysOut
from channels.email.dkim import Signer
from tests.bench.mail_tools import newsletter
from tests.bench.result import Result
from tests.dkim_keys import new_rsa_key

WAYS = WaysOut(
    header_url="https://mail.example.com/u/EQEBTcF39cyVNHtM1Myk3skRGMn3umAql1FsKpdRbKV4jI_UVy_tNw",
    page_url="https://mail.example.com/u/EgEBTcF39cyVNHtM1Myk3skRGMn3umAql1FsKpdRbOjGZ3dBt0f1wg",
    preferences_url="https://mail.example.com/u/EgEBTcF39cyVNHtM1Myk3skRGMn3umAql1FsKpdRbOjGZ3dBt0f1wg",
    mailto=None,
    sender_name="The Brand",
    postal_address="1 Main Street, Springfield",
    list_id="promotions.marketing.list-id.example.com",
    list_title="Promotions",
    footer=True,
)
RECEIVED = (
    b"Received: from a ([127.0.0.1])\r\n\tby b with ESMTP id c;\r\n\tSun, 22 Nov 2026 12:00:00 +0000\r\n"
)


def cost(work: Callable[[], object], runs: int) -> float:
    """Milliseconds of processor time, the median run's."""
    taken = []
    for _ in range(runs):
        began = time.process_time_ns()
        work()
        taken.append((time.process_time_ns() - began) / 1e6)
    return median(taken)


def with_attachment(size: int) -> bytes:
    line = b"QUJD" * 19 + b"\r\n"
    return (
        b"From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        b"--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
        b"--x\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + line * (size // len(line))
        + b"--x--\r\n"
    )


def results() -> list[Result]:
    raw, signer = newsletter().replace(b"\n", b"\r\n"), Signer([new_rsa_key("example.com", "s1")])
    large = with_attachment(10_000_000)

    def rewrite(mail: bytes = raw) -> object:
        return Original.parse(mail).with_way_out(WAYS, RECEIVED)

    def signed(mail: bytes = raw) -> bytes:
        copy = Original.parse(mail).with_way_out(WAYS, RECEIVED)
        return copy.signed(signer.sign(copy, 1))

    return [
        Result("rewriting 5 KB multipart, without signing", cost(rewrite, 500), "ms CPU", goal="<= 0.15"),
        Result("the same with RSA-2048", cost(signed, 500), "ms CPU", goal="<= 0.7"),
        Result("10 MB attachment mail with signing", cost(lambda: signed(large), 7), "ms CPU", goal="<= 60"),
    ]
