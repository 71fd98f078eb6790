package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
)

// Verification is what a verification of the whole ledger found.
type Verification struct {
	Position    int64    `json:"position"`
	Documents   int      `json:"documents"`
	Bodies      int      `json:"bodies"`
	Facts       int      `json:"facts"`
	Checkpoints int      `json:"checkpoints"`
	Problems    []string `json:"problems"` // empty when all is as it was written
}

// maxProblems bounds how much a broken store is complained about.
const maxProblems = 50

func (v *Verification) complain(format string, args ...any) {
	switch {
	case len(v.Problems) < maxProblems:
		v.Problems = append(v.Problems, fmt.Sprintf(format, args...))
	case len(v.Problems) == maxProblems:
		v.Problems = append(v.Problems, "there are more problems than are listed")
	}
}

// Verify checks that everything in the ledger is as it was appended: bodies
// against digests, records against rows, leaves against records, the log
// against leaves, checkpoints against the log and its key, facts against the
// digests that the log vouches for, and the engine's own structures.
// progress, which may be nil, is told how many documents have been looked at.
// What is wrong is in the result; an error means the check could not be made.
func (l *Ledger) Verify(ctx context.Context, progress func(done, total int64)) (*Verification, error) {
	v := &Verification{Problems: []string{}}
	found, err := l.db.Check(ctx)
	if err != nil {
		v.complain("store: %v", err)
		return v, nil
	}
	for _, p := range found {
		v.complain("store: %s", p)
	}
	err = l.db.Read(ctx, func(tx *db.Tx) error {
		c := &checker{v: v, tx: tx, key: l, progress: progress, facts: map[int64]string{}, audiences: map[int64]int64{}}
		return c.run(ctx)
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		v.complain("store cannot be read: %v", err)
	}
	return v, nil
}

type checker struct {
	v         *Verification
	tx        *db.Tx
	key       *Ledger
	progress  func(done, total int64)
	hashes    memoryHashes
	facts     map[int64]string // digest of facts by edition, as the records say
	audiences map[int64]int64  // audience id by edition
	exprs     map[int64]string
}

func (c *checker) run(ctx context.Context) error {
	h, err := head(ctx, c.tx)
	if err != nil {
		return err
	}
	c.v.Position = h.Position
	for _, step := range []func(context.Context, Head) error{c.audienceNames, c.documents, c.log, c.bodies, c.factRows, c.checkpoints} {
		if err := step(ctx, h); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) audienceNames(ctx context.Context, _ Head) error {
	rows, err := c.tx.Query(ctx, `SELECT id, expr FROM audience`)
	if err != nil {
		return err
	}
	defer rows.Close()
	c.exprs = map[int64]string{}
	for rows.Next() {
		var id int64
		var expr string
		if err := rows.Scan(&id, &expr); err != nil {
			return err
		}
		if a, err := access.ParseAudience(expr); err != nil || a.String() != expr {
			c.v.complain("audience %d: %q is not in canonical form", id, expr)
		}
		c.exprs[id] = expr
	}
	return rows.Err()
}

// documents checks each record against its row and leaf, and rebuilds the log.
func (c *checker) documents(ctx context.Context, h Head) error {
	rows, err := c.tx.Query(ctx, `SELECT position, digest, kind, source, part, name, published, received, size, edition, row_count, mode,
		actor, audience, record, salt, leaf FROM document ORDER BY position`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var want int64
	for rows.Next() {
		want++
		var r record
		var audience int64
		var recordBytes, salt, leaf []byte
		if err := rows.Scan(&r.Position, &r.Digest, &r.Kind, &r.Source, &r.Part, &r.Name, &r.Published, &r.Received, &r.Size, &r.Edition, &r.Rows, &r.Mode,
			&r.Actor, &audience, &recordBytes, &salt, &leaf); err != nil {
			return err
		}
		if r.Position != want {
			c.v.complain("position %d: missing; the next document is at %d", want, r.Position)
			want = r.Position
		}
		c.document(&r, audience, recordBytes, salt, leaf)
		c.hashes.add(leaf)
		c.v.Documents++
		if c.progress != nil && want%256 == 0 {
			c.progress(want, h.Position)
		}
	}
	if want != h.Position {
		c.v.complain("head is at position %d but the last document is at %d", h.Position, want)
	}
	return rows.Err()
}

func (c *checker) document(r *record, audience int64, recordBytes, salt, leaf []byte) {
	var said record
	if err := decodeStrict(recordBytes, &said); err != nil {
		c.v.complain("position %d: record cannot be read: %v", r.Position, err)
		return
	}
	r.Version, r.Facts, r.Audience = recordVersion, said.Facts, c.exprs[audience]
	if again, _ := json.Marshal(r); !bytes.Equal(again, recordBytes) {
		c.v.complain("position %d: the row of %s differs from its record", r.Position, r.Name)
	}
	if made, err := leafOf(recordBytes, salt); err != nil || !bytes.Equal(made, leaf) {
		c.v.complain("position %d: the leaf is not the one of its record", r.Position)
	}
	if said.Facts != "" {
		c.facts[said.Position] = said.Facts
	}
	c.audiences[r.Edition] = audience
}

// log checks the stored hashes against those of the leaves.
func (c *checker) log(ctx context.Context, _ Head) error {
	rows, err := c.tx.Query(ctx, `SELECT idx, hash FROM log_hash ORDER BY idx`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var n int64
	for rows.Next() {
		var idx int64
		var hash []byte
		if err := rows.Scan(&idx, &hash); err != nil {
			return err
		}
		if idx != n || idx >= int64(len(c.hashes)) || !bytes.Equal(hash, c.hashes[idx][:]) {
			c.v.complain("log hash %d is not the one that the leaves give", idx)
			n = idx
		}
		n++
	}
	if n != int64(len(c.hashes)) {
		c.v.complain("the log has %d hashes; its leaves give %d", n, len(c.hashes))
	}
	return rows.Err()
}

func (c *checker) bodies(ctx context.Context, _ Head) error {
	rows, err := c.tx.Query(ctx, `SELECT b.digest, b.packed, b.packed_sha256 FROM body b ORDER BY b.digest`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var digest string
		var packed, packedSum []byte
		if err := rows.Scan(&digest, &packed, &packedSum); err != nil {
			return err
		}
		if _, err := unpack(digest, packed, packedSum); err != nil {
			c.v.complain("%v", err)
		}
		c.v.Bodies++
	}
	if err := rows.Err(); err != nil {
		return err
	}
	missing, err := c.tx.Query(ctx, `SELECT d.position, d.digest FROM document d LEFT JOIN body b ON b.digest = d.digest
		WHERE (b.digest IS NULL OR d.withdrawn <> '')
		AND d.digest NOT IN (SELECT subject FROM fact WHERE kind = $1)`, FactWithdrawal)
	if err != nil {
		return err
	}
	defer missing.Close()
	for missing.Next() {
		var position int64
		var digest string
		if err := missing.Scan(&position, &digest); err != nil {
			return err
		}
		c.v.complain("position %d: body of %s is missing or said to be withdrawn, and no act in the ledger withdrew it", position, digest)
	}
	return missing.Err()
}

// factRows sums up the facts of each position again.
func (c *checker) factRows(ctx context.Context, h Head) error {
	sums := map[int64]*factsDigest{}
	at := func(p int64) *factsDigest {
		if sums[p] == nil {
			sums[p] = newFactsDigest()
		}
		return sums[p]
	}
	rows, err := c.tx.Query(ctx, selectFact+` ORDER BY id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var f Fact
		var body string
		var audience int64
		if err := rows.Scan(&f.ID, &f.Kind, &f.Subject, &f.Key, &f.Term, &f.Source, &f.Part, &body, &f.ValidFrom, &f.ValidTo, &f.Basis,
			&f.Published, &f.Superseded, &f.KnownFrom, &f.KnownTo, &f.Document, &audience); err != nil {
			return err
		}
		f.Body = json.RawMessage(body)
		at(f.KnownFrom).opened(&f)
		if f.ID>>24 != f.KnownFrom || c.audiences[f.KnownFrom] != audience {
			c.v.complain("fact %d: is not of the position and audience that it was taken from", f.ID)
		}
		c.v.Facts++
	}
	if err := rows.Err(); err != nil {
		return err
	}
	closed, err := c.tx.Query(ctx, `SELECT id, known_to FROM fact WHERE known_to <> $1 ORDER BY id`, access.Now)
	if err != nil {
		return err
	}
	defer closed.Close()
	for closed.Next() {
		var id, p int64
		if err := closed.Scan(&id, &p); err != nil {
			return err
		}
		at(p).closed(id)
	}
	for p, s := range sums {
		if c.facts[p] != s.String() {
			c.v.complain("position %d: its facts are not those that the log vouches for", p)
		}
	}
	if last := slices.Max(append(slices.Collect(maps.Keys(sums)), 0)); last != h.FactsPosition {
		c.v.complain("head says that facts changed last at position %d; it was at %d", h.FactsPosition, last)
	}
	for p := range c.facts {
		if sums[p] == nil {
			c.v.complain("position %d: its facts are missing", p)
		}
	}
	return closed.Err()
}

func (c *checker) checkpoints(ctx context.Context, _ Head) error {
	rows, err := c.tx.Query(ctx, `SELECT size, note FROM checkpoint UNION ALL SELECT size, note FROM cosigned_checkpoint ORDER BY size`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var size int64
		var signed string
		if err := rows.Scan(&size, &signed); err != nil {
			return err
		}
		c.v.Checkpoints++
		c.checkpoint(size, signed)
	}
	return rows.Err()
}

func (c *checker) checkpoint(size int64, signed string) {
	if c.key.verifier == nil {
		c.v.complain("checkpoint of %d: no public key to verify it with", size)
		return
	}
	tree, err := openCheckpoint(signed, c.key.verifier)
	switch {
	case err != nil:
		c.v.complain("checkpoint of %d: %v", size, err)
	case tree.Size != size:
		c.v.complain("checkpoint of %d says that it is of %d", size, tree.Size)
	case tlog.StoredHashCount(size) > int64(len(c.hashes)):
		c.v.complain("checkpoint of %d: the log is shorter", size)
	default:
		if root, err := tlog.TreeHash(size, c.hashes); err != nil || root != tree.Root {
			c.v.complain("checkpoint of %d: its root is not the log's", size)
		}
	}
}

// memoryHashes is a log's hashes, 64 bytes a leaf, rebuilt from its leaves.
type memoryHashes []tlog.Hash

// add appends what one more leaf adds.
func (m *memoryHashes) add(leaf []byte) {
	// The number of leaves so far follows from the number of hashes.
	n := leavesOf(int64(len(*m)))
	hashes, err := tlog.StoredHashesForRecordHash(n, tlog.RecordHash(leaf), *m)
	if err != nil {
		return // cannot be: every hash before n is there
	}
	*m = append(*m, hashes...)
}

// leavesOf is how many leaves gave this many stored hashes.
func leavesOf(hashes int64) int64 {
	n := hashes / 2
	for tlog.StoredHashCount(n) < hashes {
		n++
	}
	return n
}

// ReadHashes reads hashes by index.
func (m memoryHashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if x < 0 || x >= int64(len(m)) {
			return nil, fmt.Errorf("no hash %d in a log of %d", x, len(m))
		}
		out[i] = m[x]
	}
	return out, nil
}
