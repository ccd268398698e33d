"""What is refused as a whole, with the place; and who is meant by a reference."""

import copy
from typing import Any

import pytest

from app.channels.fhir import BundleError, facts_of, operation_outcome
from app.determination import facts
from tests.channels import fhir_examples as fhir
from tests.channels.fhir_examples import Json, concept

ZONE = "America/New_York"


def refused(bundle: Any) -> str:
    with pytest.raises(BundleError) as error:
        facts_of(bundle, ZONE)
    return error.value.issue.place


def test_a_whole_bundle() -> None:
    mapped = facts_of(fhir.whole_bundle(), ZONE)
    assert [fact.kind for fact in mapped.facts] == ["practitioner", "condition", "visit", "care_plan"]
    assert [entry.name for entry in mapped.entries][-1] is None
    assert "not used" in mapped.entries[-1].issues[0].says


def test_an_id_is_the_resource_and_a_digest() -> None:
    for fact in facts_of(fhir.whole_bundle(), ZONE).facts:
        name, _, digest = fact.id.partition("#")
        assert "/" in name
        assert len(digest) == 12
        assert int(digest, 16) >= 0


@pytest.mark.parametrize("sent", [None, [], 3, "Bundle", {}, {"resourceType": "Patient"}, {"resourceType": ["Bundle"]}])
def test_what_is_no_bundle(sent: Any) -> None:
    assert refused(sent) == "Bundle.resourceType"


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"type": None}, "Bundle.type"),
        ({"type": "collection"}, "Bundle.type"),
        ({"entry": {}}, "Bundle.entry"),
        ({"entry": [3]}, "Bundle.entry[0]"),
    ],
)
def test_what_is_no_transaction(changes: Json, place: str) -> None:
    assert refused({**fhir.whole_bundle(), **changes}) == place


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"request": None}, "request"),
        ({"request": {"method": "POST"}}, "request.url"),
        ({"request": {"method": "DELETE", "url": "Patient/ada"}}, "request.method"),
        ({"request": {"method": "POST", "url": "Observation"}}, "request.url"),
        ({"request": {"method": "PUT", "url": "Patient/eve"}}, "request.url"),
        ({"resource": None}, "resource"),
        ({"resource": {"id": "ada"}}, "resource.resourceType"),
        ({"resource": {"resourceType": "patient"}}, "resource.resourceType"),
        ({"fullUrl": "http://example.org/", "resource": {"resourceType": "Patient"}}, "resource.id"),
        ({"resource": {"resourceType": "Patient", "id": "a/b"}}, "resource.id"),
        ({"resource": {"resourceType": "Patient", "id": "a" * 65}}, "resource.id"),
        ({"resource": {"resourceType": "Patient", "id": 7}}, "resource.id"),
    ],
)
def test_an_entry_that_cannot_be_read(changes: Json, place: str) -> None:
    bundle = fhir.bundle(fhir.patient())
    bundle["entry"][0] |= changes
    assert refused(bundle) == f"Bundle.entry[0].{place}"


@pytest.mark.parametrize(
    ("resource", "place"),
    [
        (fhir.patient(id="eve", deceasedDateTime="2024-02-30"), "deceasedDateTime"),
        (fhir.patient(id="eve", deceasedDateTime="1024-02-28"), "deceasedDateTime"),
        (fhir.patient(id="eve", deceasedBoolean="yes"), "deceasedBoolean"),
        (fhir.patient(id="eve", deceasedBoolean=True, deceasedDateTime="2024-02-28"), "deceasedBoolean"),
        (fhir.condition(subject=None), "subject"),
        (fhir.condition(subject={"reference": fhir.DOCTOR}), "subject.reference"),
        (fhir.condition(subject={"reference": "urn:uuid:nobody"}), "subject.reference"),
        (fhir.condition(subject={"reference": "ada"}), "subject.reference"),
        (fhir.condition(onsetDateTime="2024-13-01"), "onsetDateTime"),
        (fhir.condition(onsetDateTime="2024-03-01T10:00:00"), "onsetDateTime"),
        (fhir.condition(abatementDateTime="2018-01-01"), "abatementDateTime"),
        (fhir.condition(clinicalStatus=concept("condition-clinical", "better")), "clinicalStatus"),
        (fhir.condition(code={"coding": {}}), "code.coding"),
        (fhir.condition(encounter={"reference": "urn:uuid:nothing"}), "encounter.reference"),
        (fhir.encounter(status=None), "status"),
        (fhir.encounter(status="done"), "status"),
        (fhir.encounter(**{"class": None}), "class"),
        (fhir.encounter(**{"class": [{"code": "AMB"}]}), "class"),
        (fhir.encounter(period={"start": "2024-03-11", "end": "2024-03-10"}), "period.end"),
        (fhir.encounter(period={"start": "2024-03-11T10:00:00Z", "end": "2024-03-11T09:00:00Z"}), "period.end"),
        (fhir.care_plan(intent=None), "intent"),
        (fhir.care_plan(status="new"), "status"),
        (fhir.care_plan(subject=None), "subject"),
        ({"resourceType": "Observation", "focus": [{"reference": "urn:uuid:nothing"}]}, "focus[0].reference"),
    ],
)
def test_a_resource_that_cannot_be_read(resource: Json, place: str) -> None:
    bundle = fhir.bundle(fhir.patient(), fhir.practitioner(), resource)
    assert refused(bundle) == f"Bundle.entry[2].resource.{place}"


