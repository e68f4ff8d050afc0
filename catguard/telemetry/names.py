"""The names of everything that catguard tells telemetry: attributes, events, metrics and their buckets.

HTTP, database, network and service names are the stable semantic conventions of OpenTelemetry, version 1.44.0. They are
written out here because the API package has no constants for them and the library needs no more than the API.
Catguard's own names, where no convention exists:

| attribute                   | value                                     | on                                  |
|-----------------------------|-------------------------------------------|-------------------------------------|
| catguard.component          | "catomatic"                               | every span, `catguard.undeclared`   |
| catguard.boundary.name      | "catomatic.inbound.render"                | spans of declared calls, violations |
| catguard.boundary.side      | "inbound" or "outbound"                   | the same                            |
| catguard.revision           | sha256 of the policy set                  | every span                          |
| catguard.policy_set         | "policies.yaml"                           | decided spans                       |
| catguard.decision           | "allow" or "deny"                         | decided spans                       |
| catguard.caller.component   | "frontend", "public" or "unknown"         | inbound spans                       |
| catguard.caller.verified    | true or false                             | inbound spans                       |
| catguard.assumption         | "picture-area", "body/width/maximum"      | violations                          |
| catguard.phase              | "request" or "response"                   | violations                          |
| catguard.where              | JSON Pointer, "/body/width"               | violations                          |
| catguard.rule.limit         | what is allowed, as written in the policy | violations                          |
| catguard.owner              | "Cat-o-matic (#catomatic-oncall)"         | violations                          |
| catguard.policy             | "policies.yaml:31:17"                     | violations                          |
| catguard.action             | "deny", "warn" or "audit"                 | violations, `catguard.undeclared`   |
| catguard.waived             | true where a waiver lets it through       | violations                          |
| catguard.waiver.owner       | "Cat-o-matic (#catomatic-oncall)"         | violations that are waived          |
| catguard.waiver.expires     | "2027-01-31": its last day, in UTC        | violations that are waived          |
| catguard.unevaluated        | true where a rule could not be evaluated  | violations                          |
| catguard.undeclared.count   | requests since the last sample            | `catguard.undeclared`               |
| catguard.candidate.outcome  | "refuses", "passes" or "differs"          | `catguard.candidate.differences`    |
| catguard.config.result      | "applied", "rejected" or "kept"           | `catguard.config.loaded`            |
| catguard.config.trigger     | "start", "file", "signal" or "call"       | `catguard.config.loaded`            |
| catguard.config.previous_revision | sha256 of the policy set before     | `catguard.config.loaded`            |
| catguard.config.faults      | how many faults the new text has          | `catguard.config.loaded`, rejected  |
| catguard.config.candidate   | true where it is a candidate's            | `catguard.config.loaded`            |

| event                       | is                                        | as                                  |
|-----------------------------|-------------------------------------------|-------------------------------------|
| catguard.violation          | one broken assumption in one exchange     | span event and log record           |
| catguard.undeclared         | a sample of undeclared requests           | log record, a few a minute          |
| catguard.config.loaded      | policies were read: they are in force     | log record, from each process       |
|                             | (applied), they are bad or running code   |                                     |
|                             | cannot follow (rejected), or those before |                                     |
|                             | them stay without a fault (kept)          |                                     |

| metric                      | is                                        | by                                  |
|-----------------------------|-------------------------------------------|-------------------------------------|
| catguard.violations         | counter of broken assumptions             | assumption, action, `waived` if so  |
| catguard.undeclared.requests| counter of requests that nothing declares | component, method, action           |
| catguard.candidate.differences | counter of decisions that a candidate  | boundary, phase, assumption,        |
|                             | policy would have taken otherwise         | outcome                             |
| http.server.request.duration| histogram of inbound exchanges, seconds   | conventions, boundary               |
| http.client.request.duration| histogram of outbound exchanges, seconds  | conventions, boundary               |
"""

from __future__ import annotations

from typing import Final

#: Name of tracer, meter and logger.
SCOPE: Final = "catguard"
SCHEMA_URL: Final = "https://opentelemetry.io/schemas/1.44.0"

HTTP_REQUEST_METHOD: Final = "http.request.method"
HTTP_REQUEST_METHOD_ORIGINAL: Final = "http.request.method_original"
HTTP_RESPONSE_STATUS_CODE: Final = "http.response.status_code"
HTTP_ROUTE: Final = "http.route"
URL_FULL: Final = "url.full"
URL_PATH: Final = "url.path"
URL_SCHEME: Final = "url.scheme"
#: In development in the conventions; the outbound counterpart of `http.route`.
URL_TEMPLATE: Final = "url.template"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
ERROR_TYPE: Final = "error.type"
EXCEPTION_TYPE: Final = "exception.type"
EXCEPTION_MESSAGE: Final = "exception.message"
EXCEPTION_STACKTRACE: Final = "exception.stacktrace"

