"""Month-end runs: asked for, worked on, followed, cancelled, compared, and taken away as files."""

import asyncio
import csv
import datetime as dt
import gzip
import io
import json
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.cursors import cursor_at
from app.api.documents.determination_examples import EVALUATION_REQUEST
from app.api.documents.fact_examples import PRACTITIONER
from app.api.routes import runs as routes
from app.errors import Unavailable
from app.months.runs import asking, found, telling, working
from app.months.runs.stored import FIRST_RANGES, RANGE_JOB, have_left_ones_done, job, range_to_do, take
from app.months.runs.working import NOT_DETERMINED, NOT_KNOWN, work_on
from app.postgres import jobs
from app.postgres.engine import create_engine
from app.postgres.jobs import NAMES
from app.postgres.transaction import transaction
from tests.api.months import Json, call, codes, got, of, posted, retraction, two_could_bill, usual

RUNS = "/v1/months/2026-03/runs"


@pytest.fixture(autouse=True)
async def no_other_jobs(owner_engine: AsyncEngine) -> None:
    """What other tests of this database left in the queue is not for us to do."""
    async with owner_engine.begin() as connection:
        await connection.execute(text("DELETE FROM jobs.pgqueuer"))


async def worked_off(engine: AsyncEngine, database_url: str) -> None:
    """What workers do until the queue is empty."""
    await asyncio.wait_for(jobs.work(database_url, {RANGE_JOB: lambda job: work_on(engine, job)}, until_empty=True), 60)


async def run(client: httpx.AsyncClient, engine: AsyncEngine, database_url: str, asked: Json | None = None) -> Json:
    """A run asked for and done, as reading it tells."""
    started = await posted(client, RUNS, asked or {}, 202)
    await worked_off(engine, database_url)
    return await got(client, f"/v1/runs/{started['id']}")


async def lines(client: httpx.AsyncClient, run: Json, **params: str) -> list[Json]:
    answer = await client.get(run["results"], params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.content.splitlines()]


async def four_patients(client: httpx.AsyncClient) -> None:
    """Two codes, too short, a decision to be made, and nobody's program."""
    for patient, minutes in (("a", (20, 15, 10)), ("b", (5,)), ("d", (25,))):
        await posted(client, "/v1/facts", usual(patient, minutes))
    await posted(client, "/v1/facts", two_could_bill("d"))
    condition = next(fact for fact in EVALUATION_REQUEST["facts"] if fact["kind"] == "condition")
    await posted(client, "/v1/facts", [of(condition, "e")])


async def test_everybody_is_determined_as_reading_each_would(
    client: httpx.AsyncClient, engine: AsyncEngine, database_url: str
) -> None:
    await four_patients(client)
    answer = await client.post(RUNS)
    assert answer.status_code == 202
    started = answer.json()
    assert answer.headers["Location"] == f"/v1/runs/{started['id']}"
    assert (started["state"], started["total"], started["done"], started["patients"]) == ("queued", 4, 0, "all")
    early = await client.get(started["results"])
    assert (early.status_code, early.json()["detail"]) == (409, "The run is under way: 0 of 4 patients are done.")
    await worked_off(engine, database_url)
    ended = await got(client, answer.headers["Location"])
    told = ("state", "total", "done", "determined", "unchanged", "failed")
    assert [ended[name] for name in told] == ["done", 4, 4, 4, 0, 0]
    assert ended["rate"] > 0
    assert {"time_left_seconds", "first_errors"}.isdisjoint(ended)
    found = await lines(client, ended, met="true")
    assert [line["patient"] for line in found] == ["a", "b", "d", "e"]
    assert [line["status"] for line in found] == ["billable", "not_billable", "needs_decision", "not_billable"]
    for line in found:
        alone = await got(client, f"/v1/patients/{line['patient']}/months/2026-03/determination")
        without = [{**finding, "cites": []} for finding in alone["findings"] if finding["program"] is not None]
        assert [finding for finding in line["findings"] if finding["program"] is not None] == without
        judged = [row for row in alone["verdicts"] if row["code"] in {each["code"] for each in line["verdicts"]}]
        assert line["verdicts"] == judged
        for name in (
            "status",
            "claim_lines",
            "alternatives",
            "rulebook",
            "policy_digest",
            "inputs_digest",
            "positions",
        ):
            assert line[name] == alone[name], name
    short = found[1]["verdicts"]
    assert {row["code"]: row["blockers"] for row in short}["99490"] == ["TIME-02"]
    assert found[3]["verdicts"] == []


