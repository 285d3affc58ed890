-- "What was being tried when the process died?": frames that are or were on trial. A row is committed before its
-- frame's content is given to the engine and goes with the commit that merges or parks the frame.
CREATE TABLE trials (
    hash      BLOB PRIMARY KEY,
    under_way INTEGER NOT NULL DEFAULT 1,
    deaths    INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- "How much has one log put into one record?": its heavy changes, summed. Most records have no row here.
CREATE TABLE weights (
    record INTEGER NOT NULL REFERENCES records (id),
    log    INTEGER NOT NULL REFERENCES logs (id),
    ops    INTEGER NOT NULL,
    bytes  INTEGER NOT NULL,
    PRIMARY KEY (record, log)
) WITHOUT ROWID;
