import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from catguard.enforcement.call import guarded
from catguard.enforcement.problem import problem_document
from catguard.engine.decision import CallRefused
from catguard.engine.snapshots import Engine
from catguard.errors import ConfigurationError
from catguard.policies.loader import compile_texts
from catguard.telemetry import Telemetry


def nested(levels: int) -> list[Any]:
    return [nested(levels - 1)] if levels > 1 else []


POLICY = """
catguard: 1
system: cats
owners: {catomatic: {team: Cat-o-matic, contact: "#catomatic"}}
components:
  catomatic:
    owner: catomatic
    about: Composes.
    inbound:
      resize:
        call: resize
        about: Scales.
        request:
          args:
            required: [width, height]
            properties:
              width: {type: integer, minimum: 1, maximum: 100, description: memory}
              height: {type: integer, minimum: 1, maximum: 100, description: memory}
              format: {type: string, enum: [webp, png], default: webp, description: shown by browsers}
          assume:
            area: {rule: request.args.width * request.args.height <= 5000, why: memory grows with it}
        response:
          result:
            type: object
            additionalProperties: false
            required: [width]
            properties: {width: {type: integer, minimum: 1, description: a picture has pixels}}
          assume:
            as-asked: {rule: response.result.width == request.args.width, why: it is pasted there}
      drop:
        call: drop
        about: Drops a cat.
        request: {args: {required: [cats], properties: {cats: {type: array, maxItems: 9, items: {type: integer}, description: few}}}}
        response:
          result: {type: integer, description: how many are left}
          assume: {one-less: {rule: response.result == size(request.args.cats) - 1, why: one at a time}}
      encode:
        call: encode
        about: Encodes.
        request: {args: {properties: {format: {type: string, maxLength: 4, description: known}}}}
        response: {max_bytes: {limit: 10, why: small}}
"""