async def test_what_is_not_met_is_told_unless_all_is_asked_for(
    client: httpx.AsyncClient, engine: AsyncEngine, database_url: str
) -> None:
    await posted(client, "/v1/facts", usual("a", (5,)))
    ended = await run(client, engine, database_url)
    (few,), (many,) = await lines(client, ended), await lines(client, ended, met="true")
    assert [finding for finding in many["findings"] if finding["outcome"] != "met"] == few["findings"]
    assert len(few["findings"]) < len(many["findings"])
    assert any(finding["rule"] == "TIME-02" and "remedy" in finding for finding in few["findings"])


async def test_what_was_read_before_is_not_determined_again(
    client: httpx.AsyncClient, engine: AsyncEngine, database_url: str
) -> None:
    await four_patients(client)
    first = await run(client, engine, database_url)
    again = await run(client, engine, database_url)
    assert again["compared_with"] == first["id"]
    assert (again["determined"], again["unchanged"]) == (0, 4)
    assert await lines(client, again) == await lines(client, first)
    # Something more of one of them, and something that is taken back at once of another: the facts that stand are the same.
    await posted(client, "/v1/facts", [call("more", 20, patient="b")])
    await posted(client, "/v1/facts", [call("not", 20, patient="a")])
    await posted(client, "/v1/facts", [retraction(call("not", 20, patient="a"))])
    third = await run(client, engine, database_url)
    assert (third["compared_with"], third["determined"], third["unchanged"]) == (again["id"], 1, 3)
    found = {line["patient"]: line for line in await lines(client, third)}
    assert codes(found["b"]["claim_lines"]) == [("99490", 1)]
    for patient in "abde":
        alone = await got(client, f"/v1/patients/{patient}/months/2026-03/determination")
        assert (found[patient]["claim_lines"], found[patient]["inputs_digest"], found[patient]["positions"]) == (
            alone["claim_lines"], alone["inputs_digest"], alone["positions"],
        )  # fmt: skip


async def test_a_fact_of_the_practice_has_everybody_determined_again(
    client: httpx.AsyncClient, engine: AsyncEngine, database_url: str
) -> None:
    await four_patients(client)
    await run(client, engine, database_url)
    await posted(client, "/v1/facts", [{"kind": "policy", "id": "pay", "locality": "national", "from": "2026-01"}])
    again = await run(client, engine, database_url)
    assert (again["determined"], again["unchanged"]) == (4, 0)


@pytest.mark.parametrize("other", ["book_digest = decode(repeat('00', 32), 'hex')", "known_on = known_on - 1"])
async def test_another_law_has_everybody_determined_again_and_a_day_whom_it_concerns(
    client: httpx.AsyncClient, owner_engine: AsyncEngine, engine: AsyncEngine, database_url: str, other: str
) -> None:
    """Under an earlier rule book; or on an earlier day, of which the digest of what was read knows whether it matters."""
    await four_patients(client)
    first = await run(client, engine, database_url)
    async with owner_engine.begin() as connection:
        await connection.execute(text(f"UPDATE run_result SET {other} WHERE run = '{first['id']}'"))
    again = await run(client, engine, database_url)
    by_law = other.startswith("book")
    assert (again["determined"], again["unchanged"]) == ((4, 0) if by_law else (0, 4))
    assert again["compared_with"] == first["id"]


async def test_anew_nothing_of_an_earlier_run_stands(
    client: httpx.AsyncClient, engine: AsyncEngine, database_url: str
) -> None:
    await four_patients(client)
    first = await run(client, engine, database_url)
    anew = await run(client, engine, database_url, {"anew": True})
    assert "compared_with" not in anew
    assert (anew["determined"], anew["unchanged"]) == (4, 0)
    assert await lines(client, anew) == await lines(client, first)
    some = await run(client, engine, database_url, {"anew": True, "patients": ["a"]})
    assert (some["determined"], some["unchanged"]) == (1, 0)
    later = await run(client, engine, database_url, {"anew": False})
    assert (later["compared_with"], later["unchanged"]) == (anew["id"], 4)


