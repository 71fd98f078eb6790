package node

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/attestation"
	"countersign.dev/internal/assurance/sigstore"
	"countersign.dev/internal/assurance/verify"
	"countersign.dev/internal/ledger"
)

// judge is by what attestations are judged for an ask: the anchors that the
// ledger holds, as far as the reader may see them.
type judge struct {
	anchors attestation.Anchors
	trust   verify.Trust
	digest  string // of all by which signatures are verified
	signers []string
	roots   []string
	facts   []ledger.Fact // that hold them
}

func (j *judge) names() (signers, roots []string) {
	return append([]string{}, j.signers...), append([]string{}, j.roots...)
}

// verifying remembers anchors that were read, by the facts that hold them, and
// what was verified of documents. Neither changes: facts and bodies never do.
type verifying struct {
	mu       sync.Mutex
	signers  map[int64]*attestation.Signers
	root     *sigstore.Root // read from the texts whose digest is rootOf
	rootOf   string
	verified map[verifiedKey][]*verify.Attestation
}

type verifiedKey struct{ document, anchors string }

// maxVerified bounds what is remembered of documents.
const maxVerified = 20_000

// judge reads the anchors as the ledger held them at the ask's position. Like
// other rules they say themselves from when on they apply, so the known day does
// not choose among them.
func (n *Node) judge(ctx context.Context, ask access.Ask) (*judge, error) {
	j := &judge{signers: []string{}, roots: []string{}}
	ask.At.Known = access.Forever
	facts, err := n.Ledger.ByDocumentKind(ctx, ask, attestation.KindSigners)
	if err != nil {
		return nil, err
	}
	for i := range facts {
		s, err := n.signersOf(&facts[i])
		if err != nil {
			return nil, err
		}
		j.anchors.Signers = append(j.anchors.Signers, s)
		j.signers = append(j.signers, facts[i].Source)
	}
	j.facts = facts
	roots, err := n.Ledger.ByDocumentKind(ctx, ask, attestation.KindRoot)
	if err != nil {
		return nil, err
	}
	var texts []string
	for i := range roots {
		text, err := attestation.AnchorText(&roots[i])
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
		j.roots = append(j.roots, roots[i].Source)
	}
	j.facts = append(j.facts, roots...)
	j.trust.Keys, j.trust.Types = j.anchors.Keys(), []string{attestation.PayloadRevocation}
	slices.Sort(j.signers)
	slices.Sort(j.roots)
	slices.Sort(texts)
	rootOf := ""
	if len(texts) > 0 {
		rootOf = ledger.Digest([]byte(strings.Join(texts, "\n")))
	}
	h := sha256.New()
	fmt.Fprintln(h, rootOf)
	for _, k := range j.trust.Keys {
		fmt.Fprintln(h, k.ID())
	}
	j.digest = hex.EncodeToString(h.Sum(nil))
	j.trust.Root, err = n.verifying.rootFrom(texts, rootOf)
	return j, err
}

// rootFrom reads trusted roots as one; nil when there is none.
func (v *verifying) rootFrom(texts []string, digest string) (*sigstore.Root, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.rootOf == digest {
		return v.root, nil // at first of none
	}
	var roots []*sigstore.Root
	for _, text := range texts {
		r, err := sigstore.ParseRoot([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("trusted root: %w", err)
		}
		roots = append(roots, r)
	}
	v.root, v.rootOf = nil, digest
	if len(roots) > 0 {
		v.root = sigstore.Join(roots...)
	}
	return v.root, nil
}

func (n *Node) signersOf(f *ledger.Fact) (*attestation.Signers, error) {
	n.verifying.mu.Lock()
	defer n.verifying.mu.Unlock()
	if s := n.verifying.signers[f.ID]; s != nil {
		return s, nil
	}
	text, err := attestation.AnchorText(f)
	if err != nil {
		return nil, err
	}
	s, err := attestation.ParseSigners([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Source, err)
	}
	s.Digest = ledger.Digest([]byte(text))
	if n.verifying.signers == nil {
		n.verifying.signers = map[int64]*attestation.Signers{}
	}
	n.verifying.signers[f.ID] = s
	return s, nil
}

// verified is what was verified of each part of the document at a position; none
// where its body was withdrawn.
func (n *Node) verified(ctx context.Context, ask access.Ask, j *judge, position int64, digest string) ([]*verify.Attestation, error) {
	key := verifiedKey{digest, j.digest}
	n.verifying.mu.Lock()
	held, ok := n.verifying.verified[key]
	n.verifying.mu.Unlock()
	if ok {
		return held, nil
	}
	ask.At.Known = access.Forever
	e, err := n.Ledger.Document(ctx, ask, position)
	if err != nil {
		return nil, err
	}
	if e.Withdrawn != "" {
		return nil, nil
	}
	b, err := n.Ledger.Body(ctx, ask, position)
	if err != nil {
		return nil, err
	}
	parts, err := verify.Parts(verify.File{Name: e.Name, Bytes: b})
	if err != nil {
		return nil, fmt.Errorf("attestation at %d: %w", position, err)
	}
	out := j.trust.Each(parts)
	n.verifying.mu.Lock()
	defer n.verifying.mu.Unlock()
	if len(n.verifying.verified) >= maxVerified || n.verifying.verified == nil {
		n.verifying.verified = map[verifiedKey][]*verify.Attestation{}
	}
	n.verifying.verified[key] = out
	return out, nil
}
