"""What authors get wrong: a small policy of two files, and typical mistakes in it, each a change of one text."""

from __future__ import annotations

from pathlib import Path

#: The policy, and the file that it includes.
MAIN, TEAM = "bakery.yaml", "team/oven.yaml"
TEXTS = {
    MAIN: """\
catguard: 1
system: bakery
include: [team/oven.yaml]
owners:
  till: {team: Till, contact: "#till"}
defaults: {outbound: {action: deny}}
shapes:
  Order:
    type: object
    additionalProperties: false
    required: [kind, count]
    properties:
      kind: {enum: [rye, wheat], description: the oven knows no other dough}
      count: {type: integer, minimum: 1, maximum: 40, description: forty fill the oven}
      name: {type: string, maxLength: 40, pattern: "^[a-z]+$", description: it is printed on the bag}
components:
  till:
    owner: till
    about: Sells bread.
    inbound:
      order:
        http: POST /orders/{id}
        from: public
        request:
          params: {properties: {id: {type: string, maxLength: 8, description: a receipt has eight letters}}}
          max_bytes: {limit: 4Ki, why: an order is a line}
          body: {$ref: "#/shapes/Order"}
          assume:
            by-the-half-dozen: {rule: request.body.count % 6 == 0, why: trays have six places}
        response:
          200: {media: [application/json]}
        examples:
          six: {request: {params: {id: a1}, body: {kind: rye, count: 6}}, response: {status: 200}}
    outbound:
      bake: {to: oven.bake, request: {body: {$ref: "#/shapes/Order"}}, response: {200: {media: [application/json]}}}
      count-loaves: {to: external, sql: SELECT loaves, response: {max_rows: {limit: 10, why: a page shows ten}}}
waivers:
  - {boundary: till.inbound.order, assumption: by-the-half-dozen, owner: till, why: the old tray has five, expires: 2027-01-31}
""",
    TEAM: """\
catguard: 1
owners:
  oven: {team: Oven, contact: "#oven"}
shapes:
  Loaves: {type: array, maxItems: 40, items: {type: string, maxLength: 20}, description: forty fill the oven}
components:
  oven:
    owner: oven
    about: Bakes bread.
    inbound:
      bake:
        http: POST /bake
        from: [till]
        request: {body: {$ref: "../bakery.yaml#/shapes/Order"}}
        response: {200: {media: [application/json], body: {$ref: "#/shapes/Loaves"}}}
""",
}

