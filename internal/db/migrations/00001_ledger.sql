-- +goose Up

-- One row, locked by whoever appends: positions come from it and so have no
-- gaps, and nobody sees position n+1 before n.
CREATE TABLE ledger_head (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    position BIGINT NOT NULL CHECK (position >= 0),
    facts_position BIGINT NOT NULL CHECK (facts_position BETWEEN 0 AND position) -- the last that changed any fact
);

INSERT INTO ledger_head (id, position, facts_position) VALUES (1, 0, 0);

-- Audiences by number, so that a read filters on a small integer. 1 is public.
CREATE TABLE audience (
    id BIGINT PRIMARY KEY,
    expr TEXT NOT NULL UNIQUE
);

INSERT INTO audience (id, expr) VALUES (1, 'public');

CREATE TABLE document (
    position BIGINT PRIMARY KEY CHECK (position > 0),
    digest TEXT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    part TEXT NOT NULL,
    name TEXT NOT NULL,
    published TEXT NOT NULL,
    received BIGINT NOT NULL,
    size BIGINT NOT NULL CHECK (size >= 0),
    edition BIGINT NOT NULL CHECK (edition >= position),
    row_count BIGINT NOT NULL,
    mode BIGINT NOT NULL,    -- 0 snapshot, 1 chronicle
    actor TEXT NOT NULL,
    audience BIGINT NOT NULL REFERENCES audience (id),
    record BYTEA NOT NULL,
    salt BYTEA NOT NULL,     -- empty for a public document
    leaf BYTEA NOT NULL,
    withdrawn TEXT NOT NULL  -- reason; '' while the body is kept
);

CREATE INDEX document_digest ON document (digest);
CREATE INDEX document_series ON document (source, part, published);
CREATE INDEX document_edition ON document (edition);
CREATE INDEX document_kind ON document (kind, position);

-- Bytes apart from what is said of them: withdrawing a document deletes here.
CREATE TABLE body (
    digest TEXT PRIMARY KEY,
    packed BYTEA NOT NULL,        -- zstd
    packed_sha256 BYTEA NOT NULL
);

-- What documents state. A row is never changed but for known_to, once.
CREATE TABLE fact (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    key TEXT NOT NULL,
    term TEXT NOT NULL,
    source TEXT NOT NULL,
    part TEXT NOT NULL,
    body TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT NOT NULL,
    basis TEXT NOT NULL,
    published TEXT NOT NULL,
    superseded TEXT NOT NULL,
    known_from BIGINT NOT NULL,
    known_to BIGINT NOT NULL,
    document BIGINT NOT NULL,
    audience BIGINT NOT NULL,
    CHECK (valid_from < valid_to),
    CHECK (published < superseded),
    CHECK (known_from < known_to)
);

CREATE INDEX fact_subject ON fact (subject, kind);

-- Searched exactly and by prefix, as term >= $1 AND term < $2. A query uses it
-- only when it also says term <> ''.
CREATE INDEX fact_term ON fact (term, kind) WHERE term <> '';

-- A series holds one current row for each statement and day of publication.
CREATE UNIQUE INDEX fact_current ON fact (source, part, kind, subject, key, audience, published)
    WHERE known_to = 9223372036854775807;

CREATE INDEX fact_document ON fact (document);
CREATE INDEX fact_opened ON fact (known_from);
CREATE INDEX fact_closed ON fact (known_to) WHERE known_to < 9223372036854775807;

-- The Merkle tree's stored hashes, in the order of golang.org/x/mod/sumdb/tlog.
CREATE TABLE log_hash (
    idx BIGINT PRIMARY KEY,
    hash BYTEA NOT NULL
);

CREATE TABLE checkpoint (
    size BIGINT PRIMARY KEY,
    note TEXT NOT NULL,
    signed_at BIGINT NOT NULL
);
