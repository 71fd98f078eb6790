-- +goose Up

-- One row, changed first by each change of organisations, members and tokens,
-- so that these run one after another without waiting for the ledger.
CREATE TABLE access_head (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    changes BIGINT NOT NULL
);

INSERT INTO access_head (id, changes) VALUES (1, 0);

CREATE TABLE organisation (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    home BIGINT NOT NULL CHECK (home IN (0, 1)), -- 1: its administrators run this node
    created BIGINT NOT NULL
);

CREATE UNIQUE INDEX organisation_home ON organisation (home) WHERE home = 1;

-- People and machines. Who may do what is in membership.
CREATE TABLE member (
    name TEXT PRIMARY KEY,        -- by which one signs in
    display TEXT NOT NULL,
    password TEXT NOT NULL,       -- argon2id in PHC form; '' for one who cannot sign in
    created BIGINT NOT NULL,
    disabled BIGINT NOT NULL      -- since when; 0 while active
);

CREATE TABLE membership (
    member TEXT NOT NULL REFERENCES member (name),
    organisation TEXT NOT NULL REFERENCES organisation (id),
    role TEXT NOT NULL,
    PRIMARY KEY (member, organisation)
);

CREATE INDEX membership_organisation ON membership (organisation);

-- Secrets of 256 random bits are stored as their SHA-256; that of a password
-- is too short for it.
CREATE TABLE api_token (
    id TEXT PRIMARY KEY,          -- names the token to people, and opens nothing
    hash BYTEA NOT NULL UNIQUE,
    member TEXT NOT NULL REFERENCES member (name),
    label TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,      -- maximum for never
    last_used BIGINT NOT NULL,    -- to the minute; 0 for never
    revoked BIGINT NOT NULL       -- since when; 0 while good
);

CREATE INDEX api_token_member ON api_token (member);

CREATE TABLE session (
    hash BYTEA PRIMARY KEY,
    member TEXT NOT NULL REFERENCES member (name),
    created BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,    -- to the minute
    expires BIGINT NOT NULL
);

CREATE INDEX session_member ON session (member);
CREATE INDEX session_expires ON session (expires);

-- The code with which the first administrator makes itself known.
CREATE TABLE setup_code (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    hash BYTEA NOT NULL,
    expires BIGINT NOT NULL
);

-- Failed attempts to sign in, by bucket of names: names that nobody has must
-- be slowed down like others, and must not fill the table.
CREATE TABLE login_attempt (
    bucket BIGINT PRIMARY KEY,
    failures BIGINT NOT NULL,
    last BIGINT NOT NULL
);
