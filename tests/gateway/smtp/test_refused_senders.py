"""Who may not send any more, or not in that name: sessions of revoked keys, and foreign From domains."""

from pathlib import Path

from gateway.assembly import mail_submission
from gateway.config import settings
from gateway.smtp.limits import Limits
from gateway.state.api_keys import ApiKeys
from suppression.address import parse_email
from suppression.store.store import Store
from tests.channels.relay.sink import Sink
from tests.gateway.smtp.front_door import APPS, FrontDoor, Talker, order, relay_to

ANN, BOB = "ann@example.net", "bob@example.net"
FOREIGN = b"From: news@foreign.example\r\nMessage-ID: <1@x>\r\n\r\nHello\r\n"


def door(store: Store, sink: Sink, login_memory: float = 0.0) -> FrontDoor:
    limits = Limits(auth_on_loopback=True, auth_delay=0.01, login_memory=login_memory)
    return FrontDoor(store, relay_to(sink.port), limits=limits)


async def begun(client: Talker) -> str:
    return await client.say("MAIL FROM:<shop@example.com>")


async def test_a_key_revoked_in_mid_session_opens_no_transaction(store: Store, sink: Sink) -> None:
    """What it began with the key goes on; the next MAIL is refused, and so are all after it."""
    front = door(store, sink)
    async with front.open(), front.talk("shop") as client:
        assert (await begun(client)).startswith("250")
        front.revoked.add("shop")
        assert (await client.say(f"RCPT TO:<{ANN}>")).startswith("250")
        assert (await client.content(order())).startswith("250")

        assert [(await begun(client))[:9] for _ in range(2)] == ["530 5.7.0"] * 2
        assert (await client.auth("shop")).startswith("535")
        front.revoked.clear()
        assert (await client.auth("shop")).startswith("235")
        assert (await begun(client)).startswith("250")
    assert len(sink.taken) == 1


async def test_a_revoked_session_is_not_taken_for_its_network_s_app(store: Store, sink: Sink) -> None:
    front = door(store, sink)
    front.network_app = next(app for app in APPS if app.name == "bare")
    async with front.open(), front.talk("shop") as client:
        front.revoked.add("shop")
        assert (await begun(client)).startswith("530")


async def test_keys_are_looked_up_once_in_a_while_and_not_for_every_mail(store: Store, sink: Sink) -> None:
    front = door(store, sink, login_memory=60)
    async with front.open(), front.talk("shop") as client:
        for number in range(5):
            assert (await client.mail([ANN], order(f"{number}@example.com"))).startswith("250")
    assert front.asked == 1


async def test_a_key_that_cannot_be_looked_up_now_is_asked_for_again(store: Store, sink: Sink) -> None:
    front = door(store, sink)
    async with front.open(), front.talk("shop") as client:
        front.away = True
        assert (await begun(client)).startswith("451 4.4.3")
        front.away = False
        assert (await begun(client)).startswith("250")


async def test_the_key_of_a_login_is_found_by_its_digest_until_it_is_revoked(
    store: Store, tmp_path: Path
) -> None:
    config = tmp_path / "gateway.toml"
    config.write_text(
        'public_url = "https://mail.example.com"\nstore = { data_dir = "data" }\n'
        'next_hop = { host = "127.0.0.1", tls = "none" }\n[senders.brand]\ntitle = "B"\n'
        'postal_address = "1 Main Street"\n'
        '[apps.shop]\nsender = "brand"\ndefault_purpose = "transactional/orders"\npurposes = ["transactional"]\n'
    )
    loaded = settings.load(config, {}, make_secrets=True)
    keys = ApiKeys(store.client.sends)
    issued = await keys.issue("shop", ["app"])
    support = await keys.issue(None, ["agent"])

    login = await mail_submission.authenticate(loaded, keys, "shop", issued.secret)

    assert login is not None
    assert await login.still()
    assert issued.secret not in repr(login)
    assert await mail_submission.authenticate(loaded, keys, "other", issued.secret) is None
    assert await mail_submission.authenticate(loaded, keys, "shop", support.secret) is None
    await keys.revoke(issued.id)
    assert not await login.still()


async def test_a_foreign_from_domain_is_logged_for_each_recipient(store: Store, sink: Sink) -> None:
    front = door(store, sink, login_memory=60)
    async with front.open(), front.talk("news") as client:
        for address in (ANN, BOB):
            await front.consent(address)
        reply = await client.mail([ANN, BOB], FOREIGN)

    records = [
        (await store.log.of(front.pipeline.recipient(parse_email(address)).key))[0] for address in (ANN, BOB)
    ]
    assert reply.startswith(f"550 5.7.1 not_permitted {records[0].id} The From domain")
    for record in records:
        assert (record.kind, record.outcome, record.reason) == ("decided", "refuse", "not_permitted")
        assert (record.rule, record.purpose, record.app) == ("access", "marketing/promotions", "news")
        assert record.details == {"from_domain": "foreign.example"}
    assert sink.taken == []


async def test_a_refusal_that_cannot_be_logged_is_451(store: Store, sink: Sink) -> None:
    front = door(store, sink, login_memory=60)
    async with front.open(), front.talk("news") as client:
        await front.consent(ANN)
        await client.envelope([ANN])
        front.go_away()
        assert (await client.content(FOREIGN)).startswith("451 4.4.3")
