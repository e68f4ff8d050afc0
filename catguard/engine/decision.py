"""What the engine says of an exchange: violations, the decision, and the exception of a refused call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from catguard.engine.masking import may_name, without_named
from catguard.errors import CatguardError
from catguard.policies.model import Action, Assumption, FailurePolicy, PhaseName, Side, Waiver

#: What a caller from outside is told (DESIGN.md section 6).
PUBLIC_MEMBERS = ("assumption", "boundary", "where", "limit", "message", "nearest")
#: Longest text taken over from another tier's refusal; ours are far shorter.
MAX_FOREIGN_TEXT = 2_000
#: Longest text in a log line: names that a caller made up are as long as its request.
MAX_LOGGED_TEXT = 200


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken assumption in one exchange.

    `where` is a JSON Pointer that begins with the part (`/query/width`, `/body/count`, `/image/width`), `limit` what is
    allowed, `policy` the place where the assumption is written; `kind` is that of the assumption, or "protocol" where
    nobody writes it. `status` is the HTTP status that the violation asks for as a request's refusal; `unevaluated` says
    of a rule that it could not be evaluated, rather than being false;
    `waiver` is the one in force, because of which the action is "audit". Values of the exchange are never in it; names
    that its sender made up are, for the sender: `kept` has `where` and `message` without them, for logs and telemetry.
    """

    assumption: str
    boundary: str
    side: Side
    phase: PhaseName
    where: str
    limit: str
    message: str
    why: str
    owner: str
    policy: str
    action: Action = "deny"
    kind: str = "shape"
    status: int = 422
    unevaluated: bool = False
    waiver: Waiver | None = None
    nearest: bool | int | float | str | None = None
    masked: tuple[str, str] | None = None

    @property
    def kept(self) -> tuple[str, str]:
        """Where, and the message, as logs, telemetry and files may keep them."""
        return self.masked or (self.where, self.message)

    def for_others(self) -> Violation:
        """Return it as those may read it who did not send what is refused.

        It has no name that the sender made up, and no value near to one of the sender's query.
        """
        where, message = self.kept
        near = None if where.startswith("/query/") else self.nearest
        return replace(self, where=where, message=message, nearest=near, masked=None)

    def __str__(self) -> str:
        where, message = map(_loggable, self.kept)
        return f"{self.boundary}, {self.phase} {where}: {message} [{self.assumption}, {self.owner}, {self.policy}]"

    def wire(self, *, public: bool = False, trace_id: str | None = None) -> dict[str, Any]:
        """Return the member of `violations` in a problem document; `public` leaves out what is the system's own.

        The action is told to everybody where it lets the exchange through.
        """
        members: dict[str, Any] = {
            "assumption": self.assumption,
            "boundary": self.boundary,
            "side": self.side,
            "phase": self.phase,
            "where": self.where,
            "limit": self.limit,
            "message": self.message,
            "why": self.why,
            "owner": self.owner,
            "policy": self.policy,
            "action": self.action,
        }
        if self.nearest is not None:
            members["nearest"] = self.nearest
        if public:
            told = PUBLIC_MEMBERS if self.action == "deny" else (*PUBLIC_MEMBERS, "action")
            return {name: members[name] for name in told if name in members}
        if trace_id is not None:
            members["trace_id"] = trace_id
        return members

    @classmethod
    def from_wire(cls, members: Mapping[str, Any]) -> Violation:
        """Read what another tier sent; unknown members are ignored, missing ones empty, texts are cut."""

        def text(name: str, *, among: tuple[str, ...] | None = None) -> Any:
            value = members.get(name)
            if not isinstance(value, str) or (among and value not in among):
                return among[0] if among else ""
            return value[:MAX_FOREIGN_TEXT]

        near = members.get("nearest")
        if isinstance(near, str):
            near = near[:MAX_FOREIGN_TEXT]
        limit, where, message = text("limit"), text("where"), text("message")
        hidden = without_named(where, text("assumption"), limit)
        if hidden != where or may_name(text("assumption")):
            message = f"allowed: {limit}" if limit else text("why")
        return cls(
            assumption=text("assumption"),
            boundary=text("boundary"),
            side=text("side", among=("inbound", "outbound")),
            phase=text("phase", among=("request", "response")),
            where=where,
            limit=limit,
            message=text("message"),
            why=text("why"),
            owner=text("owner"),
            policy=text("policy"),
            action=text("action", among=("deny", "warn", "audit")),
            nearest=near if isinstance(near, bool | int | float | str) else None,
            masked=(hidden, message) if (hidden, message) != (where, text("message")) else None,
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """Allow or deny, with every violation and with what decided."""

    allowed: bool
    violations: tuple[Violation, ...]
    revision: str
    policy_set: str

    @property
    def denied(self) -> tuple[Violation, ...]:
        """The violations that deny."""
        return tuple(violation for violation in self.violations if violation.action == "deny")


class CallRefused(CatguardError):
    """A call was refused by a guard.

    `side` is "outbound" when the own check refused and "inbound" when the callee's did; `violations` are all that are
    known, those that refuse first, the callee's as it sent them; `status` is the callee's HTTP status, if it answered.
    """

    def __init__(
        self,
        boundary: str,
        side: Side,
        violations: tuple[Violation, ...],
        *,
        status: int | None = None,
    ) -> None:
        self.boundary = boundary
        self.side = side
        self.violations = denying_first(violations)
        self.status = status
        texts = "; ".join(str(violation) for violation in self.denied)
        super().__init__(f"{boundary}: refused on the {side} side: {texts or 'no violation was told'}")

    @property
    def denied(self) -> tuple[Violation, ...]:
        """The violations that refused; all, where none is known to."""
        return refusing(self.violations)


def denying_first(violations: Sequence[Violation]) -> tuple[Violation, ...]:
    """Return violations with those before the others that deny."""
    return tuple(sorted(violations, key=lambda violation: violation.action != "deny"))


def for_others(violations: Sequence[Violation]) -> tuple[Violation, ...]:
    """Return violations as those may read them who did not send what is refused."""
    return tuple(violation.for_others() for violation in violations)


def refusing(violations: Sequence[Violation]) -> tuple[Violation, ...]:
    """Return the violations that deny; all, where none is known to: of a refusal something is to be told."""
    return tuple(violation for violation in violations if violation.action == "deny") or tuple(violations)


def _loggable(text: str) -> str:
    """Return a text that cannot begin a line or move a cursor: part of it may be made up by a caller."""
    shown = text if len(text) <= MAX_LOGGED_TEXT else f"{text[:MAX_LOGGED_TEXT]}..."
    return "".join(letter if letter.isprintable() else "?" for letter in shown)


def violated(
    assumption: Assumption,
    side: Side,
    *,
    where: str,
    message: str,
    status: int = 422,
    unevaluated: FailurePolicy | None = None,
    nearest: bool | int | float | str | None = None,
    masked: tuple[str, str] | None = None,
) -> Violation:
    """Return the violation of a written assumption.

    `unevaluated` is the failure policy of a rule that could not be evaluated: "ignore" leaves nothing but telemetry of
    it, and "fail" the assumption's own action, so that neither denies where a false rule would not. A waiver that is in
    force leaves nothing but telemetry either. `masked` is given where `where` and `message` have names that the sender
    made up.
    """
    waiver = assumption.waiver if assumption.waiver is not None and assumption.waiver.holds() else None
    return Violation(
        assumption=assumption.id,
        boundary=assumption.boundary,
        side=side,
        phase=assumption.phase,
        where=where,
        limit=assumption.limit,
        message=message,
        why=assumption.why,
        owner=str(assumption.owner),
        policy=str(assumption.location),
        action="audit" if waiver is not None or unevaluated == "ignore" else assumption.action,
        kind=assumption.kind,
        status=status,
        unevaluated=unevaluated is not None,
        waiver=waiver,
        nearest=nearest,
        masked=masked if masked != (where, message) else None,
    )