#: By name: the file, what stands there, and what the author writes in its place.
MISTAKES: dict[str, tuple[str, str, str]] = {
    "key of the file": (MAIN, "owners:", "ownrs:"),
    "key of the included file": (TEAM, "shapes:", "shpes:"),
    "components of the included file": (TEAM, "components:", "component:"),
    "key of a component": (MAIN, "    about: Sells", "    abuot: Sells"),
    "side of a component": (MAIN, "    inbound:", "    inbond:"),
    "key of a boundary": (MAIN, "        from: public", "        form: public"),
    "key of a request": (MAIN, "          params:", "          prams:"),
    "key of a response": (
        MAIN,
        "200: {media: [application/json]}\n        examples",
        "200: {meda: [application/json]}\n        examples",
    ),
    "status": (MAIN, "          200: {media", "          2000: {media"),
    "key of an assumption": (MAIN, "why: trays", "because: trays"),
    "key of a limit": (MAIN, "why: an order", "wy: an order"),
    "keyword of a shape": (MAIN, "maximum: 40", "maxmum: 40"),
    "keyword of JSON Schema for another type": (MAIN, "maxLength: 40", "maxLenght: 40"),
    "keyword of JSON Schema that is not checked": (MAIN, "maximum: 40", "format: int32"),
    "keyword of OpenAPI": (MAIN, "maximum: 40", "nullable: true"),
    "key of an owner": (MAIN, "contact:", "contct:"),
    "key of a waiver": (MAIN, "assumption: by", "asumption: by"),
    "key of an example": (MAIN, "response: {status", "respnse: {status"),
    "type of a number": (MAIN, "maximum: 40", 'maximum: "40"'),
    "type of a list": (MAIN, "[kind, count]", "kind"),
    "type of a section": (MAIN, "components:\n  till:\n    owner: till", "components:\n  - till:\n    owner: till"),
    "component as text": (MAIN, "    about: Sells bread.", "    about: [Sells bread.]"),
    "name of a type": (MAIN, "type: integer", "type: int"),
    "size": (MAIN, "limit: 4Ki", "limit: 4KB"),
    "default": (MAIN, "outbound: {action: deny}", "outbound: {action: no}"),
    "action": (MAIN, "why: trays have six places}", "why: trays have six places, action: block}"),
    "owner nobody knows": (MAIN, "    owner: till", "    owner: tlil"),
    "shape nobody knows": (
        MAIN,
        '{$ref: "#/shapes/Order"}\n          assume',
        '{$ref: "#/shapes/Ordr"}\n          assume',
    ),
    "file of a shape nobody knows": (TEAM, "../bakery.yaml#/shapes/Order", "../bakry.yaml#/shapes/Order"),
    "caller nobody knows": (TEAM, "from: [till]", "from: [tlil]"),
    "edge to a boundary that there is not": (MAIN, "to: oven.bake", "to: oven.bakes"),
    "edge to a component that there is not": (MAIN, "to: oven.bake", "to: ovn.bake"),
    "call that the callee does not take": (TEAM, "from: [till]", "from: [probe]"),
    "included file that there is not": (MAIN, "[team/oven.yaml]", "[team/oven.yaml, team/till.yaml]"),
    "included file outside": (MAIN, "[team/oven.yaml]", "[team/oven.yaml, ../till.yaml]"),
    "cycle of includes": (TEAM, "catguard: 1\n", "catguard: 1\ninclude: [../bakery.yaml]\n"),
    "include as text": (MAIN, "include: [team/oven.yaml]", "include: team/oven.yaml"),
    "component of another file": (TEAM, "components:\n", "components:\n  till: {owner: oven, about: Sells.}\n"),
    "system of another name": (TEAM, "catguard: 1\n", "catguard: 1\nsystem: brewery\n"),
    "regular expression": (MAIN, '"^[a-z]+$"', '"^[a-z+$"'),
    "regular expression with look-ahead": (MAIN, '"^[a-z]+$"', '"^(?!rye)[a-z]+$"'),
    "rule that is no CEL": (MAIN, "count % 6 == 0", "count % 6 = 0"),
    "rule with a name nobody knows": (MAIN, "request.body.count", "request.body.cuont"),
    "rule with a variable nobody knows": (MAIN, "request.body.count", "body.count"),
    "rule that compares types": (MAIN, "% 6 == 0", "% 6 == 'none'"),
    "rule that is no question": (MAIN, "count % 6 == 0", "count % 6"),
    "rule about what may be absent": (MAIN, "request.body.count % 6 == 0", "request.body.name != ''"),
    "word outside of an enum": (MAIN, "request.body.count % 6 == 0", "request.body.kind != 'ryee'"),
    "path parameter without a shape": (MAIN, "/orders/{id}", "/orders/{id}/{part}"),
    "http without a method": (MAIN, "http: POST /orders/{id}", "http: /orders/{id}"),
    "sql that is none": (MAIN, "sql: SELECT loaves", "sql: FETCH loaves"),
    "boundary written twice": (
        MAIN,
        "    outbound:\n",
        "      order: {http: GET /orders, from: public}\n    outbound:\n",
    ),
    "boundary that matches the same": (
        MAIN,
        "    outbound:\n",
        '      again: {http: "POST /orders/{id}", from: public, request: {params: {properties: {id: {type: string, maxLength: 8}}}}, response: {200: {}}}\n    outbound:\n',
    ),
    "waiver of a boundary that there is not": (MAIN, "boundary: till.inbound.order", "boundary: till.inbound.ordr"),
    "waiver of a malformed boundary": (MAIN, "boundary: till.inbound.order", "boundary: till-inbound-order"),
    "waiver at a boundary that is malformed": (
        MAIN,
        "        from: public",
        "        from: public\n        action: block",
    ),
    "waiver of an assumption that there is not": (MAIN, "assumption: by-the-half-dozen", "assumption: by-the-dozen"),
    "waiver on a day that there is not": (MAIN, "2027-01-31", "2027-02-31"),
    "waiver on a day written otherwise": (MAIN, "2027-01-31", "31.01.2027"),
    "waiver of another file": (
        TEAM,
        "shapes:",
        "waivers: [{boundary: till.inbound.order, assumption: body/count/maximum, owner: oven, why: so, expires: 2027-01-31}]\nshapes:",
    ),
    "id that is not in kebab-case": (MAIN, "by-the-half-dozen: {rule", "byTheHalfDozen: {rule"),
    "example that lacks a part": (MAIN, "{kind: rye, count: 6}}", "{kind: rye, count: 6}, bdy: 1}"),
    "tab": (MAIN, "    about: Sells", "\tabout: Sells"),
    "unbalanced quote": (MAIN, 'contact: "#till"', 'contact: "#till'),
    "unbalanced bracket": (MAIN, "required: [kind, count]", "required: [kind, count"),
    "colon in a text": (MAIN, "about: Sells bread.", "about: Sells: bread."),
    "missing space": (MAIN, "    about: Sells", "    about:Sells"),
    "wrong indentation": (MAIN, "    about: Sells", "     about: Sells"),
    "comment in place of a value": (MAIN, '"#till"', "#till"),
    "key written twice": (MAIN, "maximum: 40", "maximum: 40, maximum: 50"),
    "Cyrillic letter": (MAIN, "    about: Sells", "    \u0430bout: Sells"),
    "wrong version": (MAIN, "catguard: 1", "catguard: 2"),
    "version as text": (MAIN, "catguard: 1", 'catguard: "1"'),
    "version of the included file": (TEAM, "catguard: 1", "catguard: 1.0.0"),
    "quote in another line": (MAIN, "about: Sells bread.", 'about: "Sells bread.'),
    "empty file": (MAIN, TEXTS[MAIN], ""),
    "empty included file": (TEAM, TEXTS[TEAM], ""),
    "comment alone": (MAIN, TEXTS[MAIN], "# later\n"),
    "list": (MAIN, TEXTS[MAIN], "- catguard: 1\n"),
    "text": (MAIN, TEXTS[MAIN], "bread\n"),
    "picture": (MAIN, TEXTS[MAIN], "\x89PNG\r\n\x1a\n\x00\x00"),
    "several documents": (MAIN, "catguard: 1\n", "catguard: 1\n---\n"),
}


def write(folder: Path, name: str | None = None) -> Path:
    """Write both files into a folder, with a mistake; returns the policy."""
    texts = dict(TEXTS)
    if name is not None:
        file, old, new = MISTAKES[name]
        assert texts[file].count(old) == 1, name
        texts[file] = texts[file].replace(old, new)
    for file, text in texts.items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_bytes(text.encode("latin-1" if text.startswith("\x89") else "utf-8"))
    return folder / MAIN
