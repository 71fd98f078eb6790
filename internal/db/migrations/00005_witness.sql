-- +goose Up

-- Checkpoints of this log with the cosignatures of witnesses, once they were
-- enough. The note without them is in checkpoint.
CREATE TABLE cosigned_checkpoint (
    size BIGINT PRIMARY KEY,
    note TEXT NOT NULL,
    cosigned_at BIGINT NOT NULL   -- when it came to have enough
);

-- The keys with which this store witnesses other logs. A key is used only
-- where the record of what it has signed is.
CREATE TABLE witness_key (
    vkey TEXT PRIMARY KEY,
    begun BIGINT NOT NULL
);

-- The newest checkpoint of each other log that was cosigned here.
CREATE TABLE witnessed (
    origin TEXT PRIMARY KEY,
    size BIGINT NOT NULL CHECK (size >= 0),
    root BYTEA NOT NULL,
    note TEXT NOT NULL,           -- with the log's signatures and ours
    cosigned_at BIGINT NOT NULL
);
