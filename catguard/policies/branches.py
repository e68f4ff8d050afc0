"""Values in their one form where the value itself tells which schema holds: branches, patterns of names, tuples.

What is said here is said before `values.normalizer`: where that speaks of the same value too, it has the last word, for
the types of facts are made of what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from catguard.policies.values import Normalize, in_turn, normalizer

#: Returns what tells whether a value fits a schema.
Validating: TypeAlias = Callable[[Mapping[str, Any]], Callable[[Any], bool]]


@dataclass(frozen=True, slots=True)
class BranchForm:
    """Makes the functions that bring values to the form of the branch that they fit.

    Args:
        validating: makes what tells whether a value fits.
        looking: whether nothing is changed, and `NotInForm` raised instead.
    """

    validating: Validating
    looking: bool = False

    def of(self, schema: Any) -> Normalize | None:
        """Return what brings a value that fits a schema to the form that its branches say, None for nothing to do."""
        if not isinstance(schema, dict):
            return None
        steps: list[Normalize | None] = [self.of(inner) for inner in schema.get("allOf", ())]
        steps += [self._any(schema[keyword]) for keyword in ("anyOf", "oneOf") if keyword in schema]
        if "if" in schema:
            then, otherwise = self._whole(schema.get("then")), self._whole(schema.get("else"))
            steps.append(self._where(schema["if"], then, otherwise))
        for name, inner in schema.get("dependentSchemas", {}).items():
            steps.append(self._where({"type": "object", "required": [name]}, self._whole(inner)))
        steps.append(self._members(schema))
        steps.append(self._items(schema))
        return in_turn(steps)

    def _whole(self, schema: Any) -> Normalize | None:
        plain = normalizer(schema, fill_defaults=False, looking=self.looking)
        return in_turn([self.of(schema), plain])

    def _any(self, branches: Sequence[Any]) -> Normalize | None:
        """Return a step for what fits some branches: of several the first has the last word."""
        steps = [(self._fits(branch), step) for branch in branches if (step := self._whole(branch))]
        if not steps:
            return None

        def normalize(value: Any) -> Any:
            fitting = [step for fits, step in steps if fits(value)]
            # A number is spelt once: beyond 53 bits its double is another integer.
            for step in fitting[:1] if type(value) in (int, float) else reversed(fitting):
                value = step(value)
            return value

        return normalize

    def _fits(self, condition: Any) -> Callable[[Any], bool]:
        return self.validating(condition) if isinstance(condition, dict) else (lambda _: bool(condition))

    def _where(self, condition: Any, then: Normalize | None, otherwise: Normalize | None = None) -> Normalize | None:
        """Return a step for values that fit a condition, and one for others."""
        if then is None and otherwise is None:
            return None
        fits = self._fits(condition)

        def normalize(value: Any) -> Any:
            step = then if fits(value) else otherwise
            return step(value) if step else value

        return normalize

    def _members(self, schema: Mapping[str, Any]) -> Normalize | None:
        named = {name: step for name, inner in schema.get("properties", {}).items() if (step := self.of(inner))}
        patterns = schema.get("patternProperties", {})
        # Which of them others are, the patterns tell.
        others = (self._whole if patterns else self.of)(schema.get("additionalProperties"))
        matched = [(self.validating({"pattern": pattern}), self._whole(inner)) for pattern, inner in patterns.items()]
        if not (named or others or any(step for _, step in matched)):
            return None
        known = frozenset(schema.get("properties", ()))

        def normalize(value: Any) -> Any:
            if type(value) is not dict:
                return value
            for name, member in value.items():
                steps = [step for fits, step in matched if fits(name)]
                if name in known:
                    steps.append(named.get(name))
                elif not steps:
                    steps.append(others)
                for step in steps:
                    member = step(member) if step else member
                value[name] = member
            return value

        return normalize

    def _items(self, schema: Mapping[str, Any]) -> Normalize | None:
        first = [self._whole(inner) for inner in schema.get("prefixItems", ())]
        others = (self._whole if first else self.of)(schema.get("items"))
        if not (any(first) or others):
            return None

        def normalize(value: Any) -> Any:
            if type(value) is list:
                for index, item in enumerate(value):
                    step = first[index] if index < len(first) else others
                    if step:
                        value[index] = step(item)
            return value

        return normalize
