"""What is shown of recipients, messages and the log: complete for support, their own sender's for apps."""

import pytest

from suppression.records import Record, RecordKind
from suppression.store import newest
from suppression.token import TokenKind
from tests.gateway.http.fakes import History
from tests.gateway.http.world import FakeWorld, RealWorld, World

ANN = "ann@example.net"


async def stop(world: World, sender: str, key: str = "agent") -> str:
    body = {"address": ANN, "purpose": "marketing", "sender": sender, "note": "x"}
    return str((await world.post("/v1/suppressions", body, key)).json()["id"])


async def test_an_unknown_recipient_is_an_empty_answer(world: World) -> None:
    answer = await world.get("/v1/recipients/nobody@example.net")

    assert answer.status_code == 200
    assert answer.json() == {"suppressions": [], "consents": [], "recent": []}


async def test_a_recipient_shows_entries_consents_and_recent_records(world: World) -> None:
    stopped = await stop(world, "*")
    given = await world.post(
        "/v1/consents",
        {
            "address": ANN,
            "channels": ["email"],
            "purpose": "service",
            "basis": "contract",
            "source": "shop",
            "at": "2026-01-01T00:00:00Z",
            "evidence": {"order": "4711"},
        },
    )
    shown = (await world.get(f"/v1/recipients/{ANN}")).json()

    (entry,) = shown["suppressions"]
    assert entry["id"] == stopped
    assert entry["in_force"] is True
    (consent,) = shown["consents"]
    assert consent["id"] == given.json()["id"]
    assert consent["this_spelling"] is True
    assert [line["kind"] for line in shown["recent"]] == ["suppressed", "consented"]
    assert all(line["at"].endswith("Z") for line in shown["recent"])
    assert "recipient" not in shown["recent"][0]


async def test_stops_are_shown_for_every_spelling_consents_say_for_which(world: World) -> None:
    await world.post(
        "/v1/consents",
        {
            "address": "ann+shop@example.net",
            "channels": ["email"],
            "purpose": "marketing",
            "basis": "opt_in",
            "source": "form",
            "at": "2026-01-01T00:00:00Z",
            "evidence": {"form": "x"},
        },
    )
    shown = (await world.get(f"/v1/recipients/{ANN}")).json()

    assert [consent["this_spelling"] for consent in shown["consents"]] == [False]


async def test_an_app_sees_its_own_senders_records_only(world: World) -> None:
    own, general, foreign = [await stop(world, sender) for sender in ("shop", "*", "other")]
    await world.get(f"/v1/recipients/{ANN}")

    def ids(shown: list[dict[str, str]]) -> set[str]:
        return {entry["id"] for entry in shown}

    for key, expected in (
        ("app", {own, general}),
        ("stranger", {general, foreign}),
        ("agent", {own, general, foreign}),
        ("admin", {own, general, foreign}),
    ):
        shown = (await world.get(f"/v1/recipients/{ANN}", key)).json()
        assert ids(shown["suppressions"]) == expected
        assert len(shown["recent"]) == len(expected)
        log = (await world.get("/v1/log", key, recipient=ANN)).json()["records"]
        assert len(log) == len(expected)


@pytest.mark.parametrize(
    ("path", "key_of"),
    [
        ("ann%40example.net", ANN),
        ("%2B12025550143", "+12025550143"),
        ("+12025550143", "+12025550143"),
        ("a%2Fb@example.net", "a/b@example.net"),
        ("a/b@example.net", "a/b@example.net"),
        ("%22a%20b%22@example.net", '"a b"@example.net'),
        ("o%25neil@example.net", "o%neil@example.net"),
        ("j%C3%BCrgen@example.net", "jürgen@example.net"),
    ],
)
async def test_an_address_in_the_path_is_decoded_once(world: World, path: str, key_of: str) -> None:
    await world.post("/v1/suppressions", {"address": key_of, "note": "x"})
    answer = await world.get(f"/v1/recipients/{path}")

    assert answer.status_code == 200
    assert len(answer.json()["suppressions"]) == 1


@pytest.mark.parametrize("path", ["nobody", "a@b@c", "%00", "a%40", "x" * 500 + "@example.net", "%FF%FE"])
async def test_what_is_no_address_is_422_and_not_echoed(world: World, path: str) -> None:
    answer = await world.get(f"/v1/recipients/{path}")

    assert answer.status_code == 422
    assert "nobody" not in answer.text


