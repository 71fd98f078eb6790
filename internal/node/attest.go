package node

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/attestation"
	"countersign.dev/internal/assurance/verify"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
	"countersign.dev/internal/software/purl"
)

// Attested is everything that is attested of a subject, with what is held of
// each attestation on the day.
type Attested struct {
	Subject  string      `json:"subject"`
	At       access.Date `json:"at"`
	Known    access.Date `json:"known"`
	Position int64       `json:"position"`
	// Digests and Packages are by what the ledger knows the subject.
	Digests      []string              `json:"digests"`
	Packages     []string              `json:"packages"`
	Attestations []attestation.Verdict `json:"attestations"` // newest first
	// More is that there are more, which were not looked at.
	More bool `json:"more,omitempty"`
	// Signers and Roots are whom they were judged by, as "signers/ID" and
	// "trust-root/HOST".
	Signers []string `json:"signers"`
	Roots   []string `json:"roots"`
}

// maxAttestations bounds the attestations of one subject that are judged.
const maxAttestations = 2000

// Attestations is everything that is attested of a subject: an artifact by its
// digest, a release by its purl, a maker as "maker:…", or one attestation by the
// digest of its document.
func (n *Node) Attestations(ctx context.Context, ask access.Ask, subject string) (*Attested, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	subject = strings.TrimSpace(subject)
	out := &Attested{Subject: subject, At: ask.At.Date, Known: ask.At.Known, Position: ask.At.Position, Digests: []string{}, Packages: []string{}, Attestations: []attestation.Verdict{}}
	j, err := n.judge(ctx, ask)
	if err != nil {
		return nil, err
	}
	out.Signers, out.Roots = j.names()
	if claims, err := n.claimsIn(ctx, ask, subject); err != nil {
		return nil, err
	} else if len(claims) > 0 {
		return out, n.judgeEach(ctx, ask, j, claims, out)
	}
	q, err := n.attestedSubject(ctx, ask, subject)
	if err != nil {
		return nil, err
	}
	out.Digests, out.Packages = append(out.Digests, q.Digests...), append(out.Packages, q.Packages...)
	out.Attestations, out.More, err = n.judgeAbout(ctx, ask, j, q)
	return out, err
}

// attestedSubject is how the ledger knows a subject: a digest by the releases
// that have it, a release by the digests of its bills.
func (n *Node) attestedSubject(ctx context.Context, ask access.Ask, subject string) (attestation.Question, error) {
	q := attestation.Question{}
	kind, value, _ := strings.Cut(subject, ":")
	switch {
	case kind == "maker" && value != "":
		q.Maker = attestation.MakerSubject(value)
		return q, nil
	case kind == "pkg":
		p, err := purl.Read(subject)
		if err != nil {
			return q, problem.New(problem.Invalid, "%s: %s", subject, problem.Message(err))
		}
		q.Packages = []string{p.String()}
	case strings.HasPrefix(strings.ToLower(kind), "sha") && value != "", strings.EqualFold(kind, "gitCommit") && value != "":
		if strings.EqualFold(kind, "gitCommit") {
			kind = "gitCommit"
		} else {
			kind = strings.ToLower(kind)
		}
		q.Digests = []string{kind + ":" + strings.ToLower(value)}
	default:
		return q, problem.New(problem.Invalid, "subject %q: want a digest (sha256:…), a purl (pkg:…), or maker:NAME", subject)
	}
	return q, n.complete(ctx, ask, &q)
}

// complete adds to a question what bills of materials know the subject by.
func (n *Node) complete(ctx context.Context, ask access.Ask, q *attestation.Question) error {
	var terms []string
	for _, p := range q.Packages {
		terms = append(terms, software.Term("purl", p))
	}
	for _, d := range q.Digests {
		terms = append(terms, software.Term("digest", d))
	}
	byDigest := len(q.Packages) == 0
	handles, err := n.Ledger.ByTerm(ctx, ask, []string{software.FactHandle}, terms, 0)
	if err != nil {
		return err
	}
	var releases []string
	for i := range handles {
		if handles[i].StatedOn(ask.At.Known) && !slices.Contains(releases, handles[i].Subject) {
			releases = append(releases, handles[i].Subject)
		}
	}
	facts, err := n.Ledger.Said(ctx, ask, []string{software.FactRelease}, releases...)
	if err != nil {
		return err
	}
	for i := range facts {
		var r software.Release
		if !facts[i].StatedOn(ask.At.Known) {
			continue
		}
		if err := facts[i].Decode(&r); err != nil {
			return fmt.Errorf("release %s: %w", facts[i].Subject, err)
		}
		if p, err := purl.Read(r.PURL); byDigest && err == nil && !slices.Contains(q.Packages, p.String()) {
			q.Packages = append(q.Packages, p.String())
		}
		for _, d := range releaseDigests(&r) {
			if !byDigest && !slices.Contains(q.Digests, d) {
				q.Digests = append(q.Digests, d)
			}
		}
	}
	return nil
}

