"""The rule book as pages: everything the law says, findable, safe and well linked."""

import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from app.reference.history import history, known_rules
from app.reference.in_force import rulebook_of
from app.reference.proofs import cases_of
from app.rulebook import loader
from app.web.pages import month_name, prose, span
from tests.reference.conftest import book_in as book_in
from tests.reference.conftest import three_editions as three_editions

PAGES = [
    "/rulebook", "/rulebook?q=consent", "/rulebook?q=nothing+has+zzyzx", "/rulebook/2024-12", "/rulebook/2027-12",
    "/rulebook/2024-12/CONS-08", "/rulebook/2026-03/RHC-02", "/rulebook/diff", "/rulebook/diff?from=2021-12&to=2026-01",
    "/rulebook/diff?from=2024-03&to=2024-03", "/rulebook/diff?from=2016-12&to=2017-01", "/rulebook/sources",
    "/rulebook/unread", "/rulebook/2021-12/CONC-01", "/rulebook/2024-12/PRAC-04", "/rulebook/2024-12/claim-edits",
    "/rulebook/2015-01/claim-edits", "/rulebook/2024-12/amounts", "/rulebook/2027-12/amounts", "/rulebook/2026-07/amounts",
]  # fmt: skip
REFUSED = {
    "/rulebook/2014-12": 404,
    "/rulebook/nonsense": 404,
    "/rulebook/2024-03/CONS-99": 404,
    "/rulebook/2014-12/claim-edits": 404,
    "/rulebook/2014-12/amounts": 404,
    "/rulebook/diff?from=2024-03": 422,
}


