"""The catalogue of the linter: each rule with its id, what it is about, what to avoid and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from catguard.analysis.findings import Level


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule of the linter.

    `title` says it in a line, `why` what goes wrong otherwise; `avoid` and `prefer` are pieces of policy. `level` is
    None where no policy loads that breaks the rule: it is no finding but a fault, and cannot be switched off.
    """

    id: str
    level: Level | None
    title: str
    why: str
    avoid: str
    prefer: str

    @property
    def switchable(self) -> bool:
        """Whether a policy can switch it off, for a reason."""
        return self.level is not None


_ENTRIES = (
    Entry(
        "unbounded",
        "error",
        "a string, list or object that comes in has no bound",
        "Whatever reads it pays for its size: memory, time, columns, log lines. Only its author knows what is enough.",
        'name: {type: string}\ntags: {type: array, items: {$ref: "#/shapes/Tag"}}',
        "name: {type: string, maxLength: 80, description: the column has 80}\n"
        'tags: {type: array, maxItems: 16, items: {$ref: "#/shapes/Tag"}, description: a card shows 16}',
    ),
    Entry(
        "without-reason",
        "warning",
        "an assumption does not say why",
        "Whoever is refused by it cannot tell whether to change the call or the assumption, and nobody dares lift it.",
        "max_bytes: 16Ki\nwidth: {type: integer, maximum: 4096}",
        "max_bytes: {limit: 16Ki, why: a recipe has 200 bytes}\n"
        "width: {type: integer, maximum: 4096, description: nobody has a wider screen}",
    ),
    Entry(
        "rule-always-true",
        "error",
        "a rule, or a keyword of a shape, can never fail",
        "It looks like a check and is none: the shapes, or the rule itself, leave nothing that it could refuse. Proved "
        "from the bounds and types in the shapes; nothing is said where that is not certain.",
        "name: {type: string, maximum: 80}\nwidth: {type: integer, minimum: 1, maximum: 4096}\n"
        "assume: {narrow: {rule: request.body.width <= 5000, why: ...}}",
        "assume: {narrow: {rule: request.body.width <= 2 * request.body.height, why: ...}}   # or leave the rule out",
    ),
    Entry(
        "rule-always-false",
        "error",
        "a rule can never pass",
        "Every exchange that comes as far as this rule is refused. Proved from the bounds in the shapes.",
        "count: {type: integer, minimum: 1, maximum: 12}\nassume: {many: {rule: request.body.count > 12, why: ...}}",
        "assume: {many: {rule: request.body.count > 2, why: ...}}",
    ),
    Entry(
        "contradiction",
        "error",
        "assumptions contradict each other",
        "No value fits them all, so that everything is refused, and each refusal blames one of them. Of shapes bounds, "
        "types, listed values, required members, counts, branches and defaults are held against each other.",
        'count: {type: integer, minimum: 12, maximum: 1}\ncode: {enum: [A, B], pattern: "^[a-z]$"}',
        "count: {type: integer, minimum: 1, maximum: 12}\ncode: {enum: [a, b]}",
    ),
    Entry(
        "duplicate",
        "warning",
        "an assumption says what another one says already",
        "A refusal names both, and the next change reaches only one of them.",
        "assume:\n  small: {rule: request.body.width <= 400, why: ...}\n"
        "  tiny: {rule: request.body.width < 401, why: ...}",
        "assume:\n  small: {rule: request.body.width <= 400, why: ...}",
    ),
    Entry(
        "backtracking-pattern",
        "warning",
        "a pattern takes engines that backtrack more than linear time",
        "catguard matches in linear time, but shapes are published: a browser, a gateway or a generated model that "
        "runs the same pattern can be stopped by one text of thirty characters.",
        'pattern: "^([a-z]+)*$"',
        'pattern: "^[a-z]*$"',
    ),
    Entry(
        "without-example",
        "warning",
        "a boundary has no example of an exchange that it lets through",
        "An example is the shortest documentation, and the proof that the policy lets through what it is for.",
        "render: {http: POST /render, ...}",
        "render:\n  http: POST /render\n  examples:\n"
        "    three-cats: {request: {body: {count: 3}}, response: {status: 200}}",
    ),
    Entry(
        "never-accepts",
        "warning",
        "no example that is let through reaches this rule",
        "It was never seen to hold: a rule over a response needs an example with a response of that status.",
        "examples:\n  three-cats: {request: {body: {count: 3}}}",
        "examples:\n  three-cats: {request: {body: {count: 3}}, response: {status: 200, body: {cats: 3}}}",
    ),
    Entry(
        "never-refuses",
        "warning",
        "no example is refused by this rule alone",
        "A rule that nobody has seen refuse may be one that cannot.",
        "assume: {even: {rule: request.body.count % 2 == 0, why: pairs}}",
        "examples:\n  pairs:\n    request: {body: {count: 2}}\n    refuse: [{by: even, request: {body: {count: 3}}}]",
    ),
    Entry(
        "unused-shape",
        "warning",
        "no boundary uses the shape",
        "Whoever changes it believes that something changes.",
        "shapes: {Old: {type: string, maxLength: 8}}",
        "# leave it out",
    ),
    Entry(
        "hidden-characters",
        "error",
        "a character that cannot be seen",
        "A policy with bidirectional controls or characters without a width reads differently to its reviewer and to "
        "its machine (CVE-2021-42574).",
        "role: {enum: [admin<U+200B>, user]}",
        'role: {enum: [admin, user]}   # where one is meant, write its escape: "\\u200b"',
    ),
    Entry(
        "confusable-characters",
        "error",
        "a word with letters that look like others",
        "Two names that nobody can tell apart: one of them is never matched.",
        "role: {enum: [\u0430dmin, user]}   # the first letter is Cyrillic",
        "role: {enum: [admin, user]}",
    ),
    Entry(
        "yaml-surprise",
        "warning",
        "a value without quotes that other readers of YAML take for something else",
        "catguard reads YAML 1.2. Editors, linters and generators often read YAML 1.1, where no is false, 010 is 8 and "
        "1_000 is a number.",
        "answer: {enum: [yes, no]}\nmaximum: 1e3",
        'answer: {enum: ["yes", "no"]}\nmaximum: 1000',
    ),
    Entry(
        "waiver-expired",
        "error",
        "a waiver's last day is over",
        "The assumption denies again.",
        "waivers: [{..., expires: 2020-01-31}]",
        "# keep to the assumption, or agree with its owner on another day",
    ),
    Entry(
        "waiver-expires-soon",
        "warning",
        "a waiver ends within 14 days",
        "What it is for is refused from then on.",
        "waivers: [{..., expires: the day after tomorrow}]",
        "# mend what it is for",
    ),
    Entry(
        "waiver-unused",
        "warning",
        "nothing shows what a waiver is for",
        "An exception that nobody needs is a hole.",
        "waivers: [{boundary: store.inbound.find, assumption: few, ...}]   # and no example that breaks it",
        "# add an example that it lets through, or remove it",
    ),
    Entry(
        "unused-switch",
        "warning",
        "a rule of the linter is switched off, and finds nothing there",
        "The reason no longer holds, and the next real finding is hidden.",
        "lint: {unbounded: {off: the old client sends whole books}}   # and everything is bounded",
        "# remove the switch",
    ),
    Entry(
        "duplicate-key",
        None,
        "a key is written twice",
        "Readers of YAML take the first, the last, or none.",
        "maximum: 12\nmaximum: 24",
        "maximum: 24",
    ),
    Entry(
        "merge-key",
        None,
        "a merge key (<<) brings entries from elsewhere",
        "They have no place of their own, so that no fault and no refusal could say where they are written.",
        "find: {<<: *usual, to: store.find}",
        'body: {$ref: "#/shapes/Usual"}',
    ),
    Entry(
        "pattern-not-linear",
        None,
        "a pattern has look-around or back-references",
        "They have no linear-time engine; one text could stop a worker.",
        'pattern: "^(?!admin).*$"',
        'pattern: "^[a-z]+$"\nnot: {const: admin}',
    ),
    Entry(
        "rule-too-expensive",
        None,
        "a rule costs too much on the largest exchange that the shapes let in",
        "`catguard explain` shows what each rule costs; the fault says which bound to add, and where.",
        "tags: {type: array, items: {type: string, maxLength: 20}}\n"
        'assume: {apart: {rule: "request.body.tags.all(tag, ...)", why: ...}}',
        "tags: {type: array, maxItems: 16, items: {type: string, maxLength: 20}, description: a card shows 16}",
    ),
    Entry(
        "undeclared-openness",
        None,
        "an object that comes in does not say whether it is open",
        "A mistyped optional member would pass unseen.",
        "body: {type: object, properties: {count: {...}}}",
        "body: {type: object, additionalProperties: false, properties: {count: {...}}}",
    ),
)
#: Every rule by its id, in the order in which they are shown.
CATALOGUE: Mapping[str, Entry] = MappingProxyType({entry.id: entry for entry in _ENTRIES})
