package attestation

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/assurance/intoto"
	"countersign.dev/internal/assurance/verify"
)

// The verdicts. Only a valid attestation counts.
const (
	Valid       = verify.Valid
	Invalid     = verify.Invalid     // not genuine, or not about what was asked
	Expired     = verify.Expired     // genuine, and no longer in force
	NotYetValid = verify.NotYetValid // genuine, and not in force before a later day
	Revoked     = "revoked"          // genuine, and taken back
	Untrusted   = verify.Untrusted   // by nobody who may say this about whom it is about
)

// Anchors are whom the ledger trusts for an ask.
type Anchors struct {
	Signers []*Signers
	// Roots is the digests of the trusted roots that are held; that verified by
	// them is in what was verified.
	Roots []string
}

// Keys is every key that signs for somebody.
func (a *Anchors) Keys() []dsse.PublicKey {
	var out []dsse.PublicKey
	for _, s := range a.Signers {
		for i := range s.Signers {
			out = append(out, s.Signers[i].Keys...)
		}
	}
	return out
}

// Held is a claim of the ledger with what the ledger knows of its document.
type Held struct {
	*Claim
	Subject   string      `json:"subject"` // by which it was found
	Position  int64       `json:"position"`
	Published access.Date `json:"published"`
	Received  access.Date `json:"received"`
	Withdrawn bool        `json:"withdrawn,omitempty"` // the document's body is gone, so that nothing can be verified
}

// Question is what is asked of a claim.
type Question struct {
	Date access.Date
	// Digests are those of the artifact that is asked about, "sha256:…"; Packages
	// its names as purls; Organisation who makes it. What is not known is empty.
	Digests      []string
	Packages     []string
	Organisation string
	// Maker is that it is asked about a maker as a whole, "maker:…", in place of
	// an artifact.
	Maker string
}

// Verdict is whether an attestation counts on a day, and why.
type Verdict struct {
	Held
	Result string      `json:"result"`
	Reason string      `json:"reason,omitempty"` // "" when valid
	Title  string      `json:"title"`            // what it is, in words
	From   access.Date `json:"from,omitempty"`   // the first day on which it counts, or counted
	Until  access.Date `json:"until,omitempty"`  // the first day on which it no longer does; "" for none known
	// Rule is which rule allowed it: "signers/ID#signer", with the digest of the
	// document of signers in Policy.
	Rule         string `json:"rule,omitempty"`
	Policy       string `json:"policy,omitempty"`
	Organisation string `json:"organisation,omitempty"` // whose word it is
	// Level is the level of the SLSA build track that it stands for: of provenance
	// and of summaries, as far as the signer is vouched for; 0 for none.
	Level      int               `json:"level,omitempty"`
	Signer     *verify.Signer    `json:"signer,omitempty"` // verified
	SignedAt   []verify.SignedAt `json:"signed_at,omitempty"`
	Revocation *Revocation       `json:"revocation,omitempty"` // that counts, by the known day; it may lie ahead

	signer   *Signer
	subjects []verify.Subject
}

// Taken is a revocation that the ledger holds. SignedBy is who signed it, where
// it was signed by somebody and that was verified.
type Taken struct {
	Revocation
	SignedBy *verify.Signer
}

// Judge says whether a claim counts. v is what was verified of its part, and
// taken is every revocation of its document or payload that had been published
// by the known day.
func (a *Anchors) Judge(h Held, v *verify.Attestation, taken []Taken, q Question) Verdict {
	out := Verdict{Held: h, Title: h.Title(), Result: v.Result, Reason: v.Reason}
	if v.Result != verify.Valid {
		return out
	}
	out.Signer, out.SignedAt, out.subjects = v.Signer, v.SignedAt, v.Subjects
	out.Result, out.Reason = q.about(h.Claim, v)
	if out.Result != Valid {
		return out
	}
	signed := signedOn(v)
	if out.Reason = a.allow(&out, v, signed, q); out.Reason != "" {
		out.Result = Untrusted
		return out
	}
	out.Level = out.levelOf()
	out.From = cmp.Or(signed, h.Published)
	out.bound()
	for _, t := range taken {
		if out.mayTake(&t) && (out.Revocation == nil || t.On < out.Revocation.On) {
			r := t.Revocation
			out.Revocation = &r
		}
	}
	out.on(q.Date, signed)
	return out
}