async def test_the_log_of_a_decision_and_of_a_recipient(world: World) -> None:
    body = {"requests": [{"to": ANN, "channel": "email", "purpose": "marketing/promotions"}]}
    made = (await world.post("/v1/decisions", body)).json()["decisions"][0]

    by_decision = (await world.get("/v1/log", decision=made["decision_id"])).json()["records"]
    by_recipient = (await world.get("/v1/log", recipient=ANN)).json()["records"]
    both = await world.get("/v1/log", decision=made["decision_id"], recipient=ANN)
    other = await world.get("/v1/log", decision=made["decision_id"], recipient="bob@example.net")

    assert [line["id"] for line in by_decision] == [made["decision_id"]]
    assert by_decision == by_recipient == both.json()["records"]
    assert other.json()["records"] == []
    assert by_decision[0]["reason"] == "no_consent"
    assert (await world.get("/v1/log", "stranger", decision=made["decision_id"])).json() == {"records": []}


async def test_the_log_is_filtered(world: World) -> None:
    for purpose in ("marketing/promotions", "transactional/orders"):
        await world.post("/v1/decisions", {"requests": [{"to": ANN, "channel": "email", "purpose": purpose}]})

    async def purposes(**asked: str) -> list[str]:
        answer = await world.get("/v1/log", recipient=ANN, **asked)
        return [line["purpose"] for line in answer.json()["records"]]

    assert await purposes() == ["marketing/promotions", "transactional/orders"]
    assert await purposes(reason="no_consent") == ["marketing/promotions"]
    assert await purposes(outcome="send") == ["transactional/orders"]
    assert await purposes(app="demo") == ["marketing/promotions", "transactional/orders"]
    assert await purposes(app="trusted") == []
    assert await purposes(limit="1") == ["transactional/orders"]
    assert await purposes(since="2099-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    "asked",
    [
        {"recipient": "nobody"},
        {"kind": "told"},
        {"outcome": "maybe"},
        {"channel": "pigeon"},
        {"until": "tomorrow"},
        {"recipient": ANN, "limit": "0"},
        {"recipient": ANN, "limit": "many"},
        {"recipient": ANN, "since": "yesterday"},
        {"recipient": ANN, "reason": "because"},
        {"recipient": ANN, "surprise": "1"},
    ],
)
async def test_a_log_query_that_is_not_understood_is_422(world: World, asked: dict[str, str]) -> None:
    answer = await world.get("/v1/log", **asked)

    assert answer.status_code == 422
    assert ANN not in answer.text


async def test_an_unknown_decision_is_an_empty_log(world: World) -> None:
    for unknown in ("nonsense", "0" * 16):
        assert (await world.get("/v1/log", decision=unknown)).json() == {"records": []}


async def test_a_message_tells_what_became_of_it(fakes: FakeWorld) -> None:
    lines = (
        Record(RecordKind.HANDING_OVER, at=1764007200000, id="r1", sender="shop", channel="email"),
        Record(
            RecordKind.SENT, at=1764007201000, id="r2", sender="shop", decision="r1", text="queued as 4711"
        ),
    )
    fakes.memory.messages["m1"] = History("m1", "email", ANN, lines)
    answer = await fakes.get("/v1/messages/m1")

    assert answer.status_code == 200
    told = answer.json()
    assert (told["id"], told["channel"], told["to"], told["state"]) == ("m1", "email", ANN, "sent")
    assert [line["kind"] for line in told["history"]] == ["handing_over", "sent"]
    assert (await fakes.get("/v1/messages/m1", "stranger")).status_code == 404
    assert (await fakes.get("/v1/messages/m1", "agent")).status_code == 200


@pytest.mark.parametrize("message", ["nonsense", "0" * 16, "%00", "x" * 200])
async def test_an_unknown_message_is_404_or_422(world: World, message: str) -> None:
    assert (await world.get(f"/v1/messages/{message}")).status_code in {404, 422}


async def test_a_view_of_a_link_is_in_the_log(world: World) -> None:
    await world.client.get(f"/u/{world.token(kind=TokenKind.BODY)}")
    (line,) = (await world.get("/v1/log", recipient=ANN)).json()["records"]

    assert line["kind"] == "viewed"
    assert line["details"] == {"method": "GET"}


async def decide(world: World, count: int, address: str = ANN) -> list[str]:
    asked = {"to": address, "channel": "email", "purpose": "marketing/promotions"}
    answer = await world.post("/v1/decisions", {"requests": [asked] * count})
    return [made["decision_id"] for made in answer.json()["decisions"]]


async def test_a_long_log_is_read_in_parts_from_the_newest_back(real: RealWorld) -> None:
    made = await decide(real, 23)
    await decide(real, 30, "bob@example.net")

    found: list[str] = []
    cursors, more = 0, {"limit": "10"}
    while more:
        told = (await real.get("/v1/log", recipient=ANN, **more)).json()
        found = [line["id"] for line in told["records"]] + found
        more = {"limit": "10", "cursor": told["cursor"]} if "cursor" in told else {}
        cursors += bool(more)

    assert sorted(found) == found == sorted(made)
    assert cursors == 2
    assert len((await real.get("/v1/log", recipient=ANN)).json()["records"]) == 23
    assert await decide(real, 40)
    assert len((await real.get("/v1/log", recipient=ANN)).json()["records"]) == 50


