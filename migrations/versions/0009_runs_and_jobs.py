"""Month-end runs, their results, and the queue of jobs whose engine is pgqueuer.

A run is divided into ranges of patients. A range is done in the transaction that stores its results, so it is done once,
whoever works on it and whatever is killed meanwhile; a job only says that it is to be done. Results stand by month, so that a
year's can go together, and refer to no run by a foreign key, which would look at the run once for each row.
"""

from alembic import op
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment

from app.postgres.jobs import NAMES

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

YEARS = range(2015, 2031)

TABLES = """
CREATE TABLE run (
    tenant        uuid             NOT NULL REFERENCES practice (tenant),
    run           uuid             NOT NULL,
    service_month text COLLATE "C" NOT NULL CHECK (service_month ~ '^[0-9]{4}-[0-9]{2}$'),
    patients      text COLLATE "C" NOT NULL CHECK (patients IN ('all', 'listed', 'changed')),
    compared_with uuid,
    known_on      date             NOT NULL,
    asked_at      timestamptz      NOT NULL DEFAULT clock_timestamp(),
    cancelled_at  timestamptz,
    PRIMARY KEY (tenant, run),
    FOREIGN KEY (tenant, compared_with) REFERENCES run (tenant, run),
    CHECK (patients <> 'changed' OR compared_with IS NOT NULL)
);

CREATE INDEX run_by_month ON run (tenant, service_month, asked_at DESC, run);

COMMENT ON TABLE run IS 'Determinations of a month for many patients, asked for at once';
COMMENT ON COLUMN run.compared_with IS 'The earlier run whose results stand where nothing that was read is another';
COMMENT ON COLUMN run.known_on IS 'The day in the practice''s time zone on which it was asked';

CREATE TABLE run_range (
    tenant     uuid               NOT NULL,
    run        uuid               NOT NULL,
    number     integer            NOT NULL CHECK (number >= 0),
    first      text COLLATE "C"   NOT NULL,
    until      text COLLATE "C",
    listed     text[] COLLATE "C",
    patients   integer            NOT NULL CHECK (patients >= 0),
    done_at    timestamptz,
    determined integer            NOT NULL DEFAULT 0 CHECK (determined >= 0),
    unchanged  integer            NOT NULL DEFAULT 0 CHECK (unchanged >= 0),
    failed     integer            NOT NULL DEFAULT 0 CHECK (failed >= 0),
    PRIMARY KEY (tenant, run, number),
    FOREIGN KEY (tenant, run) REFERENCES run (tenant, run)
);

CREATE INDEX run_range_to_do ON run_range (tenant, run) WHERE done_at IS NULL;

COMMENT ON TABLE run_range IS 'A part of a run, done in the transaction that stores its results';
COMMENT ON COLUMN run_range.until IS 'The first patient who does not belong to it; none: there is no end';
COMMENT ON COLUMN run_range.listed IS 'The patients, where the run was asked for by a list';
COMMENT ON COLUMN run_range.patients IS 'How many there were when the run was asked for; once it is done, how many were looked at';

CREATE TABLE run_result (
    tenant            uuid               NOT NULL,
    service_month     text COLLATE "C"   NOT NULL,
    run               uuid               NOT NULL,
    patient           text COLLATE "C"   NOT NULL CHECK (patient <> ''),
    patient_position  bigint             NOT NULL,
    practice_position bigint             NOT NULL,
    known_on          date               NOT NULL,
    book_digest       bytea              NOT NULL CHECK (octet_length(book_digest) = 32),
    inputs_digest     bytea              CHECK (octet_length(inputs_digest) = 32),
    status            text COLLATE "C",
    codes             text[] COLLATE "C" NOT NULL,
    practitioners     text[] COLLATE "C" NOT NULL,
    billed_digest     bytea              CHECK (octet_length(billed_digest) = 32),
    made_in           uuid               NOT NULL,
    answer            bytea,
    problem           text COLLATE "C",
    PRIMARY KEY (tenant, service_month, run, patient),
    CHECK ((status IS NULL) = (problem IS NOT NULL)),
    CHECK ((answer IS NULL) = (made_in <> run OR problem IS NOT NULL))
) PARTITION BY RANGE (service_month);

COMMENT ON TABLE run_result IS 'What a run found of a patient''s month';
COMMENT ON COLUMN run_result.known_on IS 'The day the month was determined for, at most the one after it';
COMMENT ON COLUMN run_result.book_digest IS 'Of the law, and of what words and keeps an answer: where it is another, the answer may be';
COMMENT ON COLUMN run_result.billed_digest IS 'SHA-256 of status and claim lines, by which two runs are compared';
COMMENT ON COLUMN run_result.made_in IS 'The run whose answer this is: this one, or an earlier one that had read the same';
COMMENT ON COLUMN run_result.answer IS 'Lines, verdicts and findings, JSON, zlib';

CREATE INDEX run_result_problems ON run_result (tenant, service_month, run, patient) WHERE problem IS NOT NULL;
"""

# An answer is compressed already.
PARTITION = """
CREATE TABLE run_result_{year} PARTITION OF run_result FOR VALUES FROM ('{year}-01') TO ('{following}-01');
ALTER TABLE run_result_{year} ALTER COLUMN answer SET STORAGE EXTERNAL;
ALTER TABLE run_result_{year} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_practice ON run_result_{year} TO care_month_app
    USING (tenant = nullif(current_setting('app.tenant', true), '')::uuid);
"""

POLICIES = """
ALTER TABLE run        ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE run_range  ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE run_result ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_practice ON run TO care_month_app
    USING (tenant = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY own_practice ON run_range TO care_month_app
    USING (tenant = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY own_practice ON run_result TO care_month_app
    USING (tenant = nullif(current_setting('app.tenant', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE ON run, run_range TO care_month_app;
GRANT SELECT, INSERT ON run_result TO care_month_app;
"""

# The engine's own tables hold a practice's id, a run's and a number, and nothing of anybody.
QUEUE = """
GRANT USAGE ON SCHEMA jobs TO care_month_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA jobs TO care_month_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA jobs TO care_month_app;
"""


def upgrade() -> None:
    for part in (TABLES, *(PARTITION.format(year=year, following=year + 1) for year in YEARS), POLICIES):
        run(part)
    run(QueryBuilderEnvironment(NAMES).build_install_query())
    run(QUEUE)


def downgrade() -> None:
    # What was determined can be determined again.
    run("DROP SCHEMA jobs CASCADE; DROP TABLE run_result, run_range, run;")


def run(statements: str) -> None:
    """Several statements as written: neither `%` nor `:` in them is a parameter."""
    op.get_bind().exec_driver_sql(statements, execution_options={"no_parameters": True})
