"""The one door to CEL: parses and checks expressions over typed facts, and evaluates them on plain dicts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from cel_expr_python import cel  # type: ignore[import-untyped] # its wheel has stubs but no py.typed
from cel_expr_python.ext import ext_math, ext_strings  # type: ignore[import-untyped] # likewise

from catguard.errors import EvaluationError
from catguard.policies.carrying import carried
from catguard.policies.complaints import Complaint, syntax_complaint, type_complaints
from catguard.policies.descriptors import describe, member_name, pool_of
from catguard.policies.facts import DYNAMIC, Dynamic, FactType, Field, ListOf, MapOf, Record, Scalar
from catguard.policies.reads import read_facts
from catguard.policies.spelling import Spelling, respell
from catguard.policies.syntax import Call, Literal, Node, Type, read_tree, walk

#: What rules can name; everything in `variables` is declared by the policy.
ROOTS = ("request", "response", "caller", "variables")
_BOOL, _DYN, _ERROR = cel.Type.BOOL, cel.Type.DYN, cel.Type.ERROR
#: Functions whose argument, where it is written out, is known to be good or bad before any exchange.
_CONSTANT_ARGUMENTS = {
    "matches": "''.matches(variables)",
    "duration": "duration(variables)",
    "timestamp": "timestamp(variables)",
}
#: Types of which a value comes back from CEL as itself, and so can be a fact to the next expression.
_KEPT = ("bool", "int", "double", "string", "list", "map", "message", "wrapper", "dyn")


def _environment(variables: Mapping[str, Any], *, pool: Any = None) -> Any:
    """Return an environment of CEL with the extensions for mathematics and texts, in the versions of cel-cpp."""
    return cel.NewEnv(pool, variables=variables, extensions=[ext_math.ExtMath(), ext_strings.ExtStrings()])


class Evaluator:
    """Evaluates expressions on plain dicts, whose values have the types of CEL: int and float are told apart."""

    def __init__(self, *, roots: Sequence[str] = ROOTS) -> None:
        self._environment = _environment(dict.fromkeys(roots, _DYN))

    def parse(self, expression: str) -> Node:
        """Return the parsed tree; raises RuntimeError with the parser's text."""
        return read_tree(self._environment.compile(expression, True).serialize())

    def program(self, expression: str, *, checked: bool = True) -> Program:
        """Return the program of an expression; raises RuntimeError if it cannot be parsed.

        Args:
            expression: the author's text.
            checked: whether a Checker checked it already; else it is checked here, on roots of unknown type.
        """
        found = Program(self._environment, expression, checked=checked)
        found.prepare()
        return found

    def later(self, expression: str) -> Program:
        """Return the program of an expression that is known to be right; it is made when it is first asked."""
        return Program(self._environment, expression, checked=True)

    def activation(self, facts: Mapping[str, Any]) -> Any:
        """Return facts in a form that several programs share: each fact is converted once; raises EvaluationError."""
        return self._environment.Activation(carried(facts))


@cache
def shared_evaluator() -> Evaluator:
    """Return the evaluator of all phases: it keeps no state."""
    return Evaluator()


