"""The data shipped beside the catalogue is part of what decides: another one makes another generation."""

from importlib import resources

import pytest

from suppression import shipped
from suppression.purposes import Catalogue, _generation

TEXTS = {name: resources.files("suppression").joinpath(name).read_text("utf-8") for name in shipped.FILES}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("calling_hours.toml", "daily 08:00-20:00", "daily 08:00-21:00"),
        ("number_zones.toml", '"America/Halifax"', '"America/St_Johns"'),
        ("number_zones.csv", "219,US-IN,America/Chicago America/New_York", "219,US-IN,America/New_York"),
    ],
)
def test_other_hours_or_zones_make_another_generation(name: str, old: str, new: str) -> None:
    changed = TEXTS | {name: TEXTS[name].replace(old, new)}
    text = Catalogue.shipped().to_json()

    assert changed != TEXTS
    assert _generation(text, shipped.digest_of(changed)) != Catalogue.shipped().generation
    assert _generation(text, shipped.digest_of(TEXTS)) == Catalogue.shipped().generation


def test_a_comment_makes_none() -> None:
    name = "calling_hours.toml"

    assert shipped.digest_of(TEXTS | {name: "# Another word.\n" + TEXTS[name]}) == shipped.digest()
