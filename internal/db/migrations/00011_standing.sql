-- +goose Up

-- How far an entry's word goes where several organisations tell of one id:
-- 0 given without sight of what another gave before, 1 as it comes, 2 by who
-- speaks for the object.
ALTER TABLE sharing_entry ADD COLUMN standing BIGINT NOT NULL DEFAULT 1;
