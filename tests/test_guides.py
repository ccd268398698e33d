"""Every block of the pages that are followed by hand is run, in order, in one shell, and prints what the page shows after it."""

import re

import pytest

from tests.documents import ROOT, as_in_a_clone, blocks, printed_by, served

GUIDES = ("docs/tutorial.md", "docs/access.md", "docs/closing.md", "docs/worklist.md", "docs/runs.md", "docs/proof.md")


@pytest.mark.parametrize("guide", GUIDES)
def test_the_page_prints_what_it_shows(guide: str) -> None:
    (_, start), *rest = blocks(guide)
    with served(start.strip()) as (port, directory):
        as_in_a_clone(directory)
        printed = iter(printed_by([text for language, text in rest if language == "sh"], port, directory))
    for number, (language, text) in enumerate(rest):
        if language == "sh":
            shown = [text for language, text in rest[number + 1 : number + 2] if language != "sh"]
            assert next(printed).strip() == "".join(shown).strip(), text


@pytest.mark.parametrize("guide", GUIDES)
def test_what_it_leads_to_is_there(guide: str) -> None:
    written = (ROOT / guide).read_text()
    for target in re.findall(r"\]\(([\w./-]+)\)", written):
        assert (ROOT / "docs" / target).exists(), target
    for named in re.findall(r"`(app/[\w/]+\.py)`", written):
        assert (ROOT / named).exists(), named


def test_each_command_of_the_tutorial_is_followed_by_what_it_prints() -> None:
    listed = blocks("docs/tutorial.md")
    assert [language for language, _ in listed] == ["sh", *["sh", "json"] * (len(listed) // 2)]
