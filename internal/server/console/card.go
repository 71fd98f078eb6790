package console

import (
	"cmp"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/policy"
)

// cardView is the answer in four lines.
type cardView struct {
	Verdict  policy.Verdict
	Because  string
	Position int64
	Lines    []lineView
}

// lineView is one of the four questions. Verdict is "" for one that cannot be
// answered, and Missing then says what it would take.
type lineView struct {
	Name, Question string
	Verdict        policy.Verdict
	Answered       bool
	Why            []whyView
	Missing        string
	Evidence       []dossier.Evidence
	ChangesOn      *access.Date
	Policies       []policyView // what each says, where several answered
}

// policyView is what one of several policies says, with its first reason.
type policyView struct {
	Purpose       string
	Verdict       policy.Verdict
	Because, Cite string
	Evidence      []dossier.Evidence
	ChangesOn     *access.Date
}

type whyView struct{ Because, Cite string }

type reasonView struct {
	decision.Reason
}

func cardOf(a *decision.Answer) cardView {
	c := cardView{Verdict: a.Verdict, Position: a.Position}
	add := func(name, question string, l decision.Line) {
		v := lineView{Name: name, Question: question, ChangesOn: l.ChangesOn, Evidence: l.Evidence}
		if l.Verdict == nil {
			v.Missing = sentence(l.Because)
		} else {
			v.Verdict, v.Answered = *l.Verdict, true
			v.Why = []whyView{{sentence(l.Because), l.Cite}}
		}
		c.Lines = append(c.Lines, v)
	}
	add("buy", "May we buy from them?", a.Answers.Buy)
	add("run", "May we run it?", a.Answers.Run)
	add("trust", "May the public trust it?", a.Answers.Trust)
	add("tell", "Who must know, and by when?", a.Answers.Tell)
	for _, p := range a.Policies {
		line := &c.Lines[lineOfPurpose(p.Purpose)]
		line.Policies = append(line.Policies, policyOf(p, a.Reasons))
	}
	slices.SortStableFunc(c.Lines[0].Policies, func(x, y policyView) int {
		return cmp.Compare(slices.Index(purposes, x.Purpose), slices.Index(purposes, y.Purpose))
	})
	about := a.Answers.Buy
	if a.Software != nil { // of a release the second question comes first
		about = a.Answers.Run
		c.Lines[0], c.Lines[1] = c.Lines[1], c.Lines[0]
	}
	if a.Product != nil && a.Software == nil { // and of a product the third
		about = a.Answers.Trust
		c.Lines = append(c.Lines[2:3:3], c.Lines[0], c.Lines[1], c.Lines[3])
	}
	if len(a.Reasons) > 0 {
		c.Because = sentence(a.Reasons[0].Because)
	} else {
		c.Because = sentence(about.Because)
	}
	return c
}

// lineOfPurpose is which of the lines, before they are put in order, a
// policy's answer stands on.
func lineOfPurpose(purpose string) int {
	switch purpose {
	case "operate":
		return 1
	case "label":
		return 2
	}
	return 0
}

func policyOf(p decision.PolicyAnswer, reasons []decision.Reason) policyView {
	v := policyView{Purpose: p.Purpose, Verdict: p.Verdict, ChangesOn: p.ChangesOn, Because: "Nothing that is held speaks against it."}
	i := slices.IndexFunc(reasons, func(r decision.Reason) bool { return r.Policy == p.Name })
	if i >= 0 {
		v.Because, v.Cite, v.Evidence = sentence(reasons[i].Because), reasons[i].Cite, reasons[i].Evidence
	}
	return v
}

// sentence makes a line of text from a clause, as policies write them. A file's
// name or an id at its beginning stays as it is.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	if first, _, _ := strings.Cut(text, " "); !strings.ContainsAny(strings.TrimRight(first, ".:"), "./:_") {
		text = capital(text)
	}
	switch text[len(text)-1] {
	case '.', '!', '?', ':':
		return text
	}
	return text + "."
}

func reasonsOf(a *decision.Answer) []reasonView {
	out := make([]reasonView, len(a.Reasons))
	for i, r := range a.Reasons {
		out[i] = reasonView{r}
		out[i].Because = sentence(r.Because)
		if r.Policy == "" && a.Policy != nil {
			out[i].Policy = a.Policy.Name
		}
	}
	return out
}

// evidenceOf is every document that the page rests on, each once, in the order
// of the ledger. What a reason says of it is preferred to what the dossier
// says.
func evidenceOf(a *decision.Answer, d *dossier.Dossier) []dossier.Evidence {
	var all []dossier.Evidence
	for _, r := range a.Reasons {
		all = append(all, r.Evidence...)
	}
	for _, l := range d.Listings {
		all = append(all, l.Evidence...)
		for _, e := range l.Events {
			all = append(all, e.Evidence...)
		}
	}
	for _, c := range d.Claims {
		all = append(all, c.Evidence)
	}
	for _, n := range d.Names {
		all = append(all, n.Evidence)
	}
	if p := d.Product; p != nil {
		for i := range p.Labels {
			all = append(all, p.Labels[i].Evidence...)
		}
		for i := range p.Attestations {
			all = append(all, p.Attestations[i].Evidence...)
		}
	}
	if s := d.Software; s != nil {
		all = append(all, s.Release.Evidence...)
		for _, f := range s.Findings {
			all = append(all, f.Evidence...)
		}
		for _, each := range s.Suppliers {
			all = append(all, each.Evidence...)
		}
	}
	said := map[[2]string]bool{}
	byDocument := map[int64]*dossier.Evidence{}
	var out []*dossier.Evidence
	for _, e := range all {
		if e.Document == 0 {
			continue
		}
		held := byDocument[e.Document]
		if held == nil {
			held = &dossier.Evidence{Document: e.Document, Digest: e.Digest, Source: e.Source, Published: e.Published}
			byDocument[e.Document] = held
			out = append(out, held)
		}
		held.URL = cmp.Or(held.URL, e.URL)
		if key := [2]string{e.Digest, e.What}; e.What != "" && !said[key] {
			said[key] = true
			if held.What != "" {
				held.What += "; "
			}
			held.What += e.What
		}
	}
	slices.SortFunc(out, func(a, b *dossier.Evidence) int { return cmp.Compare(a.Document, b.Document) })
	flat := make([]dossier.Evidence, len(out))
	for i, e := range out {
		flat[i] = *e
	}
	return flat
}
