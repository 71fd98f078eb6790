-- +goose Up

-- An index over shared objects, which follows them by number. It can be thrown
-- away and is then made again.
CREATE TABLE search_head (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    object BIGINT NOT NULL     -- number of the newest object that it has
);

CREATE TABLE search_object (
    object BIGINT PRIMARY KEY, -- number
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL
);

CREATE INDEX search_object_id ON search_object (id);

-- What an object is found by: "v:" and a value, "m:" and a word of its name, "w:"
-- and any word, "n:" and its type and name.
CREATE TABLE search_term (
    term TEXT NOT NULL,
    object BIGINT NOT NULL,
    PRIMARY KEY (term, object)
);

CREATE INDEX search_term_object ON search_term (object, term);

-- What refers to what.
CREATE TABLE search_edge (
    object BIGINT NOT NULL,    -- that says so
    nth BIGINT NOT NULL,
    source TEXT NOT NULL,      -- id
    label TEXT NOT NULL,       -- type of the relationship, or the property
    target TEXT NOT NULL,
    PRIMARY KEY (object, nth)
);

CREATE INDEX search_edge_source ON search_edge (source, object, nth);
CREATE INDEX search_edge_target ON search_edge (target, object, nth);
