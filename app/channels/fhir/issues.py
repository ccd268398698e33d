"""What became of a resource, or what is wrong with it, in FHIR's own words: an OperationOutcome.

An issue names the place as a FHIRPath and never carries a value that was sent.
"""

from collections.abc import Iterable
from typing import Any, Literal

from msgspec import Struct

Severity = Literal["error", "warning", "information"]
IssueType = Literal[
    "structure", "required", "value", "invariant", "not-found", "not-supported", "duplicate", "conflict",
    "business-rule", "incomplete", "informational",
]  # fmt: skip
"""Codes of http://hl7.org/fhir/issue-type."""


class Issue(Struct, frozen=True, gc=False):
    """One sentence about one place: `says` in our words, `place` as a FHIRPath."""

    severity: Severity
    code: IssueType
    place: str
    says: str


class BundleError(Exception):
    """The Bundle cannot be taken as it is: nothing of it is stored."""

    def __init__(self, place: str, code: IssueType, says: str) -> None:
        super().__init__(says)
        self.issue = Issue("error", code, place, says)


def not_used(place: str, says: str) -> Issue:
    """A part that is understood, and deliberately left out."""
    return Issue("information", "business-rule", place, says)


def incomplete(place: str, says: str) -> Issue:
    """A part that would matter, and lacks what a fact must have."""
    return Issue("warning", "incomplete", place, says)


def operation_outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """The issues as a FHIR R4 OperationOutcome."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": issue.severity,
                "code": issue.code,
                "diagnostics": issue.says,
                "expression": [issue.place],
            }
            for issue in issues
        ],
    }
