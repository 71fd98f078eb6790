package verify

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/assurance/intoto"
	"countersign.dev/internal/assurance/sigstore"
	"countersign.dev/internal/problem"
)

// attestation verifies one attestation: who signed it, what it says, about
// what, and whether it is in force.
func (c *checker) attestation(p part) *Attestation {
	a := &Attestation{File: p.place}
	var envelope *dsse.Envelope
	var err error
	if p.kind == kindBundle {
		envelope, err = c.bundle(p, a)
	} else {
		envelope, err = c.envelope(p, a)
	}
	if err == nil && envelope != nil {
		err = c.content(envelope, p, a)
	}
	switch {
	case err != nil:
		a.Result, a.Reason = Invalid, problem.Message(err)
		if problem.KindOf(err) == problem.Internal {
			a.Reason = err.Error() // of our own sentinels and of reading files
		}
	case a.Result == "":
		c.inForce(a)
	}
	return a
}

// envelope verifies a DSSE envelope: by the keys that were given, or by the
// certificate beside its signature.
func (c *checker) envelope(p part, a *Attestation) (*dsse.Envelope, error) {
	e, err := dsse.Parse(p.bytes)
	if err != nil {
		return nil, err
	}
	key, err := e.Verify(c.keys)
	if err == nil {
		a.Signer = &Signer{KeyID: key.ID()}
		return e, nil
	}
	certified := false
	for _, s := range e.Signatures {
		certified = certified || len(s.Cert) > 0
	}
	switch {
	case errors.Is(err, dsse.ErrNoSignature):
		return nil, err
	case certified && c.root == nil && len(c.keys) == 0:
		return nil, errNoRoot
	case certified && c.root != nil:
		return e, c.bare(e, a)
	case len(c.keys) == 0:
		return nil, problem.New(problem.Invalid, "signed with a key (%s) that was not given: give it with --key", hintOf(e))
	}
	return nil, err
}

var errNoRoot = problem.New(problem.Invalid, "signed with a certificate of Sigstore's: give the trusted root with --trusted-root (trusted_root.json)")

// hintOf is the signer's name of its key.
func hintOf(e *dsse.Envelope) string {
	hint := e.Signatures[0].KeyID
	if hint == "" {
		return "which it does not name"
	}
	if len(hint) > 120 {
		hint = hint[:120] + "…"
	}
	return fmt.Sprintf("%q", hint)
}

// bare verifies an envelope that has a certificate and no log entry. Nobody but
// the signer saw when it was signed, so that the answer rests on the signer
// having thrown the key away: that is known of some builders, and the user may
// know it of whom they name.
func (c *checker) bare(e *dsse.Envelope, a *Attestation) error {
	proof, err := c.root.VerifyBare(e, c.want())
	if err != nil {
		return err
	}
	window := fmt.Sprintf("%s to %s UTC", proof.Signer.NotBefore.Format("2006-01-02 15:04:05"), proof.Signer.NotAfter.Format("15:04:05"))
	builder, err := builderOf(proof.Signer)
	switch {
	case err != nil:
		return err
	case builder == "" && c.q.Identity == "":
		return problem.New(problem.Invalid, "nothing proves that it was signed while its certificate was valid (%s): there is no log entry and no timestamp in the file, and %s is no builder that is known to throw its keys away. If you know it is, name it with --identity", window, proof.Signer.Identity)
	case builder == "":
		builder = "the signer that you named"
	}
	c.proven(a, proof, len(c.keys) > 0)
	c.add(fmt.Sprintf("there is no log entry and no timestamp in the file: that it was signed while its certificate was valid (%s) is not proven, and rests on %s having thrown the key away", window, builder))
	if !proof.CertificateLogged {
		c.add("the certificate does not say that it is in a certificate log")
	}
	return nil
}

