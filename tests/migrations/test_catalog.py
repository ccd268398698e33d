"""What the migrations leave, asked of the database's own catalog, so that a table still to come is held to it too."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from app.access import tables as access_tables
from app.ledger import tables
from app.months.runs import stored
from app.postgres.jobs import _queries

OURS = "n.nspname = 'public' AND c.relkind IN ('r', 'p')"
NOT_THE_SERVERS = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
ROLES = "('care_month_app'::regrole, 'care_month_checkpoint'::regrole)"
OWN_PRACTICE = (
    "(*,t,{care_month_app},\"(tenant = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)\",)"
)
"""For every command, the rows of the practice that the transaction names; nobody's where it names none."""
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


def test_there_are_tables_and_nothing_else_to_read(ask: Any) -> None:
    """A view would be read with its owner's rights, a table in another schema would be asked about nowhere below."""
    assert ask(f"SELECT nspname FROM pg_namespace n WHERE {NOT_THE_SERVERS} ORDER BY 1") == [("jobs",), ("public",)]
    kinds = ask(f"""
        SELECT DISTINCT relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {NOT_THE_SERVERS} AND nspname <> 'jobs'
    """)
    assert {kind for (kind,) in kinds} <= {"r", "p", "i", "I"}, "tables, their partitions and indexes"
    assert ask("SELECT extname FROM pg_extension") == [("plpgsql",)]


def test_the_queue_belongs_to_its_engine_and_knows_no_facts(ask: Any) -> None:
    """It is another's schema, with keys of its own: a job names a practice, a run and a number in bytes."""
    assert ask("""
        SELECT string_agg(c.relname, ' ' ORDER BY c.relname) FROM pg_class c
        WHERE relnamespace = 'jobs'::regnamespace AND relkind = 'r'
    """) == [("pgqueuer pgqueuer_log pgqueuer_schedules pgqueuer_statistics",)]
    told = ask("""
        SELECT attname FROM pg_attribute WHERE attrelid = 'jobs.pgqueuer'::regclass AND attnum > 0 AND NOT attisdropped
            AND atttypid IN ('text'::regtype, 'bytea'::regtype, 'jsonb'::regtype) ORDER BY 1
    """)
    assert told == [("dedupe_key",), ("entrypoint",), ("headers",), ("payload",)]
    assert stored.job(UUID(int=1), UUID(int=2), 3).payload == f"{UUID(int=1)} {UUID(int=2)} 3".encode()


def test_the_installed_queue_is_what_the_engine_expects(database_url: str) -> None:
    """A newer engine comes with a migration."""

    async def planned() -> list[str]:
        connection = await asyncpg.connect(database_url)
        try:
            return list((await _queries(connection).plan_upgrade()).statements)
        finally:
            await connection.close()

    assert asyncio.run(planned()) == []


def test_every_table_with_a_tenant_forces_row_level_security(ask: Any) -> None:
    found = ask(f"""
        SELECT t.relname, c.relrowsecurity AND c.relforcerowsecurity,
            (SELECT array_agg((p.polcmd, p.polpermissive, p.polroles::regrole[],
                    pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))::text)
                FROM pg_policy p WHERE p.polrelid = c.oid AND p.polroles && ARRAY[0, 'care_month_app'::regrole]::oid[])
        FROM ({WITH_TENANT}) t JOIN pg_class c ON c.oid = t.oid
    """)
    assert {name for name, *_ in found} >= {
        "practice", "credential", "stream", "fact", "idempotency_key", "access_token", "used_assertion",
        "month_revision", "month_amendment", "access_log", "worklist_month", "worklist_row", "event", "event_head",
        "run", "run_range", "run_result",
    }  # fmt: skip
    assert [name for name, forced, *_ in found if not forced] == []
    # One policy is all the application has of each, for reading as for writing; and it has none as anybody.
    assert {name: policies for name, _, policies in found if policies != [OWN_PRACTICE]} == {}


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
    owned = ask(f"SELECT * FROM pg_shdepend WHERE refobjid IN {ROLES} AND deptype = 'o'")
    assert owned == []


