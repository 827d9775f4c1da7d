"""A campaign that carriers filter is held back by itself, and only while the latest reports say so."""

import pytest
import structlog

from channels.twilio.outcomes import Breaker
from gateway.duties.breaker import OF_THE_LATEST, REPORTED
from gateway.duties.campaigns import MOST, RETURNING, Campaigns
from suppression.model import Channel
from suppression.outbox import State
from tests.gateway.duties.office import Office, bodies, until
from tests.twilio_stand_in import StandIn


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def brand(clock: Clock) -> Campaigns:
    return Campaigns("sms", "brand", clock)


def filtered(brand: Campaigns, campaign: str = "spring", times: int = OF_THE_LATEST) -> None:
    for _ in range(times):
        brand.reported(campaign, fault=True)


def test_when_half_of_the_latest_were_filtered_it_waits(brand: Campaigns) -> None:
    for number in range(OF_THE_LATEST):
        assert brand.wait("spring") == 0
        brand.reported("spring", fault=number % 2 == 0)
    assert brand.wait("spring") > REPORTED / 2
    assert brand.wait("summer") == 0


def test_fewer_do_not(brand: Campaigns) -> None:
    for number in range(200):
        brand.reported("spring", fault=number % 3 == 0)
    assert brand.wait("spring") == 0


def test_it_goes_on_after_its_time_and_waits_again_if_that_was_too_early(
    brand: Campaigns, clock: Clock
) -> None:
    filtered(brand)
    clock.now += REPORTED * 1.2
    assert brand.wait("spring") == 0
    filtered(brand, times=OF_THE_LATEST - 1)
    assert brand.wait("spring") == 0
    filtered(brand, times=1)
    assert brand.wait("spring") > 0


def test_what_was_on_its_way_when_it_began_to_wait_does_not_count_afterwards(
    brand: Campaigns, clock: Clock
) -> None:
    filtered(brand, times=3 * OF_THE_LATEST)
    clock.now += REPORTED * 1.2
    brand.reported("spring", fault=True)
    assert brand.wait("spring") == 0


def test_those_that_wait_come_back_one_after_the_other(brand: Campaigns) -> None:
    filtered(brand)
    first, *_, last = [brand.wait("spring") for _ in range(RETURNING + 1)]
    assert last - first == pytest.approx(1.0)


def test_names_without_number_take_no_memory_without_bound(brand: Campaigns) -> None:
    for number in range(2 * MOST):
        brand.reported(str(number), fault=False)
    assert len(brand._known) == MOST


def test_it_is_said_once_with_the_campaign_s_name(brand: Campaigns) -> None:
    with structlog.testing.capture_logs() as lines:
        filtered(brand, times=2 * OF_THE_LATEST)
    assert [(line["event"], line["campaign"]) for line in lines] == [("campaign_held_back", "spring")]


async def test_its_texts_wait_and_others_of_the_sender_go(office: Office, twilio: StandIn) -> None:
    async with office.dispatching() as desk:
        for _ in range(OF_THE_LATEST):
            desk.gates.reported(Channel.SMS, "brand", "spring", Breaker.CAMPAIGN)
        spring = await office.accept(body="Spring!", details={"campaign": "spring"})
        summer = await office.accept(body="Summer!", details={"campaign": "summer"})
        await office.until(summer.id, State.SENT, seconds=30)
        await until(lambda: _put_off(office, spring.id), 30)

    assert bodies(twilio) == ["Summer!"]


async def _put_off(office: Office, message: str) -> bool:
    entry = await office.outbox.entry(message)
    assert entry.campaign == "spring"
    return entry.state is State.WAITING and entry.due is not None and entry.due > office.store.now()
