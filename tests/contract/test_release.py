"""What integrators built on the last release still works, or the version says that it does not."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.programs import DOCUMENT, python
from tests.contract.unfolded import unfolded

RELEASED = DOCUMENT.with_name("released.yaml")
Document = dict[str, Any]


def breaking(old: Document, new: Document, folder: Path) -> list[str]:
    """The places at which a document breaks what was built on another."""
    for name, document in (("old", old), ("new", new)):
        (folder / f"{name}.json").write_text(json.dumps(unfolded(document)))
    compared = python("api-schema-diff", folder / "old.json", folder / "new.json", "--format", "json", cwd=folder)
    found = json.loads(compared.stdout)["breaking"]
    assert compared.returncode == (1 if found else 0), compared.stderr
    return [f"{change['path']}: {change['message']}" for change in found]


def announced(old: Document, new: Document) -> bool:
    first, later = (int(document["info"]["version"].partition(".")[0]) for document in (old, new))
    return later > first


@pytest.fixture(scope="module")
def released() -> Document:
    document: Document = yaml.safe_load(RELEASED.read_text())
    return document


def test_nothing_breaks_unannounced(released: Document, tmp_path: Path) -> None:
    document = yaml.safe_load(DOCUMENT.read_text())
    assert announced(released, document) or not breaking(released, document, tmp_path), (
        "This breaks what was built on openapi/released.yaml: raise the first number of VERSION, or mend it."
    )


def schema(document: Document, name: str) -> Any:
    return document["components"]["schemas"][name]


def call(document: Document, path: str, method: str = "post") -> Any:
    return document["paths"][path][method]


def a_fields_gone_from_the_answer(document: Document) -> None:
    del schema(document, "ClaimLine")["properties"]["service_date"]
    schema(document, "ClaimLine")["required"].remove("service_date")


def a_field_is_no_longer_always_answered(document: Document) -> None:
    schema(document, "ClaimLine")["required"].remove("units")


def a_field_may_be_null_in_an_answer(document: Document) -> None:
    field = schema(document, "ClaimLine")["properties"]["units"]
    schema(document, "ClaimLine")["properties"]["units"] = {"anyOf": [field, {"type": "null"}]}


def a_facts_field_is_no_longer_taken(document: Document) -> None:
    del schema(document, "TimeEntry")["properties"]["modality"]


def a_facts_field_is_needed_now(document: Document) -> None:
    schema(document, "TimeEntry")["required"].append("activity")


def a_kind_of_fact_is_no_longer_taken(document: Document) -> None:
    kinds = schema(document, "Fact")["oneOf"]
    kinds[:] = [kind for kind in kinds if not kind["$ref"].endswith("/Visit")]


def a_word_is_no_longer_taken(document: Document) -> None:
    schema(document, "Activity")["enum"].remove("contact")


def null_is_no_longer_taken(document: Document) -> None:
    schema(document, "Consent")["properties"]["on"] = {"type": "string"}


def a_type_is_another(document: Document) -> None:
    schema(document, "ClaimLine")["properties"]["units"] = {"type": "string"}


def a_call_is_gone(document: Document) -> None:
    del document["paths"]["/v1/consents"]


def a_parameter_is_gone(document: Document) -> None:
    call(document, "/v1/facts")["parameters"] = []


def a_parameter_is_needed_now(document: Document) -> None:
    call(document, "/v1/facts")["parameters"][0]["required"] = True


def a_media_type_is_no_longer_taken(document: Document) -> None:
    content = call(document, "/fhir")["requestBody"]["content"]
    content["application/json"] = content.pop("application/fhir+json")


def a_problem_has_another_shape(document: Document) -> None:
    del schema(document, "Problem")["properties"]["errors"]


def a_header_is_gone(document: Document) -> None:
    del call(document, "/v1/facts")["responses"]["503"]["headers"]["Retry-After"]


@pytest.mark.parametrize(
    "change",
    [
        a_fields_gone_from_the_answer, a_field_is_no_longer_always_answered, a_field_may_be_null_in_an_answer,
        a_facts_field_is_no_longer_taken, a_facts_field_is_needed_now, a_kind_of_fact_is_no_longer_taken, a_word_is_no_longer_taken,
        null_is_no_longer_taken, a_type_is_another, a_call_is_gone, a_parameter_is_gone, a_parameter_is_needed_now,
        a_media_type_is_no_longer_taken, a_problem_has_another_shape, a_header_is_gone,
    ],
)  # fmt: skip
def test_a_breaking_change_is_found_and_may_be_announced(
    released: Document, change: Callable[[Document], None], tmp_path: Path
) -> None:
    changed = copy.deepcopy(released)
    change(changed)
    assert breaking(released, changed, tmp_path)
    assert not announced(released, changed)
    changed["info"]["version"] = "2.0.0"
    assert announced(released, changed)


def a_field_more_is_answered(document: Document) -> None:
    schema(document, "ClaimLine")["properties"]["note"] = {"type": "string"}
    schema(document, "ClaimLine")["required"].append("note")


def a_field_more_may_be_sent(document: Document) -> None:
    schema(document, "TimeEntry")["properties"]["note"] = {"type": "string"}


def a_word_more_is_taken(document: Document) -> None:
    schema(document, "Activity")["enum"].append("home_visit")


def null_is_taken_too(document: Document) -> None:
    schema(document, "Evaluation")["properties"]["service_month"] = {"anyOf": [{"type": "string"}, {"type": "null"}]}


def an_answer_is_never_null(document: Document) -> None:
    schema(document, "Finding")["properties"]["program"] = {"$ref": "#/components/schemas/Program"}


def a_problem_more_may_be_answered(document: Document) -> None:
    answers = call(document, "/v1/facts")["responses"]
    answers["429"] = copy.deepcopy(answers["503"])


def words_of_prose_change(document: Document) -> None:
    call(document, "/v1/facts")["description"] = "Said otherwise."
    schema(document, "Activity")["description"] = "Said otherwise."


@pytest.mark.parametrize(
    "change",
    [
        a_field_more_is_answered, a_field_more_may_be_sent, a_word_more_is_taken, null_is_taken_too, an_answer_is_never_null,
        a_problem_more_may_be_answered, words_of_prose_change,
    ],
)  # fmt: skip
def test_what_breaks_nothing_needs_no_announcement(
    released: Document, change: Callable[[Document], None], tmp_path: Path
) -> None:
    changed = copy.deepcopy(released)
    change(changed)
    assert changed != released
    assert not breaking(released, changed, tmp_path)
