"""What the migrations leave, asked of the database's own catalog, so that a table still to come is held to it too."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from app.access import tables as access_tables
from app.ledger import tables

OURS = "n.nspname = 'public' AND c.relkind IN ('r', 'p')"
WITH_TENANT = f"""
    SELECT c.oid, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant' WHERE {OURS}
"""


@pytest.fixture
def ask(database_url: str) -> Any:
    def answers(query: str) -> list[Any]:
        with psycopg.connect(database_url) as connection:
            return connection.execute(query.encode()).fetchall()

    return answers


def test_every_table_with_a_tenant_forces_row_level_security(ask: Any) -> None:
    found = ask(f"""
        SELECT t.relname, c.relrowsecurity AND c.relforcerowsecurity,
            EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid
                AND 'care_month_app'::regrole = ANY(p.polroles)
                AND pg_get_expr(p.polqual, p.polrelid) LIKE '%tenant = %app.tenant%')
        FROM ({WITH_TENANT}) t JOIN pg_class c ON c.oid = t.oid
    """)
    assert {name for name, *_ in found} >= {
        "practice", "credential", "stream", "fact", "idempotency_key", "access_token", "used_assertion",
        "month_revision", "month_amendment", "access_log",
    }  # fmt: skip
    assert [name for name, forced, has_policy in found if not (forced and has_policy)] == []


def test_every_other_table_holds_no_practices_rows(ask: Any) -> None:
    found = ask(f"""
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND c.oid NOT IN (SELECT oid FROM ({WITH_TENANT}) t)
    """)
    assert found == [("alembic_version",)]


def test_the_tenant_leads_every_unique_and_foreign_key(ask: Any) -> None:
    unique = ask(f"""
        SELECT i.indexrelid::regclass::text, a.attname
        FROM pg_index i JOIN ({WITH_TENANT}) t ON t.oid = i.indrelid
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] WHERE i.indisunique
    """)
    foreign = ask(f"""
        SELECT k.conname, a.attname
        FROM pg_constraint k JOIN ({WITH_TENANT}) t ON t.oid = k.conrelid
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1] WHERE k.contype = 'f'
    """)
    assert len(unique) >= 7
    assert len(foreign) >= 5
    assert {leading for _, leading in (*unique, *foreign)} == {"tenant"}


def test_the_application_owns_nothing_and_bypasses_nothing(ask: Any) -> None:
    assert ask("""
        SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolinherit
        FROM pg_roles WHERE rolname = 'care_month_app'
    """) == [(False,) * 6]
    owned = ask("SELECT * FROM pg_shdepend WHERE refobjid = 'care_month_app'::regrole AND deptype = 'o'")
    assert owned == []


def test_what_the_application_may_do(ask: Any) -> None:
    granted = ask("""
        SELECT table_name, string_agg(privilege_type, ' ' ORDER BY privilege_type)
        FROM information_schema.role_table_grants WHERE grantee IN ('care_month_app', 'PUBLIC')
            AND table_schema = 'public' GROUP BY 1 ORDER BY 1
    """)
    assert granted == [
        ("access_log", "INSERT SELECT"),
        ("access_token", "INSERT"),
        ("alembic_version", "SELECT"),
        ("fact", "INSERT SELECT"),
        ("idempotency_key", "INSERT SELECT UPDATE"),
        ("month_amendment", "INSERT SELECT"),
        ("month_revision", "INSERT SELECT"),
        ("practice", "SELECT"),
        ("stream", "INSERT SELECT UPDATE"),
        ("used_assertion", "INSERT"),
    ]
    columns = ask("""
        SELECT table_name, column_name, string_agg(privilege_type, ' ' ORDER BY privilege_type)
        FROM information_schema.role_column_grants WHERE grantee IN ('care_month_app', 'PUBLIC')
            AND table_schema = 'public' AND table_name = 'credential' GROUP BY 1, 2 ORDER BY 2
    """)
    assert columns == [
        ("credential", "id", "SELECT"),
        ("credential", "last_used_at", "SELECT UPDATE"),
        ("credential", "tenant", "SELECT"),
    ]


def test_what_runs_with_the_owners_rights_is_a_lookup_and_housekeeping(ask: Any) -> None:
    found = ask("""
        SELECT proname, proconfig, has_function_privilege('care_month_app', oid, 'EXECUTE'),
            proacl::text LIKE '%,=X/%' OR proacl::text LIKE '{=X/%'
        FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace
        ORDER BY proname
    """)
    path = ["search_path=pg_catalog, pg_temp"]
    assert found == [
        ("credential_of", path, True, False),
        ("ended_credential_of", path, True, False),
        ("forget_expired_keys", path, True, False),
        ("forget_expired_tokens", path, True, False),
    ]


def test_whoever_calls_for_a_key_or_notes_an_access_does_so_with_their_own_rights(ask: Any) -> None:
    names = "('caller_of_key', 'note_access')"
    assert (
        ask(f"SELECT prosecdef, proconfig FROM pg_proc WHERE proname IN {names}")
        == [(False, ["search_path=pg_catalog, pg_temp"])] * 2
    )


def test_the_checkpoint_role_sees_the_heads_of_all_and_nothing_else(ask: Any) -> None:
    assert ask("""
        SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolinherit
        FROM pg_roles WHERE rolname = 'care_month_checkpoint'
    """) == [(False,) * 6]
    assert ask("""
        SELECT table_name, column_name, privilege_type FROM information_schema.column_privileges
        WHERE grantee = 'care_month_checkpoint' ORDER BY 2
    """) == [("stream", column, "SELECT") for column in ("chain_hash", "position", "stream", "tenant")]
    assert ask("SELECT * FROM information_schema.table_privileges WHERE grantee = 'care_month_checkpoint'") == []
    assert ask("""
        SELECT polrelid::regclass::text, polcmd FROM pg_policy
        WHERE 'care_month_checkpoint'::regrole = ANY(polroles)
    """) == [("stream", "r")]


def test_the_tables_are_as_queries_name_them(ask: Any) -> None:
    for table in (*tables.metadata.sorted_tables, *access_tables.metadata.sorted_tables):
        columns = ask(f"""
            SELECT attname, NOT attnotnull FROM pg_attribute
            WHERE attrelid = 'public.{table.name}'::regclass AND attnum > 0 ORDER BY attnum
        """)
        assert columns == [(column.name, column.nullable) for column in table.columns]


def test_revisions_follow_one_another_in_one_line() -> None:
    scripts = ScriptDirectory.from_config(Config(Path(__file__).parents[2] / "alembic.ini"))
    assert len(scripts.get_heads()) == 1
    numbers = [path.name[:4] for path in (Path(__file__).parents[2] / "migrations/versions").glob("*.py")]
    assert len(numbers) == len(set(numbers))
