package assessment

import (
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
)

// topLevel is the highest level of the SLSA build track.
const topLevel = 3

// A proof is the level of the SLSA build track (SLSA 1.0, "Build: Levels") that
// an attestation proves of a release, and why it is no higher.
type proof struct {
	level    int
	why      string
	evidence Evidence
}

func provenanceLevel(f *Facts, on access.Date) found {
	worst, held := proof{level: topLevel + 1}, false
	var evidence []Evidence
	for i := range f.Releases {
		best := f.provenanceOf(&f.Releases[i], on)
		if best.evidence.Digest != "" {
			held = true
			evidence = append(evidence, best.evidence)
		}
		if best.level < worst.level {
			worst = best
		}
	}
	switch {
	case len(f.Releases) == 0:
		return found{status: Unknown, reason: "no release is given"}
	case worst.level >= f.Asks.Level:
		return found{status: Met, evidence: evidence, reason: fmt.Sprintf("build level %d is proven: %s", worst.level, worst.why)}
	case !held || worst.level == 0:
		return found{status: Unknown, reason: worst.why, evidence: evidence}
	}
	return found{status: NotMet, evidence: evidence, reason: fmt.Sprintf(
		"build level %d is proven, level %d is asked: %s", worst.level, f.Asks.Level, worst.why)}
}

// provenanceOf is the highest level that is proven of a release.
func (f *Facts) provenanceOf(r *Release, on access.Date) proof {
	if len(r.Digests) == 0 {
		return proof{why: "the release " + r.PURL + " has no digest that provenance could name"}
	}
	best := proof{why: "no provenance is held that names the digest of the release"}
	b := bind([]Release{{Digests: r.Digests}})
	for i := range f.Attestations {
		a := &f.Attestations[i]
		if (a.Kind != KindProvenance && a.Kind != KindSummary) || !covers(a.Evidence.ValidFrom, a.Evidence.ValidUntil, on) || !b.about(a.Evidence.About) {
			continue
		}
		p := f.prove(a)
		if a.Kind == KindSummary {
			p = f.summed(a)
		}
		if p.level > best.level {
			best = p
		}
	}
	return best
}

// prove is what provenance that names a release proves of it.
//
//	L1  it exists and names the digest
//	L2  it is signed by the hosted platform that built, which is known by the
//	    identity that signed, not by the name that the provenance gives
//	L3  that platform is known to isolate builds and to keep its secrets from them
func (f *Facts) prove(a *Attestation) proof {
	p := proof{level: 1, evidence: a.Evidence, why: "provenance names the digest of the release"}
	if a.Identity == "" {
		p.why += ", but is not signed"
		return p
	}
	level, why := 0, ", but "+a.Builder+" is no trusted builder"
	for i := range f.Builders {
		if b := &f.Builders[i]; matches(b.ID, a.Builder) {
			if l, w := b.vouches(a); l > level {
				level, why = l, w
			}
		}
	}
	p.level, p.why = max(1, level), p.why+why
	return p
}

// vouches is the level that a builder stands for by an attestation that names
// it, at least 1, and how or why no more.
func (b *Builder) vouches(a *Attestation) (level int, why string) {
	switch {
	case !b.signed(a):
		return 1, ", but it is signed by " + a.Identity + " and not by the builder that it names"
	case !b.Hosted || b.Level < 2:
		return 1, ", signed by a builder that is trusted for level 1"
	case b.Level == 2:
		return 2, ", signed by the hosted builder " + a.Builder
	}
	return topLevel, ", signed by the hardened builder " + a.Builder
}

// signed reports whether the identity that signed an attestation is one of the
// builder's.
func (b *Builder) signed(a *Attestation) bool {
	return a.Identity != "" && b.Issuer == a.Issuer &&
		slices.ContainsFunc(b.Signer, func(s string) bool { return matches(s, a.Identity) })
}

// summed is what a verification summary proves: what it says, as far as its
// verifier is trusted and signed it. One of nobody known proves nothing.
func (f *Facts) summed(a *Attestation) proof {
	p := proof{evidence: a.Evidence}
	for i := range f.Verifiers {
		v := &f.Verifiers[i]
		if !matches(v.ID, a.Builder) || !v.signed(a) {
			continue
		}
		if level := min(a.Level, v.Level, topLevel); level > p.level {
			p.level, p.why = level, "the trusted verifier "+a.Builder+" verified it"
		}
	}
	return p
}

// matches reports whether a name is the one that is trusted, or begins like it
// where that ends in an asterisk.
func matches(trusted, name string) bool {
	if head, ok := strings.CutSuffix(trusted, "*"); ok {
		return head != "" && strings.HasPrefix(name, head)
	}
	return trusted != "" && trusted == name
}

func signedRelease(f *Facts, on access.Date) found {
	if len(f.Releases) == 0 {
		return found{status: Unknown, reason: "no release is given"}
	}
	var evidence []Evidence
	var hows []string
	for i := range f.Releases {
		e, how, ok := f.signatureOf(&f.Releases[i], on)
		if e.Digest != "" {
			evidence = append(evidence, e)
		}
		switch {
		case !ok && e.Digest != "":
			return found{status: NotMet, reason: how, evidence: evidence}
		case !ok:
			return found{status: Unknown, reason: how, evidence: evidence}
		}
		if !slices.Contains(hows, how) {
			hows = append(hows, how)
		}
	}
	return found{status: Met, reason: strings.Join(hows, "; "), evidence: evidence}
}

// signatureOf is what shows that a release comes unaltered from its maker: its
// signature, or provenance that a trusted builder signed.
func (f *Facts) signatureOf(r *Release, on access.Date) (e Evidence, how string, ok bool) {
	if len(r.Digests) == 0 {
		return e, "the release " + r.PURL + " has no digest that a signature could be over", false
	}
	how = "no signature over the release is held"
	b := bind([]Release{{Digests: r.Digests}})
	for i := range f.Attestations {
		a := &f.Attestations[i]
		if a.Identity == "" || !covers(a.Evidence.ValidFrom, a.Evidence.ValidUntil, on) || !b.about(a.Evidence.About) {
			continue
		}
		switch {
		case (a.Kind == KindSignature || a.Kind == KindRelease) && f.Maker != "" && a.Evidence.Signer == f.Maker:
			return a.Evidence, "the maker signed the release", true
		case a.Kind == KindProvenance && f.prove(a).level >= 2:
			return a.Evidence, "its builder " + a.Builder + " signed the release", true
		case a.Kind == KindSignature || a.Kind == KindRelease:
			e, how = a.Evidence, "the release is signed by "+a.Identity+", which is not known to be its maker"
		}
	}
	return e, how, false
}
