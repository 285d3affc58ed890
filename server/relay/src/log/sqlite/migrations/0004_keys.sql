-- "Which keys are mine, that came since I last read the roster?": epoch keys, each wrapped to one device, beside the
-- roster entry that they came with. Only their device can open them.
CREATE TABLE key_wrap (
    workspace INTEGER NOT NULL REFERENCES workspace (number),
    device    BLOB NOT NULL,
    scope     BLOB NOT NULL,
    epoch     INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    sealed    BLOB NOT NULL,
    PRIMARY KEY (workspace, device, scope, epoch)
) WITHOUT ROWID;