// levelOf is the level of the SLSA build track (SLSA 1.0, "Build: Levels") that an
// attestation stands for: provenance for 1 by being there, and for as much as its
// builder is vouched for where that signed it; a summary for what it says, as far
// as its verifier is.
func (v *Verdict) levelOf() int {
	switch s := v.Says; {
	case s == nil:
	case strings.HasPrefix(v.PredicateType, intoto.TypeSLSAProvenance):
		if b := v.signer.Builder; b != nil && b.Hosted && fits(b.ID, s.Builder) {
			return b.Level
		}
		return 1
	case strings.HasPrefix(v.PredicateType, intoto.TypeSLSASummary) && s.Passed != nil && *s.Passed:
		if by := v.signer.Verifier; by != nil && fits(by.ID, s.Verifier) {
			return min(by.Level, SummaryLevel(s))
		}
	}
	return 0
}

// SummaryLevel is the level of the SLSA build track that a summary of a
// verification says was verified; 0 when it failed.
func SummaryLevel(s *verify.Claims) int {
	if s == nil || s.Passed == nil || !*s.Passed {
		return 0
	}
	level := 0
	for _, p := range s.Properties {
		digit, ok := strings.CutPrefix(p, "SLSA_BUILD_LEVEL_")
		if ok && len(digit) == 1 && digit[0] >= '0' && digit[0] <= '3' {
			level = max(level, int(digit[0]-'0'))
		}
	}
	return level
}

// on is whether what may be said counts on a day.
func (v *Verdict) on(day, signed access.Date) {
	expires := v.Until
	if r := v.Revocation; r != nil && (v.Until == "" || r.On < v.Until) {
		v.Until = r.On
	}
	switch r := v.Revocation; {
	case r != nil && r.On <= day:
		v.Result, v.Reason = Revoked, "taken back from "+string(r.On)+" on by "+r.who()+": "+r.Reason
	case expires != "" && expires <= day:
		v.Result, v.Reason = Expired, "valid until "+v.ValidUntil.Format(time.RFC3339)
	case day < v.From && v.ValidFrom != nil && v.From == access.DateOf(*v.ValidFrom):
		v.Result, v.Reason = NotYetValid, "valid from "+v.ValidFrom.Format(time.RFC3339)
	case day < v.From && signed != "":
		v.Result, v.Reason = NotYetValid, "signed on "+string(signed)
	case day < v.From:
		v.Result, v.Reason = NotYetValid, "published on "+string(v.From)+"; nothing shows that it was there before"
	}
}

// bound sets from when to when the attestation itself says that it is valid, in
// whole days: it counts on a day on which it is valid at the end.
func (v *Verdict) bound() {
	if v.ValidFrom != nil {
		v.From = max(v.From, access.DateOf(*v.ValidFrom))
	}
	if v.ValidUntil != nil {
		v.Until = access.DateOf(*v.ValidUntil)
	}
}

// about reports whether what was verified is about what is asked: by digest.
func (q *Question) about(c *Claim, v *verify.Attestation) (result, reason string) {
	if q.Maker != "" {
		if c.Maker == q.Maker {
			return Valid, ""
		}
		return Invalid, "it is not about " + q.Maker
	}
	if len(q.Digests) == 0 {
		return Untrusted, "it names " + c.Package + ", and no digest of that is held by which it could be told that it means this artifact"
	}
	for _, s := range v.Subjects {
		for algorithm, value := range s.Digest {
			if binds(algorithm) && slices.ContainsFunc(q.Digests, func(d string) bool { return strings.EqualFold(d, algorithm+":"+value) }) {
				return Valid, ""
			}
		}
	}
	return Invalid, "it is not about this artifact: it names " + strings.Join(c.Digests, ", ")
}

