"""`run`, as a newcomer types it: from nothing to answers, stopped and started again."""

import json
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from app.cli.demo_facts import CONDITIONS
from tests.cli.running import Running, directory, running

KINDS_OF_ANSWER = {
    "demo-ada": ("billable", ["99490", "99439"]),
    "demo-ben": ("not_billable", []),
    "demo-cai": ("not_billable", []),
    "demo-dia": ("billable", ["99487"]),
    "demo-eli": ("needs_decision", []),
    "demo-fay": ("billable", ["99491"]),
}


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with directory() as found:
        yield found


def the_documents_examples_work(service: Running) -> None:
    """Everything that Swagger UI offers to send is taken, and does what its summary says."""
    march = "/v1/patients/demo-ben/months/2026-03/determination"
    assert service.ask(march)["status"] == "not_billable"
    paths = service.ask("/openapi.json")["paths"]
    run = done_run(service)
    for path, methods in paths.items():
        # An assertion serves once and for minutes, and an amendment is named as it was shown: none can be an example.
        if path == "/oauth/token" or path.endswith("/amendments"):
            continue
        asked = path.replace("{patient}", "demo-ben").replace("{month}", "2026-03")
        body = methods.get("post", {}).get("requestBody", {"content": {}})
        for kind, media in body["content"].items():
            for name, shown in media.get("examples", {}).items():
                if "changed_since" in shown["value"]:  # the run that it names is nobody's here
                    continue
                assert service.ask(asked, shown["value"], kind), (path, name)
                if (path, name) == ("/v1/facts", "facts"):
                    assert service.ask(march)["status"] == "billable"
    for path, methods in paths.items():
        # Only who was closed has a revision; what a run found is a file, and no JSON.
        if "get" in methods and "{revision}" not in path and not path.startswith("/v1/runs/{run}/"):
            needed = [p for p in methods["get"].get("parameters", []) if p["required"]]
            named = {p["name"]: p.get("examples", {}) for p in needed}
            query = {p["name"]: next(iter(p["examples"].values()))["value"] for p in needed if p["in"] == "query"}
            for patient in named.get("patient", {"": {"value": ""}}).values():
                month = next(iter(named.get("month", {"": {"value": ""}}).values()))["value"]
                asked = path.replace("{patient}", patient["value"]).replace("{month}", month).replace("{run}", run)
                asked += f"?{urlencode(query)}" if query else ""
                assert service.ask(asked), asked


def done_run(service: Running) -> str:
    """A run of everybody that the workers beside the service have done."""
    run = service.ask("/v1/months/2026-03/runs", {})
    until = time.monotonic() + 30
    while run["state"] != "done":
        assert time.monotonic() < until, run
        time.sleep(0.1)
        run = service.ask(f"/v1/runs/{run['id']}")
    assert (run["failed"], run["done"]) == (0, len(KINDS_OF_ANSWER))
    return str(run["id"])


def test_from_nothing_to_answers_and_again(data_dir: Path) -> None:
    with running(data_dir) as first:
        key_file = data_dir / "demo-key"
        assert key_file.read_text().strip() == first.key
        assert key_file.stat().st_mode & 0o777 == 0o600
        assert set(CONDITIONS) == set(KINDS_OF_ANSWER)
        curls = re.findall(r"http://127\.0\.0\.1:\d+(/v1/\S+/determination)", first.printed)
        assert len(curls) == 2
        this_month = curls[0].split("/")[5]
        for month in ("2026-03", this_month):
            for patient, (status, codes) in KINDS_OF_ANSWER.items():
                answer = first.ask(f"/v1/patients/{patient}/months/{month}/determination")
                assert answer["status"] == status, (patient, month)
                assert [line["code"] for line in answer["claim_lines"]] == codes

        # The three things the newcomer is told to try do what they say.
        (sent,) = re.findall(r"-d '(\{.*?\})'", first.printed, re.DOTALL)
        assert first.ask("/v1/time-entries", json.loads(sent))["stored"] == 1
        assert first.ask(curls[1])["status"] == "billable"
        the_documents_examples_work(first)
        before = first.ask("/v1/patients/demo-ada/facts?limit=1000")

    with running(data_dir, signal.SIGTERM) as second:
        assert second.key == first.key
        assert second.ask("/v1/patients/demo-ada/facts?limit=1000") == before
        assert second.ask(curls[1])["status"] == "billable"

    (data_dir / "demo-key").write_text("nonsense\n")
    with running(data_dir) as third:
        assert third.key not in (first.key, "nonsense")
        assert third.ask("/v1/patients/demo-ada/facts?limit=1000") == before
