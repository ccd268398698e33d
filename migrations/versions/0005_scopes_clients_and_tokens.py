"""Scopes and the last use of credentials, and SMART clients beside keys: their public keys, tokens and used assertions.

A client is a credential without a secret: it proves itself by a signature, and is given a token for five minutes. Keys
that exist keep every scope there is.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

EVERY_SCOPE = (
    "'{facts.write,facts.read,determinations.read,months.close,audit.read,admin,system/*.cud,system/*.rs}'::text[]"
)

# The default is for those that are there; whoever makes another credential says what it may do.
CREDENTIALS = f"""
ALTER TABLE credential
    ALTER COLUMN key_sha256 DROP NOT NULL,
    ADD COLUMN scopes       text[] COLLATE "C" NOT NULL DEFAULT {EVERY_SCOPE} CHECK (cardinality(scopes) > 0),
    ADD COLUMN last_used_at timestamptz,
    ADD COLUMN replaced_at  timestamptz,
    ADD COLUMN jwks         text COLLATE "C",
    ADD CONSTRAINT credential_key_or_client CHECK ((key_sha256 IS NULL) <> (jwks IS NULL));
ALTER TABLE credential ALTER COLUMN scopes DROP DEFAULT;

-- A client is known by its id before its tenant is.
CREATE INDEX credential_clients ON credential (id) WHERE jwks IS NOT NULL;

COMMENT ON COLUMN credential.key_sha256 IS 'Of an API key; null: a SMART client';
COMMENT ON COLUMN credential.jwks IS 'The public keys of a SMART client as a JWK Set; null: an API key';
COMMENT ON COLUMN credential.last_used_at IS 'To the minute';
COMMENT ON COLUMN credential.replaced_at IS 'When a new key was made in its place; it is valid until expires_at';

CREATE POLICY owner_changes ON credential FOR UPDATE TO CURRENT_USER USING (true);
CREATE POLICY owner_lists ON practice FOR SELECT TO CURRENT_USER USING (true);

-- So that a use can be noted; neither the hash nor anything else of a credential is to be seen.
GRANT SELECT (tenant, id, last_used_at), UPDATE (last_used_at) ON credential TO care_month_app;
"""

TOKENS = """
CREATE TABLE access_token (
    tenant       uuid               NOT NULL,
    credential   uuid               NOT NULL,
    token_sha256 bytea              NOT NULL CHECK (octet_length(token_sha256) = 32),
    scopes       text[] COLLATE "C" NOT NULL CHECK (cardinality(scopes) > 0),
    expires_at   timestamptz        NOT NULL,
    PRIMARY KEY (tenant, token_sha256),
    FOREIGN KEY (tenant, credential) REFERENCES credential (tenant, id)
);

CREATE INDEX access_token_by_hash ON access_token (token_sha256);
CREATE INDEX access_token_by_expiry ON access_token (expires_at);

CREATE TABLE used_assertion (
    tenant     uuid        NOT NULL,
    credential uuid        NOT NULL,
    jti_sha256 bytea       NOT NULL CHECK (octet_length(jti_sha256) = 32),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, credential, jti_sha256),
    FOREIGN KEY (tenant, credential) REFERENCES credential (tenant, id)
);

CREATE INDEX used_assertion_by_expiry ON used_assertion (expires_at);

COMMENT ON TABLE access_token IS 'What a client was given for an assertion, as a hash';
COMMENT ON TABLE used_assertion IS 'The jti of assertions that bought a token, until they have expired';

