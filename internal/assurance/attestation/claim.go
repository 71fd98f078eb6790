package attestation

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/assurance/form"
	"countersign.dev/internal/assurance/intoto"
	"countersign.dev/internal/assurance/ssdf"
	"countersign.dev/internal/assurance/verify"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software/purl"
)

// Kind is the kind of the documents, and FactClaim of what they state: of each
// digest that is attested, and each purl that is named beside one.
const (
	Kind      = "attestation"
	FactClaim = "attestation.claim"
)

// Signature is the predicate type of a signature over an artifact itself, which
// says nothing but that its signer held the bytes. Rules name it so.
const Signature = "signature"

// Claim is the body of each fact: what an attestation says, and who says that
// it is by whom. Nothing of it is verified.
type Claim struct {
	Document      string         `json:"document"`          // digest of the file
	Part          int            `json:"part"`              // of the file, from 1
	Form          string         `json:"form"`              // "dsse" or "sigstore-bundle"
	Payload       string         `json:"payload,omitempty"` // digest of the bytes that were signed
	PredicateType string         `json:"predicate_type"`
	Name          string         `json:"name,omitempty"`    // of the artifact, as the attestation calls it
	Package       string         `json:"package,omitempty"` // purl by which it calls it
	Maker         string         `json:"maker,omitempty"`   // whom a form is about that is about a whole company: "maker:" and the folded name
	Digests       []string       `json:"digests"`           // of the artifact, "sha256:…"
	KeyHint       string         `json:"key_hint,omitempty"`
	Certificate   bool           `json:"certificate,omitempty"` // signed with one, not with a key
	Says          *verify.Claims `json:"says,omitempty"`
	Answers       *Answers       `json:"form_answers,omitempty"`
	ValidFrom     *time.Time     `json:"valid_from,omitempty"`
	ValidUntil    *time.Time     `json:"valid_until,omitempty"`
	// Submitted is the organisations of whoever handed it in; they may take it
	// back. Set by the node, never by the file.
	Submitted []string `json:"submitted_by,omitempty"`
}

// Answers is what a signed attestation form says.
type Answers struct {
	Form     string      `json:"id"`
	Producer string      `json:"producer"`
	Date     access.Date `json:"date"`
	Open     []string    `json:"open,omitempty"` // numbers of statements that it does not attest
	// Confidential is that the form must not be posted in public.
	Confidential bool `json:"confidential,omitempty"`
}

// Limits bound a file. A zero field means its default.
type Limits struct {
	Facts int // most facts of one file; default 4,000
}

// Recognise tells a file of attestations by its beginning.
func Recognise(_ string, head []byte) bool { return verify.IsAttestation(head) }

// Read takes the claims out of a file of attestations, or the revocation out of
// a signed one. No signature is verified. The error names the place.
func Read(_ context.Context, name string, b []byte, limits Limits) (*ledger.Reading, error) {
	if limits.Facts <= 0 {
		limits.Facts = 4000
	}
	parts, err := verify.Parts(verify.File{Name: name, Bytes: b})
	if err != nil {
		return nil, within(name, err)
	}
	digest := ledger.Digest(b)
	if e := parts[0].Envelope; len(parts) == 1 && e != nil && e.PayloadType == PayloadRevocation {
		return readRevocation(e, digest)
	}
	out := &ledger.Reading{Kind: Kind, Source: "attestation/" + strings.TrimPrefix(digest, "sha256:"), Mode: ledger.Chronicle, Rows: len(parts)}
	for i := range parts {
		p := &parts[i]
		claims, warning, err := claimsOf(p)
		if err != nil {
			return nil, within(name, problem.Wrap(problem.KindOf(err), err, "%s", p.Place))
		}
		if warning != "" {
			out.Warnings = append(out.Warnings, p.Place+": "+warning)
		}
		for _, c := range claims {
			c.Document, c.Part, c.Form, c.KeyHint, c.Certificate = digest, i+1, p.Kind, hint(p.KeyHint), p.Certificate
			out.Statements = append(out.Statements, c.statements()...)
		}
		if len(out.Statements) > limits.Facts {
			return nil, problem.New(problem.TooLarge, "%s: more than %d digests and names of artifacts in one file", p.Place, limits.Facts)
		}
	}
	out.Statements = once(out.Statements)
	return out, nil
}

// within takes the file's name out of a message, which whoever called puts
// before it.
func within(name string, err error) error {
	if rest, ok := strings.CutPrefix(problem.Message(err), name+": "); ok {
		return problem.New(problem.KindOf(err), "%s", rest)
	}
	return err
}

