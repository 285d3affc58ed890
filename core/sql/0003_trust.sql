-- How far a device has sealed its own log. It is apart from `merged` because a device that has let go of what it could
-- read merges its own frames again, and must never give out a number twice.
ALTER TABLE logs ADD COLUMN sealed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE logs ADD COLUMN sealed_hash BLOB;
UPDATE logs SET sealed = merged, sealed_hash = merged_hash;

-- Headquarters: which keys have been wrapped for whom? They are published beside the roster entry `at`, and again to a
-- relay that was replaced.
CREATE TABLE key_wraps (
    scope  BLOB NOT NULL,
    epoch  INTEGER NOT NULL,
    device BLOB NOT NULL,
    at     INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (scope, epoch, device)
) WITHOUT ROWID;

-- "Which keys go with the entries after this one?"
CREATE INDEX key_wraps_at ON key_wraps (at);

-- What a person must hear of: something that no honest relay, phone or newcomer does. Once for each kind and subject;
-- `number` says how far it goes, `closed` that a person has seen to it.
CREATE TABLE alarms (
    id      INTEGER PRIMARY KEY,
    kind    INTEGER NOT NULL,
    subject BLOB NOT NULL,
    number  INTEGER NOT NULL,
    raised_s INTEGER NOT NULL,
    closed  INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, subject)
);

-- Who has judged what was quarantined, and why? Nothing is ever taken out of it.
CREATE TABLE rulings (
    id        INTEGER PRIMARY KEY,
    log       BLOB NOT NULL,
    seq       INTEGER NOT NULL,
    released  INTEGER NOT NULL,
    reason    TEXT NOT NULL,
    claimed_s INTEGER NOT NULL
);
