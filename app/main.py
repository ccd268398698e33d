"""The application: every room put together, ready to be served."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from app.access.lookups import Lookups
from app.api import openapi, problems
from app.api.access_noting import AccessNoting
from app.api.documents.texts import TITLE, VERSION
from app.api.inbox import Inbox
from app.api.methods import Methods
from app.api.rate_limit import RateLimits
from app.api.request_frame import RequestFrame
from app.api.routes import (
    access_log,
    determinations,
    documentation,
    evaluations,
    facts,
    fhir,
    ledgers,
    months,
    operations,
    problem_pages,
    projections,
    reports,
    rulebook,
    runs,
    smart,
    worklist,
)
from app.logs import AccessLog
from app.postgres.engine import create_engine
from app.rulebook import loader
from app.settings import Settings
from app.web import projections as projection_pages
from app.web import rulebook as rulebook_pages


def create_app(settings: Settings) -> FastAPI:
    """The application on the database of the settings; without one it can only describe itself."""
    engine = None
    if settings.database_url is not None:
        engine = create_engine(
            settings.database_url, pool_size=settings.database_pool_size, statement_cache=settings.statement_cache
        )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # A law that does not hold together is found before the first question, not by it.
        loader.book()
        yield
        if engine is not None:
            await engine.dispose()

    app = FastAPIOffline(
        title=TITLE,
        version=VERSION,
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        swagger_ui_parameters={
            # The key is entered once; nothing is asked of anybody else's validator.
            "persistAuthorization": True,
            "validatorUrl": None,
            "tryItOutEnabled": True,
            "displayRequestDuration": True,
            "defaultModelsExpandDepth": 0,
        },
    )
    app.state.engine = engine
    app.state.inbox = None if engine is None else Inbox(engine)
    app.state.lookups = None if engine is None else Lookups(engine)
    public_url = settings.public_url or f"http://127.0.0.1:{settings.port}"
    app.state.public_url = public_url
    app.state.rate_limits = RateLimits(settings.rate_limit, settings.unknown_key_limit)
    problems.answer_problems(app)
    app.add_middleware(AccessNoting)
    app.add_middleware(Methods)
    app.add_middleware(RequestFrame, over_tls=public_url.startswith("https:"))
    app.add_middleware(AccessLog)
    for routes in (
        facts,
        determinations,
        evaluations,
        months,
        worklist,
        runs,
        ledgers,
        reports,
        projections,
        access_log,
        rulebook,
        fhir,
        smart,
        operations,
        problem_pages,
        documentation,
        rulebook_pages,
        projection_pages,
    ):
        app.include_router(routes.router)
    app.openapi = partial(openapi.document, app)  # type: ignore[method-assign]
    return app