// hint is a key's name as far as it is kept.
func hint(s string) string {
	const most = 200
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// claimsOf is what a part says, one claim an artifact.
func claimsOf(p *verify.Part) (claims []Claim, warning string, err error) {
	if p.Envelope == nil {
		return []Claim{{PredicateType: Signature, Digests: []string{p.Digest}}}, "", nil
	}
	if p.Envelope.PayloadType != dsse.PayloadInToto {
		return nil, "", problem.New(problem.Invalid, "payload type %.100q: want %s", p.Envelope.PayloadType, dsse.PayloadInToto)
	}
	s, err := intoto.Parse(p.Envelope.Payload)
	if err != nil {
		return nil, "", problem.Wrap(problem.KindOf(err), err, "payload")
	}
	if s.Problem != nil {
		warning = "what it says cannot be read as its type has it: " + problem.Message(s.Problem)
	}
	c := Claim{Payload: ledger.Digest(p.Envelope.Payload), PredicateType: s.PredicateType, Says: verify.ClaimsOf(s)}
	v := s.Validity()
	c.ValidFrom, c.ValidUntil = moment(v.From), moment(v.Until)
	if s.PredicateType == ssdf.PredicateType {
		f, err := ssdf.FromStatement(p.Envelope.Payload)
		if err != nil {
			return nil, "", problem.Wrap(problem.KindOf(err), err, "payload")
		}
		c.Answers = &Answers{Form: f.ID, Producer: f.Producer.Name, Date: f.Date(), Open: f.Open(), Confidential: f.Confidential()}
		if f.Scope == ssdf.CompanyWide {
			c.Maker = MakerSubject(f.Producer.Name)
		}
	}
	for _, r := range s.Subjects {
		one := c
		one.Name, one.Package, one.Digests = hint(r.Name), packageOf(r, c.Says), digestsOf(r)
		claims = append(claims, one)
	}
	return claims, warning, nil
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// digestsOf is the digests of an artifact, as the ledger calls them, sorted.
func digestsOf(r intoto.Resource) []string {
	var out []string
	for _, algorithm := range slices.Sorted(maps.Keys(r.Digest)) {
		name := algorithm
		if name != "gitCommit" {
			name = strings.ToLower(name)
		}
		out = append(out, name+":"+strings.ToLower(r.Digest[algorithm]))
	}
	return out
}

// packageOf is the purl by which an attestation calls an artifact: the
// artifact's URI, its name, or, of a release, what it is a release of.
func packageOf(r intoto.Resource, says *verify.Claims) string {
	names := []string{r.URI, r.Name}
	if says != nil {
		names = append(names, says.Package)
	}
	for _, s := range names {
		if p, err := purl.Read(s); err == nil && strings.HasPrefix(s, "pkg:") {
			return p.String()
		}
	}
	return ""
}

// MakerSubject is what is said of a whole company is about.
func MakerSubject(name string) string { return "maker:" + form.Fold(name) }

// statements is a claim as facts: one of each name of the artifact.
func (c Claim) statements() []ledger.Statement {
	subjects := slices.Clone(c.Digests)
	for _, name := range []string{c.Package, c.Maker} {
		if name != "" {
			subjects = append(subjects, name)
		}
	}
	var out []ledger.Statement
	for _, subject := range subjects {
		body := c
		out = append(out, ledger.Statement{
			Kind: FactClaim, Subject: subject, Key: strings.TrimPrefix(c.Document, "sha256:") + "/" + strconv.Itoa(c.Part), Term: subject, Body: &body,
		})
	}
	return out
}

// once drops statements that say of one thing what another of the same part
// says: an artifact may be a subject under two names.
func once(all []ledger.Statement) []ledger.Statement {
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(s ledger.Statement) bool {
		key := s.Subject + "\n" + s.Key
		was := seen[key]
		seen[key] = true
		return was
	})
}

// SubmittedBy notes who hands in what was read.
func SubmittedBy(r *ledger.Reading, organisations []string) {
	for _, s := range r.Statements {
		if c, ok := s.Body.(*Claim); ok {
			c.Submitted = organisations
		}
	}
}

// Title is what an attestation is, in words.
func (c *Claim) Title() string {
	for _, t := range titles {
		if c.PredicateType == t.of || strings.HasSuffix(t.of, "/") && strings.HasPrefix(c.PredicateType, t.of) {
			return t.words
		}
	}
	return "attestation"
}

var titles = []struct{ of, words string }{
	{Signature, "signature of the artifact"},
	{ssdf.PredicateType, "signed attestation of secure software development"},
	{intoto.TypeSLSAProvenance, "provenance of a build"},
	{intoto.TypeSLSASummary, "summary of a verification"},
	{intoto.TypeSVR, "result of a verification"},
	{intoto.TypeRelease, "release"},
	{intoto.TypeTestResult, "result of tests"},
	{intoto.TypeSCAI, "attributes of the artifact or its build"},
	{intoto.TypeReference, "reference to documents"},
	{intoto.TypeLink, "step of a supply chain"},
	{intoto.TypeNPMPublish, "publication by a registry"},
}
