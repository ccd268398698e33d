"""How a page is made: templates that escape what they write, the words they use, and what a browser may do with it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import Response

from app.api.cached_answers import cached
from app.reference import words

HERE: Final = Path(__file__).parent
SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_MEDIA_TYPE: Final = "text/html; charset=utf-8"
_MARKED: Final = re.compile(r"`([^`]+)`|\{(\w+)\}")
_MONTH_NAMES: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def page(asked: str | None, template: str, **shown: Any) -> Response:
    """A page that anybody may keep a copy of; 304 for whoever holds just this one."""
    answer = cached(asked, render(template, **shown), _MEDIA_TYPE)
    answer.headers["Content-Security-Policy"] = SECURITY_POLICY
    return answer


def refusal(status: int, template: str, **shown: Any) -> Response:
    """A page that says what is not there or was not understood."""
    headers = {"Content-Security-Policy": SECURITY_POLICY}
    return Response(render(template, **shown), status, headers, _MEDIA_TYPE)


def render(template: str, **shown: Any) -> bytes:
    return _templates.get_template(template).render(**shown).encode()


def prose(text: str) -> Markup:
    """A sentence of the rule book: what it puts in backquotes as code, the values it leaves open as variables."""
    written, at = Markup(), 0
    for match in _MARKED.finditer(text):
        written += escape(text[at : match.start()])
        code, value = match.groups()
        written += (
            Markup("<code>{}</code>").format(code)
            if code
            else Markup("<var>{}</var>").format(words.label(value).lower())
        )
        at = match.end()
    return written + escape(text[at:])


def month_name(month: str) -> str:
    """`2026-03` as `March 2026`."""
    return f"{_MONTH_NAMES[int(month[5:]) - 1]} {month[:4]}"


def span(from_: str, until: str | None) -> str:
    """A span of months in words, both ends included."""
    if until is None:
        return f"since {month_name(from_)}"
    last = words.month_before(until)
    return month_name(from_) if last == from_ else f"{month_name(from_)} to {month_name(last)}"


def dated(from_: str | None, until: str | None) -> str:
    """The months an edit has of its own; either end may be open."""
    if from_ is not None:
        return span(from_, until)
    return "" if until is None else f"until {month_name(words.month_before(until))}"


def money(cents: int) -> str:
    """An amount in dollars, which may be a loss: `-$1,234.50`."""
    sign, size = ("-" if cents < 0 else ""), abs(cents)
    return f"{sign}${size // 100:,}.{size % 100:02}"


def counted(number: int) -> str:
    """A number with its thousands apart."""
    return f"{number:,}"


def together(text: str) -> str:
    """A text whose figures stay on one line with their per cent."""
    return text.replace(" %", "\u00a0%")


def paired(indicators: Mapping[str, int], indicator: int) -> list[str]:
    """Our codes with one indicator."""
    return [code for code, stated in indicators.items() if stated == indicator]


_templates: Final = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_templates.filters |= {
    "prose": prose,
    "month_name": month_name,
    "duration": words.duration,
    "whose": words.WHOSE.__getitem__,
    "money": money,
    "counted": counted,
    "together": together,
    "paired": paired,
    "label": words.label,
    "plain": words.plain,
    "family": words.family_of,
    "numbers": words.numbers,
    "part": words.part,
    "sentence": lambda text: text[:1].upper() + text[1:],
}
_templates.globals |= {
    "span": span,
    "dated": dated,
    "sides": words.sides,
    "families": words.FAMILY_TITLES,
    "effects": words.EFFECTS,
    "standings": words.STANDINGS,
    "programs": words.PROGRAM_TITLES,
}
