-- Facts about the store itself: its incarnation, by which a device notices that the relay behind an
-- address was replaced.
CREATE TABLE store (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- Whose data is here? One row an organisation; the number stands for its id in the other tables.
-- `bytes` answers the door's question whether the organisation is over its quota.
CREATE TABLE workspace (
    number    INTEGER PRIMARY KEY,
    workspace BLOB NOT NULL UNIQUE,
    bytes     INTEGER NOT NULL DEFAULT 0
);

-- Who may speak? The signed entries of a workspace's roster, as their exact bytes, read whole when the
-- relay starts and in part by each device that asks for the entries after the ones it holds.
CREATE TABLE roster_entry (
    workspace INTEGER NOT NULL REFERENCES workspace (number),
    seq       INTEGER NOT NULL,
    bytes     BLOB NOT NULL,
    PRIMARY KEY (workspace, seq)
);

-- How far is a scope? The counter that gives each frame its position. It is read and written in the
-- transaction that stores the frame, so that the order of commits is the order of positions and no
-- reader ever steps over a frame that is still on its way in.
CREATE TABLE scope (
    number    INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL REFERENCES workspace (number),
    scope     BLOB NOT NULL,
    position  INTEGER NOT NULL,
    rolling   BLOB NOT NULL,
    UNIQUE (workspace, scope)
);

-- How far is a device's log? The frame that the next one must name as its predecessor.
CREATE TABLE log (
    number    INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL REFERENCES workspace (number),
    log       BLOB NOT NULL,
    device    BLOB NOT NULL,
    seq       INTEGER NOT NULL,
    hash      BLOB NOT NULL,
    UNIQUE (workspace, log)
);

-- "What does the relay hold of my own logs?", asked by a device whose connection was cut.
CREATE INDEX log_of_device ON log (workspace, device);

-- Is a device over its quota?
CREATE TABLE device_usage (
    workspace INTEGER NOT NULL REFERENCES workspace (number),
    device    BLOB NOT NULL,
    bytes     INTEGER NOT NULL,
    PRIMARY KEY (workspace, device)
) WITHOUT ROWID;

-- The frames. By (scope, position): what comes after a cursor, and is the cursor's hash still the one
-- at its position? The bytes are the last column, so that a listing reads none of them.
CREATE TABLE frame (
    scope    INTEGER NOT NULL REFERENCES scope (number),
    position INTEGER NOT NULL,
    log      INTEGER NOT NULL REFERENCES log (number),
    seq      INTEGER NOT NULL,
    hash     BLOB NOT NULL,
    rolling  BLOB NOT NULL,
    length   INTEGER NOT NULL,
    bytes    BLOB NOT NULL,
    PRIMARY KEY (scope, position)
);

-- Is this frame here already, or does another stand at its place?
CREATE UNIQUE INDEX frame_in_log ON frame (log, seq);

-- Who asks to be let in? Headquarters reads it; a newcomer's row goes when it has become a member.
CREATE TABLE waiting_join (
    number    INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL REFERENCES workspace (number),
    invite    BLOB NOT NULL,
    device    BLOB NOT NULL,
    bytes     BLOB NOT NULL,
    UNIQUE (workspace, invite, device)
);

-- Which phones were copied? Frames that contradict one which stands in their log, signature and all.
CREATE TABLE fork (
    number    INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL REFERENCES workspace (number),
    log       BLOB NOT NULL,
    seq       INTEGER NOT NULL,
    hash      BLOB NOT NULL,
    bytes     BLOB NOT NULL,
    UNIQUE (workspace, log, seq, hash)
);