DB_SYSTEM_NAME: Final = "db.system.name"
DB_NAMESPACE: Final = "db.namespace"
DB_COLLECTION_NAME: Final = "db.collection.name"
DB_OPERATION_NAME: Final = "db.operation.name"
DB_OPERATION_BATCH_SIZE: Final = "db.operation.batch.size"
DB_QUERY_TEXT: Final = "db.query.text"
DB_QUERY_SUMMARY: Final = "db.query.summary"
DB_RESPONSE_STATUS_CODE: Final = "db.response.status_code"
#: In development in the conventions.
DB_RESPONSE_RETURNED_ROWS: Final = "db.response.returned_rows"

SERVICE_NAME: Final = "service.name"
SERVICE_NAMESPACE: Final = "service.namespace"
SERVICE_INSTANCE_ID: Final = "service.instance.id"
#: In development in the conventions: the component that an outbound call goes to.
SERVICE_PEER_NAME: Final = "service.peer.name"

COMPONENT: Final = "catguard.component"
BOUNDARY_NAME: Final = "catguard.boundary.name"
BOUNDARY_SIDE: Final = "catguard.boundary.side"
REVISION: Final = "catguard.revision"
POLICY_SET: Final = "catguard.policy_set"
DECISION: Final = "catguard.decision"
CALLER_COMPONENT: Final = "catguard.caller.component"
CALLER_VERIFIED: Final = "catguard.caller.verified"
ASSUMPTION: Final = "catguard.assumption"
PHASE: Final = "catguard.phase"
WHERE: Final = "catguard.where"
LIMIT: Final = "catguard.rule.limit"
OWNER: Final = "catguard.owner"
POLICY: Final = "catguard.policy"
ACTION: Final = "catguard.action"
WAIVED: Final = "catguard.waived"
WAIVER_OWNER: Final = "catguard.waiver.owner"
WAIVER_EXPIRES: Final = "catguard.waiver.expires"
UNEVALUATED: Final = "catguard.unevaluated"
UNDECLARED_COUNT: Final = "catguard.undeclared.count"
CONFIG_RESULT: Final = "catguard.config.result"
CONFIG_TRIGGER: Final = "catguard.config.trigger"
CONFIG_PREVIOUS: Final = "catguard.config.previous_revision"
CANDIDATE_OUTCOME: Final = "catguard.candidate.outcome"
CONFIG_FAULTS: Final = "catguard.config.faults"
CONFIG_CANDIDATE: Final = "catguard.config.candidate"

EVENT_VIOLATION: Final = "catguard.violation"
EVENT_UNDECLARED: Final = "catguard.undeclared"
EVENT_CONFIG: Final = "catguard.config.loaded"
EVENT_EXCEPTION: Final = "exception"
EVENT_SERVER_EXCEPTION: Final = "http.server.request.exception"
EVENT_CLIENT_EXCEPTION: Final = "http.client.request.exception"
EVENT_DATABASE_EXCEPTION: Final = "db.client.operation.exception"

METRIC_VIOLATIONS: Final = "catguard.violations"
METRIC_CANDIDATE: Final = "catguard.candidate.differences"
METRIC_UNDECLARED: Final = "catguard.undeclared.requests"
METRIC_SERVER_DURATION: Final = "http.server.request.duration"
METRIC_CLIENT_DURATION: Final = "http.client.request.duration"

#: `error.type` of a call that a guard refused.
ERROR_REFUSED: Final = "catguard.refused"

#: Seconds; the buckets that the conventions recommend for HTTP durations.
DURATION_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)

#: Methods that the conventions count as known: those of RFC 9110, PATCH (RFC 5789) and QUERY; others are `_OTHER`.
KNOWN_METHODS: Final = frozenset(
    ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE")
)
OTHER_METHOD: Final = "_OTHER"

#: The span attributes that go into the attributes of a duration: each has few values. The server's own address is
#: left out of the server's, because there it is what the caller wrote into its Host header.
SERVER_DURATION_ATTRIBUTES: Final = (
    HTTP_REQUEST_METHOD,
    HTTP_RESPONSE_STATUS_CODE,
    HTTP_ROUTE,
    URL_SCHEME,
    ERROR_TYPE,
    BOUNDARY_NAME,
)
CLIENT_DURATION_ATTRIBUTES: Final = (
    HTTP_REQUEST_METHOD,
    HTTP_RESPONSE_STATUS_CODE,
    URL_TEMPLATE,
    URL_SCHEME,
    SERVER_ADDRESS,
    SERVER_PORT,
    ERROR_TYPE,
    BOUNDARY_NAME,
)
