"""Doctor's question whether the public URL leads here: answered to who has the secrets, and to nobody else."""

import pytest

from gateway.http.proof import PATH, answer, challenge, is_answer
from suppression.errors import InvalidToken
from tests.gateway.http.world import FakeWorld

KEY, OTHER = b"f" * 32, b"o" * 32


def altered(text: str, place: int) -> str:
    return text[:place] + ("0" if text[place] != "0" else "1") + text[place + 1 :]


def test_each_challenge_is_another_and_has_an_answer_of_its_own() -> None:
    first, second = challenge(KEY), challenge(KEY)
    assert answer(KEY, first) != answer(KEY, second)
    assert is_answer(KEY, first, answer(KEY, first))
    assert not is_answer(KEY, first, answer(KEY, second))
    assert not is_answer(KEY, first, "é")
    assert answer(KEY, first) not in first


@pytest.mark.parametrize(
    "asked",
    ["", "0" * 65, "x", "é" * 65, altered(challenge(KEY), 0), challenge(OTHER)],
    ids=["nothing", "zeros", "short", "not ASCII", "altered", "of another key"],  # a challenge is random
)
def test_what_was_not_made_with_the_key_gets_no_answer(asked: str) -> None:
    with pytest.raises(InvalidToken):
        answer(KEY, asked)


async def test_the_route_answers_a_challenge_and_shows_a_stranger_the_page_of_an_unknown_link(
    fakes: FakeWorld,
) -> None:
    asked = challenge(fakes.doors.form_key)
    told = await fakes.get(PATH + asked, None)
    assert (told.status_code, told.text) == (200, answer(fakes.doors.form_key, asked))
    assert told.headers["cache-control"] == "no-store"
    stranger = await fakes.get(PATH + challenge(OTHER), None)
    unknown = await fakes.get("/u/nothing", None)
    assert (stranger.status_code, stranger.text) == (404, unknown.text)
    assert fakes.memory.log == []