// bundle verifies a Sigstore bundle. It gives no envelope for a signature of an
// artifact itself.
func (c *checker) bundle(p part, a *Attestation) (*dsse.Envelope, error) {
	b, err := sigstore.ParseBundle(p.bytes)
	if err != nil {
		return nil, err
	}
	if c.root == nil {
		return nil, problem.New(problem.Invalid, "a Sigstore bundle: give the trusted root with --trusted-root (trusted_root.json)")
	}
	want := c.want()
	publisher, isKnown := c.publisherOf(b, p)
	if isKnown {
		want.Keys = append(want.Keys[:len(want.Keys):len(want.Keys)], publisher.Key)
	}
	if !b.Key && p.declared != "" {
		want.Keys = nil // keys are for those of the list that are signed with one
	}
	proof, err := c.root.Verify(b, want)
	if err != nil {
		return nil, err
	}
	c.proven(a, proof, len(want.Keys) > 0)
	if isKnown && proof.Signer.Key.ID() == publisher.Key.ID() {
		if err := c.byPublisher(a, publisher); err != nil {
			return nil, err
		}
	}
	if b.Key && (c.q.Identity != "" || c.q.Issuer != "") {
		c.add(p.place + ": signed with a key, which names no identity; the key is the one that was given")
	}
	if b.Envelope == nil {
		c.digestOnly(a, b)
	}
	return b.Envelope, nil
}

// publisherOf is the publisher's key that a bundle of npm's list names.
func (c *checker) publisherOf(b *sigstore.Bundle, p part) (knownKey, bool) {
	if !b.Key || p.declared != intoto.TypeNPMPublish {
		return knownKey{}, false
	}
	keys, err := known()
	if err != nil {
		return knownKey{}, false // a test reads the file
	}
	k, ok := keys[formatNPM][b.KeyHint]
	return k, ok
}

// byPublisher tells whose key it is, and refuses what was signed after the key
// was retired.
func (c *checker) byPublisher(a *Attestation, k knownKey) error {
	a.Signer.Publisher = k.Publisher
	for _, t := range a.SignedAt {
		if !k.Until.IsZero() && !t.Time.Before(k.Until) {
			return problem.New(problem.Invalid, "signed on %s with a key that %s retired on %s", t.Time.Format(time.DateOnly), k.Publisher, k.Until.Format(time.DateOnly))
		}
	}
	return nil
}

// digestOnly is what a bundle without a statement is about.
func (c *checker) digestOnly(a *Attestation, b *sigstore.Bundle) {
	s := Subject{Digest: map[string]string{b.Digest.Algorithm: hex.EncodeToString(b.Digest.Value)}}
	a.Subjects = []Subject{s}
	if c.digests != nil {
		a.Artifact = &s // held against the signature by Verify
	}
}

// want is whom the question trusts, for Sigstore.
func (c *checker) want() sigstore.Want {
	w := sigstore.Want{Keys: c.keys, Identity: c.q.Identity, Issuer: c.q.Issuer}
	if c.q.Artifact != nil {
		w.Artifact = c.q.Artifact.Open
	} else if c.q.Digest != "" {
		if algorithm, value, err := parseDigest(c.q.Digest); err == nil {
			raw, _ := hex.DecodeString(value) // of another algorithm: never equal
			w.Digest = sigstore.Digest{Algorithm: algorithm, Value: raw}
		}
	}
	return w
}

// proven fills in what Sigstore's proof tells. Keyed is that the signature was
// held against the keys that were given.
func (c *checker) proven(a *Attestation, p *sigstore.Proof, keyed bool) {
	s := p.Signer
	a.Signer = &Signer{KeyID: s.Key.ID(), Identity: s.Identity, Issuer: s.Issuer, Source: s.Source, SourceRef: s.SourceRef, Commit: s.Commit}
	for _, t := range p.SignedAt {
		a.SignedAt = append(a.SignedAt, SignedAt{Time: t.Time, By: t.By})
	}
	for _, l := range p.Log {
		a.Log = append(a.Log, LogEntry{Log: l.Log, Index: l.Index})
	}
	switch {
	case !s.Certificate:
	case c.q.Identity == "" && c.q.Issuer == "" && !keyed:
		c.add("no identity was asked for: anybody may have signed it; the signer is " + s.Identity)
	case c.q.Identity != "" && c.q.Issuer == "":
		c.add("no issuer was asked for: that the signer is who it says rests on " + s.Issuer)
	}
}

