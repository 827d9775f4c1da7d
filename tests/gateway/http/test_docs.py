"""The API's description: complete, with examples that hold, without anything from elsewhere."""

from tests.gateway.http.world import World


async def test_every_call_is_described_with_examples(world: World) -> None:
    document = (await world.client.get("/openapi.json")).json()

    for path, methods in document["paths"].items():
        for method, call in methods.items():
            assert call["summary"], (method, path)
            if not path.startswith("/v1/"):
                continue
            answers = call["responses"].values()
            examples = [
                media
                for answer in answers
                for media in answer.get("content", {}).values()
                if "example" in media
            ]
            assert examples, (method, path)
            if method == "post":
                assert "example" in call["requestBody"]["content"]["application/json"], path


async def test_the_examples_of_bodies_are_accepted(world: World) -> None:
    document = (await world.client.get("/openapi.json")).json()
    await world.advance_to("2026-11-25T00:00:00Z")

    for path in ("/v1/decisions", "/v1/suppressions", "/v1/consents"):
        body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["example"]
        answer = await world.post(path, body)
        assert answer.status_code in {200, 201}, (path, answer.text)


async def test_the_page_lists_every_call_and_loads_nothing_from_elsewhere(world: World) -> None:
    page = await world.client.get("/docs")
    document = (await world.client.get("/openapi.json")).json()

    assert page.status_code == 200
    for path in document["paths"]:
        assert path in page.text
    assert "<script" not in page.text
    assert "https://" not in page.text
    assert "unsafe" not in page.headers["content-security-policy"]


async def test_the_style_sheet_is_served_under_the_name_that_pages_use(world: World) -> None:
    page = await world.client.get("/docs")
    path = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    css = await world.client.get(path)

    assert css.status_code == 200
    assert css.headers["content-type"].startswith("text/css")
    assert "immutable" in css.headers["cache-control"]
