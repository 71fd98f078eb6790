-- +goose Up

-- What is fetched by URL, and how far each feed has come. A row is made when a
-- feed is asked for the first time. Times are microseconds of the Unix epoch, 0
-- for never.
CREATE TABLE feed (
    name TEXT PRIMARY KEY,
    fetched BIGINT NOT NULL,      -- when it was last found to be held, changed or not
    changed BIGINT NOT NULL,      -- when it last brought something
    failed BIGINT NOT NULL,       -- when it last failed
    failure TEXT NOT NULL,        -- of what
    failures BIGINT NOT NULL,     -- since it was last fetched
    due BIGINT NOT NULL,          -- not to be asked before
    holder TEXT NOT NULL,         -- who is at it; '' for nobody
    leased BIGINT NOT NULL        -- until when
);

-- What the servers said of the files that are held.
CREATE TABLE feed_file (
    feed TEXT NOT NULL REFERENCES feed (name),
    url TEXT NOT NULL,
    etag TEXT NOT NULL,           -- '' for none
    modified TEXT NOT NULL,       -- Last-Modified as it was sent; '' for none
    PRIMARY KEY (feed, url)
);
