package party

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// KindJoin is the kind of the documents by which somebody decides whether two
// entries are one party.
const KindJoin = "join"

// joinForm is the form of such documents.
const joinForm = "join/v1"

// JoinSource is what the names of sources begin with that are decisions about
// two entries; each pair has a source of its own, so that the later decision
// takes the place of the earlier one.
const JoinSource = "joins/"

// Verdict is what was decided about two entries.
type Verdict string

// The verdicts. Open takes an earlier one back: whatever holds two entries
// together, or apart, without anybody's decision counts again.
const (
	JoinSame  Verdict = "same"
	JoinApart Verdict = "apart"
	JoinOpen  Verdict = "open"
)

// Join is a decision whether two entries are one party. Who decided and when is
// the ledger's to say.
type Join struct {
	Form    string  `json:"countersign"`
	A       string  `json:"a"` // ids of listings or parties; A sorts first
	B       string  `json:"b"`
	Verdict Verdict `json:"verdict"`
	Reason  string  `json:"reason"`
	After   int64   `json:"after"` // position of the decision before on the same pair and for the same audience; 0 for the first
}

// The relations of links that decisions state, beside the "same_as" of other
// sources.
const (
	RelationSame  = "same_as"
	RelationApart = "kept_apart"
	RelationOpen  = "undecided"
)

var relations = map[Verdict]string{JoinSame: RelationSame, JoinApart: RelationApart, JoinOpen: RelationOpen}

// NewJoin is a decision, in its one form whichever entry is named first. The
// error is [problem.Invalid].
func NewJoin(a, b string, v Verdict, reason string) (*Join, error) {
	if b < a {
		a, b = b, a
	}
	j := &Join{Form: joinForm, A: a, B: b, Verdict: v, Reason: strings.TrimSpace(reason)}
	return j, j.check()
}

// Bounds of a decision, in bytes.
const (
	maxJoinID     = 300
	maxJoinReason = 2000
)

func (j *Join) check() error {
	switch {
	case j.Form != joinForm:
		return problem.New(problem.Invalid, "countersign: %q: want %s", j.Form, joinForm)
	case j.A == "" || j.B == "" || len(j.A) > maxJoinID || len(j.B) > maxJoinID:
		return problem.New(problem.Invalid, "a and b: want two ids of at most %d bytes", maxJoinID)
	case j.A >= j.B:
		return problem.New(problem.Invalid, "%s and %s: want two different ids, the one that sorts first as a", j.A, j.B)
	case relations[j.Verdict] == "":
		return problem.New(problem.Invalid, "verdict: %q: want %s, %s or %s", j.Verdict, JoinSame, JoinApart, JoinOpen)
	case j.Reason == "":
		return problem.New(problem.Invalid, "reason: is empty; say why, for whoever relies on it")
	case len(j.Reason) > maxJoinReason:
		return problem.New(problem.Invalid, "reason: is %d bytes long; want at most %d", len(j.Reason), maxJoinReason)
	}
	return nil
}

// ParseJoin reads such a document.
func ParseJoin(b []byte) (*Join, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	var j Join
	if err := dec.Decode(&j); err != nil {
		return nil, problem.New(problem.Invalid, "not a decision about two entries: %v", err)
	}
	return &j, j.check()
}

// Source is the series of decisions on the same pair.
func (j *Join) Source() string { return JoinSource + j.A + "+" + j.B }

// Reading is the decision as a document, with what it states: the link of each
// entry to the other.
func (j *Join) Reading() (body []byte, r ledger.Reading, err error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(j); err != nil {
		return nil, r, err
	}
	link := func(from, to string) ledger.Statement {
		return LinkStatement(from, Link{Relation: relations[j.Verdict], To: to, Name: j.Reason})
	}
	return b.Bytes(), ledger.Reading{
		Kind: KindJoin, Source: j.Source(), Mode: ledger.Chronicle, Rows: 1,
		Statements: []ledger.Statement{link(j.A, j.B), link(j.B, j.A)},
	}, nil
}

// Decided is a decision about an entry and another, as a fact states it.
type Decided struct {
	Subject, Other string
	Verdict        Verdict
	Reason         string
	Position       int64 // of the document
}

// DecisionOf is the decision that a link states; ok is false for a link that
// any other source states.
func DecisionOf(f *ledger.Fact, l *Link) (d Decided, ok bool) {
	if f.Kind != FactLink || !strings.HasPrefix(f.Source, JoinSource) {
		return d, false
	}
	d = Decided{Subject: f.Subject, Other: l.To, Reason: l.Name, Position: f.Document}
	for verdict, relation := range relations {
		if l.Relation == relation {
			d.Verdict = verdict
		}
	}
	return d, d.Verdict != ""
}

// Compare orders decisions, the latest first.
func (d *Decided) Compare(e *Decided) int {
	return cmp.Or(cmp.Compare(e.Position, d.Position), cmp.Compare(d.Subject, e.Subject), cmp.Compare(d.Other, e.Other))
}