async def test_another_version_of_what_words_and_keeps_it_has_everybody_determined_again(
    client: httpx.AsyncClient,
    engine: AsyncEngine,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    await four_patients(client)
    await run(client, engine, database_url)
    monkeypatch.setattr(found, "__file__", released_since(found.__file__, tmp_path))
    again = await run(client, engine, database_url)
    assert (again["determined"], again["unchanged"]) == (4, 0)


def released_since(module: str, tmp_path: Path) -> str:
    changed = tmp_path / "changed.py"
    changed.write_bytes(Path(module).read_bytes() + b"# released since\n")
    return str(changed)


async def test_what_an_earlier_version_kept_otherwise_is_told(
    client: httpx.AsyncClient, owner_engine: AsyncEngine, engine: AsyncEngine, practice: UUID, database_url: str
) -> None:
    await posted(client, "/v1/facts", usual("a", (25,)))
    ended = await run(client, engine, database_url)
    async with owner_engine.begin() as connection:
        asked = text("UPDATE run_result SET answer = :kept WHERE tenant = :tenant")
        await connection.execute(asked, {"kept": zlib.compress(b'{"state": "billable"}'), "tenant": practice})
    assert [(line["patient"], line["problem"]) for line in await lines(client, ended)] == [
        ("a", telling.KEPT_OTHERWISE)
    ]
    table = (await client.get(ended["results"], headers={"Accept": "text/csv"})).text
    assert telling.KEPT_OTHERWISE in table
    # What it changes in money nobody knows, as of a month that could not be determined.
    await posted(client, "/v1/facts", [call("more", 20, patient="a")])
    later = await run(client, engine, database_url)
    (change,) = await changes(client, later, ended)
    assert (change["before_problem"], "before" in change) == (telling.KEPT_OTHERWISE, False)
    assert codes(change["after"]["claim_lines"])
    assert "amount_change_cents" not in change


async def changes(client: httpx.AsyncClient, later: Json, earlier: Json) -> list[Json]:
    answer = await client.get(f"/v1/runs/{later['id']}/changes", params={"since": earlier["id"]})
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.content.splitlines()]


