"""Each sentence of the mapping table in docs/fhir.md."""

import datetime as dt
from typing import Any

import pytest

from app.channels.fhir import facts_of
from app.channels.fhir.codings import EXPECTED_DURATION, SIGNIFICANT_RISK
from app.determination import facts
from app.determination.facts import Fact
from tests.channels import fhir_examples as fhir
from tests.channels.fhir_examples import Json, concept

ZONE = "America/New_York"
DAY = dt.date(2024, 3, 11)


def of(*resources: Json) -> tuple[Fact | None, str]:
    """The fact of the last of the resources, beside the patient and the doctor, and all that is said of it."""
    entry = facts_of(fhir.bundle(fhir.patient(), fhir.practitioner(), *resources), ZONE).entries[-1]
    return entry.fact, " ".join(issue.says for issue in entry.issues)


def fields(fact: Fact | None) -> dict[str, Any]:
    assert fact is not None
    stated = {name: getattr(fact, name) for name in fact.__struct_fields__}
    return {name: value for name, value in stated.items() if value is not None and name not in ("id", "source")}


class TestPatient:
    def test_the_living_state_nothing(self) -> None:
        (entry,) = facts_of(fhir.bundle(fhir.patient(birthDate="1940-01-02")), ZONE).entries
        assert (entry.fact, entry.stream) == (None, "ada")

    def test_a_date_of_death_is_a_death_on_the_local_day(self) -> None:
        (entry,) = facts_of(fhir.bundle(fhir.patient(deceasedDateTime="2024-03-12T02:00:00Z")), ZONE).entries
        assert fields(entry.fact) == {"patient": "ada", "on": DAY}

    @pytest.mark.parametrize("stated", [{"deceasedBoolean": True}, {"deceasedDateTime": "2024-03"}])
    def test_a_death_without_its_day_is_named_as_missing_it(self, stated: Json) -> None:
        (entry,) = facts_of(fhir.bundle(fhir.patient(**stated)), ZONE).entries
        assert entry.fact is None
        assert "day of death is missing" in entry.issues[0].says


class TestPractitioner:
    @pytest.mark.parametrize(
        ("stated", "credential"),
        [
            ({}, "MD"),
            ({"qualification": [{"code": concept(fhir.DEGREE + "/2.7", "np")}]}, "NP"),
            ({"qualification": [{"code": concept(fhir.DEGREE, "FPNP")}]}, "NP"),
            ({"qualification": [{"code": concept(fhir.DEGREE, "RN")}]}, "RN"),
            ({"qualification": [{"code": concept(fhir.DEGREE, each)} for each in ("PHD", "DO")]}, "DO"),
            ({"qualification": [{"code": {"text": "P.A."}}]}, "PA"),
            ({"qualification": None, "name": [{"suffix": ["M.D., FACP"]}]}, "MD"),
            ({"qualification": None, "name": [{"suffix": ["Jr.", "CNS"]}]}, "CNS"),
        ],
    )
    def test_a_stated_credential(self, stated: Json, credential: str) -> None:
        (entry,) = facts_of(fhir.bundle(fhir.practitioner(**stated)), ZONE).entries
        assert fields(entry.fact) == {"practitioner": "dr-bly", "credential": credential, "npi": "1234567893"}
        assert not entry.stream

    @pytest.mark.parametrize(
        "stated",
        [
            {"qualification": None},
            {"qualification": [{"code": concept("http://example.org/titles", "MD")}]},
            {"qualification": None, "name": [{"prefix": ["Dr."], "suffix": ["Jr."]}]},
        ],
    )
    def test_a_title_is_no_credential(self, stated: Json) -> None:
        (entry,) = facts_of(fhir.bundle(fhir.practitioner(**stated)), ZONE).entries
        assert entry.fact is None
        assert "No credential is stated" in entry.issues[0].says

    def test_an_npi_has_ten_digits(self) -> None:
        stated = fhir.practitioner(identifier=[{"system": fhir.NPI, "value": "490"}])
        (entry,) = facts_of(fhir.bundle(stated), ZONE).entries
        assert "npi" not in fields(entry.fact)
        assert entry.issues[0].place == "Bundle.entry[0].resource.identifier[0].value"

    def test_the_last_day_of_a_qualification_belongs_to_it(self) -> None:
        held = {"code": concept(fhir.DEGREE, "MD"), "period": {"start": "2010-01-01", "end": "2024-03-31"}}
        (entry,) = facts_of(fhir.bundle(fhir.practitioner(qualification=[held])), ZONE).entries
        assert isinstance(entry.fact, facts.Practitioner)
        assert (entry.fact.from_, entry.fact.until) == (dt.date(2010, 1, 1), dt.date(2024, 4, 1))


