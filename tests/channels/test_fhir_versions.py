"""The ledger mirrors the newest version of a resource: replayed here without a database."""

from app.channels.fhir import facts_of, reconcile
from app.determination.facts import Fact, Retraction
from app.ledger.latest import Latest
from tests.channels import fhir_examples as fhir
from tests.channels.fhir_examples import Json, concept

NAME = "Condition/diabetes"
A = fhir.condition()
B = fhir.condition(onsetDateTime="2020-01-01")
NONE = fhir.condition(verificationStatus=concept("condition-ver-status", "entered-in-error"))


def stated(condition: Json) -> Fact | None:
    return facts_of(fhir.bundle(fhir.patient(), condition), "America/New_York").entries[-1].fact


def replay(*versions: Json) -> list[Fact]:
    """Everything the versions append, one after the other."""
    appended: list[Fact] = []
    for version in versions:
        before = Latest(appended[-1], appended[-1].id) if appended else None
        appended += reconcile(NAME, stated(version), before)
    assert len({fact.id for fact in appended}) == len(appended)
    assert all(len(fact.id) <= 128 for fact in appended)
    return appended


def test_the_same_twice_is_one_fact() -> None:
    assert len(replay(A, A, A)) == 1


def test_changed_content_corrects() -> None:
    first, second = replay(A, B, B)
    assert getattr(second, "corrects", None) == first.id


def test_content_that_returns_is_a_third_fact() -> None:
    facts = replay(A, B, A, A, B, A)
    assert [getattr(fact, "corrects", None) for fact in facts] == [None, *(fact.id for fact in facts[:-1])]
    assert len(facts) == 5


def test_what_is_stated_no_more_is_retracted_once() -> None:
    first, retraction = replay(A, NONE, NONE)
    assert isinstance(retraction, Retraction)
    assert (retraction.retracts.kind, retraction.retracts.id) == ("condition", first.id)
    assert retraction.patient == "ada"


def test_what_is_stated_again_is_a_new_fact() -> None:
    facts = replay(A, NONE, A, A, NONE, A)
    assert [fact.kind for fact in facts] == ["condition", "retraction", "condition", "retraction", "condition"]
    assert all(getattr(fact, "corrects", None) is None for fact in facts)


def test_nothing_stated_and_nothing_recorded_is_nothing() -> None:
    assert replay(NONE) == []


def test_another_kind_retracts_the_former() -> None:
    def encounter(class_: str) -> Fact | None:
        resource = fhir.encounter(**{"class": {"code": class_}})
        return facts_of(fhir.bundle(fhir.patient(), fhir.practitioner(), resource), "America/New_York").entries[-1].fact

    visit, stay = encounter("AMB"), encounter("IMP")
    assert visit is not None
    retraction, replacement = reconcile("Encounter/march-visit", stay, Latest(visit, visit.id))
    assert (retraction.kind, replacement.kind) == ("retraction", "stay")
    again = reconcile("Encounter/march-visit", visit, Latest(replacement, replacement.id))
    assert len({visit.id, retraction.id, replacement.id, *(fact.id for fact in again)}) == 5


def test_a_native_correction_holds_until_the_resource_changes() -> None:
    first = stated(A)
    assert first is not None
    natively_corrected = Latest(first, "native-1")
    assert reconcile(NAME, stated(A), natively_corrected) == ()
    (second,) = reconcile(NAME, stated(B), natively_corrected)
    assert getattr(second, "corrects", None) == "native-1"


def test_a_native_retraction_holds_until_the_resource_changes() -> None:
    first = stated(A)
    assert first is not None
    natively_retracted = Latest(first, None)
    assert reconcile(NAME, stated(A), natively_retracted) == ()
    assert reconcile(NAME, None, natively_retracted) == ()
    (second,) = reconcile(NAME, stated(B), natively_retracted)
    assert getattr(second, "corrects", None) is None
