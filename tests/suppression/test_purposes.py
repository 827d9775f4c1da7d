"""The purpose tree: the shipped catalogue as DESIGN.md has it, paths, and purposes that moved."""

from collections.abc import Mapping

import pytest

from suppression import catalogue_table
from suppression.errors import UnknownPurpose
from suppression.model import Channel
from suppression.purposes import Catalogue, ConsentNeed, WayOut

NONE, OPT_OUT, OPT_IN = ConsentNeed.NONE, ConsentNeed.OPT_OUT, ConsentNeed.OPT_IN
NO, HEADER, FOOTER = WayOut.NONE, WayOut.HEADER, WayOut.FOOTER

# DESIGN.md, "The purpose tree", row by row.
SHIPPED: dict[str, tuple[Mapping[str, ConsentNeed], WayOut]] = {
    "transactional/orders": ({"email": NONE, "sms": NONE}, NO),
    "transactional/payments": ({"email": NONE, "sms": NONE, "voice": NONE}, NO),
    "transactional/security": ({"email": NONE, "sms": NONE, "voice": NONE}, NO),
    "service/account": ({"email": NONE}, HEADER),
    "service/notifications": ({"email": NONE, "sms": NONE}, HEADER),
    "service/product-updates": ({"email": OPT_OUT}, FOOTER),
    "service/scheduled-calls": ({"voice": OPT_IN}, NO),
    "service/feedback": ({"email": OPT_OUT, "voice": OPT_IN}, FOOTER),
    "service/informational": ({"email": OPT_OUT, "voice": OPT_IN}, FOOTER),
    "service/policy-changes": ({"email": NONE}, NO),
    "marketing/associated-products": ({"email": OPT_IN}, FOOTER),
    "marketing/new-products": ({"email": OPT_IN, "sms": OPT_IN}, FOOTER),
    "marketing/promotions": ({"email": OPT_IN, "sms": OPT_IN, "voice": OPT_IN}, FOOTER),
    "marketing/surveys": ({"email": OPT_IN, "sms": OPT_IN, "voice": OPT_IN}, FOOTER),
    "marketing/industry-news": ({"email": OPT_IN}, FOOTER),
    "marketing/partners/*": ({"email": OPT_IN, "sms": OPT_IN, "voice": OPT_IN}, FOOTER),
    "marketing/personalisation": ({"audience": OPT_IN}, NO),
    "marketing/remarketing": ({"audience": OPT_IN}, NO),
}
SYSTEM = ("stop-confirmation", "help", "opt-in-confirmation", "erasure-confirmation", "dsn")


@pytest.fixture
def shipped() -> Catalogue:
    return Catalogue.shipped()


def catalogue(**rows: object) -> Catalogue:
    """Of paths written with __ for a slash."""
    return Catalogue.from_table({path.replace("__", "/"): row for path, row in rows.items()})


def test_the_shipped_catalogue_is_the_table_of_the_design(shipped: Catalogue) -> None:
    rows = {path: (leaf.channels, leaf.way_out) for path, leaf in shipped.purposes.items()}

    assert rows == SHIPPED


def test_only_security_and_policy_changes_are_required(shipped: Catalogue) -> None:
    required = {path: leaf.legal_notice for path, leaf in shipped.purposes.items() if leaf.required}

    assert required == {"transactional/security": False, "service/policy-changes": True}


def test_every_shipped_purpose_has_a_title_for_pages(shipped: Catalogue) -> None:
    titles = [leaf.title for leaf in shipped.purposes.values()]

    assert len(set(titles)) == len(titles)
    assert all(title[0].isupper() and "/" not in title for title in titles)


def test_the_channels_of_a_catalogue_are_those_of_the_model() -> None:
    assert set(Channel) == catalogue_table.CHANNELS


@pytest.mark.parametrize("name", SYSTEM)
def test_the_gateway_has_purposes_for_its_own_answers(shipped: Catalogue, name: str) -> None:
    assert shipped.find(f"system/{name}").class_ == "system"


@pytest.mark.parametrize("name", SYSTEM)
def test_the_gateways_own_answers_are_no_node_of_a_scope(shipped: Catalogue, name: str) -> None:
    """Nobody stops a confirmation: it answers one change, once."""
    with pytest.raises(UnknownPurpose):
        shipped.node(f"system/{name}")


def test_a_wildcard_leaf_is_one_purpose_for_each_name(shipped: Catalogue) -> None:
    acme = shipped.find("marketing/partners/acme-tools")

    assert acme.path == "marketing/partners/acme-tools"
    assert acme.title == "Offers of our partner acme tools"
    assert acme.channels == shipped.purposes["marketing/partners/*"].channels
    assert shipped.knows(acme)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "*",
        "marketing",
        "marketing/partners",
        "marketing/partners/",
        "marketing/partners/*",
        "marketing/partners/Acme",
        "marketing/partners/a/b",
        "marketing/partners/a\r\nBcc: b@example.net",
        "marketing/partners/" + "a" * 64,
        "marketing/unheard-of",
        "Marketing/promotions",
        "marketing/promotions/",
        "/marketing/promotions",
        "system",
        "system/other",
    ],
)
def test_no_message_is_for(shipped: Catalogue, path: str) -> None:
    with pytest.raises(UnknownPurpose) as caught:
        shipped.find(path)

    assert not path or path not in str(caught.value)


