package sharing

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"runtime"
	"sync"

	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing/marking"
	"countersign.dev/internal/sharing/stix"
)

var errNoRows = sql.ErrNoRows

func isNoRows(err error) bool { return errors.Is(err, errNoRows) }

// candidate is an object that was judged by itself, before the store is asked
// what it has.
type candidate struct {
	object   *stix.Object
	hash     int64
	version  int64 // microseconds; 0 for none
	digest   string
	rule     marking.Rule
	ruleText string
	bad      *Outcome // set when the object was refused
	warnings []stix.Problem
}

func (c *candidate) outcome(code, message string) Outcome {
	o := Outcome{Code: code, Message: message}
	if c.object != nil {
		o.ID, o.Version = c.object.ID, c.object.Version
	}
	return o
}

// prepare judges objects by themselves: whether they are what the standard says,
// and who may see them. It does not write.
// Marking definitions of their envelope may be among the objects, or given
// beside them.
func (s *Store) prepare(ctx context.Context, by *submitter, objects []json.RawMessage, beside map[string][]byte) ([]candidate, error) {
	out := make([]candidate, len(objects))
	var wait sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), (len(objects)+31)/32)
	for w := range workers {
		wait.Go(func() {
			for i := w; i < len(objects); i += workers {
				out[i] = s.judge(by, objects[i])
			}
		})
	}
	wait.Wait()
	if err := s.mark(ctx, by, out, beside); err != nil {
		return nil, err
	}
	return out, nil
}

// judge parses and validates one object.
func (s *Store) judge(by *submitter, raw json.RawMessage) (c candidate) {
	o, err := stix.Parse(raw, stix.Limits{ObjectBytes: s.limits.Object})
	if err != nil {
		bad := Outcome{Code: codeInvalid, Message: problem.Message(err)}
		c.bad = &bad
		return c
	}
	c.object, c.hash = o, hashOf(o.ID)
	sum := sha256.Sum256(o.Bytes)
	c.digest = hex.EncodeToString(sum[:])
	switch {
	case !o.Modified.IsZero():
		c.version = o.Modified.UnixMicro()
	case !o.Created.IsZero():
		c.version = o.Created.UnixMicro()
	}
	r := stix.Validate(o)
	if by.community.Policy.Should == "refuse" {
		r.Errors = append(r.Errors, r.Warnings...)
	}
	c.warnings = r.Warnings
	if len(r.Errors) > 0 {
		bad := c.outcome(codeInvalid, r.Errors[0].Path+": "+r.Errors[0].Message)
		bad.Problems = r.Errors
		c.bad = &bad
	}
	return c
}

// The codes of what became of an object.
const (
	codeInvalid   = "invalid"    // it is not what the standard says
	codeConflict  = "conflict"   // its id and version are held with other content
	codeNotSource = "not_source" // somebody else speaks for it
)

// mark works out who may see each object.
func (s *Store) mark(ctx context.Context, by *submitter, taken []candidate, beside map[string][]byte) error {
	own := maps.Clone(beside)
	if own == nil {
		own = map[string][]byte{}
	}
	var unknown []string
	for i := range taken {
		c := &taken[i]
		if c.bad != nil || c.object.Type != "marking-definition" {
			continue
		}
		if marking.Misdefined(c.object.ID, c.object.Bytes) {
			level, _ := marking.Standard(c.object.ID)
			bad := c.outcome(codeInvalid, "id: it is that of "+level.String()+", which this does not define")
			c.bad = &bad
			continue
		}
		own[c.object.ID] = c.object.Bytes
	}
	for i := range taken {
		if taken[i].bad != nil {
			continue
		}
		for _, ref := range markingRefs(taken[i].object) {
			if _, known := own[ref]; !known {
				own[ref] = nil
				unknown = append(unknown, ref)
			}
		}
	}
	if err := s.definitions(ctx, by, unknown, own); err != nil {
		return err
	}
	fallback, err := marking.ParseTLP(by.community.Default)
	if err != nil {
		return err
	}
	if by.relay.Peer != "" {
		// What another community's default restricted must not be let out by ours.
		fallback = max(fallback, marking.AmberStrict)
	}
	for i := range taken {
		c := &taken[i]
		if c.bad != nil {
			continue
		}
		m, err := marking.Read(c.object.Bytes, func(id string) []byte { return own[id] })
		if err != nil {
			bad := c.outcome(codeInvalid, problem.Message(err))
			c.bad = &bad
			continue
		}
		c.rule = m.In(by.community.ID, by.organisation, fallback)
		c.ruleText = c.rule.Key()
	}
	return nil
}

// definitions reads the marking definitions of these ids that the submitter may
// use: its own, and those that the community's home gave. What others defined
// under an id says nothing about what this submitter marks with it.
func (s *Store) definitions(ctx context.Context, by *submitter, ids []string, into map[string][]byte) error {
	if len(ids) == 0 {
		return nil
	}
	return s.db.Read(ctx, func(tx *db.Tx) error { return definitionsIn(ctx, tx, by.organisation, by.community.Home, ids, into) })
}

func definitionsIn(ctx context.Context, tx *db.Tx, source, home string, ids []string, into map[string][]byte) error {
	held, err := versionsIn(ctx, tx, ids)
	if err != nil {
		return err
	}
	for _, v := range held {
		if v.source != source && v.source != home {
			continue
		}
		var body []byte
		if err := tx.QueryRow(ctx, `SELECT body FROM sharing_object WHERE number = $1`, v.number).Scan(&body); err != nil {
			return err
		}
		into[v.id] = body
	}
	return nil
}

// definitionsAmong is the marking definitions among the objects of an envelope, by
// id.
func (s *Store) definitionsAmong(objects []json.RawMessage) map[string][]byte {
	out := map[string][]byte{}
	for _, raw := range objects {
		if !bytes.Contains(raw, []byte(`"marking-definition"`)) {
			continue
		}
		if o, err := stix.Parse(raw, stix.Limits{ObjectBytes: s.limits.Object}); err == nil && o.Type == "marking-definition" && stix.Validate(o).Valid {
			out[o.ID] = o.Bytes
		}
	}
	return out
}
