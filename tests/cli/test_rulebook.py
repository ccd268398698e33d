"""The law on a terminal."""

import datetime as dt
import re

import pytest

from app.cli import rulebook
from app.cli.commands import main
from app.cli.errors import CannotRun
from app.rulebook import loader
from tests.cli.test_commands import helped, typed
from tests.reference.conftest import BookIn, edition, home_health
from tests.reference.conftest import book_in as book_in
from tests.reference.conftest import three_editions as three_editions

Printed = pytest.CaptureFixture[str]


def told(printed: Printed, *arguments: str) -> str:
    assert main(["rulebook", *arguments]) == 0
    return printed.readouterr().out


@pytest.fixture(params=["80", "120"])
def wide(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("COLUMNS", request.param)
    return int(request.param)


def test_a_month_lists_its_rules_pathways_and_codes(capsys: Printed) -> None:
    listed = told(capsys, "show", "2024-12")
    assert set(re.findall(r"^  ([A-Z0-9]+-\d+) ", listed, re.MULTILINE)) == set(loader.law("2024-12").texts)
    assert loader.law("2024-12").digests.law in listed
    words = " ".join(listed.split())
    assert "99487 from 60 minutes, 99489 for each further 30 minutes" in words
    assert "99490 from 20 minutes, 99439 for each further 20 minutes, at most 2" in words
    assert re.search(r"^  99439 +ccm +since 2021-01 +2 a date of service$", listed, re.MULTILINE)
    assert "G0506, on its occasion: planning beside visit" in words
    assert not re.search("^  G2058 ", listed, re.MULTILINE)


def test_one_rule_whole(capsys: Printed) -> None:
    shown = told(capsys, "show", "2024-03", "cons-08")
    text = loader.law("2024-03").texts["CONS-08"]
    # The sentences are wrapped: what counts is the words.
    words = " ".join(shown.split())
    for said in (text.title, text.check, *text.says.values(), *text.remedies.values()):
        assert " ".join(said.split()) in words
    assert "since 2015-01" in shown
    assert "app/rulebook/rules/consent.py" in shown
    assert "https://www.federalregister.gov/citation/88-FR-78818" in shown
    assert "88 FR 79079" in words
    assert re.search(r"Proved by\n(  [A-Z]{2}-\d+ )", shown)


def test_a_rule_written_as_a_table_says_what_it_decides(capsys: Printed) -> None:
    words = " ".join(told(capsys, "show", "2021-12", "CONC-01").split())
    assert "Codes: 99495, 99496" in words
    assert "Billed by the same practitioner: blocks" in words
    assert "Time after its end that frees the month: 20 minutes" in words
    pairs = told(capsys, "show", "2024-12", "CONC-16")
    assert "Claim edits of 2024-12\n  CONC-16   99441-99443\n            never beside 99439\n" in pairs
    assert "A payer's reason code: 97" in pairs
    assert "Checked in  no check of its own" in told(capsys, "show", "2024-12", "PRAC-08")


def test_a_rule_out_of_force_says_so_and_is_shown_as_it_stood(capsys: Printed) -> None:
    shown = told(capsys, "show", "2026-03", "RHC-02")
    assert "Not in force in 2026-03. As it stood 2025-01 to 2025-12:" in shown
    assert "G0511" in shown


def test_without_a_month_it_is_todays_or_the_nearest_covered(capsys: Printed) -> None:
    for today, month in (
        (dt.date(2026, 11, 25), "2026-11"),
        (dt.date(1999, 1, 1), loader.book().first_month),
        (dt.date(2199, 1, 1), loader.book().last_month),
    ):
        rulebook.show(None, None, today)
        assert capsys.readouterr().out.startswith(f"The law of {month},")
    rulebook.show("CONS-08", None, dt.date(2026, 11, 25))
    assert capsys.readouterr().out.startswith("CONS-08  ")


def test_what_changed(capsys: Printed) -> None:
    changed = told(capsys, "diff", "2021-12", "2022-01")
    assert re.search(r"Codes opened\n(  .*\n)*  99437 +ccm\n", changed)
    assert re.search(r"Codes closed\n(  .*\n)*  G2064 +pcm\n", changed)
    assert re.search(r"ccm/practitioner\n +Add-on, code\n +is +99437\n", changed)
    assert "34.6062" in changed and "34.8931" in changed
    ended = told(capsys, "diff", "2024-12", "2025-01")
    assert "Rules ended\n  RHC-03" in ended
    assert "Claim edits ended\n  CONC-16   99441-99443\n            never beside 99439\n" in ended
    assert told(capsys, "diff", "2024-03", "2024-03").endswith("Nothing changed.\n")


def test_nothing_is_wider_than_the_terminal(wide: int, capsys: Printed) -> None:
    printed = (
        told(capsys, "show", "2024-12") + told(capsys, "diff", "2021-12", "2026-01") + told(capsys, "unread", "--all")
    )
    for rule in loader.law("2024-12").texts:
        printed += told(capsys, "show", "2024-12", rule)
    # An address or a digest is one word, never broken.
    lines = [line for line in printed.splitlines() if "http" not in line and "sha256:" not in line]
    assert not [line for line in lines if len(line) > min(wide, 100)]
    assert not [line for line in lines if line != line.rstrip()]


def test_the_book_is_checked(capsys: Printed) -> None:
    book = loader.book()
    checked = told(capsys, "check")
    assert f"{book.first_month} to {book.last_month}" in checked
    months = (int(book.last_month[:4]) - int(book.first_month[:4])) * 12 + 12
    assert f"each of its {months} months" in checked
    assert f"{len(book.editions)} editions and {len(book.statements)} rows" in checked


def test_a_book_with_a_hole_is_told(book_in: BookIn, capsys: Printed) -> None:
    hole = edition('from = "2015-01"\nuntil = "2022-01"', "", "x") + edition('from = "2022-02"', "", "x")
    hole += home_health('from = "2015-01"')
    book_in("rules/residence.toml", hole)
    assert main(["rulebook", "check"]) == 1
    error = capsys.readouterr().err
    assert "does not hold together" in error
    assert "residence: no edition is in force from 2022-01 to 2022-02." in error


def test_what_was_not_read(capsys: Printed) -> None:
    listed = told(capsys, "unread")
    assert re.search(r"^Unread: \d+ rules$", listed, re.MULTILINE)
    assert re.search(r"^Derived: \d+ rules\n(  .*\n)*  PROG-00 ", listed, re.MULTILINE)
    assert "Proposed" not in listed
    assert "CPT " in listed.partition("Sources of which nothing was read")[2]
    with_others = told(capsys, "unread", "--all")
    assert re.search(r"^Proposed: \d+ rules\n(  .*\n)*  PLAN-04 ", with_others, re.MULTILINE)
    assert "Secondary: " in with_others


@pytest.mark.parametrize(
    "arguments",
    [["show", "2014-12"], ["show", "2024-13"], ["diff", "2024-03", "2028-01"], ["diff", "1999-01", "2024-03"]],
)
def test_a_month_without_a_law_is_help(arguments: list[str]) -> None:
    helped(typed("rulebook", *arguments), f"{loader.book().first_month} to {loader.book().last_month}")


def test_a_rule_nobody_knows_is_help() -> None:
    with pytest.raises(CannotRun, match="no such rule"):
        rulebook.show("2024-03", "CONS-99", dt.date(2026, 11, 25))


def test_it_needs_no_settings() -> None:
    ran = typed("rulebook", "check", PORT="nonsense")
    assert ran.returncode == 0, ran.stderr


@pytest.mark.usefixtures("three_editions")
def test_a_rule_that_changed_says_what_of_it(capsys: Printed) -> None:
    changed = " ".join(told(capsys, "diff", "2023-06", "2023-07").split())
    assert "Rules changed ELIG-06 Residents are eligible Number, facilities no longer nursing_facility" in changed
    assert "Sentence, resident was That bars nothing. is That still bars nothing." in changed
    history = " ".join(told(capsys, "show", "2024-03", "ELIG-06").split())
    assert "2015-01 to 2023-06 2023-07 to 2025-12 Number, facilities no longer nursing_facility" in history