def test_a_resource_stands_in_one_entry_only() -> None:
    assert refused(fhir.bundle(fhir.patient(), fhir.patient())) == "Bundle.entry[1]"


def test_two_patients_are_not_mixed_up() -> None:
    other = fhir.encounter(id="other", subject={"reference": "Patient/eve"})
    mixed = fhir.condition(encounter={"reference": "Encounter/other"})
    bundle = fhir.bundle(fhir.patient(), fhir.practitioner(), fhir.patient(id="eve"), other, mixed)
    assert refused(bundle) == "Bundle.entry[4].resource.encounter"


def test_what_may_mean_the_opposite_is_not_used() -> None:
    stated = fhir.condition(modifierExtension=[{"url": "http://example.org/negated", "valueBoolean": True}])
    entry = facts_of(fhir.bundle(fhir.patient(), stated), ZONE).entries[1]
    assert entry.fact is None
    assert "modifierExtension" in entry.issues[0].says


def test_two_patients_may_share_a_bundle() -> None:
    other = fhir.condition(id="other", subject={"reference": "Patient/eve"})
    mapped = facts_of(fhir.bundle(fhir.patient(), fhir.patient(id="eve"), fhir.condition(), other), ZONE)
    assert [getattr(fact, "patient", None) for fact in mapped.facts] == ["ada", "eve"]


@pytest.mark.parametrize(
    ("reference", "patient"),
    [
        ({"reference": "Patient/ada"}, "ada"),
        ({"reference": "Patient/elsewhere"}, "elsewhere"),
        ({"reference": "Patient/elsewhere/_history/3"}, "elsewhere"),
        ({"reference": "https://ehr.example/fhir/Patient/elsewhere"}, "elsewhere"),
        ({"reference": "Patient?identifier=urn:mrn|7"}, "ada"),
        ({"identifier": {"system": "urn:mrn", "value": "7"}}, "ada"),
        ({"reference": "Patient?identifier=urn:mrn|8"}, None),
        ({"reference": "#contained"}, None),
        ({"display": "Ada"}, None),
    ],
)
def test_who_is_meant(reference: Json, patient: str | None) -> None:
    known = fhir.patient(identifier=[{"system": "urn:mrn", "value": "7"}])
    entry = facts_of(fhir.bundle(known, fhir.condition(subject=reference)), ZONE).entries[1]
    assert getattr(entry.fact, "patient", None) == patient


def test_a_resource_without_id_goes_by_its_uuid() -> None:
    bundle = fhir.bundle(fhir.patient(), fhir.practitioner(), fhir.encounter())
    for entry in bundle["entry"][:2]:
        del entry["resource"]["id"]
    fact = facts_of(bundle, ZONE).facts[-1]
    assert isinstance(fact, facts.Visit)
    assert (fact.patient, fact.practitioner) == (fhir.PATIENT[9:], fhir.DOCTOR[9:])


def test_no_answer_repeats_what_was_sent() -> None:
    secret = "SECRET-VALUE"
    for resource in (fhir.condition(onsetDateTime=secret), fhir.encounter(status=secret), {"resourceType": secret}):
        bundle = copy.deepcopy(fhir.bundle(fhir.patient(), resource))
        with pytest.raises(BundleError) as error:
            facts_of(bundle, ZONE)
        assert secret not in str(operation_outcome([error.value.issue]))
