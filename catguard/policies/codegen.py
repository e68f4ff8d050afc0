"""One Python function for each phase that says at once what nearly every exchange is: nothing to object to.

    def within(request, response, caller):
        try:
            ...                       # shapes, every number in its one form
        except Exception:
            return SHAPES
        ...                           # defaults
        try:
            ...                       # the rules
        except Exception:
            return RULES

    def check(request, response, caller, within=within):
        ...                           # the limits before all that

It returns ALLOWED, or CHANGED where a fact was brought to its one form or filled in, if no assumption of the phase is
broken, and only then. Otherwise it says from which stage on the exchange is to be decided with all the words that a
refusal needs: what it cannot tell, an error of CEL included, the official evaluator tells. It takes values as they are
parsed from JSON: whoever cannot promise that must not ask it. Nothing of a policy stands in the source but names and
constants, as Python writes them itself.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from catguard.policies.arithmetic import OPERATIONS
from catguard.policies.normalform import NormalForm, plain_defaults
from catguard.policies.pinned import Reads, Value
from catguard.policies.translation import MAX_STEPS, Translator, Untranslatable

if TYPE_CHECKING:
    from catguard.policies.model import Boundary, Phase
    from catguard.policies.parts import CompiledPart
    from catguard.policies.rules import CompiledRule, CompiledRules
    from catguard.policies.syntax import Node

#: What a check returns; from ALLOWED on nothing is to be said against the exchange.
CHANGED: Final = 3
ALLOWED: Final = 2
RULES: Final = 1
SHAPES: Final = 0

Check = Callable[[Any, Any, Any], int]

#: How long lists without maxItems may be, by how deep they are iterated over; longer ones are CEL's own.
_UNBOUNDED = (MAX_STEPS, 99, 20)
#: The statement that follows where a fact is changed.
_NOTE = f"found = {CHANGED}"
_BUILTINS = ("Exception", "all", "any", "dict", "enumerate", "float", "int", "len", "list", "str", "sum")
#: All that generated code can name, beside what is its own; a copy for each would be a kilobyte.
_NAMES: Final = {**{name: getattr(builtins, name) for name in _BUILTINS}, **OPERATIONS}


@dataclass(frozen=True, slots=True)
class Generated:
    """A check with its source; `translated` are the ids of the rules in it, the others are asked for by it.

    `within` is what is left of it for a message that is known to be within its limits: bytes, media, a body at all.
    """

    check: Check
    within: Check
    source: str
    translated: frozenset[str]


def _untold(_request: Any, _response: Any, _caller: Any) -> int:
    return SHAPES


def generate(boundary: Boundary, phase: Phase, parts: Mapping[str, CompiledPart], rules: CompiledRules) -> Generated:
    """Return the check of a phase."""
    untold = Generated(_untold, _untold, "", frozenset())
    if boundary.kind == "sql" or not all(part.defaults_fit() for part in parts.values()):
        # Row limits bind both phases, and a default that does not fit its schema is not what that says.
        return untold
    try:
        return _Writer(boundary, phase, parts, rules).generated()
    except (SyntaxError, RecursionError):
        return untold  # arrays in arrays in arrays: Python nests 20 loops


def _tried(lines: list[str], stage: int) -> list[str]:
    """Return statements whose exceptions mean that the exchange is to be decided from a stage on."""
    if not lines:
        return []
    return ["    try:", *(f"        {line}" for line in lines), "    except Exception:", f"        return {stage}"]


@dataclass
class _Writer:
    boundary: Boundary
    phase: Phase
    parts: Mapping[str, CompiledPart]
    rules: CompiledRules
    reads: Reads = field(default_factory=Reads)
    names: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.form = NormalForm(self.reads, outside=f"return {SHAPES}", changed=_NOTE)
        shapes = {"request": self.boundary.request.shapes, "response": self.phase.shapes}
        self.roots = {}
        for name, found in self.rules.facts.fields.items():
            parts = {shape.part: shape.schema for shape in shapes.get(name, ())}
            schemas = ({"properties": parts},) if parts else ()
            self.roots[name] = Value(name, "map", fact=found.type, schemas=schemas, path=(name,))

    def generated(self) -> Generated:
        limits = self.section(self.limits)
        shapes = self.section(self.shapes)
        defaults = self.section(self.defaults)
        translated: list[str] = []
        rules = self.section(lambda: self.decide(translated))
        lines = ["def within(request, response, caller):", f"    found = {ALLOWED}", *_tried(shapes, SHAPES)]
        lines += [*(f"    {line}" for line in defaults), *_tried(rules, RULES), "    return found"]
        # The same code in both would be a kilobyte more; known by its name, and not as a default, it would be a cycle.
        lines += ["def check(request, response, caller, within=within):", *_tried(limits, SHAPES)]
        lines += ["    return within(request, response, caller)"]
        source = "\n".join(lines) + "\n"
        names: dict[str, Any] = {"__builtins__": _NAMES, **self.names}
        exec(compile(source, f"<{self.boundary.name} {self.phase.phase} {self.phase.status or ''}>", "exec"), names)
        # Not in their own globals: that would be a cycle, and keep old policies until a collection of everything.
        return Generated(names.pop("check"), names.pop("within"), source, frozenset(translated))

    def section(self, write: Callable[[], None]) -> list[str]:
        """Return the lines that are written, those of new reads among them."""
        self.reads.lines = []
        write()
        return self.reads.lines

    def constant(self, name: str, value: Any) -> str:
        """Give the source a name for a value that has no text."""
        unique = f"{name}_{len(self.names)}"
        self.names[unique] = value
        return unique

    def write(self, line: str) -> None:
        self.reads.lines.append(line)

    def refuse(self, condition: str) -> None:
        self.write(f"if {condition}: return {SHAPES}")

    def limits(self) -> None:
        message = self.phase.phase
        if message == "response":
            self.refuse("response.get('bodiless')")
        if "max_bytes" in self.phase.limits:
            self.refuse(f"'bytes' in {message} and {message}['bytes'] > {self.phase.max_bytes}")
        if self.boundary.kind == "http":
            media = frozenset(self.phase.media or (None,))
            first = next(iter(self.phase.media or (None,)))
            allowed = self.constant("media", media)
            if message == "response":
                self.refuse(f"response.get('media', {first!r}) not in {allowed}")
            else:  # the enforcement points see to it; only an exchange that is written down may name it
                self.refuse(f"'media' in request and request['media'] not in {allowed}")
            if "body" not in self.parts and not self.phase.raw and self.phase.media is None:
                self.refuse(f"'body' in {message}")

    def shapes(self) -> None:
        for name, part in self.parts.items():
            self.part(name, part)

    def part(self, name: str, part: CompiledPart) -> None:
        message = self.phase.phase
        if self.phase.stream and name == "body":
            self.refuse("'body' in response")
            return
        local = self.reads.local((message, name), f"{message}[{name!r}]")
        valid = self.constant("valid", part.is_valid)
        empty = name not in ("body", "result") and part.is_valid({})
        self.refuse(f"{local} and not {valid}({local})" if empty else f"not {valid}({local})")
        if look := part.looks():
            self.write(f"{self.constant('look', look)}({local})")
        self.form.write(part.shape.schema, local, (message, name))

    def defaults(self) -> None:
        for name, part in self.parts.items():
            if not part.fills_defaults:
                continue
            local = self.reads.names[(self.phase.phase, name)]
            plain = plain_defaults(part.shape.schema)
            if plain is None:
                self.write(f"{self.constant('normalize', part.normalize)}({local}); {_NOTE}")
            for member, value in (plain or {}).items():
                self.write(f"if {member!r} not in {local}: {local}[{member!r}] = {value!r}; {_NOTE}")

    def decide(self, translated: list[str]) -> None:
        """Write the rules: those that have a Python, and a call for the others."""
        if not self.rules.rules:
            return
        for variable in self.rules.needed:
            found = self.translate(variable.tree, rule=False)
            if found is not None:
                path = ("variables", variable.name)
                name = self.reads.local(path, found.text)
                self.roots[f"variables.{variable.name}"] = replace(found, text=name, steps=0, path=())
        others: list[CompiledRule] = []
        for rule in self.rules.rules:
            found = self.translate(rule.tree, rule=True)
            if found is None:
                others.append(rule)
            else:
                translated.append(rule.rule.assumption.id)
                self.write(f"if not {found.text}: return {RULES}")
        if others:
            run = self.constant("others", self.rules.only(others).run)
            facts = ", ".join(f"{name!r}: {name}" for name in self.rules.facts.fields)
            self.write(f"if {run}({{{facts}}}): return {RULES}")

    def translate(self, tree: Node, *, rule: bool) -> Value | None:
        """Return a tree as Python, with the reads that it needs written; None where it has none."""
        names, lines = dict(self.reads.names), list(self.reads.lines)
        for unbounded in _UNBOUNDED:
            translator = Translator(self.roots, self.reads, unbounded=unbounded)
            try:
                return translator.rule(tree) if rule else translator.expression(tree)
            except Untranslatable:
                self.reads.names, self.reads.lines = dict(names), list(lines)
        return None