class Read(HTMLParser):
    """What of a page can be followed, and the places it offers."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: list[str] = []
        self.tags: set[str] = set()
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in {"href", "src", "action"}:
                self.links.append(value or "")
            if name == "id":
                self.places.append(value or "")
            if name == "style" or name.startswith("on"):
                self.inline.append(f"{tag} {name}")


def words(text: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", text)).split())


async def shown(reader: httpx.AsyncClient, path: str) -> str:
    answer = await reader.get(path)
    assert answer.status_code == 200, path
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.text


@pytest.mark.parametrize("path", [*PAGES, *REFUSED])
async def test_a_page_allows_nothing_from_elsewhere_and_runs_nothing(reader: httpx.AsyncClient, path: str) -> None:
    answer = await reader.get(path)
    assert answer.status_code == REFUSED.get(path, 200)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert "unsafe" not in policy
    page = Read(answer.text)
    assert not page.tags & {"script", "style", "iframe", "object"}
    assert not page.inline
    assert len(page.places) == len(set(page.places))
    assert answer.text.startswith('<!doctype html>\n<html lang="en">')


async def test_every_link_within_the_rule_book_leads_somewhere(reader: httpx.AsyncClient) -> None:
    seen: dict[str, set[str]] = {}
    for path in PAGES:
        for link in Read(await shown(reader, path)).links:
            address = urlsplit(urljoin(f"http://care-month{path}", link))
            if address.netloc != "care-month" or address.path == "/docs":
                continue
            target = address.path + (f"?{address.query}" if address.query else "")
            if target not in seen:
                answer = await reader.get(target)
                assert answer.status_code == 200, f"{path} links to {target}"
                seen[target] = set(Read(answer.text).places)
            assert not address.fragment or address.fragment in seen[target], f"{path} links to {link}"
    assert len(seen) > 100


@pytest.mark.parametrize("month", ["2015-01", "2021-12", "2026-03", "2027-12"])
async def test_no_two_links_of_a_months_index_have_one_name(reader: httpx.AsyncClient, month: str) -> None:
    (index,) = re.findall(r'<nav class="contents".*?</nav>', await shown(reader, f"/rulebook/{month}"), re.DOTALL)
    names = [words(link) for link in re.findall(r"<a .*?</a>", index)]
    assert len(names) > 10
    assert sorted(set(names)) == sorted(names)


async def test_a_month_shows_its_whole_law(reader: httpx.AsyncClient) -> None:
    text = words(await shown(reader, "/rulebook/2024-12"))
    law = rulebook_of("2024-12")
    for rule in law.rules:
        assert f"{rule.rule} {rule.title}" in text
    for code in law.codes:
        assert code.code in text
    for policy in law.policies:
        assert policy.name in text and policy.says in text
    assert "99487 from 60 minutes, then 99489 for each further 30 minutes." in text
    assert law.rulebook.law_digest in text and law.rulebook.wording_digest in text
    assert "$33.2875" in text


@pytest.mark.parametrize("rule", sorted(known_rules()))
async def test_a_rules_page_says_everything_of_it(reader: httpx.AsyncClient, rule: str) -> None:
    last = history(rule)[-1]
    month = max(last.from_, loader.book().first_month)
    text = words(await shown(reader, f"/rulebook/{month}/{rule}"))
    assert f"{rule} {last.rule.title}" in text
    for sentence in (last.rule.check, *last.rule.says.values(), *last.rule.remedies.values()):
        assert words(prose(sentence)) in text
    for cite in last.rule.cites:
        assert cite.title in text and cite.source in text
    for file in last.rule.checked_in:
        assert file in text
    for case in cases_of(rule):
        assert f"{case.id} {case.title}" in text
    assert f"In force{span(last.rule.since, last.rule.until)}" in text.replace("In force ", "In force")


async def test_a_rule_written_as_a_table_says_what_it_decides(reader: httpx.AsyncClient) -> None:
    text = words(await shown(reader, "/rulebook/2021-12/CONC-01"))
    for said in (
        "Codes 99495, 99496",
        "Billed by the same practitioner blocks",
        "Settings fqhc, rhc",
        "Days it covers from discharge 30",
        "Time after its end that frees the month 20 minutes",
    ):
        assert said in text
    groups = words(await shown(reader, "/rulebook/2024-12/CPLX-06"))
    assert "Never in one month complex clinical_staff, practitioner" in groups
    paired = words(await shown(reader, "/rulebook/2024-12/CONC-05"))
    assert "99091 since January 2018 Never beside 99491, G0506 With a modifier beside 99437, 99439" in paired
    assert "A payer's reason code: 97" in paired


async def test_claim_edits_of_a_month(reader: httpx.AsyncClient) -> None:
    page = await shown(reader, "/rulebook/2024-12/claim-edits")
    text = words(page)
    for edits in rulebook_of("2024-12").claim_edits:
        assert f"/rulebook/2024-12/{edits.rule}" in Read(page).links
        assert ", ".join(edits.codes) in text
    assert "99441-99443 until December 2024 Never beside 99439" in text
    for way in loader.law("2024-12").ways_out.values():
        assert words(prose(way)) in text
    # The codes of 2017 are not yet paired, those of telephone visits no more.
    assert not re.search("beside [0-9, ]*99487", words(await shown(reader, "/rulebook/2016-12/claim-edits")))
    assert re.search("beside [0-9, ]*99487", words(await shown(reader, "/rulebook/2017-01/claim-edits")))
    assert "99441" not in words(await shown(reader, "/rulebook/2025-01/claim-edits"))


async def test_amounts_of_a_month(reader: httpx.AsyncClient) -> None:
    text = words(await shown(reader, "/rulebook/2024-03/amounts"))
    assert "Release of 2024-01-01 Release A: two copies of the file agree. Conversion factor $32.7442" in text
    assert "Release of 2024-03-09 Release AR: two copies of the file agree. Conversion factor $33.2875" in text
    assert re.search(r"99490 1\.88 \$61\.56 .*99490 1\.88 \$62\.58", text)
    assert "CNS, NP, PA: 85 %" in text
    assert "In force without figures: " in text and "G0511" in text
    assert "No figures are published for 2027" in words(await shown(reader, "/rulebook/2027-01/amounts"))


async def test_a_rule_out_of_force_says_so(reader: httpx.AsyncClient) -> None:
    text = words(await shown(reader, "/rulebook/2026-03/RHC-02"))
    assert "Not in force in March 2026. Shown as it stood January 2025 to December 2025." in text
    assert "Not in force" not in words(await shown(reader, "/rulebook/2024-12/RHC-02"))


@pytest.mark.usefixtures("three_editions")
async def test_a_rules_history_says_what_changed(reader: httpx.AsyncClient) -> None:
    text = words(await shown(reader, "/rulebook/2024-03/ELIG-06"))
    assert "July 2023 to December 2025" in text
    assert "Number, facilities no longer nursing_facility" in text
    assert "Sentence, resident was That bars nothing. is That still bars nothing." in text
    assert "January 2015 to June 2023 The earliest edition in this book." in text


async def test_what_changed_between_two_months(reader: httpx.AsyncClient) -> None:
    text = words(await shown(reader, "/rulebook/diff?from=2024-12&to=2025-01"))
    assert "Rules ended RHC-03" in text
    assert "Claim edits ended Pairs not paid on one date of service, of the two months in December 2024 only." in text
    assert "CONC-16 Telephone visits: not on one date with 99439 99441-99443" in text
    assert "Advanced primary care management G0556, G0557, G0558 since January 2025" in text
    assert "Number, individual no longer clinical_staff" in text
    same = words(await shown(reader, "/rulebook/diff?from=2024-03&to=2024-03"))
    assert "Nothing of the rules, codes, pathways and claim edits changed." in same


async def test_numbers_of_several_rules_are_told_once(reader: httpx.AsyncClient) -> None:
    text = words(await shown(reader, "/rulebook/diff?from=2016-12&to=2017-01"))
    assert text.count("Number, discussion programs is ccm") == 1
    assert "Its numbers changed as those of INIT-03." in text


async def test_the_index_marks_the_months_that_brought_something(reader: httpx.AsyncClient) -> None:
    text = words(await shown(reader, "/rulebook"))
    assert "January 2025, changed" in text
    assert "February 2025" in text and "February 2025, changed" not in text


async def test_rules_are_found_by_words_ids_and_codes(reader: httpx.AsyncClient) -> None:
    found = await shown(reader, "/rulebook?q=calendar+MONTH+stopping&month=2024-03")
    assert "1 rule of March 2024" in words(found)
    assert "/rulebook/2024-03/CONS-08" in Read(found).links
    by_id = await shown(reader, "/rulebook?q=rhc-02&month=2024-12")
    assert Read(by_id).links.count("/rulebook/2024-12/RHC-02") == 1
    # The rule ended: in a later month it is not found.
    assert "/rulebook/2026-03/RHC-02" not in Read(await shown(reader, "/rulebook?q=rhc-02&month=2026-03")).links
    assert "Nothing found" in words(await shown(reader, "/rulebook?q=nothing+has+zzyzx"))


async def test_what_is_sought_is_written_as_text(reader: httpx.AsyncClient) -> None:
    text = await shown(reader, "/rulebook?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&month=%3Cscript%3E")
    assert "<script" not in text
    assert 'value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in text
    assert (await reader.get("/rulebook", params={"q": "x" * 10_000})).status_code == 200
    assert (await reader.get("/rulebook", params={"q": "\x00\ud7ff"})).status_code == 200


async def test_sources_say_whether_they_were_read(reader: httpx.AsyncClient) -> None:
    text = words(await shown(reader, "/rulebook/sources"))
    for source in loader.book().sources.values():
        assert f"{source.id} {source.title}" in text
    assert "read on 2026-11-22" in text and "not read." in text


async def test_what_was_not_read_is_listed(reader: httpx.AsyncClient) -> None:
    text = words(await shown(reader, "/rulebook/unread"))
    for rule in known_rules():
        latest = history(rule)[-1].rule
        assert (f"{rule} {latest.title}" in text) == (latest.standing != "read")


async def test_a_copy_of_a_page_is_kept(reader: httpx.AsyncClient) -> None:
    for path in ("/rulebook/2024-03", "/rulebook/style.css", "/rulebook/icon.svg"):
        first = await reader.get(path)
        assert first.headers["cache-control"].startswith("public")
        again = await reader.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_sentences_are_marked_and_escaped() -> None:
    assert prose("`a<b` needs {counted_seconds} & more") == (
        "<code>a&lt;b</code> needs <var>counted seconds</var> &amp; more"
    )


def test_months_in_words() -> None:
    assert month_name("2026-03") == "March 2026"
    assert span("2020-01", "2021-01") == "January 2020 to December 2020"
    assert span("2020-01", "2020-02") == "January 2020"
    assert span("2020-01", None) == "since January 2020"
