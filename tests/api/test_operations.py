"""Alive, ready, and the way in."""

import inspect
from collections.abc import Callable, Iterator

import httpx
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from app.api.request_frame import HEADER
from app.main import create_app
from app.settings import Settings


async def test_alive_and_ready(nobody: httpx.AsyncClient) -> None:
    for path in ("/healthz", "/readyz"):
        answer = await nobody.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert HEADER in answer.headers


async def test_not_ready_without_a_database_that_serves(server_url: str) -> None:
    unreachable = "postgresql://nobody@127.0.0.1:1/none"
    for url in (None, unreachable, server_url):  # none, none there, and one that nobody has migrated
        app = create_app(Settings(database_url=url))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://x") as x:
            answer = await x.get("/readyz")
            assert answer.status_code == 503, answer.text
            assert int(answer.headers["retry-after"]) > 0
            assert (await x.get("/healthz")).status_code == 200


async def test_the_entrance_leads_to_the_documentation(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.get("/", follow_redirects=True)
    assert answer.url.path == "/docs"
    assert answer.status_code == 200


def test_nothing_a_request_needs_waits_for_a_thread(app: FastAPI) -> None:
    """The framework sends whatever is no coroutine to a thread, at each request: routes and what they depend on."""

    def called(dependant: Dependant) -> Iterator[Callable[..., object]]:
        if dependant.call is not None:
            yield dependant.call
        for each in dependant.dependencies:
            yield from called(each)

    contexts = [each for each in iter_route_contexts(app.routes) if hasattr(each, "dependant")]
    needed = [call for context in contexts for call in called(context.dependant)]
    assert len(needed) > 200
    plain = {
        call
        for call in needed
        if not inspect.iscoroutinefunction(call) and not inspect.iscoroutinefunction(type(call).__call__)
    }
    assert plain == set()
