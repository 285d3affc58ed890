-- "What is new?": the list by time finds its page without walking over everything. The narrowest index of the rows
-- that are not deleted, so it also says how many there are.
CREATE INDEX rows_newest ON rows (deleted, changed DESC, id DESC);

-- "Is she on the list?": the list by title, those without one last.
CREATE INDEX rows_titled ON rows (deleted, title_key IS NULL, title_key, id DESC);
