package decision

import (
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/party"
	"countersign.dev/internal/party/ownership"
	"countersign.dev/internal/policy"
)

// holding is a stake of a holder in Acme, taken from a document of its own.
func holding(holder, share string, document int64) dossier.Holding {
	return dossier.Holding{
		Holder: dossier.Party{ID: holder, Name: holder}, Held: dossier.Party{ID: "acme", Name: "Acme"},
		Economic: &party.Stake{Min: share, Max: share}, HolderState: ownership.Blocked,
		Evidence: []dossier.Evidence{{Fact: document, Document: document, Source: "ownership/test"}},
	}
}

// acme is a dossier about an unlisted party with what the rules make of it.
func acme(ofac, bis func(f *dossier.Finding)) *dossier.Dossier {
	d := &dossier.Dossier{
		Query: "Acme", Subject: dossier.Subject{ID: "acme", Name: "Acme", Kind: party.Organisation},
		At: access.At{Date: "2022-01-01", Known: "2022-01-01", Position: 9}, Control: dossier.NoControl(),
	}
	if ofac != nil {
		ofac(&d.Control.OFAC50)
	}
	if bis != nil {
		bis(&d.Control.BISAffiliates)
	}
	return d
}

func TestControlReasons(t *testing.T) {
	listed := dossier.Evidence{Fact: 77, Document: 77, Source: "us-ofac-sdn"}
	blocked := func(f *dossier.Finding) {
		f.State, f.Why, f.Known, f.Total = ownership.Blocked, "60 % is held by X", true, party.Stake{Min: "60", Max: "60"}
		f.Proof, f.Evidence = []dossier.Holding{holding("X", "60", 5)}, []dossier.Evidence{listed}
	}
	for _, c := range []struct {
		name      string
		dossier   *dossier.Dossier
		purpose   string
		verdict   policy.Verdict
		rule      string // of the first reason; "" for none
		says      string
		documents int
	}{
		{"nothing known", acme(nil, nil), "procure", policy.Allow, "", "", 0},
		{"blocked", acme(blocked, nil), "procure", policy.Deny, "blocked-by-owners", "60 % is held by X", 2},
		{"blocked", acme(blocked, nil), "invest", policy.Deny, "blocked-by-owners", "60 % is held by X", 2},
		{"blocked", acme(blocked, nil), "export", policy.Deny, "blocked-by-owners", "60 % is held by X", 2},
		{"undetermined", acme(func(f *dossier.Finding) {
			h := holding("X", "0", 6)
			f.State, f.Why, f.Known, f.Total = ownership.Undetermined, "it depends on the stake of X", true, party.Stake{Min: "0", Max: "100"}
			f.Decides = []dossier.Decider{{What: "the stake of X", Stake: &h}}
		}, nil), "procure", policy.Review, "ownership-undetermined", "it depends on the stake of X", 1},
		{"controlled", acme(func(f *dossier.Finding) {
			f.State, f.Why, f.Known = ownership.Flagged, "X has votes", true
			f.Proof = []dossier.Holding{holding("X", "0", 5)}
		}, nil), "invest", policy.Review, "controlled-by-blocked", "X has votes", 1},
		{"a share of less than half", func() *dossier.Dossier {
			d := acme(func(f *dossier.Finding) { f.Known, f.Total = true, party.Stake{Min: "20", Max: "30"} }, nil)
			d.Control.Owners = []dossier.Holding{holding("X", "30", 5)}
			return d
		}(), "procure", policy.Review, "owned-in-part-by-blocked", "20 to 30 %", 1},
		{"an affiliate", acme(nil, blocked), "export", policy.Deny, "affiliate-of-listed", "60 % is held by X", 2},
		{"an affiliate, to a buyer", acme(nil, blocked), "procure", policy.Allow, "", "", 0},
		{"a red flag", acme(nil, func(f *dossier.Finding) {
			f.State, f.Why, f.Proof = ownership.Flagged, "X has 5 %", []dossier.Holding{holding("X", "5", 5)}
		}), "export", policy.Review, "affiliate-red-flag", "X has 5 %", 1},
		{"a rule that nobody has verified", acme(nil, func(f *dossier.Finding) {
			f.State, f.Why, f.Rule, f.Proof = ownership.Undetermined, "not verified", "unverified", []dossier.Holding{holding("X", "60", 5)}
		}), "export", policy.Review, "affiliate-undetermined", "not verified", 1},
		{"listed itself", acme(func(f *dossier.Finding) { f.State, f.Why = ownership.Blocked, "it is listed itself" }, nil), "procure", policy.Allow, "", "", 0},
		{"perhaps listed itself", acme(func(f *dossier.Finding) {
			f.State, f.Decides = ownership.Undetermined, []dossier.Decider{{Party: &dossier.Party{ID: "acme"}}}
		}, nil), "procure", policy.Allow, "", "", 0},
	} {
		a, err := Evaluate(t.Context(), c.dossier, Question{Purpose: c.purpose, Policies: shipped(t), Engine: engine})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if a.Verdict != c.verdict {
			t.Errorf("%s, %s: %s, want %s", c.name, c.purpose, a.Verdict, c.verdict)
		}
		if c.rule == "" {
			if len(a.Reasons) > 0 {
				t.Errorf("%s, %s: reasons %+v, want none", c.name, c.purpose, a.Reasons)
			}
			continue
		}
		r := a.Reasons[0]
		if r.Rule != c.rule || !strings.Contains(r.Because, c.says) || len(r.Evidence) != c.documents || r.Cite == "" || r.Control == "" {
			t.Errorf("%s, %s: %+v; want rule %s, %q, %d documents", c.name, c.purpose, r, c.rule, c.says, c.documents)
		}
		if a.Control.OFAC50.State != c.dossier.Control.OFAC50.State {
			t.Errorf("%s: the answer's state is %s", c.name, a.Control.OFAC50.State)
		}
	}
}

// An answer changes on the day on which what is made of ownership does.
func TestControlChangesTheAnswer(t *testing.T) {
	sold := turned{acme(func(f *dossier.Finding) {
		f.State, f.Why, f.Proof = ownership.Blocked, "60 % is held by X", []dossier.Holding{holding("X", "60", 5)}
	}, nil), acme(nil, nil), "2022-07-01"}
	a, err := evaluate(t.Context(), sold.before, sold, Question{Purpose: "procure", Policies: shipped(t), Engine: engine})
	if err != nil || a.ChangesOn == nil || *a.ChangesOn != "2022-07-01" {
		t.Errorf("changes on %v, error %v; want 2022-07-01", a.ChangesOn, err)
	}
}

// turned is a subject that is another from a day on.
type turned struct {
	before, after *dossier.Dossier
	on            access.Date
}

// On implements Timeline.
func (s turned) On(day access.Date) *dossier.Dossier {
	out := *s.before
	if day >= s.on {
		out = *s.after
	}
	out.At.Date = day
	return &out
}

// Dates implements Timeline.
func (s turned) Dates() []access.Date { return []access.Date{s.on} }