async def test_filtered_records_are_found_behind_others(real: RealWorld) -> None:
    """What is filtered out does not count against the limit."""
    stopped = await stop(real, "*")
    await decide(real, 20)
    told = (await real.get("/v1/log", recipient=ANN, reason="unsubscribed", limit="1")).json()
    mine = (await real.get("/v1/log", recipient=ANN, limit="1000")).json()

    assert [line["reason"] for line in told["records"]] == ["unsubscribed"]
    assert "cursor" in told
    assert len(mine["records"]) == 21
    assert stopped


async def test_a_crowded_shard_is_read_for_so_long_and_no_longer(
    real: RealWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newest, "_PAGE", 5)
    monkeypatch.setattr(newest, "_MOST_PAGES", 2)
    (first,) = await decide(real, 1)
    shard = real.store.shards.of(real.recipient(ANN).key)
    for _ in range(25):
        await real.store.client.stops.execute("XADD", shard.log, "*", "r", '{"kind":"sent","at":1}')
    (last,) = await decide(real, 1)

    found, more, parts = [], {"limit": "10"}, 0
    while more:
        told = (await real.get("/v1/log", recipient=ANN, **more)).json()
        found += [line["id"] for line in told["records"]]
        more = {"limit": "10", "cursor": told["cursor"]} if "cursor" in told else {}
        parts += 1

    assert found == [last, first]
    assert parts == 3


@pytest.mark.parametrize("cursor", ["nonsense", "0" * 15 + "h", "00000000000000uv"])
async def test_a_cursor_that_is_none_of_ours_is_422(real: RealWorld, cursor: str) -> None:
    await decide(real, 1)

    assert (await real.get("/v1/log", recipient=ANN, cursor=cursor)).status_code == 422


async def test_without_recipient_the_log_of_all_is_read_in_parts(real: RealWorld) -> None:
    """The records of many shards come in the order in which they were logged, each once."""
    made = [found for number in range(12) for found in await decide(real, 3, f"reader{number}@example.net")]
    await stop(real, "other")

    found: list[str] = []
    more = {"limit": "7"}
    while more:
        told = (await real.get("/v1/log", kind="decided", **more)).json()
        assert len(told["records"]) <= 7
        found = [line["id"] for line in told["records"]] + found
        more = {"limit": "7", "cursor": told["cursor"]} if "cursor" in told else {}

    assert found == sorted(made)
    newest_first = (await real.get("/v1/log", "agent", limit="1")).json()["records"]
    assert [line["kind"] for line in newest_first] == ["suppressed"]


async def test_an_app_reads_the_log_of_its_own_sender(real: RealWorld) -> None:
    own, general, foreign = [await stop(real, sender) for sender in ("shop", "*", "other")]
    assert len({own, general, foreign}) == 3

    async def senders(key: str) -> set[str]:
        lines = (await real.get("/v1/log", key)).json()["records"]
        return {line["scope"].split("|")[2] for line in lines}

    assert await senders("app") == {"shop", "*"}
    assert await senders("stranger") == {"other", "*"}
    assert await senders("agent") == {"shop", "other", "*"}


@pytest.mark.parametrize("cursor", ["nonsense", "0" * 15 + "h", "~", "0" * 17, "ü"])
async def test_a_cursor_of_all_that_is_none_is_422(real: RealWorld, cursor: str) -> None:
    """The last digits of an id are its shard's number: there are fewer shards."""
    await decide(real, 1)
    wrong = "0" * 11 + "vvvvv" if cursor == "0" * 15 + "h" else cursor

    assert (await real.get("/v1/log", cursor=wrong)).status_code == 422


async def test_the_log_is_filtered_by_purpose_channel_kind_and_time(real: RealWorld) -> None:
    await decide(real, 2)
    await stop(real, "shop")

    async def kinds(**asked: str) -> list[str]:
        return [line["kind"] for line in (await real.get("/v1/log", **asked)).json()["records"]]

    assert await kinds(purpose="marketing") == ["decided", "decided"]
    assert await kinds(purpose="market") == []
    assert await kinds(channel="sms") == []
    assert await kinds(channel="email", kind="decided") == ["decided", "decided"]
    assert await kinds(kind="suppressed", until="2999-01-01T00:00:00Z") == ["suppressed"]
    assert await kinds(until="2001-01-01T00:00:00Z") == []
