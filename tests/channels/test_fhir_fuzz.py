"""Whatever is broken in a Bundle, the answer is facts or one refusal, and never an accident."""

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.channels.fhir import BundleError, facts_of
from tests.channels import fhir_examples as fhir

SPITEFUL: list[Any] = [
    None, True, 0, -1, 10**30, "", " ", "\x00", "\ud800", "x" * 2000, "2024-02-30", "9999-12-31", "0001-01-01",
    "2024-03-10T02:30:00-05:00", "2199-12-31T23:59:60Z", "urn:uuid:nobody", "Patient/", "#x", "Patient?identifier=|",
    [], [[]], [None], {}, {"coding": [{}]}, {"reference": "urn:uuid:nobody"}, "Condition/diabetes", "é",
]  # fmt: skip


def rich_bundle() -> dict[str, Any]:
    bundle = fhir.whole_bundle()
    place = {"resourceType": "Location", "id": "home", "type": [fhir.concept("v3-RoleCode", "SNF")]}
    stay = fhir.encounter(
        id="stay", location=[{"location": {"reference": "Location/home"}}], period={"start": "2024-03-01"}
    )
    dead = fhir.patient(id="eve", deceasedDateTime="2024-03-01", identifier=[{"system": "s", "value": "1"}])
    more = fhir.condition(
        id="more",
        abatementDateTime="2024-01-01T00:00:00Z",
        encounter={"reference": "Encounter/march-visit"},
        extension=[
            {"url": "https://care-month.example/fhir/StructureDefinition/significant-risk", "valueBoolean": True}
        ],
    )
    bundle["entry"] += fhir.bundle(place, stay, dead, more)["entry"]
    return bundle


def nodes(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield (*path, name)
        yield from nodes(member, (*path, name))


WHOLE = rich_bundle()
PLACES = list(nodes(WHOLE))


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    changes=st.lists(
        st.tuples(st.sampled_from(PLACES), st.sampled_from(["drop", "replace", "copy"]), st.sampled_from(SPITEFUL),
                  st.sampled_from(PLACES)),
        min_size=1, max_size=4,
    )
)  # fmt: skip
def test_facts_or_one_refusal(changes: list[tuple[tuple[str | int, ...], str, Any, tuple[str | int, ...]]]) -> None:
    bundle = copy.deepcopy(WHOLE)
    for path, change, spite, other in changes:
        try:
            holder: Any = bundle
            for step in path[:-1]:
                holder = holder[step]
            if change == "drop":
                del holder[path[-1]]
            elif change == "replace":
                holder[path[-1]] = spite
            else:
                source: Any = WHOLE
                for step in other:
                    source = source[step]
                holder[path[-1]] = copy.deepcopy(source)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    try:
        mapped = facts_of(bundle, "America/New_York")
    except BundleError as error:
        assert error.issue.place.startswith("Bundle")  # noqa: PT017 - either outcome is in order
    else:
        assert all(len(fact.id) <= 128 for fact in mapped.facts)
