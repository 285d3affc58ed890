-- How far was a scope read, and what did that come to, when it was last read again from its beginning because something
-- that the relay gave was not what it said? Bounds how often that is done, and shows whether the relay gives less now.
CREATE TABLE rereads (
    scope       BLOB PRIMARY KEY,
    incarnation BLOB NOT NULL,
    position    INTEGER NOT NULL,
    rolling     BLOB NOT NULL,
    -- By this device's clock, in seconds since 1970.
    began_s     INTEGER NOT NULL
) WITHOUT ROWID;

-- Which frames did the relay say were this device's own, which this device has not sealed?
CREATE TABLE not_own (
    scope BLOB NOT NULL,
    hash  BLOB NOT NULL,
    PRIMARY KEY (scope, hash)
) WITHOUT ROWID;

-- "Has this device sealed this frame?": asked of every frame that the relay gives back by its hash alone.
CREATE INDEX frames_by_hash ON frames (hash);
