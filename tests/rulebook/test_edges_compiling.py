"""What a month's editions must agree on before they are put together."""

from typing import Any

import msgspec
import pytest

from app.determination.law import AddOn, Ceiling, Citation, Pathway, RuleText
from app.rulebook.compiling import _check_gates, _check_requirements, _texts
from app.rulebook.editions import RulebookError
from app.rulebook.loader import book, law

TEXT = RuleText(
    "ELIG-01", "Two conditions", "blocks", "read", "It looks.", (Citation("SEED0"),), {"none": "None."}, {}, "2015-01"
)


@pytest.mark.parametrize(
    ("part", "lower", "higher"),
    [
        ("title", "A", "B"),
        ("effect", "advises", "blocks"),
        ("standing", "derived", "read"),
        ("cites", (Citation("A"),), (Citation("B"),)),
    ],
)
def test_an_id_stated_by_two_rules_has_one_title_effect_standing_and_authority(
    part: str, lower: object, higher: object
) -> None:
    one = msgspec.structs.replace(TEXT, **{part: lower})
    other = msgspec.structs.replace(TEXT, says={"few": "Few."}, **{part: higher})
    for pair in (
        [one, other],
        [msgspec.structs.replace(other, says=one.says), msgspec.structs.replace(one, says=other.says)],
    ):
        with pytest.raises(RulebookError, match="stated twice"):
            _texts(pair)


def test_an_id_stated_by_two_rules_says_what_both_say_and_nothing_twice() -> None:
    other = msgspec.structs.replace(TEXT, says={"few": "Few."}, check="And there.", remedies={"few": "More."})
    both = _texts([TEXT, other])["ELIG-01"]
    assert both.says == {"none": "None.", "few": "Few."}
    assert both.remedies == {"few": "More."}
    assert both.check == "It looks. And there."
    with pytest.raises(RulebookError, match="twice"):
        _texts([TEXT, msgspec.structs.replace(TEXT, says={"none": "Nothing."})])
    assert _texts([TEXT, TEXT])["ELIG-01"].says == TEXT.says


def pathway(**fields: Any) -> Pathway:
    plain = Pathway(
        name="staff",
        program="ccm",
        whose="everyone",
        base_code="99490",
        base_seconds=1200,
        add_on=AddOn("99439", 1200),
        requires=frozenset({"ELIG-01"}),
    )
    return msgspec.structs.replace(plain, **fields)


def test_every_rule_a_pathway_names_has_an_edition_in_force() -> None:
    known = {"ELIG-01": TEXT, "TIME-02": msgspec.structs.replace(TEXT, says={"short": "Short."})}
    _check_requirements("2024-03", [pathway(), pathway(short=("TIME-02",)), pathway(add_on=None)], known)
    for lacking in (
        pathway(requires=frozenset({"ELIG-01", "ELIG-02"})),
        pathway(short=("CPLX-04",)),
        pathway(short=("TIME-02", "CPLX-04")),
        pathway(add_on=AddOn("99439", 1200, short=("CPLX-05",))),
        pathway(requires=frozenset({"CPLX-04"}), short=("CPLX-04",)),
    ):
        with pytest.raises(RulebookError, match="staff names"):
            _check_requirements("2024-03", [pathway(), lacking], known)


@pytest.mark.parametrize(
    "lacking",
    [
        pathway(short=("ELIG-01",)),
        pathway(add_on=AddOn("99439", 1200, short=("ELIG-01",))),
        pathway(whose="biller", short=("TIME-02",)),
        pathway(ceiling=Ceiling(below_seconds=2400, rule="TIME-02")),
        pathway(live_contact="TIME-02"),
    ],
)
def test_a_rule_named_for_minutes_has_the_sentence_they_may_need(lacking: Pathway) -> None:
    known = {"ELIG-01": TEXT, "TIME-02": msgspec.structs.replace(TEXT, says={"short": "Short."})}
    with pytest.raises(RulebookError, match="does not say"):
        _check_requirements("2024-03", [lacking], known)


def test_what_may_block_is_required_and_what_is_required_is_checked() -> None:
    in_force = [edition for edition in book().editions if edition.in_force("2024-03")]
    own = law("2024-03").pathways["ccm"]
    _check_gates("2024-03", "ccm", own, in_force)
    less = [msgspec.structs.replace(one, requires=one.requires - {"ELIG-09"}) for one in own]
    with pytest.raises(RulebookError, match="ELIG-09"):
        _check_gates("2024-03", "ccm", less, in_force)
    more = [msgspec.structs.replace(one, requires=one.requires | {"CONC-99"}) for one in own]
    with pytest.raises(RulebookError, match="CONC-99"):
        _check_gates("2024-03", "ccm", more, in_force)
