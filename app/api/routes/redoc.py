"""ReDoc, from this machine alone: its bundle fetches a logo from its maker's servers, so it is given none."""

from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import APIRouter
from fastapi.openapi.docs import get_redoc_html
from starlette.responses import Response

from app.api.documents.texts import TITLE

router = APIRouter(include_in_schema=False)

_LOGO: Final = "https://cdn.redoc.ly/redoc/logo-mini.svg"
_NO_LOGO: Final = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E"


@cache
def _bundle() -> str:
    text = files("fastapi_offline").joinpath("static", "redoc.standalone.js").read_text(encoding="utf-8")
    return text.replace(_LOGO, _NO_LOGO)


@router.get("/redoc")
async def page() -> Response:
    """The reference to read, beside the one to try at /docs."""
    return get_redoc_html(
        openapi_url="/openapi.json",
        title=f"{TITLE} - ReDoc",
        redoc_js_url="/redoc.standalone.js",
        redoc_favicon_url="/static-offline-docs/favicon.png",
        with_google_fonts=False,
    )


@router.get("/redoc.standalone.js")
async def bundle() -> Response:
    return Response(_bundle(), media_type="text/javascript")
