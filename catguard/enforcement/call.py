"""The call enforcement point: a function in the process whose arguments and result are decided at each call."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from catguard.engine.codec import Unreadable, pointer
from catguard.engine.decision import CallRefused, Decision, Violation
from catguard.engine.evaluator import decide_request, decide_response, recalled, unreadable
from catguard.engine.plain import NoJson, plain
from catguard.engine.snapshots import Engine, Prepared
from catguard.errors import ConfigurationError
from catguard.policies.compiler import CompiledBoundary, CompiledPolicySet
from catguard.policies.diagnostics import did_you_mean
from catguard.telemetry import Observation, Telemetry

Function = TypeVar("Function", bound=Callable[..., Any])
Arguments = Callable[..., Mapping[str, Any]]
Result = Callable[[Any], Any]


def guarded(
    function: Function,
    *,
    engine: Engine,
    telemetry: Telemetry,
    component: str,
    name: str,
    args: Arguments | None = None,
    result: Result | None = None,
) -> Function:
    """Return a function that decides each call before and after it; sync stays sync, async stays async.

    Args:
        function: what is guarded.
        engine: the policy engine that decides.
        telemetry: of the component.
        component: whose boundary this is.
        name: that stands under `call:`.
        args: makes the facts `request.args` from the arguments, where these are no JSON. Without it the facts are the
            arguments by name, and the function gets them as they were checked: typed, defaults filled in. An argument
            that is None by default counts as absent.
        result: makes the fact `response.result` from the result. Without it the fact is the result itself, which the
            caller gets as it was checked. Of bytes the length is `response.bytes`.

    Raises:
        ConfigurationError: the component declares no such call, or the function is a generator.
    """
    point = _CallPoint(function, engine, telemetry, component, name, args, result)
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise ConfigurationError(f"the call {name} cannot be guarded: a generator has no result; return a list")
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def answer_async(*positional: Any, **named: Any) -> Any:
            call = point.begin()
            try:
                with call.observation.active():
                    given = call.decide(positional, named)
                    return call.decide_result(await function(*given.args, **given.kwargs))
            except BaseException as error:
                call.observation.failed(error)
                raise
            finally:
                call.observation.end()

        return cast(Function, answer_async)

    @functools.wraps(function)
    def answer(*positional: Any, **named: Any) -> Any:
        call = point.begin()
        try:
            with call.observation.active():
                given = call.decide(positional, named)
                return call.decide_result(function(*given.args, **given.kwargs))
        except BaseException as error:
            call.observation.failed(error)
            raise
        finally:
            call.observation.end()

    return cast(Function, answer)


class _CallPoint:
    """What all calls of one guarded function share."""

    __slots__ = ("_found", "args", "component", "engine", "name", "result", "signature", "telemetry")

    def __init__(
        self,
        function: Callable[..., Any],
        engine: Engine,
        telemetry: Telemetry,
        component: str,
        name: str,
        args: Arguments | None,
        result: Result | None,
    ) -> None:
        self.signature = inspect.signature(function)
        self.engine = engine
        self.telemetry = telemetry
        self.component = component
        self.name = name
        self.args = args
        self.result = result
        self._found = Prepared(engine, self._find)

    def begin(self) -> _Call:
        """Return a new call, decided by the current snapshot; its observation must be ended."""
        snapshot = self.engine.current()
        boundary = self._found.of(snapshot)
        observation = self.telemetry.start(
            "call", boundary.name, name=self.name, attributes={}, revision=snapshot.revision
        )
        return _Call(self, snapshot, boundary, observation)

    def _find(self, snapshot: CompiledPolicySet) -> CompiledBoundary:
        if self.component not in snapshot.policies.components:
            raise ConfigurationError(f"the policies declare no component {self.component}")
        calls = {
            found.policy.call: found for found in snapshot.component(self.component) if found.policy.call is not None
        }
        if self.name not in calls:
            hint = did_you_mean(self.name, calls) or f"declare it: `{self.name}: {{call: {self.name}, ...}}`"
            raise ConfigurationError(f"{self.component} declares no inbound `call: {self.name}` ({hint})")
        return calls[self.name]


class _Call:
    """One call on its way."""

    __slots__ = ("boundary", "observation", "point", "request", "snapshot")

    def __init__(
        self, point: _CallPoint, snapshot: CompiledPolicySet, boundary: CompiledBoundary, observation: Observation
    ) -> None:
        self.point = point
        self.snapshot = snapshot
        self.boundary = boundary
        self.observation = observation
        self.request: dict[str, Any] = {}

    def decide(self, positional: tuple[Any, ...], named: dict[str, Any]) -> inspect.BoundArguments:
        """Decide the arguments and return those to call with; raises CallRefused."""
        given = self.point.signature.bind(*positional, **named)
        noted: tuple[Violation, ...] = ()
        try:
            self.request["args"] = self._arguments(given)
        except Unreadable as error:
            noted = (unreadable(self.boundary, self.boundary.request, "args", error),)
        caller = {"component": self.point.component, "verified": True}
        self._conclude(
            decide_request(self.snapshot, self.boundary, self.request, caller=caller, noted=noted, exact=True),
            "request",
        )
        if self.point.args is None and not noted:
            given.arguments.update((name, self.request["args"].get(name)) for name in given.arguments)
        self.request = recalled(self.boundary, self.request)
        return given

    def decide_result(self, value: Any) -> Any:
        """Decide the result and return it as it was checked; raises CallRefused."""
        phase = self.boundary.response()
        declared = phase is not None and "result" in phase.parts
        response: dict[str, Any] = {}
        noted: tuple[Violation, ...] = ()
        if isinstance(value, bytes | bytearray | memoryview):
            response["bytes"] = memoryview(value).nbytes
        try:
            if self.point.result is not None:
                response["result"] = self._fact(self.point.result(value), "the result", "result")
            elif declared:
                response["result"] = self._fact(value, "the result", "result")
        except Unreadable as error:
            if phase is None:
                raise
            noted = (unreadable(self.boundary, phase, "result", error),)
        self._conclude(decide_response(self.snapshot, self.boundary, self.request, response, noted=noted), "response")
        return response["result"] if declared and self.point.result is None and not noted else value

    def _arguments(self, given: inspect.BoundArguments) -> dict[str, Any]:
        """Return the fact `request.args`; raises Unreadable."""
        if self.point.args is not None:
            made: dict[str, Any] = self._fact(self.point.args(*given.args, **given.kwargs), "what args= makes", "args")
            return made
        given.apply_defaults()
        parameters = self.point.signature.parameters
        return {
            name: self._fact(value, f"the argument {name}", "args", name)
            for name, value in given.arguments.items()
            if value is not None or parameters[name].default is not None
        }

    def _conclude(self, decision: Decision, phase: str) -> None:
        self.observation.decided(decision, phase)
        if not decision.allowed:
            raise CallRefused(self.boundary.name, "inbound", decision.violations)

    def _fact(self, value: Any, what: str, extractor: str, *steps: str) -> Any:
        """Return a value as facts hold it; raises Unreadable, and ConfigurationError for what is none of JSON's."""
        try:
            return plain(value)
        except Unreadable as error:
            raise Unreadable(str(error), pointer(*steps) + error.where, beyond_range=error.beyond_range) from None
        except NoJson as error:
            raise ConfigurationError(
                f"{self.boundary.name}: {what} is no JSON but {error}; say what its facts are: "
                f'guard.call("{self.point.name}", {extractor}=lambda ...: {{...}})'
            ) from None
