"""What was decided of a month when a person closed, amended or reopened it, and what became of proposed amendments.

Both tables are only ever added to, like the ledger: a later revision stands beside the earlier one, and nobody's decision
is overwritten.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE month_revision (
    tenant           uuid             NOT NULL,
    patient          text COLLATE "C" NOT NULL,
    service_month    text COLLATE "C" NOT NULL CHECK (service_month ~ '^[0-9]{4}-[0-9]{2}$'),
    revision         integer          NOT NULL CHECK (revision > 0),
    action           text COLLATE "C" NOT NULL CHECK (action IN ('closed', 'amended', 'reopened')),
    position         bigint           NOT NULL,
    credential       uuid             NOT NULL,
    recorded_at      timestamptz      NOT NULL,
    known_as_of      timestamptz,
    status           text COLLATE "C",
    provisional      boolean,
    law_digest       text COLLATE "C",
    wording_digest   text COLLATE "C",
    policy_digest    text COLLATE "C",
    inputs_digest    text COLLATE "C",
    patient_position  bigint,
    practice_position bigint,
    lines            text COLLATE "C",
    answer           bytea,
    PRIMARY KEY (tenant, patient, service_month, revision),
    FOREIGN KEY (tenant, patient, position) REFERENCES fact (tenant, stream, position),
    FOREIGN KEY (tenant, credential) REFERENCES credential (tenant, id),
    CHECK (num_nonnulls(known_as_of, status, provisional, law_digest, wording_digest, policy_digest, inputs_digest,
        patient_position, practice_position, lines, answer) = CASE action WHEN 'reopened' THEN 0 ELSE 11 END)
);

-- All that is closed of a month, patient by patient.
CREATE INDEX month_revision_by_month ON month_revision (tenant, service_month, patient, revision DESC);

-- An answer is compressed already: the database need not try again.
ALTER TABLE month_revision ALTER COLUMN answer SET STORAGE EXTERNAL;

COMMENT ON TABLE month_revision IS 'Each time a person closed, amended or reopened a month: what was frozen';
COMMENT ON COLUMN month_revision.position IS 'Of the attestation in the patient''s ledger';
COMMENT ON COLUMN month_revision.lines IS 'JSON: the claim lines, each with the id of its service fact';
COMMENT ON COLUMN month_revision.answer IS 'The determination as it was given, zlib';

CREATE TABLE month_amendment (
    tenant        uuid             NOT NULL,
    patient       text COLLATE "C" NOT NULL,
    service_month text COLLATE "C" NOT NULL CHECK (service_month ~ '^[0-9]{4}-[0-9]{2}$'),
    amendment     text COLLATE "C" NOT NULL CHECK (amendment ~ '^[0-9a-f]{32}$'),
    revision      integer          NOT NULL,
    decision      text COLLATE "C" NOT NULL CHECK (decision IN ('accepted', 'declined')),
    decided_by    text COLLATE "C" NOT NULL,
    on_behalf_of  text COLLATE "C",
    words         text COLLATE "C" NOT NULL,
    credential    uuid             NOT NULL,
    decided_at    timestamptz      NOT NULL,
    made_revision integer,
    proposal      bytea            NOT NULL,
    PRIMARY KEY (tenant, patient, service_month, amendment),
    FOREIGN KEY (tenant, patient, service_month, revision)
        REFERENCES month_revision (tenant, patient, service_month, revision),
    FOREIGN KEY (tenant, patient, service_month, made_revision)
        REFERENCES month_revision (tenant, patient, service_month, revision),
    FOREIGN KEY (tenant, credential) REFERENCES credential (tenant, id),
    CHECK ((decision = 'accepted') = (made_revision IS NOT NULL))
);

ALTER TABLE month_amendment ALTER COLUMN proposal SET STORAGE EXTERNAL;

COMMENT ON TABLE month_amendment IS 'What a person decided of an amendment, and the amendment as it was proposed';
COMMENT ON COLUMN month_amendment.revision IS 'The one it would have replaced';
COMMENT ON COLUMN month_amendment.proposal IS 'JSON, zlib';
"""

IMMUTABILITY = """
CREATE TRIGGER month_revision_is_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON month_revision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE month_revision ENABLE ALWAYS TRIGGER month_revision_is_immutable;

CREATE TRIGGER month_amendment_is_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON month_amendment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE month_amendment ENABLE ALWAYS TRIGGER month_amendment_is_immutable;
"""

POLICIES = """
ALTER TABLE month_revision  ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE month_amendment ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_practice ON month_revision TO care_month_app
    USING (tenant = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY own_practice ON month_amendment TO care_month_app
    USING (tenant = nullif(current_setting('app.tenant', true), '')::uuid);

GRANT SELECT, INSERT ON month_revision, month_amendment TO care_month_app;
"""


def upgrade() -> None:
    for part in (TABLES, IMMUTABILITY, POLICIES):
        run(part)


def downgrade() -> None:
    # Attestations and lines stay in the ledger, where nothing is removed.
    run("DROP TABLE month_amendment, month_revision")


def run(statements: str) -> None:
    """Several statements as written: neither `%` nor `:` in them is a parameter."""
    op.get_bind().exec_driver_sql(statements, execution_options={"no_parameters": True})
