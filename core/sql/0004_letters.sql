-- In which frame did headquarters hand on a change that its own device could not deliver? The log, and the frame's
-- number (NULL at headquarters: not sealed yet). Who builds on the change names that frame too, because the one of
-- its own log (column frame) may never come.
ALTER TABLE changes ADD COLUMN carrier INTEGER REFERENCES logs (id);
ALTER TABLE changes ADD COLUMN carrier_frame INTEGER;

-- Of a change that headquarters hands on: the log that it is of. The content is the signed statement then.
ALTER TABLE outbox ADD COLUMN adopted INTEGER REFERENCES logs (id);

-- What was deposited with headquarters, oldest first, until every change in it is here.
-- state: 0 waits for a person, 1 adopted, 2 rejected. key: what opens it, once it was opened; NULL if nobody here can.
CREATE TABLE letters (
    id      INTEGER PRIMARY KEY,
    hash    BLOB NOT NULL UNIQUE,
    device  BLOB NOT NULL,
    letter  BLOB NOT NULL,
    key     BLOB,
    state   INTEGER NOT NULL DEFAULT 0,
    reason  TEXT NOT NULL DEFAULT '',
    -- Milliseconds since 1970, as headquarters' clock claimed at the decision.
    decided INTEGER
);
