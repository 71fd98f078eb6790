-- +goose Up

-- One row, locked by whoever adds: numbers and instants come from it, so that
-- nobody sees an entry before those that were added earlier.
CREATE TABLE sharing_head (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    object BIGINT NOT NULL,    -- number of the newest object
    entry BIGINT NOT NULL,     -- number of the newest entry
    removal BIGINT NOT NULL,   -- number of the newest removal
    added BIGINT NOT NULL,     -- the last instant that was given, in microseconds
    secret TEXT NOT NULL       -- by which cursors are signed, in hex; '' until the first is
);

INSERT INTO sharing_head (id, object, entry, removal, added, secret) VALUES (1, 0, 0, 0, 0, '');

-- Versions of objects, byte for byte.
CREATE TABLE sharing_object (
    number BIGINT PRIMARY KEY,
    hash BIGINT NOT NULL,      -- of the id: short, so that the index stays small
    id TEXT NOT NULL,
    version TEXT NOT NULL,     -- as written; '' for an object without
    digest TEXT NOT NULL,
    source TEXT NOT NULL,      -- organisation that shared it first
    document BIGINT NOT NULL,  -- position of the envelope it came in
    body BYTEA NOT NULL
);

CREATE INDEX sharing_object_hash ON sharing_object (hash);

-- Who may see an entry, each distinct rule once.
CREATE TABLE sharing_rule (
    number BIGINT PRIMARY KEY,
    rule TEXT NOT NULL UNIQUE
);

CREATE TABLE sharing_collection (
    number BIGINT PRIMARY KEY,
    community TEXT NOT NULL,
    id TEXT NOT NULL,
    UNIQUE (community, id)
);

-- Objects in collections. What a page is filtered by stands here, so that the
-- objects are only read to be given.
CREATE TABLE sharing_entry (
    number BIGINT PRIMARY KEY,
    collection BIGINT NOT NULL,
    object BIGINT NOT NULL,
    added BIGINT NOT NULL,
    rule BIGINT NOT NULL,
    hash BIGINT NOT NULL,
    version BIGINT NOT NULL,   -- microseconds; 0 for an object without
    type TEXT NOT NULL,
    spec TEXT NOT NULL
);

CREATE INDEX sharing_entry_object ON sharing_entry (object);
CREATE INDEX sharing_entry_rule ON sharing_entry (rule);

CREATE TABLE sharing_removal (
    number BIGINT PRIMARY KEY,
    entry BIGINT NOT NULL,
    removed BIGINT NOT NULL,
    document BIGINT NOT NULL   -- position of the act
);

-- When a community's document took effect, on the clock of entries.
CREATE TABLE sharing_epoch (
    position BIGINT PRIMARY KEY,
    added BIGINT NOT NULL
);

-- Submissions. One that waits is taken up where next says.
CREATE TABLE sharing_submission (
    id TEXT PRIMARY KEY,
    community TEXT NOT NULL,
    collection TEXT NOT NULL,
    organisation TEXT NOT NULL,
    member TEXT NOT NULL,
    relay TEXT NOT NULL,       -- peer that it came through; '' for none
    requested BIGINT NOT NULL,
    total BIGINT NOT NULL,
    next BIGINT NOT NULL,      -- objects done; equal to total when complete
    document BIGINT NOT NULL
);

CREATE INDEX sharing_submission_waiting ON sharing_submission (document) WHERE next < total;

-- What became of the objects of a submission, from the one of a number on.
CREATE TABLE sharing_outcome (
    submission TEXT NOT NULL REFERENCES sharing_submission (id),
    first BIGINT NOT NULL,
    successes TEXT NOT NULL,   -- JSON
    failures TEXT NOT NULL,
    PRIMARY KEY (submission, first)
);

-- Who was given what: one row for each answer, with the numbers of the objects.
CREATE TABLE sharing_disclosure (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    member TEXT NOT NULL,
    organisations TEXT NOT NULL, -- joined by spaces
    way TEXT NOT NULL,
    collection BIGINT NOT NULL,
    low BIGINT NOT NULL,
    high BIGINT NOT NULL,
    objects BYTEA NOT NULL       -- differences, as varints
);

CREATE INDEX sharing_disclosure_low ON sharing_disclosure (low);
