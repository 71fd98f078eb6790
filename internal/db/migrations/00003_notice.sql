-- +goose Up

-- What is told to whom. A watch belongs to a member; it holds a secret that
-- messages are signed with, which therefore cannot be stored as a hash.
CREATE TABLE watch (
    id TEXT PRIMARY KEY,
    subject TEXT NOT NULL,        -- as it was asked for
    purpose TEXT NOT NULL,        -- '' for all that fit
    system BIGINT NOT NULL CHECK (system IN (0, 1)), -- 1: subject is a system's id, and what runs in it is watched
    webhook TEXT NOT NULL,        -- '' for none
    secret TEXT NOT NULL,         -- of the webhook
    mail TEXT NOT NULL,           -- '' for none
    member TEXT NOT NULL,
    audiences TEXT NOT NULL,      -- what the member could see, joined by spaces
    created BIGINT NOT NULL
);

CREATE INDEX watch_member ON watch (member);

-- The questions that a watch is told of, each from a position on.
CREATE TABLE watch_question (
    watch TEXT NOT NULL REFERENCES watch (id),
    question TEXT NOT NULL,
    subject TEXT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (watch, question)
);

CREATE INDEX watch_question_question ON watch_question (question);

-- One row, changed first by whoever reads the ledger on: of several nodes one
-- does it at a time.
CREATE TABLE notice_head (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    position BIGINT NOT NULL
);

INSERT INTO notice_head (id, position) VALUES (1, 0);

-- The newest living decision on each question.
CREATE TABLE notice_decided (
    question TEXT PRIMARY KEY,
    position BIGINT NOT NULL,
    digest TEXT NOT NULL
);

-- The decisions that answered otherwise than the one before.
CREATE TABLE notice_change (
    position BIGINT PRIMARY KEY,
    digest TEXT NOT NULL,
    replaces TEXT NOT NULL        -- digest
);

-- A message that has to go out, once for each watch, way and decision.
CREATE TABLE notice_delivery (
    id TEXT PRIMARY KEY,
    watch TEXT NOT NULL,
    way TEXT NOT NULL,            -- 'webhook' or 'mail'
    position BIGINT NOT NULL,
    digest TEXT NOT NULL,
    replaces TEXT NOT NULL,       -- digest of the decision before; '' when there was none
    state TEXT NOT NULL,          -- 'due', 'done' or 'dead'
    attempts BIGINT NOT NULL,
    due BIGINT NOT NULL,          -- not before; while it is leased, until when
    holder TEXT NOT NULL,         -- who has it; '' for nobody
    failure TEXT NOT NULL,        -- of the last attempt
    created BIGINT NOT NULL,
    ended BIGINT NOT NULL         -- 0 while due
);

CREATE INDEX notice_delivery_due ON notice_delivery (due) WHERE state = 'due';
CREATE INDEX notice_delivery_watch ON notice_delivery (watch, position);
