package attestation

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/assurance/form"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// KindSigners is the kind of the documents that say who may say what about whom,
// and FactSigners of what they state.
const (
	KindSigners = "signers"
	FactSigners = "attestation.signers"
)

const signersForm = "signers/v1"

// Signers is a document that says who may say what about whom.
type Signers struct {
	ID        string
	Title     string
	Published access.Date
	Signers   []Signer
	Digest    string // of the document; set by whoever holds it
}

// Signer is somebody who signs, by key or by certificate, and what it may say.
type Signer struct {
	ID           string
	Organisation string // whose word it is; "" for nobody's that is known here
	Keys         []dsse.PublicKey
	Identity     string // in a certificate of Sigstore; one that ends in "*" is a beginning
	Issuer       string // of the identity, exactly
	// From and Until are between when it may sign: [From, Until). That it signed
	// then must be shown, by a witness of the signature or by the day on which
	// the ledger received it.
	From, Until access.Date
	Says        []Rule
	Builder     *Vouched
	Verifier    *Vouched
}

// Rule is what a signer may say about whom.
type Rule struct {
	Predicates []string // types, or beginnings that end in "/*"; [Signature]; "*" for anything
	// Subjects is about whom: "pkg:generic/acme/cam" is that package and all
	// versions of it, "pkg:generic/acme/" all packages of the name space,
	// "org:acme" all that the organisation makes, "maker:Acme Devices" the company
	// of that name as a whole, "*" anything.
	Subjects []string
}

// Vouched is how far a build platform or a verifier is trusted.
type Vouched struct {
	ID     string // as attestations name it; one that ends in "*" is a beginning
	Hosted bool   // it is no machine of the maker
	Level  int    // of the SLSA build track that it is known to reach, 1 to 3
}

// Bounds of a document of signers.
const (
	maxSignersBytes = 1 << 20
	maxSigners      = 2000
	maxRules        = 200 // of one signer
)

var signersHeader = regexp.MustCompile(`(?m)^(?:\{\s*)?["']?countersign["']?:\s*["']?signers/`)

// RecogniseSigners tells a document of signers by its header.
func RecogniseSigners(_ string, head []byte) bool {
	return signersHeader.Match([]byte(strings.TrimPrefix(string(head), "\ufeff")))
}

// anchor is the body of a fact that holds an anchor as text.
type anchor struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// AnchorText is the text of the signers or the trusted root that a fact holds.
func AnchorText(f *ledger.Fact) (string, error) {
	var a anchor
	if err := f.Decode(&a); err != nil {
		return "", fmt.Errorf("%s: %w", f.Source, err)
	}
	return a.Text, nil
}

// ReadSigners reads a document of signers for the ledger. A later one of the same
// id takes its place.
func ReadSigners(_ context.Context, _ string, b []byte, _ Limits) (*ledger.Reading, error) {
	s, err := ParseSigners(b)
	if err != nil {
		return nil, err
	}
	return &ledger.Reading{
		Kind: KindSigners, Source: "signers/" + s.ID, Mode: ledger.Chronicle, Published: s.Published, Rows: len(s.Signers),
		Statements: []ledger.Statement{{Kind: FactSigners, Subject: "signers:" + s.ID, Key: s.ID, Body: anchor{s.ID, string(b)}}},
	}, nil
}

var idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,63}$`)

// ParseSigners reads a document of signers, in YAML or JSON. Its error names
// everything that is missing or contradicts itself.
func ParseSigners(b []byte) (*Signers, error) {
	doc, err := form.Any(b, form.Limits{Bytes: maxSignersBytes, Text: 64 << 10})
	if err != nil {
		return nil, err
	}
	var in form.Reader
	in.Only(doc, "countersign", "id", "title", "published", "signers")
	form.Word(&in, doc, "countersign", form.Required, signersForm)
	s := &Signers{ID: in.Text(doc, "id", form.Required), Title: in.Text(doc, "title", form.Optional), Published: in.Day(doc, "published", form.Optional)}
	if s.ID != "" && !idForm.MatchString(s.ID) {
		in.Complain(doc.Get("id"), "%q: want lower-case letters, digits, dots and hyphens", form.Clip(s.ID))
	}
	list := in.Maps(doc, "signers", form.Required)
	if len(list) > maxSigners {
		return nil, problem.New(problem.TooLarge, "signers: %d, the limit is %d", len(list), maxSigners)
	}
	ids := map[string]bool{}
	for _, n := range list {
		one := signer(&in, n)
		if one.ID != "" && ids[one.ID] {
			in.Complain(n.Get("id"), "%q is there twice", form.Clip(one.ID))
		}
		ids[one.ID] = true
		s.Signers = append(s.Signers, one)
	}
	return s, in.Err()
}

func signer(in *form.Reader, n *form.Node) Signer {
	in.Only(n, "id", "organisation", "keys", "identity", "issuer", "from", "until", "says", "builder", "verifier")
	s := Signer{
		ID: in.Text(n, "id", form.Required), Organisation: in.Text(n, "organisation", form.Optional),
		Identity: in.Text(n, "identity", form.Optional), Issuer: in.Text(n, "issuer", form.Optional),
		From: in.Day(n, "from", form.Optional), Until: in.Day(n, "until", form.Optional),
		Builder: vouched(in, n, "builder"), Verifier: vouched(in, n, "verifier"),
	}
	if s.ID != "" && !idForm.MatchString(s.ID) {
		in.Complain(n.Get("id"), "%q: want lower-case letters, digits, dots and hyphens", form.Clip(s.ID))
	}
	if s.Organisation != "" && !idForm.MatchString(s.Organisation) {
		in.Complain(n.Get("organisation"), "%q: want the id of an organisation", form.Clip(s.Organisation))
	}
	for _, text := range in.Texts(n, "keys", form.Optional) {
		keys, err := dsse.ParsePublicKeys([]byte(text))
		if err != nil {
			in.Complain(n.Get("keys"), "want public keys in PEM: %s", problem.Message(err))
			continue
		}
		s.Keys = append(s.Keys, keys...)
	}
	switch {
	case (s.Identity == "") != (s.Issuer == ""):
		in.Complain(n, "identity and issuer belong together: the one means nothing without who vouches for it")
	case s.Identity == "" && n.Get("keys") == nil:
		in.Complain(n, "want keys, or identity and issuer: nothing says by what the signer is known")
	case strings.Contains(s.Identity, "*") && !beginning.MatchString(s.Identity):
		in.Complain(n.Get("identity"), `%q: want a whole identity, or its beginning up to a "/" or "@" with "*" behind it`, form.Clip(s.Identity))
	case s.From != "" && s.Until != "" && s.From >= s.Until:
		in.Complain(n.Get("until"), "%s is not after from, %s", s.Until, s.From)
	}
	rules := in.Maps(n, "says", form.Required)
	if len(rules) > maxRules {
		in.Complain(n.Get("says"), "%d rules, the limit is %d", len(rules), maxRules)
		return s
	}
	for _, r := range rules {
		s.Says = append(s.Says, rule(in, r))
	}
	return s
}

// beginning is an identity that is told by how it begins: at least a host, and
// cut off where a name ends, so that nobody can continue the name.
var beginning = regexp.MustCompile(`^[a-z]+://[^/*]+/([^*]*[/@])?\*$`)

func rule(in *form.Reader, n *form.Node) Rule {
	in.Only(n, "predicates", "subjects")
	r := Rule{Predicates: in.Texts(n, "predicates", form.Required), Subjects: in.Texts(n, "subjects", form.Required)}
	for _, p := range r.Predicates {
		if i := strings.IndexByte(p, '*'); i >= 0 && p != "*" && (i != len(p)-1 || !strings.HasSuffix(p, "/*")) {
			in.Complain(n.Get("predicates"), `%q: want a predicate type, a beginning that ends in "/*", or "*"`, form.Clip(p))
		}
	}
	for _, s := range r.Subjects {
		switch kind, rest, _ := strings.Cut(s, ":"); {
		case s == "*", kind == "pkg" && strings.Contains(rest, "/") && !strings.Contains(rest, "*"), kind == "org" && idForm.MatchString(rest), kind == "maker" && form.Fold(rest) != "":
		default:
			in.Complain(n.Get("subjects"), `%q: want how a purl begins (pkg:generic/acme/), org:ID, maker:NAME, or "*"`, form.Clip(s))
		}
	}
	return r
}

func vouched(in *form.Reader, n *form.Node, name string) *Vouched {
	m := in.Map(n, name, form.Optional)
	if m == nil {
		return nil
	}
	in.Only(m, "id", "hosted", "level")
	v := &Vouched{ID: in.Text(m, "id", form.Required)}
	v.Hosted, _ = in.Flag(m, "hosted", form.Optional)
	switch level := in.Text(m, "level", form.Required); level {
	case "1", "2", "3":
		v.Level = int(level[0] - '0')
	case "":
	default:
		in.Complain(m.Get("level"), "%q: want 1, 2 or 3", form.Clip(level))
	}
	if strings.Contains(v.ID, "*") && !beginning.MatchString(v.ID) {
		in.Complain(m.Get("id"), `%q: want a whole name, or its beginning up to a "/" or "@" with "*" behind it`, form.Clip(v.ID))
	}
	return v
}
