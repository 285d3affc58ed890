-- Which letters wait for headquarters? Sealed to it alone, kept until it says that they are on its own disk.
-- Numbers grow within a workspace and are never used again, so that "all after the last one" misses none.
CREATE TABLE letter (
    workspace INTEGER NOT NULL REFERENCES workspace (number),
    number    INTEGER NOT NULL,
    device    BLOB NOT NULL,
    hash      BLOB NOT NULL,
    length    INTEGER NOT NULL,
    bytes     BLOB NOT NULL,
    PRIMARY KEY (workspace, number)
);

-- Is this letter here already? A phone that did not hear the answer brings it again.
CREATE UNIQUE INDEX letter_by_hash ON letter (workspace, device, hash);

-- What number did the last letter get?
ALTER TABLE workspace ADD COLUMN letters INTEGER NOT NULL DEFAULT 0;

-- How many bytes of letters wait of one device?
ALTER TABLE device_usage ADD COLUMN letter_bytes INTEGER NOT NULL DEFAULT 0;
