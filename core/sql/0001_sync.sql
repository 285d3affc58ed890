-- What a device knows of itself: its keys, its workspace, its relay. By name.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- The roster as it was read, entry by entry, in the exact bytes that were signed.
CREATE TABLE roster (
    seq   INTEGER PRIMARY KEY,
    entry BLOB NOT NULL
);

-- Which key opens the frames of this epoch of this scope? Erased on revocation.
CREATE TABLE epochs (
    scope BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    key   BLOB NOT NULL,
    PRIMARY KEY (scope, epoch)
) WITHOUT ROWID;

-- What is a scope called, and what do its records' human ids begin with?
CREATE TABLE scopes (
    scope  BLOB PRIMARY KEY,
    name   TEXT NOT NULL,
    prefix TEXT NOT NULL
) WITHOUT ROWID;

-- Who uses a device, as the device itself or headquarters has told.
CREATE TABLE people (
    device  BLOB PRIMARY KEY,
    officer TEXT NOT NULL,
    phone   TEXT NOT NULL
) WITHOUT ROWID;

-- Every log that was met, this device's own among them: how far is it merged, and what comes next?
-- `records` counts the records created in it, `claimed_s` is its newest claimed time.
CREATE TABLE logs (
    id          INTEGER PRIMARY KEY,
    log         BLOB NOT NULL UNIQUE,
    device      BLOB NOT NULL,
    scope       BLOB NOT NULL,
    generation  INTEGER NOT NULL,
    merged      INTEGER NOT NULL DEFAULT 0,
    merged_hash BLOB NOT NULL,
    records     INTEGER NOT NULL DEFAULT 0,
    claimed_s   INTEGER
);

-- A record by its id (what a screen asks), and where it came from (what a frame names).
CREATE TABLE records (
    id      INTEGER PRIMARY KEY,
    record  BLOB NOT NULL UNIQUE,
    scope   BLOB NOT NULL,
    kind    INTEGER NOT NULL,
    creator INTEGER NOT NULL REFERENCES logs (id),
    counter INTEGER NOT NULL
);

-- The document of a record: its changes one after another, compacted now and then.
CREATE TABLE documents (
    record  INTEGER PRIMARY KEY REFERENCES records (id),
    changes INTEGER NOT NULL,
    bytes   BLOB NOT NULL
);

-- What a reference in a frame stands for: the hash of the seq-th change of a log in a record. Also,
-- in which frame of its log a change travels (NULL: not sealed yet), which is its delivery.
CREATE TABLE changes (
    record INTEGER NOT NULL REFERENCES records (id),
    log    INTEGER NOT NULL REFERENCES logs (id),
    seq    INTEGER NOT NULL,
    hash   BLOB NOT NULL,
    max_op INTEGER NOT NULL,
    frame  INTEGER,
    PRIMARY KEY (record, log, seq)
) WITHOUT ROWID;

-- Changes (and announcements, where there is no record) that no frame holds yet, oldest first.
CREATE TABLE outbox (
    id      INTEGER PRIMARY KEY,
    log     INTEGER NOT NULL REFERENCES logs (id),
    record  INTEGER REFERENCES records (id),
    seq     INTEGER,
    content BLOB NOT NULL
);

-- The own sealed frames, kept until headquarters and a backup have them.
-- state: 0 not known to be at the relay, 1 at the relay, 2 refused (see refusal).
CREATE TABLE frames (
    log     INTEGER NOT NULL REFERENCES logs (id),
    seq     INTEGER NOT NULL,
    hash    BLOB NOT NULL,
    bytes   BLOB NOT NULL,
    changes INTEGER NOT NULL,
    state   INTEGER NOT NULL DEFAULT 0,
    refusal INTEGER,
    PRIMARY KEY (log, seq)
) WITHOUT ROWID;

-- Which frames are still to be pushed?
CREATE INDEX frames_to_push ON frames (log, seq) WHERE state = 0;

-- Pulled frames that are not merged: waiting for something (reason says what) or quarantined.
CREATE TABLE inbox (
    id     INTEGER PRIMARY KEY,
    scope  BLOB NOT NULL,
    log    BLOB NOT NULL,
    seq    INTEGER NOT NULL,
    hash   BLOB NOT NULL,
    bytes  BLOB NOT NULL,
    reason INTEGER NOT NULL DEFAULT 0,
    UNIQUE (log, seq, hash)
);

-- Single changes of a merged frame that the engine refused: kept, shown, tried again by a newer version.
CREATE TABLE stuck (
    record INTEGER NOT NULL REFERENCES records (id),
    log    INTEGER NOT NULL REFERENCES logs (id),
    seq    INTEGER NOT NULL,
    chunk  BLOB NOT NULL,
    PRIMARY KEY (record, log, seq)
) WITHOUT ROWID;

-- How far each scope was read at the relay.
CREATE TABLE cursors (
    scope       BLOB PRIMARY KEY,
    incarnation BLOB NOT NULL,
    position    INTEGER NOT NULL,
    rolling     BLOB NOT NULL
) WITHOUT ROWID;

-- Up to which frame has headquarters signed that it has merged a log?
CREATE TABLE receipts (
    log    BLOB PRIMARY KEY,
    merged INTEGER NOT NULL
) WITHOUT ROWID;