// claimsIn is the claims of one attestation's document; none where the digest is
// of no such document.
func (n *Node) claimsIn(ctx context.Context, ask access.Ask, digest string) ([]attestation.Held, error) {
	digest, err := ledger.ParseDigest(digest)
	if err != nil {
		return nil, nil
	}
	e, err := n.Ledger.ByDigest(ctx, ask, digest)
	if problem.KindOf(err) == problem.NotFound || err == nil && e.Kind != attestation.Kind {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	facts, err := n.Ledger.FactsOf(ctx, ask, e.Position, 2*maxAttestations)
	if err != nil {
		return nil, err
	}
	return n.heldClaims(ctx, ask, facts)
}

// judgeEach judges the claims of one document, each about what it is about.
func (n *Node) judgeEach(ctx context.Context, ask access.Ask, j *judge, claims []attestation.Held, out *Attested) error {
	asked := map[string]bool{}
	for _, h := range claims {
		key := fmt.Sprint(h.Part, h.Digests, h.Name)
		if asked[key] {
			continue // stated of each of its digests
		}
		asked[key] = true
		q := attestation.Question{Digests: h.Digests, Maker: h.Maker}
		if err := n.complete(ctx, ask, &q); err != nil {
			return err
		}
		verdicts, err := n.verdicts(ctx, ask, j, []attestation.Held{h}, q)
		if err != nil {
			return err
		}
		out.Attestations = append(out.Attestations, verdicts...)
	}
	return nil
}

// judgeAbout judges everything that is attested of what is asked about.
func (n *Node) judgeAbout(ctx context.Context, ask access.Ask, j *judge, q attestation.Question) (verdicts []attestation.Verdict, more bool, err error) {
	subjects := slices.Concat(q.Digests, q.Packages)
	if q.Maker != "" {
		subjects = []string{q.Maker}
	}
	facts, err := n.Ledger.Said(ctx, ask, []string{attestation.FactClaim}, subjects...)
	if err != nil {
		return nil, false, err
	}
	held, err := n.heldClaims(ctx, ask, facts)
	if err != nil {
		return nil, false, err
	}
	held = oncePerPart(held, q)
	if len(held) > maxAttestations {
		held, more = held[:maxAttestations], true
	}
	verdicts, err = n.verdicts(ctx, ask, j, held, q)
	slices.SortStableFunc(verdicts, func(a, b attestation.Verdict) int { return int(b.Position - a.Position) })
	return verdicts, more, err
}

// oncePerPart keeps one claim of each part: that which has a digest that is
// asked about, where one has.
func oncePerPart(all []attestation.Held, q attestation.Question) []attestation.Held {
	at := map[string]int{}
	var out []attestation.Held
	for _, h := range all {
		key := fmt.Sprint(h.Document, h.Part)
		i, there := at[key]
		switch {
		case !there:
			at[key] = len(out)
			out = append(out, h)
		case slices.Contains(q.Digests, h.Subject) && !slices.Contains(q.Digests, out[i].Subject):
			out[i] = h
		}
	}
	return out
}

// heldClaims reads claims with what the ledger knows of their documents.
func (n *Node) heldClaims(ctx context.Context, ask access.Ask, facts []ledger.Fact) ([]attestation.Held, error) {
	var out []attestation.Held
	var positions []int64
	for i := range facts {
		f := &facts[i]
		if f.Kind != attestation.FactClaim || !f.StatedOn(ask.At.Known) {
			continue
		}
		h := attestation.Held{Claim: new(attestation.Claim), Subject: f.Subject, Position: f.Document, Published: f.Published}
		if err := f.Decode(h.Claim); err != nil {
			return nil, fmt.Errorf("attestation at %d: %w", f.Document, err)
		}
		out, positions = append(out, h), append(positions, f.Document)
	}
	entries, err := n.Ledger.Documents(ctx, ask, positions...)
	if err != nil {
		return nil, err
	}
	of := map[int64]*ledger.Entry{}
	for i := range entries {
		of[entries[i].Position] = &entries[i]
	}
	for i := range out {
		if e := of[out[i].Position]; e != nil {
			out[i].Received, out[i].Withdrawn = access.DateOf(e.Received), e.Withdrawn != ""
		}
	}
	return out, nil
}

// verdicts judges claims.
func (n *Node) verdicts(ctx context.Context, ask access.Ask, j *judge, held []attestation.Held, q attestation.Question) ([]attestation.Verdict, error) {
	q.Date = ask.At.Date
	taken, err := n.revocations(ctx, ask, j, held)
	if err != nil {
		return nil, err
	}
	out := []attestation.Verdict{}
	for _, h := range held {
		v := &verify.Attestation{Result: attestation.Untrusted, Reason: "its document was withdrawn"}
		if !h.Withdrawn {
			verified, err := n.verified(ctx, ask, j, h.Position, h.Document)
			if err != nil {
				return nil, err
			}
			if h.Part >= 1 && h.Part <= len(verified) {
				v = verified[h.Part-1]
			}
		}
		var of []attestation.Taken
		for _, digest := range h.RevokedBy() {
			of = append(of, taken[digest]...)
		}
		out = append(out, j.anchors.Judge(h, v, of, q))
	}
	return out, nil
}

// revocations is what takes claims back, by what it names. Signatures of those
// that are signed are verified.
func (n *Node) revocations(ctx context.Context, ask access.Ask, j *judge, held []attestation.Held) (map[string][]attestation.Taken, error) {
	var named []string
	for _, h := range held {
		named = append(named, h.RevokedBy()...)
	}
	slices.Sort(named)
	facts, err := n.Ledger.Said(ctx, ask, []string{attestation.FactRevocation}, slices.Compact(named)...)
	if err != nil {
		return nil, err
	}
	out := map[string][]attestation.Taken{}
	for i := range facts {
		f := &facts[i]
		var t attestation.Taken
		if err := f.Decode(&t.Revocation); err != nil {
			return nil, fmt.Errorf("revocation at %d: %w", f.Document, err)
		}
		if t.By == attestation.BySigner {
			verified, err := n.verified(ctx, ask, j, f.Document, t.Document)
			if err != nil {
				return nil, err
			}
			if len(verified) > 0 && verified[0].Result == verify.Valid {
				t.SignedBy = verified[0].Signer
			}
		}
		out[f.Subject] = append(out[f.Subject], t)
	}
	return out, nil
}
