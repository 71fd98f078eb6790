package witness

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"countersign.dev/internal/db"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// Watched is a log that a witness cosigns for.
type Watched struct {
	Verifier note.Verifier // its name is the log's origin
	Name     string        // what people call it; "" for nothing
}

// Witness cosigns the checkpoints of logs that it has been told of, as long as
// they only grow. What it has cosigned is in the store, so all nodes on one
// store are one witness.
type Witness struct {
	store  *db.DB
	signer *Signer
	logs   map[string][]note.Verifier // keys by origin
	names  map[string]string
	log    *slog.Logger
}

// New makes the witness of these logs. The signer's key must be one that the
// store has been given by [Adopt].
func New(ctx context.Context, store *db.DB, signer *Signer, logs []Watched, log *slog.Logger) (*Witness, error) {
	adopted, err := Adopted(ctx, store, signer.Verifier())
	if err != nil {
		return nil, err
	}
	if !adopted {
		return nil, problem.New(problem.Conflict, "the store has no record of what the witness %s has cosigned; "+
			"with such a key it could be made to cosign a second history of a log, so witness with a new one", signer.Name())
	}
	w := &Witness{store: store, signer: signer, logs: map[string][]note.Verifier{}, names: map[string]string{}, log: log}
	for _, l := range logs {
		origin := l.Verifier.Name()
		w.logs[origin] = append(w.logs[origin], l.Verifier)
		w.names[origin] = l.Name
	}
	return w, nil
}

// Key is the witness's public key as it is written in policies.
func (w *Witness) Key() string { return w.signer.Verifier().String() }

// Logs is how many logs are witnessed.
func (w *Witness) Logs() int { return len(w.logs) }

// The refusals of a witness, each with a status of its own in
// c2sp.org/tlog-witness. Their texts are for people.
var (
	ErrMalformed    = errors.New("malformed request")                     // 400
	ErrSignature    = errors.New("not signed by a key of the log")        // 403
	ErrUnknownLog   = errors.New("this log is not witnessed here")        // 404
	ErrInconsistent = errors.New("the log did not grow from what it was") // 422
)

// SizeError refuses a proof that does not begin where the witness last saw the
// log. The log has to prove from Size on.
type SizeError struct{ Size int64 }

func (e *SizeError) Error() string {
	return fmt.Sprintf("the log was last cosigned at size %d", e.Size)
}

// AddCheckpoint answers a request in the form of c2sp.org/tlog-witness: with
// the lines of the cosignature, or with one of the refusals above or a
// [SizeError].
//
// What is answered is durable: the record of what was cosigned is committed
// before the cosignature is given away, and only if no other request moved it
// since it was compared. A stop in between leaves a record without a
// cosignature that anybody has, and the log may ask again for the same size.
func (w *Witness) AddCheckpoint(ctx context.Context, body string) (string, error) {
	r, err := parseRequest(body)
	if err != nil {
		return "", fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	opened, tree, err := w.open(r.checkpoint)
	if err != nil {
		return "", err
	}
	if r.old > tree.Size {
		return "", fmt.Errorf("%w: old size %d is beyond the checkpoint's %d", ErrMalformed, r.old, tree.Size)
	}
	var line string
	err = w.store.Write(ctx, func(tx *db.Tx) error {
		seen, err := lastSeen(ctx, tx, tree.Origin)
		if err != nil {
			return err
		}
		if seen.Size != r.old {
			return &SizeError{seen.Size}
		}
		if err := grown(r.proof, seen, tree); err != nil {
			return fmt.Errorf("%w: %v", ErrInconsistent, err)
		}
		var signed string
		if line, signed, err = w.cosign(opened); err != nil {
			return err
		}
		return remember(ctx, tx, seen, tree, signed, w.signer.now())
	})
	if errors.Is(err, ErrInconsistent) {
		// Both are signed by the log: together they may convict it.
		w.log.Error("a log that is witnessed here does not grow from what it was", "log", tree.Origin, "name", w.names[tree.Origin],
			"old_size", r.old, "error", err, "refused_checkpoint", r.checkpoint)
	}
	if err != nil {
		return "", err
	}
	return line, nil
}

// open verifies that a checkpoint is signed by the log that it is of.
func (w *Witness) open(signed string) (*note.Note, ledger.Tree, error) {
	origin, _, _ := strings.Cut(signed, "\n")
	keys := w.logs[origin]
	if origin == "" {
		return nil, ledger.Tree{}, fmt.Errorf("%w: the checkpoint has no origin", ErrMalformed)
	}
	if len(keys) == 0 {
		return nil, ledger.Tree{}, fmt.Errorf("%w: %.200q", ErrUnknownLog, origin)
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(keys...))
	var bad *note.InvalidSignatureError
	var unsigned *note.UnverifiedNoteError
	switch {
	case errors.As(err, &bad), errors.As(err, &unsigned):
		return nil, ledger.Tree{}, fmt.Errorf("%w: %s", ErrSignature, origin)
	case err != nil:
		return nil, ledger.Tree{}, fmt.Errorf("%w: checkpoint: %v", ErrMalformed, err)
	}
	tree, err := ledger.ParseTree(opened.Text)
	if err != nil {
		return nil, ledger.Tree{}, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	opened.UnverifiedSigs = nil // of whoever; not for us to pass on
	return opened, tree, nil
}

// grown checks that a log grew from one tree to the other.
func grown(proof tlog.TreeProof, seen, tree ledger.Tree) error {
	if tree.Size == 0 && tree.Root != emptyRoot {
		return errors.New("the root of an empty log is not that of nothing")
	}
	seen.Origin = tree.Origin
	if seen.Size == 0 {
		seen.Root = emptyRoot
	}
	return ledger.CheckConsistency(proof, seen, tree)
}

// emptyRoot is the root of a log without leaves: RFC 6962 section 2.1.
var emptyRoot = tlog.Hash(sha256.Sum256(nil))

// cosign makes the line of our cosignature, and the note with it.
func (w *Witness) cosign(opened *note.Note) (line, signed string, err error) {
	b, err := note.Sign(opened, w.signer)
	if err != nil {
		return "", "", err
	}
	signed = string(b)
	// Signatures that were verified come first, new ones after them.
	return signed[strings.LastIndex(strings.TrimSuffix(signed, "\n"), "\n")+1:], signed, nil
}

// Checkpoint is the newest checkpoint of a log that was cosigned here, with
// the log's signature and ours. The log is named by the SHA-256 of its origin
// in lower-case hexadecimal. It is [problem.NotFound] when there is none.
func (w *Witness) Checkpoint(ctx context.Context, originHash string) (string, error) {
	for origin := range w.logs {
		if hashOf(origin) == originHash {
			return cosignedOf(ctx, w.store, origin)
		}
	}
	return "", problem.New(problem.NotFound, "no log of this hash is witnessed here")
}
