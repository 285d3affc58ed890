-- When was a frame refused, by this device's clock in seconds since 1970? No refusal is believed for good: a relay that
-- was broken into may say anything. What an earlier version of the program believed for good is offered again at once.
ALTER TABLE frames ADD COLUMN refused_s INTEGER;
UPDATE frames SET state = 0 WHERE state = 2;

-- "Which frames are refused, and is one of them before this one in its log?"
CREATE INDEX frames_refused ON frames (log, seq) WHERE state = 2;