// binds reports whether an artifact is told by its digest of an algorithm. Git's
// names of commits are the only ones that commits have.
func binds(algorithm string) bool {
	switch strings.ToLower(algorithm) {
	case "sha256", "sha384", "sha512", "gitcommit":
		return true
	}
	return false
}

// signedOn is the day on which somebody other than the signer saw the
// signature; "" where nobody did.
func signedOn(v *verify.Attestation) access.Date {
	var first time.Time
	for _, t := range v.SignedAt {
		if first.IsZero() || t.Time.Before(first) {
			first = t.Time
		}
	}
	if first.IsZero() {
		return ""
	}
	return access.DateOf(first)
}

// allow finds the rule that lets the signer say it, or says why there is none:
// of several signers who are this one, what keeps the nearest from it.
func (a *Anchors) allow(out *Verdict, v *verify.Attestation, signed access.Date, q Question) (why string) {
	why = "no document of signers names " + nameOf(v.Signer)
	nearest := 0
	for _, s := range a.Signers {
		for i := range s.Signers {
			one := &s.Signers[i]
			if !one.is(v.Signer) {
				continue
			}
			near, reason := one.may(v, signed, out.Held, q)
			if reason == "" {
				out.Rule, out.Policy, out.Organisation, out.signer = "signers/"+s.ID+"#"+one.ID, s.Digest, one.Organisation, one
				return ""
			}
			if near > nearest {
				nearest, why = near, "signers/"+s.ID+"#"+one.ID+": "+reason
			}
		}
	}
	return why
}

func nameOf(s *verify.Signer) string {
	if s.Identity != "" {
		return s.Identity + " (" + s.Issuer + ")"
	}
	return "the key " + s.KeyID
}

// is reports whether this signer signed.
func (s *Signer) is(by *verify.Signer) bool {
	if by.Identity != "" {
		return s.Identity != "" && s.Issuer == by.Issuer && fits(s.Identity, by.Identity)
	}
	return s.signsWith(by.KeyID)
}

func (s *Signer) signsWith(keyID string) bool {
	return keyID != "" && slices.ContainsFunc(s.Keys, func(k dsse.PublicKey) bool { return k.ID() == keyID })
}

// fits reports whether a name is the one of a rule, or begins as that does
// where it ends in an asterisk.
func fits(rule, name string) bool {
	if head, ok := strings.CutSuffix(rule, "*"); ok {
		return strings.HasPrefix(name, head)
	}
	return rule == name
}

// may reports whether the signer may say it: "" if so, else why not, and how
// near it came.
func (s *Signer) may(v *verify.Attestation, signed access.Date, h Held, q Question) (near int, why string) {
	shown, how := signed, "signed on "
	if shown == "" {
		shown, how = h.Received, "received on "
	}
	if s.From != "" && shown < s.From || s.Until != "" && shown >= s.Until {
		return 1, "it may sign " + s.period() + ", and this was " + how + string(shown)
	}
	predicate := v.PredicateType
	if predicate == "" {
		predicate = Signature
	}
	said := false
	for i := range s.Says {
		r := &s.Says[i]
		if !slices.ContainsFunc(r.Predicates, func(p string) bool { return fits(p, predicate) }) {
			continue
		}
		said = true
		if r.covers(h.Claim, q) {
			return 4, ""
		}
	}
	if !said {
		return 2, "it may not say anything of type " + predicate
	}
	return 3, "it may not say that about " + q.named(h.Claim)
}

func (s *Signer) period() string {
	switch {
	case s.Until == "":
		return "from " + string(s.From) + " on"
	case s.From == "":
		return "before " + string(s.Until)
	}
	return "from " + string(s.From) + " to before " + string(s.Until)
}