ALTER TABLE access_token   ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE used_assertion ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_practice ON access_token TO care_month_app
    USING (tenant = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY own_practice ON used_assertion TO care_month_app
    USING (tenant = nullif(current_setting('app.tenant', true), '')::uuid);

-- The owner answers for the look-up of tokens, and for housekeeping, which concerns every practice.
CREATE POLICY owner_looks_up ON access_token FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY owner_finds_expired ON used_assertion FOR SELECT TO CURRENT_USER USING (expires_at <= now());
CREATE POLICY owner_forgets_expired ON access_token FOR DELETE TO CURRENT_USER USING (expires_at <= now());
CREATE POLICY owner_forgets_expired ON used_assertion FOR DELETE TO CURRENT_USER USING (expires_at <= now());

-- Neither is ever read by the application: a token is looked up below, a jti that is there is a conflict.
GRANT INSERT ON access_token, used_assertion TO care_month_app;
"""

# The one question asked before the tenant is known: of a secret, which is a key or a token, or of a client by its id.
LOOKUP = """
DROP FUNCTION caller_of_key(bytea);
DROP FUNCTION credential_of_key(bytea);

CREATE FUNCTION credential_of(secret_hash bytea, client uuid)
    RETURNS TABLE (
        tenant uuid, credential uuid, source text, scopes text[], jwks text, last_used_at timestamptz
    )
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF client IS NOT NULL THEN
        RETURN QUERY
            SELECT c.tenant, c.id, c.source, c.scopes, c.jwks, c.last_used_at FROM public.credential AS c
            WHERE c.id = client AND c.jwks IS NOT NULL AND c.revoked_at IS NULL
                AND (c.expires_at IS NULL OR c.expires_at > clock_timestamp());
        RETURN;
    END IF;
    RETURN QUERY
        SELECT c.tenant, c.id, c.source, c.scopes, c.jwks, c.last_used_at FROM public.credential AS c
        WHERE c.key_sha256 = secret_hash AND c.revoked_at IS NULL
            AND (c.expires_at IS NULL OR c.expires_at > clock_timestamp());
    IF NOT FOUND THEN
        RETURN QUERY
            SELECT c.tenant, c.id, c.source, t.scopes, c.jwks, c.last_used_at
            FROM public.access_token AS t
            JOIN public.credential AS c ON c.tenant = t.tenant AND c.id = t.credential
            WHERE t.token_sha256 = secret_hash AND t.expires_at > clock_timestamp() AND c.revoked_at IS NULL
                AND (c.expires_at IS NULL OR c.expires_at > clock_timestamp());
    END IF;
END
$$;

REVOKE EXECUTE ON FUNCTION credential_of(bytea, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION credential_of(bytea, uuid) TO care_month_app;
"""

# As before, with the rights of whoever calls it. It also notes the use, once a minute: nobody waits for another who is
# noting it, and where nothing can be written (a standby) nothing is.
CALLERS = """
CREATE FUNCTION caller_of_key(key_hash bytea)
    RETURNS TABLE (tenant uuid, credential uuid, source text, scopes text[])
    LANGUAGE plpgsql VOLATILE SECURITY INVOKER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    one record;
BEGIN
    PERFORM set_config('role', 'care_month_app', true);
    FOR one IN SELECT * FROM public.credential_of(key_hash, NULL) LOOP
        IF (one.last_used_at IS NULL OR one.last_used_at < clock_timestamp() - interval '1 minute')
            AND current_setting('transaction_read_only') = 'off'
        THEN
            PERFORM set_config('app.tenant', one.tenant::text, true);
            UPDATE public.credential AS used SET last_used_at = clock_timestamp()
            FROM (
                SELECT c.tenant, c.id FROM public.credential AS c
                WHERE c.tenant = one.tenant AND c.id = one.credential
                    AND c.last_used_at IS NOT DISTINCT FROM one.last_used_at
                FOR NO KEY UPDATE SKIP LOCKED
            ) AS due
            WHERE used.tenant = due.tenant AND used.id = due.id;
        END IF;
        tenant := one.tenant;
        credential := one.credential;
        source := one.source;
        scopes := one.scopes;
        RETURN NEXT;
    END LOOP;
END
$$
"""

HOUSEKEEPING = """
CREATE FUNCTION forget_expired_tokens(at_most integer)
    RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH old_tokens AS (
        SELECT tenant, token_sha256 FROM public.access_token
        WHERE expires_at <= now() ORDER BY expires_at LIMIT at_most
    ), old_assertions AS (
        SELECT tenant, credential, jti_sha256 FROM public.used_assertion
        WHERE expires_at <= now() ORDER BY expires_at LIMIT at_most
    ), tokens AS (
        DELETE FROM public.access_token AS kept USING old_tokens AS old
        WHERE (kept.tenant, kept.token_sha256) = (old.tenant, old.token_sha256)
        RETURNING 1
    ), assertions AS (
        DELETE FROM public.used_assertion AS kept USING old_assertions AS old
        WHERE (kept.tenant, kept.credential, kept.jti_sha256) = (old.tenant, old.credential, old.jti_sha256)
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM tokens) + (SELECT count(*) FROM assertions)
$$;

REVOKE EXECUTE ON FUNCTION forget_expired_tokens(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_expired_tokens(integer) TO care_month_app;
"""

# Where every key may do everything, one that might do less is revoked rather than widened; clients are unknown there.
# The owner is under the policies, none of which lets it remove a credential: they are lifted for these statements.
NARROWED = f"""
ALTER TABLE credential      NO FORCE ROW LEVEL SECURITY;
ALTER TABLE idempotency_key NO FORCE ROW LEVEL SECURITY;
DELETE FROM idempotency_key AS kept USING credential AS c
    WHERE c.jwks IS NOT NULL AND (kept.tenant, kept.credential) = (c.tenant, c.id);
DELETE FROM credential WHERE jwks IS NOT NULL;
UPDATE credential SET revoked_at = clock_timestamp() WHERE revoked_at IS NULL AND NOT scopes @> {EVERY_SCOPE};
ALTER TABLE idempotency_key FORCE ROW LEVEL SECURITY;
ALTER TABLE credential      FORCE ROW LEVEL SECURITY;
"""  # noqa: S608 - put together from what stands above

WITHOUT = """
DROP POLICY owner_changes ON credential;
DROP POLICY owner_lists ON practice;
REVOKE SELECT (tenant, id, last_used_at), UPDATE (last_used_at) ON credential FROM care_month_app;
DROP INDEX credential_clients;
ALTER TABLE credential
    DROP CONSTRAINT credential_key_or_client,
    DROP COLUMN scopes,
    DROP COLUMN last_used_at,
    DROP COLUMN replaced_at,
    DROP COLUMN jwks,
    ALTER COLUMN key_sha256 SET NOT NULL;
COMMENT ON COLUMN credential.key_sha256 IS NULL;
"""

LOOKUP_BEFORE = """
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

CREATE FUNCTION caller_of_key(key_hash bytea)
    RETURNS TABLE (tenant uuid, credential uuid, source text)
    LANGUAGE plpgsql VOLATILE SECURITY INVOKER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM set_config('role', 'care_month_app', true);
    RETURN QUERY SELECT found.tenant, found.credential, found.source FROM public.credential_of_key(key_hash) AS found;
END
$$;
"""


def upgrade() -> None:
    for part in (CREDENTIALS, TOKENS, LOOKUP, CALLERS, HOUSEKEEPING):
        run(part)


def downgrade() -> None:
    run("""
        DROP FUNCTION forget_expired_tokens(integer), caller_of_key(bytea), credential_of(bytea, uuid);
        DROP TABLE access_token, used_assertion;
    """)
    for part in (NARROWED, WITHOUT, LOOKUP_BEFORE):
        run(part)


def run(statements: str) -> None:
    """Several statements as written: neither `%` nor `:` in them is a parameter."""
    op.get_bind().exec_driver_sql(statements, execution_options={"no_parameters": True})
