"""What a deployment decides, read from the environment. Everything has a default that works on a laptop."""

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict


def _postgres(url: str) -> str:
    if not url.startswith(("postgresql://", "postgres://")):
        message = "must begin with postgresql://"
        raise ValueError(message)
    return url


def _public(url: str) -> str:
    if not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+(/[\w./~-]*)?", url, re.ASCII):
        message = "must be an address such as https://care-month.example"
        raise ValueError(message)
    return url.rstrip("/")


PostgresUrl = Annotated[str, AfterValidator(_postgres)]


class Settings(BaseSettings):
    """Each field is the environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True, hide_input_in_errors=True)

    database_url: PostgresUrl | None = Field(
        default=None, description="A PostgreSQL 15 or later; without it one of our own is started in DATA_DIR."
    )
    migration_database_url: PostgresUrl | None = Field(
        default=None, description="The same database as its owner, who migrates; default: DATABASE_URL."
    )
    checkpoint_database_url: PostgresUrl | None = Field(
        default=None,
        description="The same database as one who may become care_month_checkpoint; default: DATABASE_URL.",
    )
    jobs_database_url: PostgresUrl | None = Field(
        default=None,
        description="The same database without a pooler between, for workers on runs; default: DATABASE_URL.",
    )
    workers: int | None = Field(
        default=None, ge=1, le=256, description="Worker processes that `run` starts; default: one a core, at most 24."
    )
    audit_key_file: Path | None = Field(
        default=None,
        description="The Ed25519 key that signs checkpoints, made by `audit key`; without it none is made.",
    )
    checkpoint_file: Path | None = Field(
        default=None, description="Where checkpoints are appended; default: checkpoints.ndjson in DATA_DIR."
    )
    data_dir: Path = Field(default=Path("var"), description="Where the database of our own and the demo key live.")
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    public_url: Annotated[str, AfterValidator(_public)] | None = Field(
        default=None,
        description="How the service is reached from outside; tokens are given for it. Default: the address listened on.",
    )
    statement_cache: bool = Field(
        default=True, description="false behind a pooler in transaction mode, which knows no prepared statements."
    )
    database_pool_size: int = Field(
        default=20, ge=1, description="Connections of one process; together they must be fewer than the server takes."
    )
    rate_limit: int = Field(
        default=300_000, ge=0, description="Requests a minute of one credential to one process; 0 for no limit."
    )
    unknown_key_limit: int = Field(
        default=600, ge=0, description="Unknown API keys a minute from one address to one process; 0 for no limit."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What is logged.")
    log_format: Literal["plain", "json"] = Field(default="plain", description="A line for people, or for machines.")

    @property
    def owner_url(self) -> str | None:
        """The database as its owner."""
        return self.migration_database_url or self.database_url

    @property
    def checkpoints(self) -> Path:
        return self.checkpoint_file or self.data_dir / "checkpoints.ndjson"


class UnusableSettings(Exception):
    """The environment says something we cannot use; the message is help, and repeats no value (they hold passwords)."""


@cache
def settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        lines = [_help(str(problem["loc"][0]), problem) for problem in error.errors(include_input=False)]
        raise UnusableSettings("\n".join(["The environment has settings that cannot be used.", *lines])) from None


def described() -> str:
    """Every setting, a line each."""
    return "\n".join(f"  {name.upper():24}{field.description}" for name, field in Settings.model_fields.items())


def _help(name: str, problem: ErrorDetails) -> str:
    limits = problem.get("ctx", {})
    match problem["type"]:
        case "int_parsing" | "int_from_float" | "int_type":
            wrong = "must be a whole number"
        case "greater_than_equal":
            wrong = f"must be at least {limits['ge']}"
        case "less_than_equal":
            wrong = f"must be at most {limits['le']}"
        case "literal_error":
            wrong = f"must be {limits['expected']}"
        case "bool_parsing":
            wrong = "must be true or false"
        case _:
            wrong = problem["msg"].removeprefix("Value error, ")
    return f"  {name.upper()} {wrong}. {Settings.model_fields[name].description}"
