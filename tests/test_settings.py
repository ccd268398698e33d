from pathlib import Path

import pytest

from app.settings import Settings, UnusableSettings, settings


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    settings.cache_clear()


def test_everything_has_a_default() -> None:
    found = settings()
    assert (found.database_url, found.owner_url, found.data_dir) == (None, None, Path("var"))
    assert (found.host, found.port) == ("127.0.0.1", 8000)


def test_the_environment_decides_and_empty_means_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://db.example/care")
    monkeypatch.setenv("PORT", "9000")
    monkeypatch.setenv("DATA_DIR", "")
    monkeypatch.setenv("STATEMENT_CACHE", "off")
    found = settings()
    assert found.database_url == found.owner_url == "postgres://db.example/care"
    assert (found.port, found.data_dir, found.statement_cache) == (9000, Path("var"), False)


def test_the_owner_may_have_an_address_of_his_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app@db.example/care")
    monkeypatch.setenv("MIGRATION_DATABASE_URL", "postgresql://owner@db.example/care")
    assert settings().owner_url == "postgresql://owner@db.example/care"


def test_what_cannot_be_used_is_explained_without_repeating_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://me:hunter2@db.example/care")
    monkeypatch.setenv("PORT", "99999")
    with pytest.raises(UnusableSettings) as refused:
        settings()
    said = str(refused.value)
    assert "DATABASE_URL must begin with postgresql://." in said
    assert "PORT must be at most 65535. The port to listen on" in said
    assert "hunter2" not in said
    assert refused.value.__cause__ is None


def test_the_page_for_operators_names_every_setting_as_it_is() -> None:
    page = (Path(__file__).parents[1] / "docs" / "deployment.md").read_text()
    told = [
        line for line in page.partition("## Settings")[2].partition("\n## ")[0].splitlines() if line.startswith("| `")
    ]
    assert told == [
        f"| `{name.upper()}` | {default(field.default)}| {field.description} |"
        for name, field in Settings.model_fields.items()
    ]


def default(value: object) -> str:
    """As one would write it in the environment."""
    return "" if value is None else f"`{str(value).lower() if isinstance(value, bool) else value}` "


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("https://care-month.example", "https://care-month.example"),
        ("https://care-month.example/", "https://care-month.example"),
        ("http://127.0.0.1:8000/care/", "http://127.0.0.1:8000/care"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_the_address_from_outside_has_no_slash_at_its_end(
    monkeypatch: pytest.MonkeyPatch, given: str, taken: str
) -> None:
    monkeypatch.setenv("PUBLIC_URL", given)
    assert settings().public_url == taken


@pytest.mark.parametrize(
    "given",
    ["care-month.example", "ftp://x", "https://", "https://x?y", "https://x/#y", "https://u:p@x", "https://x\ny"],
)
def test_no_other_address_from_outside(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("PUBLIC_URL", given)
    with pytest.raises(UnusableSettings, match="PUBLIC_URL must be an address such as"):
        settings()
