-- What screens read. Every table here can be made again from the documents; nothing in it is the only copy.
-- The name of no field of any kind appears: a kind's declaration says which of its fields plays which role.

-- One row for each record: what lists, counts and maps show without opening a document.
CREATE TABLE rows (
    -- The rowid of the record.
    id INTEGER PRIMARY KEY,
    record BLOB NOT NULL,
    human_id TEXT NOT NULL,
    kind INTEGER NOT NULL,
    scope BLOB NOT NULL,
    title TEXT NOT NULL,
    -- The title folded and cut, for sorting; null when there is none.
    title_key TEXT,
    -- The status as its policy shows it; null when it is empty or withheld.
    status TEXT,
    status_contested INTEGER NOT NULL,
    status_withheld INTEGER NOT NULL,
    state TEXT NOT NULL,
    area TEXT,
    place TEXT,
    -- 1991, 1991-02 or 1991-02-28: sorts as text.
    date TEXT,
    -- In units of 10^-7 degrees, as in the documents.
    lat INTEGER,
    lon INTEGER,
    -- How many fields wait for a decision.
    contested INTEGER NOT NULL,
    incomplete INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    -- Milliseconds since 1970, as the device claimed.
    created INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    changed_by BLOB NOT NULL,
    -- What row_words, row_places and row_shapes hold of this record, so that an edit elsewhere in it leaves them
    -- alone; null when they hold nothing.
    words_hash INTEGER,
    places_hash INTEGER
) STRICT;

-- "What needs a decision, and what is new?": the default list, in order. It holds every column that a filter asks
-- for, so any filtered list, count or sort is one walk over it and never over the rows themselves.
CREATE INDEX rows_listed ON rows (
    deleted, contested DESC, changed DESC, id DESC, kind, scope, state, status, area, date, incomplete, title_key
);

-- "What is near here?": the box around all places of a record, in units of 10^-7 degrees. A box without extent is
-- the place itself.
CREATE VIRTUAL TABLE row_places USING rtree_i32 (id, lat_min, lat_max, lon_min, lon_max);

-- "Which records mention these words?": folded words, each once. What the words were is in the documents.
CREATE VIRTUAL TABLE row_words USING fts5 (
    words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii', prefix = '1 2'
);

-- The places of the records that have more to draw than one point: areas, and every position that stands while a
-- position is contested. A geometry is a point or a shape as stored in a document; the one shown comes first.
CREATE TABLE row_shapes (
    row INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    is_area INTEGER NOT NULL,
    geometry BLOB NOT NULL,
    PRIMARY KEY (row, ordinal)
) STRICT, WITHOUT ROWID;
