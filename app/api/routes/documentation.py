"""Swagger UI and ReDoc, from this machine alone: ReDoc's bundle fetches a logo from its maker's servers, so it is given none."""

from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import APIRouter
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.api.content_policy import documentation
from app.api.documents.texts import TITLE

router = APIRouter(include_in_schema=False)

_FILES: Final = "/static-offline-docs"
_LOGO: Final = "https://cdn.redoc.ly/redoc/logo-mini.svg"
_NO_LOGO: Final = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E"


@cache
def _bundle() -> str:
    text = files("fastapi_offline").joinpath("static", "redoc.standalone.js").read_text(encoding="utf-8")
    return text.replace(_LOGO, _NO_LOGO)


@router.get("/docs")
async def swagger_ui(request: Request) -> Response:
    """The document to try."""
    return _page(
        get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=f"{TITLE} - Swagger UI",
            swagger_js_url=f"{_FILES}/swagger-ui-bundle.js",
            swagger_css_url=f"{_FILES}/swagger-ui.css",
            swagger_favicon_url=f"{_FILES}/favicon.png",
            swagger_ui_parameters=request.app.swagger_ui_parameters,
        )
    )


@router.get("/redoc")
async def redoc() -> Response:
    """The reference to read, beside the one to try."""
    return _page(
        get_redoc_html(
            openapi_url="/openapi.json",
            title=f"{TITLE} - ReDoc",
            redoc_js_url="/redoc.standalone.js",
            redoc_favicon_url=f"{_FILES}/favicon.png",
            with_google_fonts=False,
        )
    )


@router.get("/redoc.standalone.js")
async def bundle() -> Response:
    return Response(_bundle(), media_type="text/javascript")


def _page(made: HTMLResponse) -> Response:
    made.headers["Content-Security-Policy"] = documentation(bytes(made.body).decode())
    return made
