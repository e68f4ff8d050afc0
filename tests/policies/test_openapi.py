import re
from typing import Any

import pytest

from catguard.policies.openapi import openapi
from tests.loading import load_text

POLICY = """
catguard: 1
system: cats
owners: {shop: {team: Shop, contact: "#shop"}}
components:
  shop:
    owner: shop
    about: Sells.
    health: {}
    inbound:
      list:
        http: GET /v1/toys
        about: Lists toys.
        from: public
        request:
          query:
            required: [kind]
            properties:
              kind: {enum: [ball, mouse], description: what cats like}
              limit: {type: integer, minimum: 1, maximum: 9, default: 5, description: a page}
              note: {type: string, maxLength: 9}
              code: {type: string, pattern: "^[a-z]+$", maxLength: 9}
          headers:
            properties:
              if-none-match: {type: string, maxLength: 9}
              if-match: {type: array, maxItems: 3, items: {type: string, maxLength: 9}}
              accept: {type: string, maxLength: 9}
          assume: {few-mice: {rule: "request.query.kind != 'mouse' || request.query.limit < 3", why: mice are rare}}
        response:
          200:
            media: [application/json]
            headers: {required: [etag], properties: {etag: {type: string, maxLength: 9}}}
            body: {type: object, additionalProperties: false, properties: {toys: {type: array, maxItems: 9, items: {type: string, maxLength: 9}}}}
          304: {}
      find:
        http: GET /v1/find
        about: Finds a toy.
        from: public
        request:
          query:
            properties: {name: {type: string, maxLength: 9}, id: {type: integer, minimum: 1, maximum: 9}}
            oneOf: [{required: [name]}, {required: [id]}]
        response: {200: {media: [image/png]}}
        examples: {by-name: {request: {query: {name: mouse}}}}
      page:
        http: GET /
        about: The page.
        from: public
        response: {200: {media: [text/html]}, 422: {media: [text/html]}}
      buy:
        http: POST /v1/toys/{id}
        about: Buys a toy.
        from: public
        request:
          params: {properties: {id: {type: integer, minimum: 1, maximum: 9}}}
          body: {type: object, additionalProperties: false, required: [paid], properties: {paid: {type: number, minimum: 0, maximum: 9}}}
        response: {201: {}, 4XX: {}}
        examples: {a-ball: {request: {params: {id: 3}, body: {paid: 2.5}}}}
      wrap: {call: wrap, about: Wraps.}
"""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi(load_text(POLICY), "shop")


def test_every_http_boundary_is_an_operation_and_no_other(document: dict[str, Any]) -> None:
    operations = {
        f"{method} {path}": operation["operationId"]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert operations == {
        "get /v1/toys": "list",
        "get /v1/find": "find",
        "get /": "page",
        "post /v1/toys/{id}": "buy",
        "get /healthz": "healthz",
        "get /readyz": "readyz",
    }


def test_parameters_have_place_need_and_schema(document: dict[str, Any]) -> None:
    parameters = {found["name"]: found for found in document["paths"]["/v1/toys"]["get"]["parameters"]}
    assert {name: (found["in"], found["required"]) for name, found in parameters.items()} == {
        "kind": ("query", True),
        "limit": ("query", False),
        "note": ("query", False),
        "code": ("query", False),
        "if-none-match": ("header", False),
        "if-match": ("header", False),
    }
    assert parameters["limit"]["schema"]["maximum"] == 9
    assert parameters["limit"]["allowEmptyValue"] is True, "an empty value is absent"
    assert "allowEmptyValue" not in parameters["kind"]
    assert parameters["limit"]["description"] == "a page"
    (identity,) = document["paths"]["/v1/toys/{id}"]["post"]["parameters"]
    assert (identity["in"], identity["required"]) == ("path", True)


def test_header_of_several_lines_is_told_as_one_of_them(document: dict[str, Any]) -> None:
    told = next(each for each in document["paths"]["/v1/toys"]["get"]["parameters"] if each["name"] == "if-match")
    assert told["schema"] == {"type": "string", "maxLength": 9}


def test_record_with_ties_between_parameters_is_one_exploded_object(document: dict[str, Any]) -> None:
    (query,) = document["paths"]["/v1/find"]["get"]["parameters"]
    assert (query["in"], query["style"], query["explode"]) == ("query", "form", True)
    assert query["schema"]["type"] == "object"
    assert "oneOf" in query["schema"]


def test_text_in_the_target_has_no_nul(document: dict[str, Any]) -> None:
    (query,) = document["paths"]["/v1/find"]["get"]["parameters"]
    pattern = query["schema"]["properties"]["name"]["pattern"]
    assert re.search(pattern, "a\nb")
    assert not re.search(pattern, "a\0b")
    parameters = {found["name"]: found["schema"] for found in document["paths"]["/v1/toys"]["get"]["parameters"]}
    assert parameters["note"]["pattern"] == pattern
    assert parameters["code"]["pattern"] == "^[a-z]+$", "what has a pattern keeps it"
    assert "pattern" not in parameters["if-none-match"]


def test_examples_are_those_of_the_policy(document: dict[str, Any]) -> None:
    buy = document["paths"]["/v1/toys/{id}"]["post"]
    assert buy["parameters"][0]["examples"] == {"a-ball": {"value": 3}}
    assert buy["requestBody"]["content"]["application/json"]["examples"] == {"a-ball": {"value": {"paid": 2.5}}}
    (query,) = document["paths"]["/v1/find"]["get"]["parameters"]
    assert query["examples"] == {"by-name": {"value": {"name": "mouse"}}}
    assert all("examples" not in found for found in document["paths"]["/v1/toys"]["get"]["parameters"])


def test_rules_stand_in_the_description_with_their_reasons(document: dict[str, Any]) -> None:
    assert "mice are rare" in document["paths"]["/v1/toys"]["get"]["description"]


def test_body_is_required_json(document: dict[str, Any]) -> None:
    body = document["paths"]["/v1/toys/{id}"]["post"]["requestBody"]
    assert body["required"] is True
    assert body["content"]["application/json"]["schema"]["required"] == ["paid"]
    assert "requestBody" not in document["paths"]["/v1/toys"]["get"]


def test_responses_are_those_of_the_policy(document: dict[str, Any]) -> None:
    responses = document["paths"]["/v1/toys"]["get"]["responses"]
    assert list(responses) == ["200", "304", "default"]
    assert responses["200"]["headers"]["etag"]["required"] is True
    assert responses["200"]["content"]["application/json"]["schema"]["additionalProperties"] is False
    assert "content" not in responses["304"]
    assert document["paths"]["/v1/find"]["get"]["responses"]["200"]["content"] == {"image/png": {"schema": {}}}


def test_refusals_are_problem_documents_with_any_status(document: dict[str, Any]) -> None:
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    buy = document["paths"]["/v1/toys/{id}"]["post"]["responses"]
    assert buy["4XX"]["content"] == {"application/problem+json": problem}
    assert buy["default"]["content"] == {"application/problem+json": problem}
    page = document["paths"]["/"]["get"]["responses"]
    assert set(page["422"]["content"]) == {"text/html", "application/problem+json"}
    assert set(page["default"]["content"]) == {"text/html", "application/problem+json"}
    assert document["components"]["schemas"]["Problem"]["type"] == "object"


def test_unknown_component_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        openapi(load_text(POLICY), "nosuch")
