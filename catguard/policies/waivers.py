"""The waivers of a document: dated, owned exceptions, each held against the assumption that it is about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date

from catguard.policies.actions import NEVER_SOFT, of_whole_boundary
from catguard.policies.clock import Clock
from catguard.policies.diagnostics import did_you_mean, quote
from catguard.policies.document import Document, Path
from catguard.policies.model import Component, Fault, Owner, Waiver

KEYS = frozenset(("boundary", "assumption", "owner", "why", "expires"))


class Waivers:
    """Reads the waivers of one document; faults are collected.

    Args:
        document: what was written.
        faults: gets what is wrong.
        owner: finds an owner by the key at a path, or notes that there is none.
        clock: what the waivers are held against at run time.
        skip: paths whose form is wrong.
    """

    def __init__(
        self,
        document: Document,
        faults: list[Fault],
        owner: Callable[[object, Path], Owner],
        *,
        clock: Clock,
        skip: Collection[Path],
    ) -> None:
        self._document = document
        self._faults = faults
        self._skip = skip
        self._found: dict[Path, Waiver] = {}
        written = document.data.get("waivers")
        for index, entry in enumerate(written if isinstance(written, list) else ()):
            path: Path = ("waivers", index)
            if not isinstance(entry, dict) or not entry.keys() >= KEYS or any(bad[:2] == path for bad in skip):
                continue  # told already
            try:
                expires = date.fromisoformat(entry["expires"])
            except ValueError:
                place = document.value((*path, "expires"))
                faults.append(Fault(place, f"{quote(entry['expires'])} is no day of the calendar", "e.g. 2027-01-31"))
                continue
            self._found[path] = Waiver(
                boundary=entry["boundary"],
                assumption=entry["assumption"],
                owner=owner(entry["owner"], (*path, "owner")),
                why=entry["why"],
                expires=expires,
                location=document.value(path),
                clock=clock,
            )
        self._check_once()

    @property
    def all(self) -> tuple[Waiver, ...]:
        """Every waiver, in the order of the text."""
        return tuple(self._found.values())

    def of(self, boundary: str) -> Mapping[str, Waiver]:
        """Return the waivers of a boundary, by assumption."""
        return {waiver.assumption: waiver for waiver in self.all if waiver.boundary == boundary}

    def check(self, components: Mapping[str, Component], incomplete: Collection[str] = ()) -> None:
        """Find waivers of what there is not, and of what cannot be waived.

        Args:
            components: What is declared.
            incomplete: Boundaries that lack what a broken shape would have said; of their ids nothing is told.
        """
        boundaries = {found.name: found for component in components.values() for found in component.boundaries()}
        told = {".".join(map(str, path[1:4])) for path in self._skip if path[:1] == ("components",)}
        for path, waiver in self._found.items():
            if waiver.boundary in told or waiver.boundary in incomplete:
                continue  # its boundary is not what it will be
            boundary = boundaries.get(waiver.boundary)
            if boundary is None:
                hint = did_you_mean(waiver.boundary, boundaries)
                self._fault((*path, "boundary"), f"there is no boundary {quote(waiver.boundary)}", hint)
                continue
            known = {found.id for found in boundary.assumptions()} | {"status"}
            if boundary.callers:
                known.add("from")
            place = (*path, "assumption")
            if waiver.assumption not in known:
                message = f"{boundary.name} has no assumption {quote(waiver.assumption)}"
                self._fault(place, message, did_you_mean(waiver.assumption, known))
            elif waiver.assumption in NEVER_SOFT:
                self._fault(place, f"{waiver.assumption} cannot be waived", "raise the limit instead")
            elif of_whole_boundary(waiver.assumption):
                message = f"{waiver.assumption} cannot be waived: nothing behind it could judge such a value"
                self._fault(place, message, "give the whole boundary another action")

    def _check_once(self) -> None:
        first: dict[tuple[str, str], Waiver] = {}
        for path, waiver in self._found.items():
            other = first.setdefault((waiver.boundary, waiver.assumption), waiver)
            if other is not waiver:
                message = f"{waiver.assumption} of {waiver.boundary} is waived twice"
                self._fault(path, message, f"first at {other.location}")

    def _fault(self, path: Path, message: str, hint: str | None) -> None:
        self._faults.append(Fault(self._document.value(path), message, hint))
