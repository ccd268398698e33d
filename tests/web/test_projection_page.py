"""The projection's page: a form without a script, whose answer is the one programs get, and whose errors stand by their fields."""

import re

import httpx
import pytest

from app.projections.assumptions import assumptions
from app.web.pages import money
from app.web.projection_form import parameter
from tests.projections.asking import projected
from tests.web.test_rulebook_pages import Read, shown, words

HAND = "/projections?patients=1000&month=2026-03"
REFUSED = "/projections?patients=some&denial=200&locality=somewhere&month=2026-03"
PAGES = [
    "/projections",
    HAND,
    f"{HAND}&pathway=ccm/complex&counted_minutes=100&staff_minute=2.50",
    "/projections?month=2027-05",
]


def labelled(text: str) -> set[str]:
    return set(re.findall(r'<label for="([^"]+)"', text))


@pytest.mark.parametrize("path", [*PAGES, REFUSED])
async def test_it_runs_nothing_and_asks_nobody_else(reader: httpx.AsyncClient, path: str) -> None:
    answer = await reader.get(path)
    assert answer.status_code == (422 if path == REFUSED else 200)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    page = Read(answer.text)
    assert not page.tags & {"script", "style", "iframe", "object"}
    assert not page.inline
    assert len(page.places) == len(set(page.places))
    fields = set(re.findall(r'<(?:input|select) id="([^"]+)" name="\1"', answer.text))
    assert fields == labelled(answer.text) == {"patients", "pathway", "month", *map(parameter, assumptions())}
    for by in re.findall(r'aria-(?:describedby|labelledby)="([^"]+)"', answer.text):
        assert set(by.split()) <= set(page.places)


async def test_the_answer_is_the_one_worked_by_hand(reader: httpx.AsyncClient) -> None:
    text = words(await shown(reader, HAND))
    # The figures of tests/projections: 272 claims of $66.13, of which Medicare pays $51.84 and the patient owes $13.23.
    for said in (
        "1,000 patients, 272 of them enrolled",
        "Of 1,000, 680 qualify and 272 enrol.",
        "20 minutes: 1 \u00d7 99490 at $66.13. Allowed $66.13: the patient owes $13.23, Medicare pays $51.84 after sequestration.",
        "A month pays for 66 minutes of work.",
        "Revenue $16,814.09, cost $5,059.20",
        "Profit, full month$11,754.89",
    ):
        assert said in text


async def test_the_table_has_what_is_drawn(reader: httpx.AsyncClient) -> None:
    page = await shown(reader, HAND)
    for month in projected(1_000).months:
        figures = month.figures
        row = f"{month.month} {month.enrolled_patients} {figures.claims} {figures.denied_claims}"
        assert f"{row} {money(figures.revenue_cents)}" in words(page.replace("</td>", " ").replace("</th>", " "))
    assert page.count('<rect class="revenue"') == page.count('<rect class="cost"') == 12 + 1  # and the legend
    assert page.count("<circle") == 12 + 1
    assert '<svg class="chart" viewBox="0 0 640 280" role="img" aria-labelledby="chart-title chart-about">' in page


async def test_a_loss_is_drawn_below_the_line(reader: httpx.AsyncClient) -> None:
    page = await shown(reader, f"{HAND}&counted_minutes=10")
    assert "10 minutes make no unit of the base code" in words(page)
    zero = int(re.search(r'<line class="zero"[^>]* y1="(\d+)"', page)[1])  # type: ignore[index]
    dots = [int(y) for y in re.findall(r'<circle class="profit-dot" cx="\d+" cy="(\d+)"', page)][:12]
    assert all(y > zero for y in dots) and dots == sorted(dots)


@pytest.mark.parametrize(
    "asked",
    [
        "patients=10",
        "patients=1000000",
        "patients=1000000&qualifying=100&enrolling=100&counted_minutes=6000&staff_minute=100",
    ],
)
async def test_the_drawing_has_room_for_its_amounts(reader: httpx.AsyncClient, asked: str) -> None:
    page = await shown(reader, f"/projections?month=2026-03&{asked}")
    amounts = re.findall(r'<text class="amount" x="(\d+)" y="\d+">([^<]+)</text>', page)
    assert len(amounts) > 2
    # No sign is wider than 7.5 units in the drawing's size.
    assert all(int(x) >= 7.5 * len(amount) for x, amount in amounts)
    left = int(re.search(r'<line class="zero" x1="(\d+)"', page)[1])  # type: ignore[index]
    bars = [int(x) for x in re.findall(r'<rect class="cost" x="(\d+)" y="\d+" width="15" height="\d+"/>\n', page)]
    assert all(left <= x <= 640 - 15 for x in bars)
    assert not re.search(r"\$[\d,]+\.00</text>", page)


