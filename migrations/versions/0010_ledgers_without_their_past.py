"""Which programs a ledger's time entries name, and its facts without those of long ago.

A month asks nothing of entries of long ago where the patient is enrolled in each program they name: then what has grown over
the years is left where it is. What a head says holds for every entry up to a position, also for those corrected or retracted
since: it may name a program too many and never one too few. Where it holds for less than the ledger, as in those that were
written before or by an earlier version of the service, the ledger is read whole until its next fact is recorded.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

COLUMNS = """
ALTER TABLE stream
    ADD COLUMN entry_programs text[] COLLATE "C" NOT NULL DEFAULT '{}',
    ADD COLUMN entry_programs_to bigint NOT NULL DEFAULT 0 CHECK (entry_programs_to >= 0);

COMMENT ON COLUMN stream.entry_programs IS 'The programs of all time entries ever recorded in it, up to a position';
COMMENT ON COLUMN stream.entry_programs_to IS 'That position; where it is not the last, nobody knows';
"""

# A correction is read whenever it was: it may have moved work into another month.
INDEXES = """
CREATE INDEX fact_but_time ON fact (tenant, stream) WHERE kind <> 'time_entry' OR corrected_id IS NOT NULL;
CREATE INDEX fact_time_of_patient ON fact (tenant, stream, occurred_until)
    WHERE kind = 'time_entry' AND corrected_id IS NULL;
"""


def upgrade() -> None:
    for part in (COLUMNS, INDEXES):
        op.execute(part)


def downgrade() -> None:
    op.execute("DROP INDEX fact_time_of_patient, fact_but_time")
    op.execute("ALTER TABLE stream DROP COLUMN entry_programs, DROP COLUMN entry_programs_to")