@pytest.mark.parametrize(
    "path",
    ["*", "marketing", "marketing/partners", "marketing/partners/acme", "marketing/promotions", "service"],
)
def test_a_scope_may_name(shipped: Catalogue, path: str) -> None:
    assert shipped.node(path) == path


@pytest.mark.parametrize(
    "path", ["", "system", "other", "marketing/other", "marketing/partners/*", "market", "marketing/"]
)
def test_no_scope_names(shipped: Catalogue, path: str) -> None:
    with pytest.raises(UnknownPurpose):
        shipped.node(path)


def test_json_and_back_is_the_same_catalogue(shipped: Catalogue) -> None:
    again = Catalogue.from_json(shipped.to_json())

    assert again.to_json() == shipped.to_json()
    assert again.generation == shipped.generation
    assert again.purposes == shipped.purposes
    assert len(shipped.generation) == 16


def test_the_order_of_a_file_makes_no_other_generation() -> None:
    one = catalogue(
        service__a={"channels": {"sms": "none", "email": "none"}}, service__b={"channels": ["sms"]}
    )
    two = catalogue(
        service__b={"channels": ["sms"]}, service__a={"channels": {"email": "none", "sms": "none"}}
    )

    assert one.generation == two.generation


@pytest.mark.parametrize("change", [{"title": "Other"}, {"channels": ["sms"]}, {"required": True}])
def test_any_change_makes_another_generation(change: dict[str, object]) -> None:
    row: dict[str, object] = {"title": "One", "channels": ["email"]}

    assert catalogue(service__a=row).generation != catalogue(service__a=row | change).generation


class TestReplacing:
    """A purpose may move; what was recorded under its old path goes on working."""

    old = Catalogue.from_table(
        {"marketing/offers": {"channels": ["email"]}, "marketing/partners/*": {"channels": ["email"]}}
    )
    new = Catalogue.from_table(
        {
            "marketing/promotions": {"channels": ["email"], "replaces": ["marketing/offers", "promo/all"]},
            "marketing/affiliates/*": {"channels": ["email"], "replaces": ["marketing/partners/*"]},
        }
    )

    @pytest.mark.parametrize("path", ["marketing/offers", "promo/all", "marketing/promotions"])
    def test_old_paths_find_the_new_leaf(self, path: str) -> None:
        assert self.new.find(path).path == "marketing/promotions"
        assert self.new.node(path) == "marketing/promotions"

    def test_a_leaf_knows_all_its_paths(self) -> None:
        assert self.new.find("marketing/offers").paths == (
            "marketing/promotions",
            "marketing/offers",
            "promo/all",
        )

    def test_a_wildcard_carries_the_name_over(self) -> None:
        acme = self.new.find("marketing/partners/acme")

        assert acme.paths == ("marketing/affiliates/acme", "marketing/partners/acme")
        assert self.new.node("marketing/partners/acme") == "marketing/affiliates/acme"

    def test_nothing_is_missing(self) -> None:
        assert self.new.missing_from(self.old) == []

    def test_what_was_dropped_is_missing(self) -> None:
        """Also what the old catalogue itself replaced: its stops are still in the store."""
        assert self.old.missing_from(self.new) == [
            "marketing/affiliates/*",
            "marketing/promotions",
            "promo/all",
        ]

    def test_a_leaf_that_became_a_group_is_missing(self) -> None:
        grown = Catalogue.from_table(
            {
                "marketing/offers/weekly": {"channels": ["email"]},
                "marketing/partners/*": {"channels": ["email"]},
            }
        )

        assert grown.missing_from(self.old) == ["marketing/offers"]

    def test_a_named_partner_is_covered_by_the_wildcard(self) -> None:
        named = Catalogue.from_table({"marketing/partners/acme": {"channels": ["email"]}})

        assert self.old.missing_from(named) == []
        assert named.missing_from(self.old) == ["marketing/offers", "marketing/partners/*"]

    def test_all_names_below_a_node(self) -> None:
        assert set(self.new.names_below("marketing")) == {
            "marketing",
            "marketing/offers",
            "promo/all",
            "marketing/partners",
        }
        assert self.new.names_below("marketing/promotions") == (
            "marketing/promotions",
            "marketing/offers",
            "promo/all",
        )

    def test_names_are_all_that_a_link_may_stand_for(self) -> None:
        """A link names its purpose by a tag: old paths, groups, and partners by name must be found."""
        assert self.new.names(["acme"]) == {
            "*",
            "marketing",
            "marketing/affiliates",
            "marketing/promotions",
            "marketing/offers",
            "promo/all",
            "marketing/affiliates/acme",
            "marketing/partners/acme",
        }