class TestCondition:
    def test_an_icd_10_cm_code_from_any_coding(self) -> None:
        both = {"coding": [{"system": fhir.SNOMED, "code": "44054006"}, {"system": fhir.ICD, "code": "e11.9"}]}
        fact, said = of(fhir.condition(code=both))
        assert fields(fact) == {"patient": "ada", "code": "E11.9", "from_": dt.date(2019, 5, 6)}
        assert said == ""

    def test_snomed_alone_is_evidence_without_a_code(self) -> None:
        fact, said = of(fhir.condition(code=concept(fhir.SNOMED, "44054006")))
        assert isinstance(fact, facts.Condition)
        assert fact.code is None
        assert fact.other_code == facts.OtherCode(fhir.SNOMED, "44054006")
        assert "No ICD-10-CM code" in said

    @pytest.mark.parametrize("code", ["E119", "E11.", "11.9", "E11.9 ", "diabetes"])
    def test_a_malformed_code_is_not_used(self, code: str) -> None:
        fact, said = of(fhir.condition(code=concept(fhir.ICD, code)))
        assert fact is None
        assert "Not an ICD-10-CM code" in said

    def test_text_alone_names_nothing(self) -> None:
        fact, said = of(fhir.condition(code={"text": "sugar"}))
        assert fact is None
        assert "No coding" in said

    @pytest.mark.parametrize(
        ("onset", "abatement", "from_", "until"),
        [
            ("2019-05-06", "2020-01-02", dt.date(2019, 5, 6), dt.date(2020, 1, 2)),
            ("2019-05-07T03:59:59.5Z", "2020-01-02T05:00:00Z", dt.date(2019, 5, 6), dt.date(2020, 1, 2)),
            ("2019-05-06", "2019-05-06", dt.date(2019, 5, 6), dt.date(2019, 5, 7)),
            ("2019", "2020-02", dt.date(2019, 12, 31), dt.date(2020, 2, 1)),
        ],
    )
    def test_the_days_on_which_it_surely_held(self, onset: str, abatement: str, from_: dt.date, until: dt.date) -> None:
        fact, _ = of(fhir.condition(onsetDateTime=onset, abatementDateTime=abatement))
        assert isinstance(fact, facts.Condition)
        assert (fact.from_, fact.until) == (from_, until)

    def test_periods_say_it_too(self) -> None:
        stated = fhir.condition(
            onsetDateTime=None, onsetPeriod={"start": "2019-05-06"}, abatementPeriod={"end": "2020-01-02"}
        )
        fact, _ = of(stated)
        assert isinstance(fact, facts.Condition)
        assert (fact.from_, fact.until) == (dt.date(2019, 5, 6), dt.date(2020, 1, 2))

    def test_a_span_that_may_be_empty_is_not_used(self) -> None:
        fact, said = of(fhir.condition(onsetDateTime="2019", abatementDateTime="2019"))
        assert fact is None
        assert "no day on which it surely held" in said

    @pytest.mark.parametrize("status", ["inactive", "remission", "resolved"])
    def test_what_ended_nobody_says_when_is_not_used(self, status: str) -> None:
        fact, said = of(fhir.condition(clinicalStatus=concept("condition-clinical", status)))
        assert fact is None
        assert "the day is missing (abatementDateTime)" in said

    @pytest.mark.parametrize("status", ["refuted", "entered-in-error", "provisional"])
    def test_what_is_not_confirmed_is_not_used(self, status: str) -> None:
        fact, said = of(fhir.condition(verificationStatus=concept("condition-ver-status", status)))
        assert fact is None
        assert "Not a confirmed diagnosis" in said

    def test_a_clinicians_statements_arrive_as_our_extensions(self) -> None:
        stated = [
            {"url": EXPECTED_DURATION, "valueCode": "at_least_12_months"},
            {"url": SIGNIFICANT_RISK, "valueBoolean": True},
            {"url": "http://example.org/other", "valueString": "ignored"},
        ]
        fact, _ = of(fhir.condition(extension=stated))
        assert isinstance(fact, facts.Condition)
        assert (fact.expected_duration, fact.significant_risk) == ("at_least_12_months", True)