class Point:
    """Guards functions as calls of catomatic, and has the spans of what was called."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.engine = Engine(compile_texts([("policies.yaml", POLICY)]))
        self.telemetry = Telemetry("catomatic", tracer_provider=provider)

    def guard(self, function: Callable[..., Any], name: str = "resize", **extractors: Any) -> Callable[..., Any]:
        return guarded(
            function, engine=self.engine, telemetry=self.telemetry, component="catomatic", name=name, **extractors
        )


@pytest.fixture
def point() -> Point:
    return Point()


def resize(width: Any, height: Any, format: Any = None) -> Any:
    return {"width": width}


def broken(refused: pytest.ExceptionInfo[CallRefused]) -> list[str]:
    return [violation.assumption for violation in refused.value.violations]


def test_call_that_is_allowed_returns_the_result(point: Point) -> None:
    assert point.guard(resize)(10, height=20) == {"width": 10}


def test_call_that_is_refused_does_not_run(point: Point) -> None:
    ran = []
    with pytest.raises(CallRefused) as refused:
        point.guard(lambda width, height: ran.append(width))(0, 101)
    assert ran == []
    assert sorted(broken(refused)) == ["args/height/maximum", "args/width/minimum"]
    assert refused.value.side == "inbound"
    assert refused.value.boundary == "catomatic.inbound.resize"


def test_rule_over_the_arguments_refuses(point: Point) -> None:
    with pytest.raises(CallRefused) as refused:
        point.guard(resize)(100, 100)
    assert broken(refused) == ["area"]


def test_result_that_is_refused_never_arrives(point: Point) -> None:
    with pytest.raises(CallRefused) as refused:
        point.guard(lambda width, height: {"width": width + 1})(10, 10)
    assert broken(refused) == ["as-asked"]
    assert [violation.phase for violation in refused.value.violations] == ["response"]


def test_arguments_arrive_as_they_were_checked(point: Point) -> None:
    got: list[Any] = []

    def seen(width: Any, height: Any, format: Any = None) -> Any:
        got.extend((width, height, format))
        return {"width": width}

    assert point.guard(seen)(10.0, 20) == {"width": 10}
    assert got == [10, 20, "webp"]
    assert type(got[0]) is int


def test_default_of_the_function_is_checked(point: Point) -> None:
    def seen(width: Any = 1000, height: Any = 1) -> Any:
        return {"width": width}

    with pytest.raises(CallRefused) as refused:
        point.guard(seen)()
    assert broken(refused) == ["args/width/maximum"]


def test_result_arrives_as_it_was_checked(point: Point) -> None:
    result = point.guard(lambda width, height: {"width": float(width)})(10, 10)
    assert type(result["width"]) is int


def test_result_is_held_against_the_arguments_as_they_were(point: Point) -> None:
    def drop(cats: list[int]) -> int:
        cats.pop()
        return len(cats)

    assert point.guard(drop, "drop")([1, 2, 3]) == 2


def test_unknown_argument_is_refused(point: Point) -> None:
    with pytest.raises(CallRefused) as refused:
        point.guard(lambda width, height, **options: {"width": width})(10, 10, colour="red")
    assert broken(refused) == ["args/unevaluatedProperties"]


def test_arguments_that_do_not_fit_the_function_are_a_type_error(point: Point) -> None:
    with pytest.raises(TypeError, match="missing a required argument: 'height'"):
        point.guard(resize)(10)
    assert len(point.exporter.get_finished_spans()) == 1


class Picture:
    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height


def test_extractors_say_the_facts_of_what_is_no_json(point: Point) -> None:
    scale = point.guard(
        lambda picture, by: Picture(int(picture.width * by), picture.height),
        args=lambda picture, by: {"width": int(picture.width * by), "height": picture.height},
        result=lambda picture: {"width": picture.width},
    )
    assert scale(Picture(10, 10), 2).width == 20
    with pytest.raises(CallRefused):
        scale(Picture(10, 10), 11)


def test_argument_that_is_no_json_is_told_the_way_out(point: Point) -> None:
    with pytest.raises(ConfigurationError, match=r"the argument width is no JSON but Picture.*args=lambda"):
        point.guard(resize)(Picture(1, 1), 1)


@pytest.mark.parametrize(
    "value", ["\ud800", "a\udfff", float("nan"), 10**400, nested(100), {"\ud800": 1}], ids=lambda value: repr(value)[:9]
)
def test_argument_that_no_json_can_say_is_refused_and_can_be_told(point: Point, value: Any) -> None:
    encode = point.guard(lambda format: b"", "encode")
    with pytest.raises(CallRefused) as caught:
        encode(value)
    (violation,) = caught.value.violations
    assert violation.assumption == "args/readable"
    assert violation.where.startswith("/args/format")
    assert problem_document(500, caught.value.violations, public=False)


def test_result_that_no_json_can_say_is_refused(point: Point) -> None:
    resize = point.guard(lambda width, height, format=None: {"width": "\ud800"})
    with pytest.raises(CallRefused) as caught:
        resize(10, 10)
    assert [(found.assumption, found.where) for found in caught.value.violations] == [
        ("result/readable", "/result/width")
    ]


def test_facts_that_an_extractor_makes_are_held_to_json(point: Point) -> None:
    encode = point.guard(lambda format: b"", "encode", args=lambda format: {"format": format})
    with pytest.raises(CallRefused, match="surrogate"):
        encode("\ud800")


def test_strings_of_a_class_of_their_own_are_strings(point: Point) -> None:
    class Format(str):
        """A string of some library."""

    given = []
    point.guard(lambda format: given.append(format) or b"", "encode")(Format("webp"))
    assert (given, type(given[0])) == (["webp"], str)


def test_result_that_is_no_json_is_told_the_way_out(point: Point) -> None:
    with pytest.raises(ConfigurationError, match=r"the result is no JSON but Picture.*result=lambda"):
        point.guard(lambda width, height: Picture(1, 1))(1, 1)


def test_bytes_are_counted(point: Point) -> None:
    encode = point.guard(lambda format: b"x" * (10 if format == "webp" else 11), "encode")
    assert len(encode("webp")) == 10
    with pytest.raises(CallRefused) as refused:
        encode("png")
    assert broken(refused) == ["max_bytes"]


async def test_async_function_stays_async(point: Point) -> None:
    async def later(width: int, height: int) -> Any:
        await asyncio.sleep(0)
        return {"width": width}

    call = point.guard(later)
    assert asyncio.iscoroutinefunction(call)
    assert await call(10, 10) == {"width": 10}
    with pytest.raises(CallRefused):
        await call(0, 10)


def test_span_is_internal_current_inside_and_reset_after(point: Point) -> None:
    inside: list[Any] = []

    def seen(width: int, height: int) -> Any:
        inside.append(trace.get_current_span().get_span_context().span_id)
        return {"width": width}

    before = trace.get_current_span()
    point.guard(seen)(10, 10)
    assert trace.get_current_span() is before
    (span,) = point.exporter.get_finished_spans()
    assert span.context is not None
    assert inside == [span.context.span_id]
    assert (span.name, span.kind.name) == ("resize", "INTERNAL")
    assert dict(span.attributes or {})["catguard.boundary.name"] == "catomatic.inbound.resize"


def test_span_is_ended_and_reset_when_the_function_raises(point: Point) -> None:
    def fails(width: int, height: int) -> Any:
        raise ValueError("no")

    before = trace.get_current_span()
    with pytest.raises(ValueError, match="no"):
        point.guard(fails)(10, 10)
    assert trace.get_current_span() is before
    assert dict(point.exporter.get_finished_spans()[0].attributes or {})["error.type"] == "ValueError"


async def test_span_is_ended_when_an_async_function_raises(point: Point) -> None:
    async def fails(width: int, height: int) -> Any:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await point.guard(fails)(10, 10)
    assert dict(point.exporter.get_finished_spans()[0].attributes or {})["error.type"] == "ValueError"


def test_span_of_a_refused_call_says_so(point: Point) -> None:
    with pytest.raises(CallRefused):
        point.guard(resize)(0, 10)
    assert dict(point.exporter.get_finished_spans()[0].attributes or {})["catguard.decision"] == "deny"


def test_new_snapshot_decides_the_next_call(point: Point) -> None:
    call = point.guard(resize)
    call(60, 10)
    point.engine.swap(compile_texts([("policies.yaml", POLICY.replace("maximum: 100", "maximum: 50"))]))
    with pytest.raises(CallRefused):
        call(60, 10)


def test_undeclared_call_is_an_error_with_a_suggestion(point: Point) -> None:
    with pytest.raises(ConfigurationError, match=r"no inbound `call: resise` \(did you mean .*resize"):
        point.guard(resize, "resise")


def test_generator_is_an_error(point: Point) -> None:
    def several(width: int, height: int) -> Any:
        yield {"width": width}

    with pytest.raises(ConfigurationError, match="generator"):
        point.guard(several)
