"""A referee between connector and face: it passes on what was asked and nothing else."""

import json
import re
from typing import Any

import httpx
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)


def only_what_was_asked(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    """The same answer without anything that the request did not name; answers that are none of data pass."""
    if response.status_code != 200:
        return response
    path, body = request.url.path, response.json()
    if path.endswith("/graphql.json"):
        if "data" in body:
            body["data"] = _graphql(json.loads(request.content)["query"], body["data"])
    elif path.endswith(":searchStream"):
        asked = _gaql(json.loads(request.content)["query"])
        for chunk in body:
            chunk["results"] = [_paths(row, asked) for row in chunk.get("results", [])]
    elif path.endswith(":runReport"):
        body = _report(json.loads(request.content), body)
    elif "fields" in request.url.params:
        fields = dict(re.findall(r"(\w+)(?:\{([\w,]*)\})?", request.url.params["fields"]))
        if "data" in body:
            body["data"] = [_keys(row, fields) for row in body["data"]]
        else:
            body = _keys(body, fields)
    return httpx.Response(200, json=body, headers={"content-type": "application/json", **_shown(response)})


def _shown(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name.startswith("x-")}


def _keys(row: dict[str, Any], fields: dict[str, str]) -> dict[str, Any]:
    """The fields named; of an object the ones named within braces."""
    return {
        key: {name: value[name] for name in fields[key].split(",")} if fields[key] else value
        for key, value in row.items()
        if key in fields
    }


def _graphql(query: str, data: Any) -> Any:
    document = parse(query)
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    [operation] = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]

    def selected(selections: SelectionSetNode) -> dict[str, FieldNode]:
        found: dict[str, FieldNode] = {}
        for one in selections.selections:
            if isinstance(one, FieldNode):
                found[(one.alias or one.name).value] = one
            elif isinstance(one, FragmentSpreadNode):
                found |= selected(fragments[one.name.value].selection_set)
            elif isinstance(one, InlineFragmentNode):
                found |= selected(one.selection_set)
        return found

    def project(value: Any, selections: SelectionSetNode | None) -> Any:
        if isinstance(value, list):
            return [project(one, selections) for one in value]
        if not isinstance(value, dict) or selections is None:
            return value
        fields = selected(selections)
        return {key: project(inner, fields[key].selection_set) for key, inner in value.items() if key in fields}

    return project(data, operation.selection_set)


def _gaql(query: str) -> set[tuple[str, ...]]:
    listed = re.search(r"SELECT(.+?)FROM", query, re.DOTALL | re.IGNORECASE)
    assert listed
    return {tuple(_camel(part) for part in path.strip().split(".")) for path in listed[1].split(",")}


def _camel(word: str) -> str:
    first, *rest = word.split("_")
    return first + "".join(one.capitalize() for one in rest)


def _paths(row: dict[str, Any], asked: set[tuple[str, ...]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in asked:
        value: Any = row
        for part in path:
            value = value.get(part) if isinstance(value, dict) else None
        if value is not None:
            place = found
            for part in path[:-1]:
                place = place.setdefault(part, {})
            place[path[-1]] = value
    return found


def _report(asked: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """Columns of a GA4 report by the names asked for, in that order."""
    for kind in ("dimension", "metric"):
        names = [one["name"] for one in asked[f"{kind}s"]]
        have = [one["name"] for one in body.get(f"{kind}Headers", [])]
        places = [have.index(name) for name in names]
        body[f"{kind}Headers"] = [body[f"{kind}Headers"][place] for place in places]
        for row in body.get("rows", []):
            row[f"{kind}Values"] = [row[f"{kind}Values"][place] for place in places]
    return body