async def test_a_range_that_has_grown_meanwhile_is_done_in_parts(
    client: httpx.AsyncClient,
    owner_engine: AsyncEngine,
    engine: AsyncEngine,
    practice: UUID,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(working, "MOST_AT_ONCE", 3)
    condition = next(fact for fact in EVALUATION_REQUEST["facts"] if fact["kind"] == "condition")
    await posted(client, "/v1/facts", [of(condition, "p00")])
    started = await posted(client, RUNS, {}, 202)
    await posted(client, "/v1/facts", [of(condition, f"p{number:02}") for number in range(1, 10)])
    await worked_off(engine, database_url)
    ended = await got(client, f"/v1/runs/{started['id']}")
    assert (ended["state"], ended["total"], ended["determined"]) == ("done", 10, 10)
    assert [line["patient"] for line in await lines(client, ended)] == [f"p{number:02}" for number in range(10)]
    async with owner_engine.begin() as connection:
        asked = text("SELECT patients FROM run_range WHERE tenant = :tenant ORDER BY number")
        assert (await connection.execute(asked, {"tenant": practice})).scalars().all() == [3, 3, 3, 1]


async def test_of_those_listed_each_is_told_also_who_is_not_known(
    client: httpx.AsyncClient, engine: AsyncEngine, database_url: str
) -> None:
    await four_patients(client)
    ended = await run(client, engine, database_url, {"patients": ["d", "nobody", "a", "d"]})
    assert (ended["patients"], ended["total"], ended["determined"], ended["failed"]) == ("listed", 3, 2, 1)
    assert ended["first_errors"] == [{"patient": "nobody", "detail": NOT_KNOWN}]
    found = await lines(client, ended)
    assert [(line["patient"], line.get("status"), line.get("problem")) for line in found] == [
        ("a", "billable", None), ("d", "needs_decision", None), ("nobody", None, NOT_KNOWN),
    ]  # fmt: skip


async def test_only_what_changed_since_a_run(client: httpx.AsyncClient, engine: AsyncEngine, database_url: str) -> None:
    await four_patients(client)
    first = await run(client, engine, database_url)
    await posted(client, "/v1/facts", [call("more", 20, patient="b")])
    await posted(client, "/v1/facts", usual("f", (30,)))
    changed = await run(client, engine, database_url, {"changed_since": first["id"]})
    counted = ("patients", "total", "done", "determined", "unchanged")
    assert [changed[name] for name in counted] == ["changed", 5, 5, 2, 3]
    assert [line["patient"] for line in await lines(client, changed)] == ["b", "f"]
    # What it left out is not missing from a comparison, and nothing rests on it.
    assert (await client.get(f"/v1/runs/{changed['id']}/changes", params={"since": first["id"]})).text.count("\n") == 2
    refused = await client.post(RUNS, json={"changed_since": changed["id"]})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/changed_since")
    assert (await posted(client, RUNS, {}, 202))["compared_with"] == first["id"]


async def test_what_two_runs_found_otherwise(client: httpx.AsyncClient, engine: AsyncEngine, database_url: str) -> None:
    await four_patients(client)
    first = await run(client, engine, database_url)
    # A code more, seconds more that bill nothing more, and somebody new.
    await posted(client, "/v1/facts", [call("more", 20, patient="b"), call("little", 1, patient="a")])
    await posted(client, "/v1/facts", usual("f", (30,)))
    second = await run(client, engine, database_url)
    assert second["determined"] == 3
    answer = await client.get(f"/v1/runs/{second['id']}/changes", params={"since": first["id"]})
    changes = [json.loads(line) for line in answer.content.splitlines()]
    assert [(one["patient"], one["change"]) for one in changes] == [("b", "changed"), ("f", "added")]
    gained = changes[0]["after"]["claim_lines"][0]
    assert changes[0]["before"] == {"status": "not_billable", "claim_lines": []}
    assert (gained["code"], changes[0]["amount_change_cents"]) == ("99490", gained["amount_cents"])
    table = await client.get(
        f"/v1/runs/{second['id']}/changes", params={"since": first["id"]}, headers={"Accept": "text/csv"}
    )
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [(row["patient"], row["change"], row["codes_before"], row["codes_after"]) for row in rows] == [
        ("b", "changed", "", "99490x1"), ("f", "added", "", "99490x1"),
    ]  # fmt: skip
    none = await client.get(f"/v1/runs/{first['id']}/changes", params={"since": first["id"]})
    assert (none.status_code, none.content) == (200, b"")


async def test_results_can_be_filtered(client: httpx.AsyncClient, engine: AsyncEngine, database_url: str) -> None:
    await four_patients(client)
    ended = await run(client, engine, database_url)

    async def fitting(**params: str) -> list[str]:
        return [line["patient"] for line in await lines(client, ended, **params)]

    assert await fitting(status="not_billable") == ["b", "e"]
    assert await fitting(code="99439") == ["a"]
    assert await fitting(practitioner="DR_LEE") == ["a"]
    assert await fitting(practitioner="DR_LEE", status="needs_decision") == []
    # The earlier run's results stand with all they are filtered by.
    again = await run(client, engine, database_url)
    assert [line["patient"] for line in await lines(client, again, code="99439")] == ["a"]


@pytest.mark.parametrize("coding", ["gzip", "br;q=1.0, GZIP;q=0.5"])
async def test_compressed_where_asked(
    client: httpx.AsyncClient, engine: AsyncEngine, database_url: str, coding: str
) -> None:
    await four_patients(client)
    ended = await run(client, engine, database_url)
    plain = await client.get(ended["results"], headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    refused = await client.get(ended["results"], headers={"Accept-Encoding": "gzip;q=0, *"})
    assert "Content-Encoding" not in refused.headers
    async with client.stream("GET", ended["results"], headers={"Accept-Encoding": coding}) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in answer.headers["Vary"]
        packed = b"".join([part async for part in answer.aiter_raw()])
    assert gzip.decompress(packed) == plain.content


async def test_a_table_has_a_row_a_line_and_one_for_who_has_none(
    client: httpx.AsyncClient, engine: AsyncEngine, database_url: str
) -> None:
    await four_patients(client)
    ended = await run(client, engine, database_url, {"patients": ["a", "b", "d", "=1+1", "'=1+1"]})
    answer = await client.get(ended["results"], headers={"Accept": "text/csv"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert f"run-2026-03-{ended['id']}.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    # What a spreadsheet would carry out is text, and told from what has an apostrophe itself.
    assert [(row["patient"], row["code"], row["units"]) for row in rows] == [
        ("''=1+1", "", ""), ("'=1+1", "", ""), ("a", "99490", "1"), ("a", "99439", "1"), ("b", "", ""), ("d", "", ""),
    ]  # fmt: skip
    one = rows[2]
    assert (one["dx1"], one["dx2"], one["dx3"], one["counted_seconds"], one["provisional"]) == (
        "E11.9", "I10", "", "2700", "false",
    )  # fmt: skip
    assert "99490: TIME-02" in rows[4]["hold_reason"]
    assert rows[5]["hold_reason"] == "A person must decide between the alternatives."
    assert rows[0]["problem"] == NOT_KNOWN


async def test_what_is_in_no_doubt_beside_what_is_has_its_lines_and_is_held(
    client: httpx.AsyncClient, engine: AsyncEngine, database_url: str
) -> None:
    await posted(client, "/v1/facts", usual("d", (25,)))
    await posted(client, "/v1/facts", two_could_bill("d"))
    visit = {
        "kind": "visit",
        "id": "bhi",
        "patient": "d",
        "code": "99214",
        "on": "2026-01-10",
        "practitioner": PRACTITIONER,
    }
    about = {"patient": "d", "program": "bhi", "practitioner": PRACTITIONER}
    consent = next(fact for fact in EVALUATION_REQUEST["facts"] if fact["kind"] == "consent")
    await posted(client, "/v1/facts", [
        visit, consent | {"id": "bhi", **about}, {"kind": "enrollment", "id": "bhi", "from": "2026-02-01", **about},
        {"kind": "condition", "id": "bhi", "patient": "d", "code": "F33.1"},
        call("bhi", 25, "2026-03-17", "d") | {"program": "bhi"},
    ])  # fmt: skip
    ended = await run(client, engine, database_url)
    (line,) = await lines(client, ended, code="99484")
    assert (line["status"], codes(line["claim_lines"])) == ("needs_decision", [("99484", 1)])
    table = await client.get(ended["results"], headers={"Accept": "text/csv"})
    assert [(row["code"], row["hold_reason"]) for row in csv.DictReader(io.StringIO(table.text))] == [
        ("99484", "A person must decide between the alternatives.")
    ]


async def test_parquet_holds_the_same_table(client: httpx.AsyncClient, engine: AsyncEngine, database_url: str) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="`make parquet` installs it")
    await four_patients(client)
    ended = await run(client, engine, database_url)
    answer = await client.get(ended["results"], headers={"Accept": "application/vnd.apache.parquet"})
    assert answer.status_code == 200, answer.text
    table = parquet.read_table(io.BytesIO(answer.content)).to_pylist()
    text_ = (await client.get(ended["results"], headers={"Accept": "text/csv"})).text
    rows = list(csv.DictReader(io.StringIO(text_)))

    def written(value: Any) -> str:
        return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)

    assert [{name: written(value) for name, value in row.items()} for row in table] == rows
    assert table[0]["units"] == 1


async def test_more_than_a_page_and_a_range(
    client: httpx.AsyncClient, engine: AsyncEngine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "RANGE_SIZE", 3)
    monkeypatch.setattr(telling, "PAGE", 2)
    patients = [f"p{number:02}" for number in range(11)]
    for patient in patients:
        await posted(client, "/v1/facts", usual(patient, (25,)))
    first = await run(client, engine, database_url)
    assert first["done"] == 11
    assert [line["patient"] for line in await lines(client, first)] == patients
    # Of a list there are ranges, too; and somebody in the midst of the names who came after the first run.
    await posted(client, "/v1/facts", usual("p055", (25,)))
    second = await run(client, engine, database_url)
    assert [line["patient"] for line in await lines(client, second)] == sorted([*patients, "p055"])
    some = await run(client, engine, database_url, {"patients": patients[:7]})
    assert [line["patient"] for line in await lines(client, some)] == patients[:7]


async def test_one_bad_month_stops_nobody_else(
    client: httpx.AsyncClient, owner_engine: AsyncEngine, engine: AsyncEngine, practice: UUID, database_url: str
) -> None:
    await four_patients(client)
    async with owner_engine.begin() as connection:
        # As it could only be by a mistake of ours: no payload of ours is like that.
        await connection.execute(text("ALTER TABLE fact DISABLE TRIGGER USER"))
        await connection.execute(
            text("UPDATE fact SET payload = '{}' WHERE tenant = :tenant AND stream = 'b' AND kind = 'time_entry'"),
            {"tenant": practice},
        )
        await connection.execute(text("ALTER TABLE fact ENABLE ALWAYS TRIGGER fact_is_immutable"))
    ended = await run(client, engine, database_url)
    assert (ended["state"], ended["determined"], ended["failed"]) == ("done", 3, 1)
    assert ended["first_errors"] == [{"patient": "b", "detail": NOT_DETERMINED}]
    assert [line["patient"] for line in await lines(client, ended)] == ["a", "b", "d", "e"]
    # Only where somebody's name is noted as told does it tell one.
    assert [data async for _, data in events(client, ended)] == [
        {name: value for name, value in ended.items() if name != "first_errors"}
    ]
    again = await run(client, engine, database_url)
    assert (again["determined"], again["unchanged"], again["failed"]) == (0, 3, 1), "it is tried again each time"


async def test_what_the_practice_breaks_for_everybody_is_told_of_everybody(
    client: httpx.AsyncClient, engine: AsyncEngine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await four_patients(client)

    def broken(*_: object) -> None:
        raise KeyError

    monkeypatch.setattr(working, "Months", broken)
    ended = await run(client, engine, database_url)
    assert (ended["state"], ended["determined"], ended["failed"]) == ("done", 0, 4)
    assert [problem["detail"] for problem in ended["first_errors"]] == [NOT_DETERMINED] * 4
    entries = (await got(client, "/v1/access-log"))["entries"]
    read = [entry for entry in entries if entry["call"] == "GET /v1/runs/{run}"]
    assert {(entry["patient"], entry["month"]) for entry in read} == {(each, "2026-03") for each in "abde"}


async def test_a_cancelled_run_does_nothing_more(
    client: httpx.AsyncClient, engine: AsyncEngine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "RANGE_SIZE", 2)
    await four_patients(client)
    started = await posted(client, RUNS, {}, 202)
    assert await work_on(engine, f"{await practice_of(engine, started)} {started['id']} 0".encode()) is None
    half = await got(client, f"/v1/runs/{started['id']}")
    assert (half["state"], half["done"]) == ("running", 2)
    cancelled = await posted(client, f"/v1/runs/{started['id']}/cancel", None, 200)
    assert (cancelled["state"], cancelled["done"], "ended_at" in cancelled) == ("cancelled", 2, True)
    await worked_off(engine, database_url)
    after = await got(client, f"/v1/runs/{started['id']}")
    assert (after["state"], after["done"]) == ("cancelled", 2)
    assert [line["patient"] for line in await lines(client, after)] == ["a", "b"]
    assert (await posted(client, f"/v1/runs/{started['id']}/cancel", None, 200))["ended_at"] == cancelled["ended_at"]
    # Nothing rests on it.
    assert "compared_with" not in await posted(client, RUNS, {}, 202)
    await worked_off(engine, database_url)


async def practice_of(engine: AsyncEngine, run: Json) -> UUID:
    async with engine.begin() as connection:
        found = await connection.execute(text("SELECT payload FROM jobs.pgqueuer"))
        payload = next(row.payload for row in found if run["id"] in row.payload.decode())
    return UUID(payload.decode().split()[0])


async def test_cancelling_is_soon_done_however_many_store(
    client: httpx.AsyncClient, engine: AsyncEngine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They come one after the other and never all let go at once, as workers of a large run do."""
    many = 16
    monkeypatch.setattr(asking, "RANGE_SIZE", 1)
    condition = next(fact for fact in EVALUATION_REQUEST["facts"] if fact["kind"] == "condition")
    await posted(client, "/v1/facts", [of(condition, f"p{number:02}") for number in range(many)])
    started = await posted(client, RUNS, {}, 202)
    tenant, run = await practice_of(engine, started), UUID(started["id"])
    workers = create_engine(database_url, pool_size=many)
    refused = 0

    async def storing(number: int) -> None:
        nonlocal refused
        while True:
            async with transaction(workers, tenant) as connection:
                part = await range_to_do(connection, tenant, run, number)
                if part is None:
                    return
                try:
                    await take(connection, part)
                except Unavailable:
                    refused += 1
                await asyncio.sleep(0.05)

    stores = []
    for number in range(many):
        stores.append(asyncio.ensure_future(storing(number)))
        await asyncio.sleep(0.007)
    async with asyncio.timeout(2):
        cancelled = await posted(client, f"/v1/runs/{started['id']}/cancel", None, 200)
    await asyncio.wait_for(asyncio.gather(*stores), 10)
    await workers.dispose()
    assert cancelled["state"] == "cancelled"
    assert refused > 0


async def test_what_is_done_cannot_be_cancelled(
    client: httpx.AsyncClient, engine: AsyncEngine, database_url: str
) -> None:
    await four_patients(client)
    ended = await run(client, engine, database_url)
    refused = await client.post(f"/v1/runs/{ended['id']}/cancel")
    assert (refused.status_code, refused.json()["detail"]) == (409, "The run is done: there is nothing to cancel.")
    assert (await got(client, f"/v1/runs/{ended['id']}")) == ended


async def test_a_range_is_done_once_however_often_it_is_ordered(
    client: httpx.AsyncClient, engine: AsyncEngine, database_url: str
) -> None:
    await four_patients(client)
    started = await posted(client, RUNS, {}, 202)
    payload = f"{await practice_of(engine, started)} {started['id']} 0".encode()
    assert await asyncio.gather(*(work_on(engine, payload) for _ in range(4))) == [None] * 4
    await worked_off(engine, database_url)
    ended = await got(client, f"/v1/runs/{started['id']}")
    assert (ended["state"], ended["determined"]) == ("done", 4)
    assert len(await lines(client, ended)) == 4


async def test_a_range_whose_job_was_lost_is_ordered_again(
    client: httpx.AsyncClient, owner_engine: AsyncEngine, engine: AsyncEngine, practice: UUID, database_url: str
) -> None:
    await four_patients(client)
    started = await posted(client, RUNS, {}, 202)
    async with owner_engine.begin() as connection:
        await connection.execute(text("DELETE FROM jobs.pgqueuer"))
    for _ in range(2):  # another worker keeps house, too
        async with transaction(engine, practice) as connection:
            await have_left_ones_done(connection, practice, dt.timedelta(0), 100)
    async with owner_engine.begin() as connection:
        queued = (await connection.execute(text(f"SELECT count(*) FROM jobs.{NAMES.queue_table}"))).scalar_one()
    assert queued == 1
    await worked_off(engine, database_url)
    assert (await got(client, f"/v1/runs/{started['id']}"))["state"] == "done"


async def test_an_empty_practice_is_done_at_once(client: httpx.AsyncClient) -> None:
    ended = await posted(client, RUNS, {}, 202)
    assert (ended["state"], ended["total"]) == ("done", 0)
    assert await lines(client, ended) == []


async def events(client: httpx.AsyncClient, run: Json) -> AsyncIterator[tuple[str, Json]]:
    async with client.stream("GET", f"/v1/runs/{run['id']}/events") as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        event = ""
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield event, json.loads(line.removeprefix("data: "))


async def test_it_can_be_followed_to_its_end(
    client: httpx.AsyncClient, engine: AsyncEngine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "RANGE_SIZE", 1)
    monkeypatch.setattr(routes, "PROGRESS_SECONDS", 0.01)
    await four_patients(client)
    started = await posted(client, RUNS, {}, 202)
    working = asyncio.create_task(worked_off(engine, database_url))
    seen = [told async for told in events(client, started)]
    await working
    assert [event for event, _ in seen] == ["progress"] * (len(seen) - 1) + ["done"]
    done = [run["done"] for _, run in seen]
    assert done == sorted(done)
    assert done[-1] == 4
    assert seen[-1][1] == await got(client, f"/v1/runs/{started['id']}")


async def test_who_asks_for_the_head_alone_waits_for_nothing(
    client: httpx.AsyncClient, engine: AsyncEngine, database_url: str
) -> None:
    await four_patients(client)
    started = await posted(client, RUNS, {}, 202)
    answer = await asyncio.wait_for(client.head(f"/v1/runs/{started['id']}/events"), 5)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert (await client.head(started["results"])).status_code == 409
    await worked_off(engine, database_url)
    file = await client.head(started["results"], headers={"Accept": "text/csv"})
    assert (file.status_code, file.content) == (200, b"")
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"


async def test_who_took_results_away_stands_in_the_access_log(
    client: httpx.AsyncClient, engine: AsyncEngine, database_url: str
) -> None:
    await four_patients(client)
    ended = await run(client, engine, database_url, {"patients": ["a", "b"]})
    await lines(client, ended)
    entries = (await got(client, "/v1/access-log"))["entries"]
    taken = [entry for entry in entries if entry["call"].endswith("/results")]
    assert [(entry["month"], entry["status"]) for entry in taken] == [("2026-03", 200)]
    asked = [entry for entry in entries if entry["call"] == "POST /v1/months/{month}/runs"]
    assert {entry["patient"] for entry in asked} == {"a", "b"}


async def test_whom_a_run_that_is_asked_for_again_names_stands_in_the_access_log_again(
    client: httpx.AsyncClient,
) -> None:
    await four_patients(client)
    for _ in range(2):
        answer = await client.post(RUNS, json={"patients": ["a", "b"]}, headers={"Idempotency-Key": "once"})
        assert answer.status_code == 202
    assert answer.headers["Idempotency-Replayed"] == "true"
    entries = (await got(client, "/v1/access-log"))["entries"]
    named = [entry["patient"] for entry in entries if entry["call"] == "POST /v1/months/{month}/runs"]
    assert sorted(named) == ["a", "a", "b", "b"]


async def test_a_months_runs_are_listed_the_newest_first(
    client: httpx.AsyncClient, engine: AsyncEngine, database_url: str
) -> None:
    await four_patients(client)
    started = [(await posted(client, RUNS, {}, 202))["id"] for _ in range(5)]
    seen: list[str] = []
    params = {"limit": "2"}
    while True:
        page = await got(client, RUNS, **params)
        seen += [each["id"] for each in page["runs"]]
        if "next_cursor" not in page:
            break
        params["cursor"] = page["next_cursor"]
    assert seen == started[::-1]
    assert (await got(client, "/v1/months/2026-04/runs"))["runs"] == []
    assert (await client.get("/v1/months/2026-04/runs", params=params)).status_code == 422
    await worked_off(engine, database_url)


async def test_a_place_in_the_list_that_never_was_is_refused(client: httpx.AsyncClient, practice: UUID) -> None:
    asked = (practice, "runs", "2026-03")
    for forged in (
        cursor_at(2**62, str(uuid4()), *asked),
        cursor_at(-(2**62), str(uuid4()), *asked),
        cursor_at(7, "x", *asked),
    ):
        answer = await client.get(RUNS, params={"cursor": forged})
        assert answer.status_code == 422, answer.text
        assert [error["parameter"] for error in answer.json()["errors"]] == ["cursor"]


async def test_only_so_many_are_under_way_at_once(
    client: httpx.AsyncClient, neighbour: httpx.AsyncClient, engine: AsyncEngine, database_url: str
) -> None:
    await four_patients(client)
    await posted(neighbour, "/v1/facts", usual("a", (25,)))
    answers = await asyncio.gather(*(client.post(RUNS) for _ in range(asking.MOST_UNDER_WAY + 5)))
    assert sorted(answer.status_code for answer in answers) == [202] * asking.MOST_UNDER_WAY + [409] * 5
    started = [answer.json() for answer in answers if answer.status_code == 202]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["detail"] == "10 runs of this practice are under way: wait for one, or cancel it."
    assert refused.headers["Retry-After"] == "10"
    await posted(neighbour, RUNS, {}, 202)
    await posted(client, f"/v1/runs/{started[3]['id']}/cancel", None, 200)
    await posted(client, RUNS, {}, 202)
    await worked_off(engine, database_url)
    await posted(client, RUNS, {}, 202)
    await worked_off(engine, database_url)


def test_a_small_run_does_not_wait_for_a_large_one_nor_that_for_ever() -> None:
    def order(number: int) -> int:
        return job(uuid4(), uuid4(), number).priority

    assert order(0) > order(1) > order(FIRST_RANGES)
    assert order(2_000) == order(FIRST_RANGES)


async def test_the_same_key_starts_one_run(client: httpx.AsyncClient, engine: AsyncEngine, database_url: str) -> None:
    await four_patients(client)
    first = await client.post(RUNS, headers={"Idempotency-Key": "once"})
    again = await client.post(RUNS, headers={"Idempotency-Key": "once"})
    assert (again.status_code, again.content, again.headers["Location"]) == (
        202,
        first.content,
        first.headers["Location"],
    )
    other = await client.post(RUNS, json={"patients": ["a"]}, headers={"Idempotency-Key": "once"})
    assert other.status_code == 422
    assert len((await got(client, RUNS))["runs"]) == 1
    await worked_off(engine, database_url)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ([], ""),
        ({"patients": []}, "/patients"),
        ({"patients": ["a", 7]}, "/patients/1"),
        ({"patients": "a"}, "/patients"),
        ({"changed_since": "yesterday"}, "/changed_since"),
        ({"changed_since": str(uuid4())}, "/changed_since"),
        ({"patients": ["a"], "changed_since": str(uuid4())}, "/changed_since"),
        ({"anew": True, "changed_since": str(uuid4())}, "/anew"),
        ({"anew": "yes"}, "/anew"),
        ({"everybody": True}, "/everybody"),
    ],
)
async def test_what_is_no_run_is_pointed_at(client: httpx.AsyncClient, body: Any, pointer: str) -> None:
    answer = await client.post(RUNS, json=body)
    assert answer.status_code == 422, answer.text
    assert pointer in [error.get("pointer") for error in answer.json()["errors"]]
    assert (await got(client, RUNS))["runs"] == []


@pytest.mark.parametrize("month", ["2014-12", "2026-13", "2030-01", "march"])
async def test_a_month_without_a_law_has_no_run(client: httpx.AsyncClient, month: str) -> None:
    answer = await client.post(f"/v1/months/{month}/runs")
    assert answer.status_code == 422
    assert [error.get("parameter") for error in answer.json()["errors"]] == ["month"]


@pytest.mark.parametrize("path", ["", "/events", "/results", "/changes?since=00000000-0000-0000-0000-000000000001"])
@pytest.mark.parametrize(
    "run", ["5d0f9b52-7c1e-4b0f-8d7e-1b8a2c5e2f41", "not-a-run", "00000000-0000-0000-0000-000000000000"]
)
async def test_what_is_nobodys_run_is_not_found(client: httpx.AsyncClient, path: str, run: str) -> None:
    assert (await client.get(f"/v1/runs/{run}{path}")).status_code == 404
    assert (await client.post(f"/v1/runs/{run}/cancel")).status_code == 404


async def test_forms_that_are_not_there_are_refused(client: httpx.AsyncClient) -> None:
    ended = await posted(client, RUNS, {}, 202)
    for accept in ("application/pdf", "application/json"):
        assert (await client.get(ended["results"], headers={"Accept": accept})).status_code == 406
    assert (await client.get(ended["results"], params={"since": ended["id"]})).status_code == 422
    assert (await client.get(f"/v1/runs/{ended['id']}/changes")).status_code == 422
    assert (await client.get(f"/v1/runs/{ended['id']}/changes", params={"since": str(uuid4())})).status_code == 422
