-- Up to which frame has headquarters signed that a verified backup of it holds a log? Of an own log only if the frame
-- there is the one that this device sealed.
ALTER TABLE receipts ADD COLUMN backed_up INTEGER NOT NULL DEFAULT 0;

-- "How far has each own frame come?": 0 no further than this device, 1 at the relay, 2 refused by it, 3 merged by
-- headquarters, 4 in a backup. What the relay refuses is nowhere else, whatever was signed of that number; a backup was
-- signed for this very frame. The state of a frame (0, 1, 2 as before, 3 let go: empty, and only here a proof) says what
-- is offered to the relay; this says what a person is told.
CREATE VIEW deliveries AS
    SELECT f.log, f.seq,
        CASE
            WHEN f.state = 3 OR f.seq <= r.backed_up THEN 4
            WHEN f.state = 2 THEN 2
            WHEN f.seq <= r.merged THEN 3
            ELSE f.state
        END AS level
    FROM frames f JOIN logs l ON l.id = f.log LEFT JOIN receipts r ON r.log = l.log;
