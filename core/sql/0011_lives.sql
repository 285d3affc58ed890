-- Of an own log: its first frame that this life of the store has not written. NULL: none is known.
ALTER TABLE logs ADD COLUMN other_life INTEGER;

-- Did a frame come from elsewhere than a relay: from a file, or from another device? Then it has to go to one.
ALTER TABLE inbox ADD COLUMN carried INTEGER NOT NULL DEFAULT 0;

-- Is a kept frame this device's own? Others' are kept until headquarters has signed that it merged them, and by
-- headquarters for ever: whoever builds on a frame can hand it on. What is let go of leaves its hash.
ALTER TABLE frames ADD COLUMN own INTEGER NOT NULL DEFAULT 1;

-- As before, of the own frames.
DROP VIEW deliveries;
CREATE VIEW deliveries AS
    SELECT f.log, f.seq,
        CASE
            WHEN f.state = 3 OR f.seq <= r.backed_up THEN 4
            WHEN f.state = 2 THEN 2
            WHEN f.seq <= r.merged THEN 3
            ELSE f.state
        END AS level
    FROM frames f JOIN logs l ON l.id = f.log LEFT JOIN receipts r ON r.log = l.log
    WHERE f.own = 1;

-- The order in which kept frames were sealed or merged is an order in which each comes after what it builds on.
DROP INDEX frames_to_push;
CREATE INDEX frames_to_push ON frames (state) WHERE state = 0;

-- Own frames at whose place another life of this store has written another: what they said was written anew.
CREATE TABLE forked (
    log   INTEGER NOT NULL REFERENCES logs (id),
    seq   INTEGER NOT NULL,
    hash  BLOB NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (log, seq, hash)
);

-- "Which changes has no frame taken yet?"
CREATE INDEX changes_unsealed ON changes (log, record) WHERE frame IS NULL;
