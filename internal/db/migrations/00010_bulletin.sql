-- +goose Up

-- One row. By its key links are made by which letters are acknowledged.
CREATE TABLE bulletin_head (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    secret TEXT NOT NULL          -- in hex; '' until the first link is made
);

INSERT INTO bulletin_head (id, secret) VALUES (1, '');

-- How an organisation is reached. The secret is what messages to its webhook
-- are signed with.
CREATE TABLE bulletin_contact (
    organisation TEXT PRIMARY KEY,
    mail TEXT NOT NULL,           -- '' for none
    webhook TEXT NOT NULL,
    secret TEXT NOT NULL,
    collection TEXT NOT NULL,     -- community and collection, with a slash between them
    member TEXT NOT NULL,         -- who said so
    changed BIGINT NOT NULL
);

-- A letter that has to go out, once for each way.
CREATE TABLE bulletin_delivery (
    id TEXT PRIMARY KEY,
    bulletin TEXT NOT NULL,
    position BIGINT NOT NULL,     -- of the bulletin
    organisation TEXT NOT NULL,
    way TEXT NOT NULL,            -- 'ledger', 'mail', 'webhook' or 'taxii'
    target TEXT NOT NULL,
    state TEXT NOT NULL,          -- 'due', 'done' or 'dead'
    attempts BIGINT NOT NULL,
    due BIGINT NOT NULL,          -- not before; while it is leased, until when
    holder TEXT NOT NULL,
    failure TEXT NOT NULL,
    created BIGINT NOT NULL,
    ended BIGINT NOT NULL         -- 0 while due
);

CREATE INDEX bulletin_delivery_due ON bulletin_delivery (due) WHERE state = 'due';
CREATE INDEX bulletin_delivery_bulletin ON bulletin_delivery (bulletin);
