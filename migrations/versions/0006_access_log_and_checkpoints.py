"""Who looked at what, and a role that sees the heads of the ledgers and nothing else, for checkpoints.

A row of the log names at most one patient, so that a patient's rows are one range of an index; a write about several
leaves a row for each. It refers to credentials without a foreign key: a key would have every read lock the credential's
row, and the log must outlive whatever it tells of.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE access_log (
    tenant     uuid             NOT NULL,
    at         timestamptz      NOT NULL,
    request    uuid             NOT NULL,
    place      smallint         NOT NULL CHECK (place >= 0),
    credential uuid             NOT NULL,
    source     text COLLATE "C" NOT NULL CHECK (source <> ''),
    call       text COLLATE "C" NOT NULL CHECK (call <> ''),
    patient    text COLLATE "C" CHECK (patient <> ''),
    month      text COLLATE "C" CHECK (month ~ '^[0-9]{4}-[0-9]{2}$'),
    kinds      text[] COLLATE "C" NOT NULL,
    status     smallint         NOT NULL CHECK (status BETWEEN 200 AND 499),
    PRIMARY KEY (tenant, at, request, place)
);

-- Equality and order of these types leak nothing, so the indexes serve under row-level security.
CREATE INDEX access_log_by_patient ON access_log (tenant, patient, at, request, place) WHERE patient IS NOT NULL;
CREATE INDEX access_log_by_credential ON access_log (tenant, credential, at, request, place);

COMMENT ON TABLE access_log IS 'Who asked for what of a practice''s records, and whether they got it; never what it said';
COMMENT ON COLUMN access_log.request IS 'The X-Request-ID of the answer';
COMMENT ON COLUMN access_log.place IS 'From 0: a request about several patients has a row for each';
COMMENT ON COLUMN access_log.call IS 'Method and path, with the names of its parameters instead of their values';
COMMENT ON COLUMN access_log.patient IS 'null: a list across patients, or the practice''s own';
COMMENT ON COLUMN access_log.kinds IS 'Of the facts sent or asked for; empty: any, or not known';

CREATE TRIGGER access_log_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON access_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE access_log ENABLE ALWAYS TRIGGER access_log_stays;

ALTER TABLE access_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_practice ON access_log TO care_month_app
    USING (tenant = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT ON access_log TO care_month_app;
"""

# With the rights of whoever calls it, like the look-up of a key: one statement, alone or in the transaction of a write.
# It waits for nobody longer than the application does anywhere.
NOTING = """
CREATE FUNCTION note_access(
    of_tenant uuid, of_request uuid, by_credential uuid, by_source text, what text, patients text[], of_month text,
    of_kinds text[], answered smallint
)
    RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY INVOKER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    noted_at timestamptz := clock_timestamp();
BEGIN
    PERFORM set_config('role', 'care_month_app', true), set_config('app.tenant', of_tenant::text, true),
        set_config('lock_timeout', '2s', true);
    INSERT INTO public.access_log
        (tenant, at, request, place, credential, source, call, patient, month, kinds, status)
    SELECT of_tenant, noted_at, of_request, about.place - 1, by_credential, by_source, what, about.patient, of_month,
        of_kinds, answered
    FROM unnest(CASE WHEN cardinality(patients) = 0 THEN ARRAY[NULL]::text[] ELSE patients END)
        WITH ORDINALITY AS about (patient, place);
END
$$
"""

# Whose a secret was that no longer serves: so that a refusal stands in the log of the practice it concerns.
ENDED = """
CREATE FUNCTION ended_credential_of(secret_hash bytea)
    RETURNS TABLE (tenant uuid, credential uuid, source text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.tenant, c.id, c.source FROM public.credential AS c WHERE c.key_sha256 = secret_hash
    UNION ALL
    SELECT c.tenant, c.id, c.source
    FROM public.access_token AS t JOIN public.credential AS c ON c.tenant = t.tenant AND c.id = t.credential
    WHERE t.token_sha256 = secret_hash
$$;

REVOKE EXECUTE ON FUNCTION ended_credential_of(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ended_credential_of(bytea) TO care_month_app;
"""

# As for the application's role: it belongs to the server, and may be there already.
ROLE = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'care_month_checkpoint') THEN
        CREATE ROLE care_month_checkpoint NOLOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'the role care_month_checkpoint is missing and the owner may not make it: '
            'have a superuser run CREATE ROLE care_month_checkpoint NOLOGIN NOINHERIT' USING ERRCODE = '42501';
END
$$
"""

HEADS = """
CREATE POLICY checkpoint_sees_heads ON stream FOR SELECT TO care_month_checkpoint USING (true);
GRANT SELECT (tenant, stream, position, chain_hash) ON stream TO care_month_checkpoint;
"""


def upgrade() -> None:
    for part in (TABLE, NOTING, ENDED, ROLE, HEADS):
        run(part)


def downgrade() -> None:
    # The role stays, as the application's does.
    run("""
        DROP POLICY checkpoint_sees_heads ON stream;
        REVOKE SELECT (tenant, stream, position, chain_hash) ON stream FROM care_month_checkpoint;
        DROP FUNCTION ended_credential_of(bytea);
        DROP FUNCTION note_access(uuid, uuid, uuid, text, text, text[], text, text[], smallint);
        DROP TABLE access_log;
    """)


def run(statements: str) -> None:
    """Several statements as written: neither `%` nor `:` in them is a parameter."""
    op.get_bind().exec_driver_sql(statements, execution_options={"no_parameters": True})
