"""Practices, their credentials and their ledgers.

Every table that holds a practice's rows carries its `tenant`, which leads every key. Row-level security is forced, so
that even the owner sees only what a policy gives it. The application acts as `care_month_app`, which owns nothing.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# A role belongs to the whole server: another database may have made it, or be making it at this moment.
ROLE = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'care_month_app') THEN
        CREATE ROLE care_month_app NOLOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$
"""

# So that a login that is the owner can act as the application. Other logins are made members by who makes them.
MEMBERSHIP = """
DO $$
BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
        AND NOT pg_has_role(current_user, 'care_month_app', 'MEMBER')
    THEN
        GRANT care_month_app TO CURRENT_USER;
    END IF;
END
$$
"""

TABLES = """
CREATE TABLE practice (
    tenant     uuid        NOT NULL,
    name       text        NOT NULL CHECK (name <> ''),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant)
);

CREATE TABLE credential (
    tenant     uuid             NOT NULL REFERENCES practice (tenant),
    id         uuid             NOT NULL,
    source     text COLLATE "C" NOT NULL CHECK (source <> '' AND source <> 'self'),
    key_sha256 bytea            NOT NULL CHECK (octet_length(key_sha256) = 32),
    created_at timestamptz      NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, key_sha256)
);

-- The one question asked before the tenant is known.
CREATE INDEX credential_by_key ON credential (key_sha256);

CREATE TABLE stream (
    tenant      uuid             NOT NULL REFERENCES practice (tenant),
    stream      text COLLATE "C" NOT NULL,
    position    bigint           NOT NULL DEFAULT 0 CHECK (position >= 0),
    recorded_at timestamptz,
    chain_hash  bytea            NOT NULL DEFAULT decode(repeat('00', 32), 'hex') CHECK (octet_length(chain_hash) = 32),
    PRIMARY KEY (tenant, stream),
    CHECK ((position = 0) = (recorded_at IS NULL))
);

COMMENT ON TABLE stream IS 'The head of each ledger: a patient''s, or the practice''s own, whose stream is empty';

CREATE TABLE fact (
    tenant         uuid             NOT NULL,
    stream         text COLLATE "C" NOT NULL,
    position       bigint           NOT NULL CHECK (position > 0),
    kind           text COLLATE "C" NOT NULL,
    source         text COLLATE "C" NOT NULL,
    id             text COLLATE "C" NOT NULL,
    occurred_from  date,
    occurred_until date,
    recorded_at    timestamptz      NOT NULL,
    payload        text COLLATE "C" NOT NULL,
    payload_digest bytea            NOT NULL CHECK (octet_length(payload_digest) = 32),
    corrected_kind text COLLATE "C",
    corrected_id   text COLLATE "C",
    chain_hash     bytea            NOT NULL CHECK (octet_length(chain_hash) = 32),
    PRIMARY KEY (tenant, stream, position),
    UNIQUE (tenant, source, kind, id),
    FOREIGN KEY (tenant, stream) REFERENCES stream (tenant, stream),
    FOREIGN KEY (tenant, source, corrected_kind, corrected_id) REFERENCES fact (tenant, source, kind, id),
    CHECK ((corrected_kind IS NULL) = (corrected_id IS NULL))
);

-- A fact is replaced or cancelled once.
CREATE UNIQUE INDEX fact_corrected_once ON fact (tenant, source, corrected_kind, corrected_id)
    WHERE corrected_id IS NOT NULL;

COMMENT ON COLUMN fact.payload IS 'RFC 8785 JSON as the sender stated it, without the source';
COMMENT ON COLUMN fact.occurred_from IS 'First day it speaks of; null: since ever';
COMMENT ON COLUMN fact.occurred_until IS 'Day after the last it speaks of; null: until further notice';
"""

# Statement triggers, so that a change is refused even where it would touch no row; ALWAYS, so that no replication role
# of a session switches them off.
IMMUTABILITY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: what was recorded stays', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE FUNCTION refuse_backward_step() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.tenant <> OLD.tenant OR NEW.stream <> OLD.stream
        OR NEW.position <= OLD.position
        OR NEW.recorded_at <= OLD.recorded_at
    THEN
        RAISE EXCEPTION 'a stream only moves forward' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER fact_is_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON fact
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE fact ENABLE ALWAYS TRIGGER fact_is_immutable;

CREATE TRIGGER stream_moves_forward BEFORE UPDATE ON stream
    FOR EACH ROW EXECUTE FUNCTION refuse_backward_step();
ALTER TABLE stream ENABLE ALWAYS TRIGGER stream_moves_forward;

CREATE TRIGGER stream_stays BEFORE DELETE OR TRUNCATE ON stream
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE stream ENABLE ALWAYS TRIGGER stream_stays;
"""

# The setting is null before it was ever set in a session and '' after a transaction that set it: both are nobody.
POLICIES = """
ALTER TABLE practice   ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE credential ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE stream     ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE fact       ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_practice ON practice TO care_month_app
    USING (tenant = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY own_practice ON credential TO care_month_app
    USING (tenant = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY own_practice ON stream TO care_month_app
    USING (tenant = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY own_practice ON fact TO care_month_app
    USING (tenant = nullif(current_setting('app.tenant', true), '')::uuid);

-- The owner makes practices and keys, and answers for the key lookup; it reads no ledger.
CREATE POLICY owner_opens ON practice FOR INSERT TO CURRENT_USER WITH CHECK (true);
CREATE POLICY owner_opens ON stream FOR INSERT TO CURRENT_USER WITH CHECK (stream = '' AND position = 0);
CREATE POLICY owner_issues ON credential FOR INSERT TO CURRENT_USER WITH CHECK (true);
CREATE POLICY owner_looks_up ON credential FOR SELECT TO CURRENT_USER USING (true);

GRANT SELECT ON practice TO care_month_app;
GRANT SELECT, INSERT, UPDATE ON stream TO care_month_app;
GRANT SELECT, INSERT ON fact TO care_month_app;
-- So that the application can tell whether it is migrated.
GRANT SELECT ON alembic_version TO care_month_app;
"""

LOOKUP = """
CREATE FUNCTION credential_of_key(key_hash bytea)
    RETURNS TABLE (tenant uuid, credential uuid, source text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.tenant, c.id, c.source
    FROM public.credential AS c
    WHERE c.key_sha256 = key_hash
        AND c.revoked_at IS NULL
        AND (c.expires_at IS NULL OR c.expires_at > clock_timestamp())
$$;

REVOKE EXECUTE ON FUNCTION credential_of_key(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION credential_of_key(bytea) TO care_month_app;
"""


def upgrade() -> None:
    for part in (ROLE, MEMBERSHIP, TABLES, IMMUTABILITY, POLICIES, LOOKUP):
        run(part)


def downgrade() -> None:
    # The role stays: it belongs to the server, and logins may have been made its members.
    run("""
        DROP FUNCTION credential_of_key(bytea);
        DROP TABLE fact, stream, credential, practice;
        DROP FUNCTION refuse_change(), refuse_backward_step();
    """)


def run(statements: str) -> None:
    """Several statements as written: neither `%` nor `:` in them is a parameter."""
    op.get_bind().exec_driver_sql(statements, execution_options={"no_parameters": True})
