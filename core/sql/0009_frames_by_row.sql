-- The own sealed frames, as before, in a table with row ids. A frame is larger than a page: among the keys of a table
-- without row ids each search read whole frames on its way. The bytes stand last, so that nothing is read past them.
CREATE TABLE frames_by_row (
    log       INTEGER NOT NULL REFERENCES logs (id),
    seq       INTEGER NOT NULL,
    hash      BLOB NOT NULL,
    changes   INTEGER NOT NULL,
    state     INTEGER NOT NULL DEFAULT 0,
    refusal   INTEGER,
    refused_s INTEGER,
    bytes     BLOB NOT NULL,
    UNIQUE (log, seq)
);
INSERT INTO frames_by_row (log, seq, hash, changes, state, refusal, refused_s, bytes)
    SELECT log, seq, hash, changes, state, refusal, refused_s, bytes FROM frames ORDER BY log, seq;
DROP TABLE frames;
ALTER TABLE frames_by_row RENAME TO frames;

-- Which frames are still to be pushed?
CREATE INDEX frames_to_push ON frames (log, seq) WHERE state = 0;

-- "What is a relay thought to hold of this log beyond this frame?"
CREATE INDEX frames_held ON frames (log, seq) WHERE state = 1;

-- "Which frames are refused, and is one of them before this one in its log?"
CREATE INDEX frames_refused ON frames (log, seq) WHERE state = 2;

-- "Has this device sealed this frame?": asked of every frame that the relay gives back by its hash alone.
CREATE INDEX frames_by_hash ON frames (hash);
