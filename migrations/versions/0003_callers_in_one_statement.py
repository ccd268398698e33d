"""The look-up of a key as one statement: it takes the application's role itself, for the transaction it is alone in."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Everybody may run it, with their own rights: only a member can take the role, and only the role may look a key up.
CALLERS = """
CREATE FUNCTION caller_of_key(key_hash bytea)
    RETURNS TABLE (tenant uuid, credential uuid, source text)
    LANGUAGE plpgsql VOLATILE SECURITY INVOKER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM set_config('role', 'care_month_app', true);
    RETURN QUERY SELECT found.tenant, found.credential, found.source FROM public.credential_of_key(key_hash) AS found;
END
$$
"""


def upgrade() -> None:
    op.execute(CALLERS)


def downgrade() -> None:
    op.execute("DROP FUNCTION caller_of_key(bytea)")