// named is what an attestation is asked about, in words.
func (q *Question) named(c *Claim) string {
	switch {
	case q.Maker != "":
		return q.Maker
	case len(q.names(c)) > 0:
		return strings.Join(q.names(c), ", ")
	}
	return "an artifact of which no name is known"
}

// names is what the artifact is called: by what the ledger knows it as, else by
// the signer itself, which may well speak of what it calls its own.
func (q *Question) names(c *Claim) []string {
	if len(q.Packages) > 0 {
		return q.Packages
	}
	if c.Package != "" {
		return []string{c.Package}
	}
	return nil
}

// covers reports whether the rule reaches all that the artifact is called: what
// is one's own under one name and another's under a second is not one's own.
func (r *Rule) covers(c *Claim, q Question) bool {
	for _, s := range r.Subjects {
		switch {
		case s == "*":
			return true
		case q.Organisation != "" && s == "org:"+q.Organisation:
			return true
		case q.Maker != "" && strings.HasPrefix(s, "maker:") && MakerSubject(strings.TrimPrefix(s, "maker:")) == q.Maker:
			return true
		}
	}
	names := q.names(c)
	if q.Maker != "" || len(names) == 0 {
		return false
	}
	for _, name := range names {
		if !slices.ContainsFunc(r.Subjects, func(s string) bool { return reaches(s, name) }) {
			return false
		}
	}
	return true
}

// reaches reports whether a purl is below one that a rule names: it ends there,
// or a name of it does.
func reaches(rule, name string) bool {
	rest, ok := strings.CutPrefix(strings.ToLower(name), strings.ToLower(rule))
	return ok && strings.HasPrefix(rule, "pkg:") && (rest == "" || strings.HasSuffix(rule, "/") || strings.ContainsAny(rest[:1], "/@?#"))
}

// mayTake reports whether a revocation of the attestation is by somebody whose
// word counts.
func (v *Verdict) mayTake(t *Taken) bool {
	switch t.By {
	case ByAuthority:
		return true
	case BySubmitter:
		// Who handed in a copy has no say over the copies of others.
		return t.Attestation == v.Document && slices.Contains(v.Submitted, t.Organisation)
	case BySigner:
		by := t.SignedBy
		switch {
		case by == nil:
			return false
		case by.Identity != "":
			return by.Identity == v.Signer.Identity && by.Issuer == v.Signer.Issuer
		}
		// Another key of the same signer takes back what a lost one signed.
		return by.KeyID != "" && (by.KeyID == v.Signer.KeyID || v.signer.signsWith(by.KeyID))
	}
	return false
}

// who says who took it back.
func (r *Revocation) who() string {
	switch {
	case r.By == BySigner:
		return "its signer"
	case r.By == ByAuthority:
		return "the authority"
	}
	return r.Organisation + ", which handed it in"
}

// About is the digests of the artifacts that the signer speaks of, as verified.
func (v *Verdict) About() []string {
	var out []string
	for _, s := range v.subjects {
		for algorithm, value := range s.Digest {
			out = append(out, strings.ToLower(algorithm+":"+value))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// RevokedBy is the digests that a revocation of a claim may name.
func (c *Claim) RevokedBy() []string {
	out := []string{c.Document}
	if c.Payload != "" {
		out = append(out, c.Payload)
	}
	return out
}

// RevocationSigner is who signed a document with a revocation; nil where it is
// nobody who is trusted, or the signature is not good.
func RevocationSigner(name string, b []byte, trust verify.Trust) (*verify.Signer, error) {
	parts, err := verify.Parts(verify.File{Name: name, Bytes: b})
	if err != nil {
		return nil, err
	}
	trust.Types = []string{PayloadRevocation}
	a := trust.Each(parts[:1])[0]
	if a.Result != verify.Valid || a.PayloadType != PayloadRevocation {
		return nil, nil
	}
	return a.Signer, nil
}