class Program:
    """An expression ready to be evaluated; safe for several threads."""

    __slots__ = ("_checked", "_compiled", "_environment", "expression")

    def __init__(self, environment: Any, expression: str, *, checked: bool) -> None:
        self._environment = environment
        self._checked = checked
        self._compiled: Any = None
        self.expression = expression

    def prepare(self) -> Any:
        """Return what CEL evaluates, made once; raises RuntimeError if the expression cannot be parsed."""
        if self._compiled is None:
            self._compiled = self._environment.compile(self.expression, self._checked)
        return self._compiled

    def evaluate(self, facts: Mapping[str, Any]) -> Any:
        """Return the value on facts {"request": ..., "response": ..., "caller": ..., "variables": ...}.

        Raises:
            EvaluationError: a member is missing, an operation fails or overflows 64 bits, the iteration budget is used
                up, or a fact is no value of CEL.
        """
        try:
            result = self.prepare().eval(data=carried(facts))
            return _plain(result)
        except RuntimeError as error:
            raise EvaluationError(_words(str(error))) from None

    @property
    def tree(self) -> Node:
        """The tree that is evaluated."""
        return read_tree(self.prepare().serialize())

    def evaluate_shared(self, activation: Any) -> Any:
        """Return the value on what `Evaluator.activation` made; raises EvaluationError."""
        try:
            return _plain(self.prepare().eval(activation))
        except RuntimeError as error:
            raise EvaluationError(_words(str(error))) from None

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Return whether the value is true: neither false nor an error."""
        try:
            return self.prepare().eval(data=carried(facts)).value() is True
        except (RuntimeError, EvaluationError):
            return False


def _plain(result: Any) -> Any:
    value = result.value()
    if value is True or value is False:
        return value
    if result.type() == _ERROR:
        raise EvaluationError(_words(str(value)))
    return result.plain_value()


def _words(error: str) -> str:
    """Return an evaluation error without the codes around it."""
    text = re.sub(r"^[A-Z_]+: | \[[A-Z_]+\]$", "", error)
    text = re.sub(r'^Key not found in map : "(.*)"$', r"there is no member '\1'", text)
    text = re.sub(r"^No matching overloads found : ", "an operation does not go with these types: ", text)
    return re.sub(r"^No value with name", "there is no fact", text)


@dataclass(frozen=True, slots=True)
class Checked:
    """An expression that passed the check.

    `type` is its type as far as the schemas tell; `facts` are the parts that it reads, e.g. "request.body"; names of
    `tree` that are no identifiers are written as they are in the data.
    """

    expression: str
    tree: Node
    type: FactType
    facts: frozenset[str]
    cel_type: Any


class Environments:
    """What the expressions of one policy set are checked in: facts of the same types share one.

    The first check in a new environment costs half a millisecond, the next a tenth of that.
    """

    def __init__(self) -> None:
        self._pools: dict[bytes, Any] = {}
        self._made: dict[tuple[bytes, tuple[tuple[str, str], ...]], Any] = {}

    def of(self, file: bytes, types: Mapping[str, str]) -> Any:
        """Return the environment of facts whose message types are in a file of `describe`."""
        key = file, tuple(types.items())
        if key not in self._made:
            variables = {name: cel.Type(message) for name, message in types.items()}
            self._made[key] = _environment(variables, pool=self.pool(file))
        return self._made[key]

    def pool(self, file: bytes) -> Any:
        """Return the pool of message types that a file declares."""
        if file not in self._pools:
            self._pools[file] = pool_of(file)
        return self._pools[file]


class Checker:
    """Checks expressions over the facts of one phase; `environments` are those of the policy set."""

    def __init__(self, facts: Record, evaluator: Evaluator, *, environments: Environments | None = None) -> None:
        records = {name: found.type for name, found in facts.fields.items() if isinstance(found.type, Record)}
        environments = environments or Environments()
        file, names = describe(records)
        self._pool = environments.pool(file)
        self._types: dict[str, Any] = {name: cel.Type(message) for name, message in names.items()}
        self._evaluator = evaluator
        self.facts = replace(facts, fields={**facts.fields, "variables": Field(Record({}), True)})
        self._absent = {
            **facts.absent,
            "response": ("a variable reads only request and caller", "write it in the rule"),
        }
        self._environment = environments.of(file, names)

    def declare(self, name: str, checked: Checked | None) -> None:
        """Make a variable known to the expressions that are checked from now on; None if it is known to be bad."""
        variables = self.facts.fields["variables"].type
        assert isinstance(variables, Record)
        found = Field(checked.type if checked else DYNAMIC, True)
        record = replace(variables, fields={**variables.fields, name: found})
        self.facts = replace(self.facts, fields={**self.facts.fields, "variables": Field(record, True)})
        self._types[f"variables.{name}"] = checked.cel_type if checked else _DYN
        self._environment = _environment(self._types, pool=self._pool)

    def check(self, expression: str, *, rule: bool) -> tuple[Checked | None, list[Complaint]]:
        """Check an expression; returns it, or everything that is wrong with it.

        Args:
            expression: the author's text.
            rule: it must be true or false; otherwise it must have a value that can be a variable.
        """
        try:
            tree = self._evaluator.parse(expression)
        except RuntimeError as error:
            return None, [syntax_complaint(str(error), expression)]
        reading = read_facts(expression, tree, self.facts if rule else self._before())
        complaints = [*reading.complaints, *self._constants(tree)]
        text, origins = respell(expression, reading.edits)
        try:
            compiled = self._environment.compile(text)
        except RuntimeError as error:
            said = type_complaints(str(error), text, tree, Spelling(expression).chain, origins)
            complaints += [complaint for follows, complaint in said if not (follows and complaints)]
            return None, sorted(set(complaints), key=lambda complaint: complaint.position)
        checked_tree = read_tree(compiled.serialize(), rename=member_name, origins=origins)
        found = reading.type if not isinstance(reading.type, Dynamic) else _fact_type(checked_tree.type)
        kind = checked_tree.type.kind
        if rule and kind != "bool":
            hint = "compare it with something: == true" if kind == "dyn" else "compare it with something"
            known = "has no declared type" if kind == "dyn" else f"is {_article(kind)}"
            complaints.append(Complaint(0, f"a rule is true or false, but this {known}", hint))
        if not rule and kind not in _KEPT:
            complaints.append(Complaint(0, f"a variable cannot be {_article(kind)}", "convert it: int(), string()"))
        if complaints:
            return None, sorted(set(complaints), key=lambda complaint: complaint.position)
        return Checked(expression, checked_tree, found, reading.facts, compiled.return_type()), []

    def _before(self) -> Record:
        """Return what variables can read: the facts that every phase has."""
        return Record({name: found for name, found in self.facts.fields.items() if name != "response"}, self._absent)

    def _constants(self, tree: Node) -> list[Complaint]:
        """Complain of patterns, durations and times that are written out and bad."""
        complaints = []
        for node in walk(tree):
            if isinstance(node, Call) and node.function in _CONSTANT_ARGUMENTS and node.arguments:
                argument = node.arguments[-1]
                if isinstance(argument, Literal) and isinstance(argument.value, str):
                    try:
                        test = self._evaluator.program(_CONSTANT_ARGUMENTS[node.function])
                        test.evaluate({"variables": argument.value})
                    except EvaluationError as error:
                        complaints.append(Complaint(argument.position, f"{node.function}(): {error}"))
        return complaints


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {'record' if kind == 'message' else kind}"


def _fact_type(found: Type) -> FactType:
    """Return the fact type of what only the checker knows the type of."""
    match found:
        case Type("bool" | "int" | "double" | "string" as kind):
            return Scalar(kind)
        case Type("list", (element,)):
            return ListOf(_fact_type(element))
        case Type("map", (_, value)):
            return MapOf(_fact_type(value))
        case _:
            return DYNAMIC
