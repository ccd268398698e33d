"""The page on access names every scope and what asks for it. That its blocks run: test_guides.py."""

import re

import httpx
import pytest

from app.access.scopes import SCOPES
from app.main import create_app
from app.settings import Settings
from tests.documents import ROOT

GUIDE = "docs/access.md"


def test_it_names_every_scope_as_it_is() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", (ROOT / GUIDE).read_text(), re.MULTILINE)
    assert {scope: does.strip() for scope, does in rows if scope in SCOPES} == SCOPES


def calls_of_the_table() -> dict[str, set[str]]:
    """Each scope's calls; a method holds for the paths after it, too."""
    asking: dict[str, set[str]] = {}
    (section,) = re.findall(r"^## Scopes\n(.*?)^## ", (ROOT / GUIDE).read_text(), re.MULTILINE | re.DOTALL)
    for scope, cell in re.findall(r"^\| `([^`]+)` \| [^|]+ \| ([^|]+) \|$", section, re.MULTILINE):
        method = ""
        asking[scope] = set()
        for call in re.findall(r"`([^`]+)`", cell):
            *named, path = call.split()
            (method,) = named or [method]
            asking[scope].add(f"{method} {path}")
    return asking


def test_it_names_every_call_of_the_document() -> None:
    document = create_app(Settings(database_url=None)).openapi()
    asking: dict[str, set[str]] = {scope: set() for scope in SCOPES}
    free = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for scopes in operation.get("security", ()):
                (scope,) = scopes["ApiKey"]
                asking[scope].add(f"{method.upper()} {path}")
            if "security" not in operation:
                free.append(path)
    assert calls_of_the_table() == asking
    (listed,) = re.findall(r"None is asked for by (.*?)\. A credential", (ROOT / GUIDE).read_text(), re.DOTALL)
    begun = tuple(re.findall(r"`([^`]+)`", listed))
    assert [path for path in free if not path.startswith(begun)] == []


@pytest.mark.parametrize("page", ["/rulebook", "/projections", "/docs", "/redoc", "/openapi.json", "/problems"])
async def test_a_page_asks_for_no_scope(page: str) -> None:
    transport = httpx.ASGITransport(create_app(Settings(database_url=None)))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver", follow_redirects=True) as nobody:
        assert (await nobody.get(page)).is_success


def test_what_it_leads_to_is_there() -> None:
    for target in re.findall(r"\]\(([\w./-]+)\)", (ROOT / GUIDE).read_text()):
        assert (ROOT / "docs" / target).exists(), target