// inForce holds what is genuine against the moment of the question.
func (c *checker) inForce(a *Attestation) {
	v := intoto.Validity{}
	if a.ValidFrom != nil {
		v.From = *a.ValidFrom
	}
	if a.ValidUntil != nil {
		v.Until = *a.ValidUntil
	}
	a.Result = v.At(c.q.At)
	switch a.Result {
	case Expired:
		a.Reason = "valid until " + v.Until.UTC().Format(time.RFC3339)
		return
	case NotYetValid:
		a.Reason = "valid from " + v.From.UTC().Format(time.RFC3339)
		return
	}
	for _, t := range a.SignedAt {
		if c.q.Dated && c.q.At.Before(t.Time) {
			a.Result, a.Reason = NotYetValid, "signed at "+t.Time.Format(time.RFC3339)
			return
		}
	}
}

// statusListType is the payload type of lists of labels that are not active.
const statusListType = "application/vnd.countersign.status-list+json"

// content reads what was signed. It runs after the signature was verified, so
// that its errors are about what the signer wrote.
func (c *checker) content(e *dsse.Envelope, p part, a *Attestation) error {
	a.PayloadType = e.PayloadType
	switch e.PayloadType {
	case dsse.PayloadInToto:
		return c.statement(e.Payload, p, a)
	case statusListType:
		return statusList(e.Payload, a)
	}
	return problem.New(problem.Invalid, "the signature is good, but nothing here reads what it signs: payload type %.100q, want %s", e.PayloadType, dsse.PayloadInToto)
}

func (c *checker) statement(payload []byte, p part, a *Attestation) error {
	s, err := intoto.Parse(payload)
	if err != nil {
		return problem.New(problem.Invalid, "the signature is good, but the statement is not: %s", problem.Message(err))
	}
	a.PredicateType = s.PredicateType
	for _, r := range s.Subjects {
		a.Subjects = append(a.Subjects, subjectOf(r))
	}
	if p.declared != "" && p.declared != s.PredicateType {
		return problem.New(problem.Invalid, "it is listed as %s, and says it is %s", p.declared, s.PredicateType)
	}
	if s.Problem != nil {
		if s.PredicateType == intoto.TypeSVR || strings.HasPrefix(s.PredicateType, intoto.TypeSLSASummary) {
			return problem.New(problem.Invalid, "the signature is good, but the statement is not: %s", problem.Message(s.Problem))
		}
		c.add("what it says cannot be read as its type has it: " + problem.Message(s.Problem))
	}
	if r, ok := s.About(c.digests); ok {
		artifact := subjectOf(r)
		a.Artifact = &artifact
	}
	v := s.Validity()
	a.ValidFrom, a.ValidUntil = moment(v.From), moment(v.Until)
	a.Claims = claimsOf(s)
	return nil
}

func subjectOf(r intoto.Resource) Subject { return Subject{Name: r.Name, Digest: r.Digest} }

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// statusList reads from when to when a list of labels that are not active
// holds. What is in it is for whoever asks about a label.
func statusList(payload []byte, a *Attestation) error {
	var w struct {
		Version string    `json:"status_list"`
		Issued  time.Time `json:"issued"`
		Expires time.Time `json:"expires"`
	}
	if err := dsse.Unmarshal(payload, &w, dsse.Limits{}); err != nil {
		return problem.New(problem.Invalid, "the signature is good, but the status list is not: %s", problem.Message(err))
	}
	if w.Version != "v1" || w.Issued.IsZero() || !w.Issued.Before(w.Expires) {
		return problem.New(problem.Invalid, "the signature is good, but the status list is not: want version v1, and issued before it expires")
	}
	a.ValidFrom, a.ValidUntil = moment(w.Issued), moment(w.Expires)
	return nil
}