class TestEncounter:
    @pytest.mark.parametrize("class_", ["AMB", "EMER", "FLD", "HH", "OBSENC", "VR"])
    def test_a_visit(self, class_: str) -> None:
        fact, said = of(fhir.encounter(**{"class": {"code": class_}}))
        assert fields(fact) == {"patient": "ada", "code": "99214", "on": DAY, "practitioner": "dr-bly"}
        assert said == ""

    def test_a_hcpcs_code(self) -> None:
        fact, _ = of(fhir.encounter(type=[concept(fhir.SNOMED, "185349003"), concept(fhir.HCPCS, "g0439")]))
        assert fields(fact)["code"] == "G0439"

    def test_snomed_alone_is_missing_not_no_visit(self) -> None:
        fact, said = of(fhir.encounter(type=[concept(fhir.SNOMED, "185349003")]))
        assert fields(fact)["other_code"] == facts.OtherCode(fhir.SNOMED, "185349003")
        assert "No CPT or HCPCS code" in said

    def test_a_malformed_code_is_named(self) -> None:
        fact, said = of(fhir.encounter(type=[concept(fhir.CPT, "office visit")]))
        assert "code" not in fields(fact)
        assert "Not a CPT or HCPCS code" in said

    def test_the_day_is_the_practices(self) -> None:
        fact, _ = of(fhir.encounter(period={"start": "2024-03-12T03:30:00Z"}))
        assert fields(fact)["on"] == DAY

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"participant": None}, "No practitioner takes part"),
            ({"participant": [{"individual": {"reference": "RelatedPerson/niece"}}]}, "No practitioner takes part"),
            (
                {"participant": [{"individual": {"reference": f"Practitioner/{each}"}} for each in "ab"]},
                "Several practitioners",
            ),
            ({"period": None}, "The day is missing"),
            ({"period": {"start": "2024-03"}}, "The day is missing"),
            ({"status": "planned"}, "took place"),
            ({"status": "cancelled"}, "took place"),
            ({"status": "entered-in-error"}, "took place"),
            ({"class": {"code": "PRENC"}}, "Neither a visit nor a stay"),
            ({"subject": None}, "which patient"),
            ({"subject": {"reference": "Group/all"}}, "which patient"),
        ],
    )
    def test_without_it_there_is_no_visit(self, changes: Json, says: str) -> None:
        fact, said = of(fhir.encounter(**changes))
        assert fact is None
        assert says in said

    def test_the_primary_performer_is_the_practitioner(self) -> None:
        role = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
        taking_part = [
            {"individual": {"reference": "Practitioner/other"}, "type": [concept(role, "ATND")]},
            {"individual": {"reference": fhir.DOCTOR}, "type": [concept(role, "PPRF")]},
        ]
        fact, _ = of(fhir.encounter(participant=taking_part))
        assert fields(fact)["practitioner"] == "dr-bly"

    @pytest.mark.parametrize("class_", ["IMP", "ACUTE", "NONAC"])
    def test_a_stay(self, class_: str) -> None:
        period = {"start": "2024-03-11T22:00:00-04:00", "end": "2024-03-14"}
        fact, _ = of(fhir.encounter(**{"class": {"code": class_}, "period": period, "participant": None}))
        assert fields(fact) == {
            "patient": "ada",
            "setting": "inpatient",
            "from_": DAY,
            "until": dt.date(2024, 3, 14),
            "admitted_at": dt.datetime(2024, 3, 12, 2, tzinfo=dt.UTC),
        }

    def test_a_stay_without_admission_is_named(self) -> None:
        fact, said = of(fhir.encounter(**{"class": {"code": "IMP"}, "period": None}))
        assert fact is None
        assert "day of admission is missing" in said

    @pytest.mark.parametrize(("code", "setting"), [("SNF", "snf_part_a"), ("NCCF", "nursing_facility")])
    def test_a_facility_makes_a_stay_of_any_class(self, code: str, setting: str) -> None:
        place = {"resourceType": "Location", "id": "home", "type": [concept("v3-RoleCode", code)]}
        fact, _ = of(place, fhir.encounter(location=[{"location": {"reference": "Location/home"}}]))
        assert isinstance(fact, facts.Stay)
        assert fact.setting == setting


class TestCarePlan:
    @pytest.mark.parametrize("intent", ["plan", "order"])
    @pytest.mark.parametrize("status", ["active", "completed"])
    def test_established_on_the_day_it_was_created(self, status: str, intent: str) -> None:
        fact, _ = of(fhir.care_plan(status=status, intent=intent, period={"start": "2020-01-01"}))
        assert fields(fact) == {"patient": "ada", "action": "established", "on": DAY}

    def test_else_on_the_day_its_period_starts(self) -> None:
        fact, _ = of(fhir.care_plan(created=None, period={"start": "2024-03-11T09:00:00-04:00"}))
        assert fields(fact)["on"] == DAY

    @pytest.mark.parametrize(
        "changes",
        [{"status": each} for each in ("draft", "on-hold", "revoked", "entered-in-error", "unknown")]
        + [{"intent": "proposal"}, {"intent": "option"}, {"created": None}, {"created": "2024"}],
    )
    def test_what_is_no_plan_in_force_is_not_used(self, changes: Json) -> None:
        fact, said = of(fhir.care_plan(**changes))
        assert fact is None
        assert said
