"""The worklist, a row a patient's month, and the events of a practice in the order in which they were committed.

A row is worked out from the ledgers and may be thrown away and worked out again, so it refers to no ledger: a foreign key
would have each upsert wait for whoever records something of the patient. Events are only ever added to.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE worklist_month (
    tenant        uuid             NOT NULL REFERENCES practice (tenant),
    service_month text COLLATE "C" NOT NULL CHECK (service_month ~ '^[0-9]{4}-[0-9]{2}$'),
    asked_at      timestamptz      NOT NULL DEFAULT clock_timestamp(),
    current_to    timestamptz,
    current_basis bytea            CHECK (octet_length(current_basis) = 32),
    PRIMARY KEY (tenant, service_month),
    CHECK ((current_to IS NULL) = (current_basis IS NULL))
);

COMMENT ON TABLE worklist_month IS 'The months whose worklist is kept, or was asked for';
COMMENT ON COLUMN worklist_month.current_to IS 'Whatever was committed by then is in the rows';
COMMENT ON COLUMN worklist_month.current_basis IS 'SHA-256 of what all rows are of by then, besides the patients'' ledgers';

-- Which ledgers moved of late, however many there are.
CREATE INDEX stream_by_instant ON stream (tenant, recorded_at);

-- What is compared to find the rows that are behind stands in the key's index: they are found without reading a row.
CREATE TABLE worklist_row (
    tenant            uuid               NOT NULL REFERENCES practice (tenant),
    service_month     text COLLATE "C"   NOT NULL,
    patient           text COLLATE "C"   NOT NULL CHECK (patient <> ''),
    patient_position  bigint             NOT NULL CHECK (patient_position > 0),
    practice_position bigint             NOT NULL CHECK (practice_position >= 0),
    computed_for      date               NOT NULL,
    book_digest       bytea              NOT NULL CHECK (octet_length(book_digest) = 32),
    value             bigint             NOT NULL,
    state             text COLLATE "C"   NOT NULL,
    status            text COLLATE "C"   NOT NULL,
    programs          text[] COLLATE "C" NOT NULL,
    codes             text[] COLLATE "C" NOT NULL,
    practitioners     text[] COLLATE "C" NOT NULL,
    billed_digest     bytea              NOT NULL CHECK (octet_length(billed_digest) = 32),
    answer            bytea              NOT NULL,
    PRIMARY KEY (tenant, service_month, patient) INCLUDE (patient_position, practice_position, computed_for, book_digest)
);

-- So does what is filtered by: a page that few fit is found without reading the rows that do not. Not the practitioners:
-- of several with long names an index could not hold the row.
CREATE INDEX worklist_row_by_value ON worklist_row (tenant, service_month, value DESC, patient)
    INCLUDE (state, status, programs, codes);

-- An answer is compressed already, and stands apart from what is sorted and filtered by.
ALTER TABLE worklist_row ALTER COLUMN answer SET STORAGE EXTERNAL;
ALTER TABLE worklist_row SET (toast_tuple_target = 128);

COMMENT ON TABLE worklist_row IS 'What there is to do of each patient''s month, as of the ledgers'' positions, a day and a law';
COMMENT ON COLUMN worklist_row.computed_for IS 'The day in the practice''s time zone, at most the one after the month';
COMMENT ON COLUMN worklist_row.book_digest IS 'SHA-256 over the digests of law and wording';
COMMENT ON COLUMN worklist_row.value IS 'Cents for each minute of effort; -1 where that is not known';
COMMENT ON COLUMN worklist_row.billed_digest IS 'SHA-256 of status and claim lines: another one is an event';
COMMENT ON COLUMN worklist_row.answer IS 'The row as it is answered, JSON, zlib';

CREATE TABLE event_head (
    tenant uuid   NOT NULL REFERENCES practice (tenant),
    number bigint NOT NULL CHECK (number > 0),
    PRIMARY KEY (tenant)
);

COMMENT ON TABLE event_head IS 'How many events each practice has; whoever adds some holds the row until they are committed';

CREATE TABLE event (
    tenant        uuid             NOT NULL REFERENCES practice (tenant),
    number        bigint           NOT NULL CHECK (number > 0),
    id            uuid             NOT NULL,
    at            timestamptz      NOT NULL,
    type          text COLLATE "C" NOT NULL CHECK (type <> ''),
    patient       text COLLATE "C" NOT NULL CHECK (patient <> ''),
    service_month text COLLATE "C" NOT NULL CHECK (service_month ~ '^[0-9]{4}-[0-9]{2}$'),
    PRIMARY KEY (tenant, number),
    UNIQUE (tenant, id)
);

COMMENT ON TABLE event IS 'What happened to patients'' months, to be told to whoever asks or is told';
COMMENT ON COLUMN event.number IS 'From 1 without holes, in the order in which they were committed';

CREATE TRIGGER event_is_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE event ENABLE ALWAYS TRIGGER event_is_immutable;
"""

POLICIES = """
ALTER TABLE worklist_month ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE worklist_row   ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE event_head     ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE event          ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_practice ON worklist_month TO care_month_app
    USING (tenant = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY own_practice ON worklist_row TO care_month_app
    USING (tenant = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY own_practice ON event_head TO care_month_app
    USING (tenant = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY own_practice ON event TO care_month_app
    USING (tenant = nullif(current_setting('app.tenant', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON worklist_month, worklist_row TO care_month_app;
GRANT SELECT, INSERT, UPDATE ON event_head TO care_month_app;
GRANT SELECT, INSERT ON event TO care_month_app;
"""

# Which practices a worker has to look after. It says nothing else of them.
PRACTICES = """
CREATE FUNCTION every_practice()
    RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT tenant FROM public.practice
$$;

REVOKE EXECUTE ON FUNCTION every_practice() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION every_practice() TO care_month_app;
"""


def upgrade() -> None:
    for part in (TABLES, POLICIES, PRACTICES):
        run(part)


def downgrade() -> None:
    # Rows can be worked out again; that something was told is forgotten.
    run("""
        DROP FUNCTION every_practice();
        DROP TABLE event, event_head, worklist_row, worklist_month;
        DROP INDEX stream_by_instant;
    """)


def run(statements: str) -> None:
    """Several statements as written: neither `%` nor `:` in them is a parameter."""
    op.get_bind().exec_driver_sql(statements, execution_options={"no_parameters": True})
