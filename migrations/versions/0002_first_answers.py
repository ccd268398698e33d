"""First answers to writes, kept under the sender's Idempotency-Key.

A row is written in the transaction of the facts it answers for, belongs to one credential of one practice, and may be
forgotten once it has expired: by the application that uses the key anew, or by housekeeping, which sees nothing else.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Only what was done is kept. A refusal stored nothing, so there is nothing a repetition could do twice.
TABLE = """
CREATE TABLE idempotency_key (
    tenant         uuid             NOT NULL,
    credential     uuid             NOT NULL,
    key            text COLLATE "C" NOT NULL CHECK (key ~ '^[ -~]{1,255}$'),
    request_digest bytea            NOT NULL CHECK (octet_length(request_digest) = 32),
    status         smallint         NOT NULL CHECK (status BETWEEN 200 AND 299),
    headers        text COLLATE "C" NOT NULL,
    body           bytea            NOT NULL,
    expires_at     timestamptz      NOT NULL,
    PRIMARY KEY (tenant, credential, key),
    FOREIGN KEY (tenant, credential) REFERENCES credential (tenant, id)
);

CREATE INDEX idempotency_key_by_expiry ON idempotency_key (expires_at);

COMMENT ON TABLE idempotency_key IS 'The first answer to a write, for as long as its key is kept';
COMMENT ON COLUMN idempotency_key.request_digest IS 'SHA-256 of method, path with query, and body';
COMMENT ON COLUMN idempotency_key.headers IS 'JSON: the headers that belong to the answer, by name';
"""

POLICIES = """
ALTER TABLE idempotency_key ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_practice ON idempotency_key TO care_month_app
    USING (tenant = nullif(current_setting('app.tenant', true), '')::uuid);

-- The owner answers for housekeeping, which concerns every practice; what is still kept it does not see.
CREATE POLICY owner_finds_expired ON idempotency_key FOR SELECT TO CURRENT_USER USING (expires_at <= now());
CREATE POLICY owner_forgets_expired ON idempotency_key FOR DELETE TO CURRENT_USER USING (expires_at <= now());

GRANT SELECT, INSERT, UPDATE ON idempotency_key TO care_month_app;
"""

# Asks again of each row whether it has expired: its key may have been used anew since it was found.
HOUSEKEEPING = """
CREATE FUNCTION forget_expired_keys(at_most integer)
    RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH expired AS (
        SELECT tenant, credential, key FROM public.idempotency_key
        WHERE expires_at <= now() ORDER BY expires_at LIMIT at_most
    ), forgotten AS (
        DELETE FROM public.idempotency_key AS kept USING expired
        WHERE (kept.tenant, kept.credential, kept.key) = (expired.tenant, expired.credential, expired.key)
            AND kept.expires_at <= now()
        RETURNING 1
    )
    SELECT count(*) FROM forgotten
$$;

REVOKE EXECUTE ON FUNCTION forget_expired_keys(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_expired_keys(integer) TO care_month_app;
"""


def upgrade() -> None:
    for part in (TABLE, POLICIES, HOUSEKEEPING):
        run(part)


def downgrade() -> None:
    run("""
        DROP FUNCTION forget_expired_keys(integer);
        DROP TABLE idempotency_key;
    """)


def run(statements: str) -> None:
    """Several statements as written: neither `%` nor `:` in them is a parameter."""
    op.get_bind().exec_driver_sql(statements, execution_options={"no_parameters": True})
