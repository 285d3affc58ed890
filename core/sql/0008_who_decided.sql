-- Who has decided? Of a decision from before that is not known.
ALTER TABLE rulings ADD COLUMN who TEXT NOT NULL DEFAULT '';
ALTER TABLE letters ADD COLUMN who TEXT NOT NULL DEFAULT '';