async def test_every_assumption_tells_its_default_source_and_standing(reader: httpx.AsyncClient) -> None:
    page = await shown(reader, HAND)
    text = words(page).replace("\u00a0", " ")
    for one in assumptions().values():
        assert one.label in text and one.help in text and one.says in text
        for source in one.sources:
            assert f"/rulebook/sources#{source}" in Read(page).links
    assert "Default 68 %. the trade's 68 % of Medicare patients have two or more chronic conditions" in text
    assert "Default $2.50. unfounded: replace it Nothing we read states it" in text
    assert "Default 20 minutes. derived" in text
    assert "Default 60 minutes. derived" in words(await shown(reader, f"{HAND}&pathway=ccm/complex"))


async def test_a_device_costs_what_it_is_said_to(reader: httpx.AsyncClient) -> None:
    text = words(await shown(reader, f"{HAND}&pathway=rpm/device_supply&device_month=25")).replace("\u00a0", " ")
    assert "The minutes cost $18.60, the device $25.00." in text
    assert "Devices cost$6,800.00" in text
    assert "Default 20 minutes. unfounded: replace it Nothing we read states it: the code needs no minutes" in text
    assert "the work on readings beside the device that takes them" in text


async def test_sequestration_is_of_the_month(reader: httpx.AsyncClient) -> None:
    text = words(await shown(reader, "/projections?month=2021-03")).replace("\u00a0", " ")
    assert "Default 0 %. at second hand From May 2020 to March 2022 nothing was withheld" in text


async def test_those_who_pay_the_fixed_cost_make_no_loss(reader: httpx.AsyncClient) -> None:
    asked = "month=2026-03&qualifying=100&enrolling=100&fixed_month=430"
    ten, nine = [words(await shown(reader, f"/projections?patients={count}&{asked}")) for count in (10, 9)]
    assert "Profit, full month$2.17" in ten and "Profit, full month-$41.05" in nine
    assert all("10 enrolled patients pay the fixed cost." in text for text in (ten, nine))


async def test_what_was_filled_in_is_reckoned_with_and_stays(reader: httpx.AsyncClient) -> None:
    path = f"{HAND}&qualifying=68.4&fixed_month=1%2C500&credential=NP&facility=true&staff_minute=%240.85&counted_minutes=45"
    page = await shown(reader, path)
    for name, value in (("qualifying", "68.4"), ("fixed_month", "1,500"), ("counted_minutes", "45")):
        assert re.search(f'<input id="{name}" [^>]*value="{re.escape(value)}"', page)
    assert '<option value="NP" selected>' in page
    assumed = {
        "qualifying_basis_points": 6_840, "fixed_month_cents": 150_000, "credential": "NP", "facility": True,
        "staff_minute_cents": 85, "counted_minutes": 45,
    }  # fmt: skip
    found = projected(1_000, assumptions=assumed)
    assert f"Profit, first year{money(found.first_year.profit_cents)}" in words(page)
    # A body for programs says just what was replaced.
    assert '"fixed_month_cents": 150000' in words(page) and "denial_basis_points" not in words(page)


async def test_a_form_sent_as_it_came_replaces_nothing(reader: httpx.AsyncClient) -> None:
    page = await shown(reader, HAND)
    fields = dict(re.findall(r'<input id="([^"]+)" name="[^"]+" [^>]*value="([^"]*)"', page))
    chosen = re.findall(r'<select id="([^"]+)".*?<option value="([^"]+)" selected', page, re.DOTALL)
    again = await reader.get("/projections", params={**fields, **dict(chosen)})
    assert again.status_code == 200
    assert "&#34;assumptions&#34;" not in again.text
    assert again.text == page


