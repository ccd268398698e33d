"""Every block of the tutorial is run, in order, in one shell, and prints what the tutorial shows after it."""

import re

from tests.documents import ROOT, blocks, printed_by, served

TUTORIAL = "docs/tutorial.md"
BLOCKS = blocks(TUTORIAL)


def test_the_tutorial_prints_what_it_shows() -> None:
    (_, start), *rest = BLOCKS
    typed = [text for language, text in rest if language == "sh"]
    shown = [text for language, text in rest if language == "json"]
    with served(start.strip()) as (port, directory):
        printed = printed_by(typed, port, directory)
    assert [text.strip() for text in printed] == [text.strip() for text in shown]


def test_each_command_is_followed_by_what_it_prints() -> None:
    assert [language for language, _ in BLOCKS] == ["sh", *["sh", "json"] * (len(BLOCKS) // 2)]


def test_what_it_leads_to_is_there() -> None:
    for target in re.findall(r"\]\(([\w./-]+)\)", (ROOT / TUTORIAL).read_text()):
        assert (ROOT / "docs" / target).exists(), target
