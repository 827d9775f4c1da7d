"""deploy/HTTP.md, made of the application's own OpenAPI document.

python -m tests.documents.http_reference > deploy/HTTP.md
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gateway.http.access import KeyedRoute
from tests.documents.routes import application, named

_HEAD = """# HTTP reference

Made from the gateway's own OpenAPI document (`GET /openapi.json`; `GET /docs` shows the same in a browser) by
`.venv/bin/python -m tests.documents.http_reference > deploy/HTTP.md`. A test fails when it is not current:
change the routes, not this page.

- A key goes into the header: `Authorization: Bearer KEY`. Keys have scopes: `app`, `agent`, and `admin`, which may do
  all that `agent` may.
- Bodies and answers are JSON unless it says otherwise. A field that is not named here is refused.
- Times are RFC 3339: `2026-11-24T18:00:00Z`. Phone numbers begin with `+` and the country code.
- An `Idempotency-Key` header is honoured by every `POST` with a key: the same key with the same body has one effect
  and one answer.
- Errors are problem details (RFC 9457): `type`, `title`, `status`, `detail`, and for a field `errors` with `pointer`
  and `detail`.

## Answers of every call with a key

"""
_COMMON = ("401", "403", "422", "503")
_OURS = {
    "Successful Response": "Done.",
    "Validation Error": "What was sent cannot be used.",
}  # the framework's
_REST = """## Routes that are no API

For people with a browser, for their style, and for trying things out. They are not in the OpenAPI document.

"""
_Schemas = Mapping[str, Any]


def text() -> str:
    """The whole page."""
    app = application()
    document = app.openapi()
    routes = dict(named(app.routes))
    calls = list(_calls(document))
    described = {f"{method} {path}" for method, path, _ in calls}
    sections = [_HEAD + _table(("answer", "meaning"), _common(calls)) + "\n"]
    for tag in dict.fromkeys(call["tags"][0] for _, _, call in calls):
        sections.append(f"## {tag[:1].upper()}{tag[1:]}\n\n")
        for method, path, call in calls:
            if call["tags"][0] == tag:
                route = routes[f"{method} {path}"]
                scopes = sorted(route.scopes) if isinstance(route, KeyedRoute) else []
                sections.append(_call(method, path, call, scopes, document["components"]["schemas"]))
    others = [f"- `{name}`\n" for name in sorted(routes) if name not in described]
    return "".join([*sections, _REST, *others])


def _calls(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, call in methods.items():
            yield method.upper(), path, call


def _common(calls: list[tuple[str, str, Mapping[str, Any]]]) -> Iterator[tuple[str, str]]:
    keyed = next(call for _, _, call in calls if "401" in call["responses"])
    for code in _COMMON:
        yield code, keyed["responses"][code]["description"]


def _sentence(said: str) -> str:
    return said if said.endswith((".", "?")) else f"{said}."


def _call(method: str, path: str, call: Mapping[str, Any], scopes: list[str], schemas: _Schemas) -> str:
    written = f"### {method} {path}\n\n{_sentence(call.get('summary', ''))}\n\n"
    if call.get("description"):
        written += " ".join(call["description"].split()) + "\n\n"
    written += f"Key: {', '.join(f'`{scope}`' for scope in scopes) or 'none'}.\n\n"
    parameters = [_parameter(one, schemas) for one in call.get("parameters", ())]
    if parameters:
        written += _table(("parameter", "in", "needed", "type", "meaning"), parameters) + "\n"
    written += _body(call.get("requestBody", {}), schemas)
    return written + _answers(call["responses"], keyed=bool(scopes))


def _parameter(one: Mapping[str, Any], schemas: _Schemas) -> tuple[str, ...]:
    said = _default(one["schema"], one.get("description", ""))
    needed = "yes" if one.get("required") else "no"
    return f"`{one['name']}`", one["in"], needed, _type(one["schema"], schemas), said


def _body(body: Mapping[str, Any], schemas: _Schemas) -> str:
    written = ""
    for media, content in body.get("content", {}).items():
        fields = list(_fields(content.get("schema", {}), schemas, ""))
        if fields:
            written += _table(("field", "needed", "type", "meaning"), fields) + "\n"
        if "example" in content:
            written += f"Asked with `{media}`:\n\n" + _block(content["example"])
    return written


def _fields(schema: Mapping[str, Any], schemas: _Schemas, prefix: str) -> Iterator[tuple[str, ...]]:
    """Of an object, and of the objects in it."""
    schema = _resolved(schema, schemas)
    for name, field in schema.get("properties", {}).items():
        needed = "yes" if name in schema.get("required", ()) else "no"
        said = _default(field, field.get("description", ""))
        yield f"`{prefix}{name}`", needed, _type(field, schemas), said
        mark = "[]." if "items" in field else "."
        for inner in (field, field.get("items", {}), *field.get("anyOf", ())):
            if "$ref" in inner:
                yield from _fields(inner, schemas, prefix + name + mark)


def _resolved(schema: Mapping[str, Any], schemas: _Schemas) -> Mapping[str, Any]:
    found: Mapping[str, Any] = schema
    if "$ref" in schema:
        found = schemas[schema["$ref"].rpartition("/")[2]]
    return found


def _type(schema: Mapping[str, Any], schemas: _Schemas) -> str:
    schema = _resolved(schema, schemas)
    if "anyOf" in schema:
        return " or ".join(_type(one, schemas) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'], schemas)}{_bounds(schema, 'Items')}"
    kind = str(schema.get("type", "any"))
    return kind + _bounds(schema, "Length") + _bounds(schema, "Properties") + _bounds(schema, "imum")


def _bounds(schema: Mapping[str, Any], of: str) -> str:
    least, most = schema.get(f"min{of}"), schema.get(f"max{of}")
    if most is None:
        return "" if least is None else f" (at least {least:g})"
    return f" (at most {most:g})" if least is None else f" ({least:g} to {most:g})"


def _default(schema: Mapping[str, Any], said: str) -> str:
    told = " ".join(said.split())
    default = schema.get("default")
    return told if default in (None, "") else f"{told} Default: `{json.dumps(default)}`.".strip()


def _answers(responses: Mapping[str, Any], *, keyed: bool) -> str:
    own = {code: said for code, said in responses.items() if not (keyed and code in _COMMON)}
    meanings = [(code, _OURS.get(said["description"], said["description"])) for code, said in own.items()]
    written = _table(("answer", "meaning"), meanings) + "\n"
    for code, said in own.items():
        for media, content in said.get("content", {}).items():
            if "example" in content:
                return written + f"{code} with `{media}`:\n\n" + _block(content["example"])
    return written


def _block(example: Any) -> str:
    shown = example.rstrip("\n") if isinstance(example, str) else json.dumps(example, indent=2)
    return f"```{'' if isinstance(example, str) else 'json'}\n{shown}\n```\n\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    print(text(), end="")
