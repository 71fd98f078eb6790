-- +goose Up

-- Collections of other servers that are read from or written to. A row holds a
-- secret that the other server lets us in with.
CREATE TABLE peer (
    id TEXT PRIMARY KEY,
    direction TEXT NOT NULL,      -- 'pull' or 'push'
    root TEXT NOT NULL,           -- URL of the other's API root
    remote TEXT NOT NULL,         -- the other's collection
    username TEXT NOT NULL,       -- '' for a token
    secret TEXT NOT NULL,
    organisation TEXT NOT NULL,   -- whose the other is: shares what is pulled, and sees what is pushed
    community TEXT NOT NULL,
    collection TEXT NOT NULL,
    relays BIGINT NOT NULL CHECK (relays IN (0, 1)), -- 1: may pass on what others made
    every BIGINT NOT NULL,        -- seconds
    added TEXT NOT NULL,          -- up to which everything was taken over; '' for nothing
    next TEXT NOT NULL,           -- the other's cursor, in the middle of a pull
    due BIGINT NOT NULL,          -- not before then, in microseconds; also the end of a lease
    attempts BIGINT NOT NULL,     -- failed in a row
    failure TEXT NOT NULL,
    objects BIGINT NOT NULL,      -- taken over in all
    refused BIGINT NOT NULL,
    created BIGINT NOT NULL
);
