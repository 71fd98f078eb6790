package node

import (
	"context"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	testreport "countersign.dev/internal/assurance/report"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// JudgeByReport keeps a laboratory's test report and records its verdicts: each
// is a judgement of the laboratory that rests on the report. Verdicts that the
// scheme does not ask for are passed over.
func (n *Node) JudgeByReport(ctx context.Context, ask access.Ask, id string, f intake.File) (*Assessed, error) {
	r, err := testreport.Read(ctx, f.Name, f.Bytes, testreport.Limits{})
	if err != nil {
		return nil, problem.Wrap(problem.KindOf(err), err, "%s", f.Name)
	}
	p, err := n.proceeding(ctx, n.moment(ask), id)
	if err != nil {
		return nil, err
	}
	if _, err := p.mayJudge(ask.Reader, true); err != nil {
		return nil, err
	}
	lab := p.application.Party(label.Laboratory)
	if r.Laboratory.Organisation != lab.Organisation {
		return nil, problem.New(problem.Conflict, "%s: the report is of the laboratory %q; the application names %q", f.Name, r.Laboratory.Organisation, lab.Organisation)
	}
	set, err := p.asks()
	if err != nil {
		return nil, err
	}
	digest := ledger.Digest(f.Bytes)
	var judgements []assessment.Judgement
	for _, v := range r.Results {
		ref := r.Catalogue + "/" + v.Control
		status := assessment.Status(v.Verdict.Status())
		if !set[ref] || status != assessment.Met && status != assessment.NotMet {
			continue
		}
		judgements = append(judgements, assessment.Judgement{
			Control: ref, Status: status, Method: assessment.Laboratory, Reason: strings.TrimSpace(v.Note), Evidence: []assessment.Evidence{{Digest: digest, Title: f.Name}}, Until: r.ValidUntil,
		})
	}
	if len(judgements) == 0 {
		return nil, problem.New(problem.Conflict, "%s: it has no verdict on a control that %s asks for", f.Name, p.profile.ID)
	}
	if err := n.KeepEvidence(ctx, ask.Reader, f, p.audience); err != nil {
		return nil, err
	}
	return n.Judge(ctx, ask, id, judgements)
}

// asks is the controls that the profile asks for at the application's tier.
func (p *proceeding) asks() (map[string]bool, error) {
	asked, err := p.selected()
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for i := range asked {
		out[asked[i].Ref()] = true
	}
	return out, nil
}

// accreditations is for how long the laboratory of an application may test. It
// is recognised here by its role; what its own reports say of its accreditation
// bounds that. Of reports, those on which somebody other than the maker judged go
// before those that came with the application: a maker could have written them.
func (h *heldEvidence) accreditations(laboratory string, judgements []assessment.Judgement) []assessment.Accreditation {
	relied := map[string]bool{}
	for _, j := range judgements {
		for _, e := range j.Evidence {
			relied[e.Digest] = relied[e.Digest] || j.Role != assessment.RoleMaker
		}
	}
	var out, handedIn []assessment.Accreditation
	for _, e := range h.all {
		until := h.accreditedBy(e.Digest, laboratory)
		switch {
		case until == nil:
		case relied[e.Digest]:
			out = append(out, *until)
		default:
			handedIn = append(handedIn, *until)
		}
	}
	if out == nil {
		out = handedIn
	}
	if out == nil && laboratory != "" {
		out = []assessment.Accreditation{{Laboratory: laboratory}}
	}
	return out
}

// accreditedBy is what a document says of a laboratory's accreditation; nil when
// it is no report of it, or says nothing of that.
func (h *heldEvidence) accreditedBy(digest, laboratory string) *assessment.Accreditation {
	for _, f := range h.facts[digest] {
		var said testreport.Evidence
		if f.Kind != testreport.Kind || f.Decode(&said) != nil || said.Laboratory.Organisation != laboratory {
			continue
		}
		a := said.Laboratory.Accreditation
		if a == nil {
			return nil
		}
		return &assessment.Accreditation{Laboratory: laboratory, By: a.Body, Until: a.ValidUntil}
	}
	return nil
}