async def test_every_error_stands_by_its_field(reader: httpx.AsyncClient) -> None:
    page = (await reader.get(REFUSED)).text
    text = words(page)
    assert "Nothing was reckoned: 3 fields say something that cannot be used." in text
    for name, said in (
        ("patients", "A whole number of patients from 0 to 1,000,000."),
        ("denial", "A share from 0 to 100 %, with at most two decimals, such as 68 or 68.4."),
        ("locality", "Either national, or contractor and locality such as 01112-05."),
    ):
        assert f'<p class="error" id="{name}-error">{said}</p>' in page
        assert re.search(f'<input id="{name}" [^>]*aria-describedby="{name}-error[^"]*" aria-invalid="true"', page)
        assert f'<a href="#{name}">' in page
    assert "Step by step" not in text


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("month=2014-12", "month"), ("month=x", "month"), ("pathway=ccm/planning", "pathway"), ("pathway=x", "pathway"),
        ("pathway=ccm/general_care_management&month=2024-03", "pathway"), ("patients=1000001", "patients"),
        ("patients=-1", "patients"), ("qualifying=100.01", "qualifying"), ("qualifying=6.855", "qualifying"),
        ("months_until_enrolled=0", "months_until_enrolled"), ("staff_minute=1e3", "staff_minute"),
        ("staff_minute=101", "staff_minute"), ("credential=RN", "credential"), ("facility=1", "facility"),
        ("locality=99999-99", "locality"), ("counted_minutes=twenty", "counted_minutes"),
        ("counted_minutes=%D9%A3", "counted_minutes"),
    ],
)  # fmt: skip
async def test_what_cannot_be_used_is_told(reader: httpx.AsyncClient, asked: str, field: str) -> None:
    answer = await reader.get(f"/projections?{asked}")
    assert answer.status_code == 422
    assert re.findall(r'<p class="error" id="([^"]+)-error">', answer.text) == [field]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("counted_minutes=6001", "A whole number from 0 to 6,000, such as 12."),
        ("months_until_enrolled=61", "A whole number from 1 to 60, such as 12."),
        ("staff_minute=101", "An amount from $0 to $100, with at most two decimals, such as 12.50."),
        ("device_month=1000.01", "An amount from $0 to $1,000, with at most two decimals, such as 12.50."),
        ("fixed_month=x", "An amount from $0 to $100,000,000, with at most two decimals, such as 12.50."),
    ],
)
async def test_an_error_tells_the_bounds(reader: httpx.AsyncClient, asked: str, said: str) -> None:
    answer = await reader.get(f"/projections?{asked}")
    assert answer.status_code == 422
    assert f'-error">{said}</p>' in answer.text


@pytest.mark.parametrize(
    ("month", "without", "left"),
    [
        ("2024-03", {"G0511", "G0512", "98978"}, {"99490", "99454"}),
        ("2026-03", {"98978", "98986"}, {"98976", "G0556"}),
        ("2016-03", set(), {"99490"}),
        ("2027-05", {"98978", "98986"}, {"99490"}),
    ],
)
async def test_only_what_has_an_amount_is_offered(
    reader: httpx.AsyncClient, month: str, without: set[str], left: set[str]
) -> None:
    page = await shown(reader, f"/projections?month={month}")
    select = re.search(r'<select id="pathway".*?</select>', page, re.DOTALL)[0]  # type: ignore[index]
    codes = set(re.findall(r"\b[G0-9]\d{4}\b", select))
    assert left <= codes and not without & codes
    told = re.search(r'<p class="note" id="pathway-about">([^<]*)</p>', page)
    assert (set(re.findall(r"\b[G0-9]\d{4}\b", told[1])) if told else set()) == without
    for key in re.findall(r'<option value="([^"]+)"', select):
        assert (await reader.get("/projections", params={"month": month, "pathway": key})).status_code == 200, key


async def test_an_unknown_pathway_is_not_replaced_by_another(reader: httpx.AsyncClient) -> None:
    for asked in ("pathway=ccm/invented", "pathway=ccm/general_care_management&month=2024-03"):
        page = (await reader.get(f"/projections?{asked}")).text
        select = re.search(r'<select id="pathway".*?</select>', page, re.DOTALL)[0]  # type: ignore[index]
        assert re.findall(r'<option value="([^"]*)" selected>', select) == [""]
        assert "Choose one" in select
    text = words((await reader.get("/projections?pathway=ccm/invented")).text)
    assert "Default what the pathway needs." in text and "Default minutes" not in text
    assert "Choose one" not in await shown(reader, HAND)


async def test_what_nobody_can_see_is_not_written(reader: httpx.AsyncClient) -> None:
    for name in ("patients", "locality", "denial"):
        answer = await reader.get("/projections", params={name: "1\x00\x1b\x85"})
        assert answer.status_code == 422
        assert 'value="1\ufffd\ufffd\ufffd"' in answer.text
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", answer.text)


async def test_what_was_typed_is_written_as_text(reader: httpx.AsyncClient) -> None:
    typed = '"><script>alert(1)</script>\x00' + "x" * 10_000
    for name in ("patients", "pathway", "month", *map(parameter, assumptions())):
        answer = await reader.get("/projections", params={name: typed})
        assert answer.status_code == 422
        assert "<script" not in answer.text and "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" not in answer.text


async def test_a_year_without_figures_says_whose_stand_in(reader: httpx.AsyncClient) -> None:
    page = await shown(reader, "/projections?month=2027-05")
    assert "No figures are published for 2027: those of 2026" in words(page)
    assert "/rulebook/2026-12/amounts" in Read(page).links


async def test_the_rule_book_leads_here_and_back(reader: httpx.AsyncClient) -> None:
    assert "/projections" in Read(await shown(reader, "/rulebook")).links
    assert {"/rulebook", "/rulebook/2026-03", "/projections"} <= set(Read(await shown(reader, HAND)).links)
    for link in {link for path in PAGES for link in Read(await shown(reader, path)).links if link.startswith("/")}:
        if not link.startswith("/docs"):
            assert (await reader.get(link)).status_code == 200, link