def test_nobody_but_the_owner_makes_or_inherits_anything(ask: Any) -> None:
    """Neither role is another's member, makes tables or schemas, or is promised what is still to come."""
    assert ask(f"SELECT roleid::regrole::text FROM pg_auth_members WHERE member IN {ROLES}") == []
    assert (
        ask(f"""
        SELECT rolname FROM pg_roles WHERE oid IN {ROLES} AND (
            has_schema_privilege(oid, 'public', 'CREATE') OR has_database_privilege(oid, current_database(), 'CREATE'))
    """)
        == []
    )
    assert ask("SELECT * FROM pg_default_acl") == []


def test_who_sees_rows_of_more_than_one_practice(ask: Any) -> None:
    """Whoever owns the tables: to make practices and keys, and to answer for the functions below. No ledger is read so."""
    others = ask("""
        SELECT polrelid::regclass::text, polcmd, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
        FROM pg_policy JOIN pg_class c ON c.oid = polrelid
        WHERE polroles = ARRAY[c.relowner] ORDER BY 1, 2
    """)
    expired = "(expires_at <= now())"
    assert others == [
        ("access_token", "d", expired, None),
        ("access_token", "r", "true", None),
        ("credential", "a", None, "true"),
        ("credential", "r", "true", None),
        ("credential", "w", "true", None),
        ("idempotency_key", "d", expired, None),
        ("idempotency_key", "r", expired, None),
        ("practice", "a", None, "true"),
        ("practice", "r", "true", None),
        ("stream", "a", None, "((stream = ''::text) AND (\"position\" = 0))"),
        ("used_assertion", "d", expired, None),
        ("used_assertion", "r", expired, None),
    ]
    assert (
        ask(f"""
        SELECT polname FROM pg_policy JOIN pg_class c ON c.oid = polrelid
        WHERE cardinality(polroles) > 1 OR polroles[1] NOT IN (c.relowner, {ROLES.strip("()")})
    """)
        == []
    )


def test_what_was_recorded_stays_whoever_asks(ask: Any) -> None:
    """No setting of a session switches these off."""
    assert ask("""
        SELECT DISTINCT c.relname, tgfoid::regproc::text, tgenabled
        FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
        WHERE NOT tgisinternal AND relnamespace = 'public'::regnamespace ORDER BY 1, 2
    """) == [
        ("access_log", "refuse_change", "A"),
        ("event", "refuse_change", "A"),
        ("fact", "refuse_change", "A"),
        ("month_amendment", "refuse_change", "A"),
        ("month_revision", "refuse_change", "A"),
        ("stream", "refuse_backward_step", "A"),
        ("stream", "refuse_change", "A"),
    ]


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
        ("event", "INSERT SELECT"),
        ("event_head", "INSERT SELECT UPDATE"),
        ("fact", "INSERT SELECT"),
        ("idempotency_key", "INSERT SELECT UPDATE"),
        ("month_amendment", "INSERT SELECT"),
        ("month_revision", "INSERT SELECT"),
        ("practice", "SELECT"),
        ("run", "INSERT SELECT UPDATE"),
        ("run_range", "INSERT SELECT UPDATE"),
        ("run_result", "INSERT SELECT"),
        ("stream", "INSERT SELECT UPDATE"),
        ("used_assertion", "INSERT"),
        ("worklist_month", "DELETE INSERT SELECT UPDATE"),
        ("worklist_row", "DELETE INSERT SELECT UPDATE"),
    ]
    columns = ask("""
        SELECT c.relname, attname, string_agg(granted.privilege_type, ' ' ORDER BY granted.privilege_type)
        FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid, aclexplode(attacl) AS granted
        WHERE c.relnamespace = 'public'::regnamespace AND granted.grantee IN (0, 'care_month_app'::regrole)
        GROUP BY 1, 2 ORDER BY 1, 2
    """)
    assert columns == [
        ("credential", "id", "SELECT"),
        ("credential", "last_used_at", "SELECT UPDATE"),
        ("credential", "tenant", "SELECT"),
    ]


def test_what_runs_with_the_owners_rights_is_a_lookup_a_list_and_housekeeping(ask: Any) -> None:
    found = ask(f"""
        SELECT proname, proconfig, has_function_privilege('care_month_app', p.oid, 'EXECUTE'),
            has_function_privilege('care_month_checkpoint', p.oid, 'EXECUTE')
                OR EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0)
        FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE prosecdef AND {NOT_THE_SERVERS}
        ORDER BY proname
    """)
    path = ["search_path=pg_catalog, pg_temp"]
    assert found == [
        ("credential_of", path, True, False),
        ("ended_credential_of", path, True, False),
        ("every_practice", path, True, False),
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
