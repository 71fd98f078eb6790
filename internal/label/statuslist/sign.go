package statuslist

import (
	"crypto"
	"encoding/json"
	"errors"
	"time"

	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/problem"
)

// Why a list is not believed. A label's status is then unknown.
var (
	// ErrSignature is that none of the pinned keys signed it: forged, altered,
	// or of another authority. Keep the list you have.
	ErrSignature = errors.New("status list: not signed with a pinned key")
	// ErrReplay is that a newer one has been seen. Keep the list you have.
	ErrReplay = errors.New("status list: older than one that was seen")
	// ErrStale is that its time is over. Fetch a new one.
	ErrStale = errors.New("status list: stale")
	// ErrAhead is that it was made later than it is now. Set the clock right.
	ErrAhead = errors.New("status list: made in the future; is the clock right?")
)

// slack is by how much the clocks of two machines may differ.
const slack = 5 * time.Minute

// Sign is the list in a DSSE envelope, as it is published. The same list and
// Ed25519 key give the same bytes.
func Sign(l *List, key crypto.Signer) ([]byte, error) {
	if err := l.validate(); err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "status list")
	}
	payload, err := json.Marshal(l)
	if err != nil {
		return nil, problem.Wrap(problem.Internal, err, "status list")
	}
	if len(payload) > MaxBytes {
		return nil, problem.New(problem.TooLarge, "status list: %d bytes, the limit is %d", len(payload), MaxBytes)
	}
	return dsse.Sign(PayloadType, payload, key)
}

// Verify reads a list as it is published and checks that one of the pinned keys
// signed it, that its sequence is not below least, the highest that the caller
// has seen, and that now is within its time. The error is one of the package's,
// or [problem.Invalid] with the place of what cannot be read.
//
// With [ErrStale] and [ErrAhead] the list is returned nevertheless: it is
// genuine, and what was last known may be told as such. It says nothing about
// now.
func Verify(b []byte, keys []dsse.PublicKey, now time.Time, least int64) (*List, error) {
	e, err := dsse.Parse(b)
	if err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "status list")
	}
	if e.PayloadType != PayloadType {
		return nil, problem.New(problem.Invalid, "status list: payload type %.100q, want %s", e.PayloadType, PayloadType)
	}
	if _, err := e.Verify(keys); err != nil {
		return nil, problem.New(problem.Invalid, "%w: %w", ErrSignature, err)
	}
	l, err := parse(e.Payload)
	if err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "status list")
	}
	if l.Sequence < least {
		return nil, problem.New(problem.Conflict, "%w: sequence %d, and %d was seen", ErrReplay, l.Sequence, least)
	}
	return l, l.within(now)
}

// parse reads a payload whose signature is good.
func parse(payload []byte) (*List, error) {
	var l List
	if err := dsse.Unmarshal(payload, &l, dsse.Limits{Bytes: MaxBytes, Depth: 4}); err != nil {
		return nil, err
	}
	if err := l.validate(); err != nil {
		return nil, err
	}
	return &l, nil
}

// within checks that now is in the time of the list.
func (l *List) within(now time.Time) error {
	const form = time.RFC3339
	switch {
	case l.Issued.After(now.Add(slack)):
		return problem.New(problem.Unavailable, "%w: made at %s, now %s", ErrAhead, l.Issued.Format(form), now.UTC().Format(form))
	case !now.Before(l.Expires):
		return problem.New(problem.Unavailable, "%w: good until %s, now %s", ErrStale, l.Expires.Format(form), now.UTC().Format(form))
	}
	return nil
}
