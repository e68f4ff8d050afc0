from __future__ import annotations

from opentelemetry.semconv.attributes import (
    db_attributes,
    error_attributes,
    exception_attributes,
    http_attributes,
    server_attributes,
    service_attributes,
    url_attributes,
)
from opentelemetry.semconv.metrics import http_metrics
from opentelemetry.semconv.schemas import Schemas

from catguard.telemetry import names

CONVENTIONS = (
    db_attributes,
    error_attributes,
    exception_attributes,
    http_attributes,
    server_attributes,
    service_attributes,
    url_attributes,
)
#: Used although the conventions still develop them; each is said to be so in names.py.
IN_DEVELOPMENT = {"url.template", "service.peer.name", "db.response.returned_rows"}


def own_names() -> dict[str, str]:
    return {key: value for key, value in vars(names).items() if key.isupper() and isinstance(value, str)}


def test_names_of_attributes_are_the_conventions() -> None:
    known = {value for module in CONVENTIONS for value in vars(module).values() if isinstance(value, str)}
    prefixes = tuple(f"{module.__name__.rpartition('.')[2].removesuffix('_attributes')}." for module in CONVENTIONS)
    used = {
        value
        for key, value in own_names().items()
        if value.startswith(prefixes) and not key.startswith(("EVENT_", "METRIC_"))
    }
    assert used - known == IN_DEVELOPMENT


def test_names_of_metrics_are_the_conventions() -> None:
    assert names.METRIC_SERVER_DURATION == http_metrics.HTTP_SERVER_REQUEST_DURATION
    assert names.METRIC_CLIENT_DURATION == http_metrics.HTTP_CLIENT_REQUEST_DURATION


def test_names_schema_is_one_that_exists() -> None:
    assert names.SCHEMA_URL in {schema.value for schema in Schemas}


def test_names_of_our_own_are_all_in_the_table() -> None:
    assert names.__doc__ is not None
    own = {value for value in own_names().values() if value.startswith("catguard.") and value != names.ERROR_REFUSED}
    assert {name for name in own if name not in names.__doc__} == set()


def test_names_of_attributes_are_no_namespaces() -> None:
    # OpenTelemetry's naming rules: a name must not be the prefix of another.
    attributes = [value for key, value in own_names().items() if not key.startswith(("EVENT_", "METRIC_", "SCOPE"))]
    assert [(a, b) for a in attributes for b in attributes if b.startswith(f"{a}.")] == []
