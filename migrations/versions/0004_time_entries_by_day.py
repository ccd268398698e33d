"""Time entries by the day they begin, whosever they are: a report across patients reads one month, not every ledger.

A practice's facts lie by patient. Without this, a month of its work is found by reading all it ever recorded.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX fact_time_by_day ON fact (tenant, occurred_from) WHERE kind = 'time_entry'")


def downgrade() -> None:
    op.execute("DROP INDEX fact_time_by_day")
