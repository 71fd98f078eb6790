package node

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// Assessed is an application with what is held of each control.
type Assessed struct {
	Label       string                 `json:"id"`
	State       label.State            `json:"state"`
	Application *label.Application     `json:"application"`
	Assessment  *assessment.Assessment `json:"assessment"`
	Progress    *assessment.Progress   `json:"progress"`
	Evidence    []assessment.Evidence  `json:"evidence"` // of the application, as far as the ledger holds it
	Missing     []string               `json:"missing"`  // digests of evidence that it does not hold
	Criteria    *catalogue.Set         `json:"-"`        // that it was judged by
}

// profileOf is the profile of a scheme, which must have the tier.
func profileOf(s *label.Scheme, set *catalogue.Set, tier int) (*catalogue.Profile, error) {
	p := set.Profile(s.Profile)
	if p == nil {
		return nil, problem.New(problem.NotFound, "scheme %s: no profile %q", s.ID, s.Profile)
	}
	_, err := p.Select(set, tier)
	return p, err
}

// proceeding is an application with all that was said of it.
type proceeding struct {
	id            string
	events        []*label.Event
	scheme        *label.Scheme
	authority     string // organisation that gives the label
	authorityName string
	application   *label.Application
	criteria      *catalogue.Set
	profile       *catalogue.Profile // of criteria
	audience      access.Audience
}

// proceeding reads a label's application. Who may not see it is told that there
// is none.
func (n *Node) proceeding(ctx context.Context, ask access.Ask, id string) (*proceeding, error) {
	id, err := labelID(id)
	if err != nil {
		return nil, err
	}
	if ask, err = n.settled(ctx, ask); err != nil {
		return nil, err
	}
	p := &proceeding{id: id}
	if p.events, err = n.wholeEvents(ctx, ask, id); err != nil {
		return nil, err
	}
	if p.application = lastApplication(p.events); p.application == nil {
		return nil, noLabel(id)
	}
	if p.scheme, err = n.scheme(ctx, ask, p.application.Scheme); err != nil {
		return nil, err
	}
	if p.authority, err = n.authority(ctx, p.scheme); err != nil {
		return nil, err
	}
	if p.authorityName, err = n.authorityName(ctx, p.scheme); err != nil {
		return nil, err
	}
	if p.criteria, err = n.criteriaOf(ctx, ask.At, p.authority); err != nil {
		return nil, err
	}
	if p.profile, err = profileOf(p.scheme, p.criteria, p.application.Tier); err != nil {
		return nil, err
	}
	p.audience, err = n.applicationAudience(ctx, p.scheme, p.application)
	return p, err
}

// Assessment is what is held of an application's controls, as of the ask.
func (n *Node) Assessment(ctx context.Context, ask access.Ask, id string) (*Assessed, error) {
	p, err := n.proceeding(ctx, ask, id)
	if err != nil {
		return nil, err
	}
	return n.assess(ctx, ask, p)
}

func (n *Node) assess(ctx context.Context, ask access.Ask, p *proceeding) (*Assessed, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	out := &Assessed{Label: p.id, State: label.Fold(p.events, ask.At.Date), Application: p.application, Criteria: p.criteria}
	judgements, err := p.judgements()
	if err != nil {
		return nil, err
	}
	held, err := n.evidence(ctx, ask, p, judgements)
	if err != nil {
		return nil, err
	}
	out.Evidence, out.Missing = held.all, held.missing
	own := p.asEvidence()
	for i := range judgements {
		held.bind(&judgements[i])
		if judgements[i].Role == assessment.RoleMaker {
			judgements[i].Evidence = append(judgements[i].Evidence, own...) // its word, given for these releases
		}
	}
	facts, err := n.assessorFacts(ctx, ask, p, held)
	if err != nil {
		return nil, err
	}
	asked, err := p.selected()
	if err != nil {
		return nil, err
	}
	automatic := assessment.Run(asked, facts, ask.At.Date)
	subject := p.subject()
	subject.Accreditations = held.accreditations(p.application.Party(label.Laboratory).Organisation, judgements)
	out.Assessment, err = assessment.Assess(p.profile, p.criteria, p.application.Tier, subject, slices.Concat(judgements, automatic), ask.At.Date)
	if err != nil {
		return nil, err
	}
	out.Progress = assessment.ProgressOf(out.Assessment)
	return out, nil
}

// selected is the controls that are asked for.
func (p *proceeding) selected() ([]catalogue.Selected, error) {
	return p.profile.Select(p.criteria, p.application.Tier)
}

// subject is the product that is assessed.
func (p *proceeding) subject() assessment.Subject {
	s := assessment.Subject{Declared: p.application.Facts, Maker: p.application.Party(label.Maker).Organisation}
	for _, r := range p.application.Releases {
		s.Releases = append(s.Releases, assessment.Release{PURL: r.PURL, Digests: r.Digests})
	}
	if lab := p.application.Party(label.Laboratory).Organisation; lab != "" {
		s.Accreditations = []assessment.Accreditation{{Laboratory: lab}}
	}
	return s
}

// judgements are what was said of the controls: by the maker in the application,
// and by those who judged.
func (p *proceeding) judgements() ([]assessment.Judgement, error) {
	maker := p.application.Party(label.Maker)
	var out []assessment.Judgement
	for _, e := range slices.Backward(p.events) {
		if e.Application == nil {
			continue
		}
		for _, d := range p.application.Declared {
			j := assessment.Judgement{
				Control: d.Control, Status: assessment.Status(d.Status), Method: assessment.Declared, Assessor: maker.Name,
				Organisation: maker.Organisation, Role: assessment.RoleMaker, Reason: d.Note, On: e.On,
			}
			for _, digest := range d.Evidence {
				j.Evidence = append(j.Evidence, assessment.Evidence{Digest: digest})
			}
			out = append(out, j)
		}
		break
	}
	for _, e := range p.events {
		if len(e.Judgements) == 0 {
			continue
		}
		var said []assessment.Judgement
		if err := json.Unmarshal(e.Judgements, &said); err != nil {
			return nil, fmt.Errorf("event %d of label %s: judgements: %w", e.Sequence, e.Label, err)
		}
		out = append(out, said...)
	}
	return out, nil
}

// heldEvidence is the evidence of an application, by digest.
type heldEvidence struct {
	all     []assessment.Evidence
	missing []string
	by      map[string]assessment.Evidence
	facts   map[string][]ledger.Fact
}

// bind fills in what the ledger knows of a judgement's evidence. What a judge
// says that it is about does not count.
func (h *heldEvidence) bind(j *assessment.Judgement) {
	for i, e := range j.Evidence {
		if held, ok := h.by[e.Digest]; ok {
			j.Evidence[i] = held
		} else {
			j.Evidence[i].About = nil
		}
	}
}

// evidence looks up the documents that the application and the judgements name.
func (n *Node) evidence(ctx context.Context, ask access.Ask, p *proceeding, judgements []assessment.Judgement) (*heldEvidence, error) {
	h := &heldEvidence{all: []assessment.Evidence{}, missing: []string{}, by: map[string]assessment.Evidence{}, facts: map[string][]ledger.Fact{}}
	wanted := map[string]string{}
	for _, e := range p.application.Evidence {
		wanted[e.Digest] = e.Title
	}
	for _, j := range judgements {
		for _, e := range j.Evidence {
			wanted[e.Digest] = e.Title
		}
	}
	for _, digest := range slices.Sorted(maps.Keys(wanted)) {
		entry, err := n.Ledger.ByDigest(ctx, ask, digest)
		if problem.KindOf(err) == problem.NotFound {
			h.missing = append(h.missing, digest)
			continue
		}
		if err != nil {
			return nil, err
		}
		facts, err := n.Ledger.FactsOf(ctx, ask, entry.Position, maxEvidenceFacts)
		if err != nil {
			return nil, err
		}
		e := evidenceOf(entry, facts, wanted[digest])
		h.all, h.by[digest], h.facts[digest] = append(h.all, e), e, facts
	}
	return h, nil
}

// maxEvidenceFacts bounds the facts of one document that are looked at: a
// bill's release, a report's verdicts.
const maxEvidenceFacts = 2000

// evidenceOf is a document as evidence: what it is about is what its facts are
// about.
func evidenceOf(entry *ledger.Entry, facts []ledger.Fact, title string) assessment.Evidence {
	e := assessment.Evidence{Digest: entry.Digest, Kind: entry.Kind, Title: title, Position: entry.Position, About: []string{}, ValidFrom: entry.Published}
	if title == "" {
		e.Title = entry.Name
	}
	about := map[string]bool{}
	for i := range facts {
		f := &facts[i]
		if strings.HasPrefix(f.Subject, "pkg:") || strings.HasPrefix(f.Subject, "sha256:") {
			about[f.Subject] = true
		}
		if f.Kind == software.FactRelease {
			var r software.Release
			if f.Decode(&r) == nil {
				for _, d := range releaseDigests(&r) {
					about[d] = true
				}
			}
		}
	}
	e.About = slices.Sorted(maps.Keys(about))
	return e
}

// Judge keeps what a laboratory or an assessor finds of controls.
func (n *Node) Judge(ctx context.Context, ask access.Ask, id string, judgements []assessment.Judgement) (*Assessed, error) {
	p, err := n.proceeding(ctx, n.moment(ask), id)
	if err != nil {
		return nil, err
	}
	tested := slices.ContainsFunc(judgements, func(j assessment.Judgement) bool { return j.Method == assessment.Laboratory })
	as, err := p.mayJudge(ask.Reader, tested)
	if err != nil {
		return nil, err
	}
	if len(judgements) == 0 {
		return nil, problem.New(problem.Invalid, "no judgement: name a control and how it came out")
	}
	today := access.DateOf(n.now())
	for i := range judgements {
		j := &judgements[i]
		j.Assessor, j.Organisation, j.Role = ask.Reader.Member, as.Organisation, assessment.Role(as.Role)
		j.On = today
		if as.Role == access.RoleAuthority {
			j.Role = assessment.RoleAssessor
		}
		if j.Method == "" {
			j.Method = map[assessment.Role]assessment.Method{assessment.RoleLaboratory: assessment.Laboratory}[j.Role]
		}
		if j.Method == "" {
			j.Method = assessment.Declared
		}
	}
	// Refuse what can never count before it is kept.
	if _, err := assessment.Assess(p.profile, p.criteria, p.application.Tier, p.subject(), judgements, today); err != nil {
		return nil, err
	}
	e := &label.Event{
		Label: p.id, Kind: label.Judged, On: today, Scheme: p.scheme.ID, Actor: ask.Reader.Member, Organisation: as.Organisation, Role: as.Role,
		Reason: fmt.Sprintf("%d controls were judged", len(judgements)), Judgements: raw(judgements), Rules: p.digests(),
	}
	if err := n.appendLabels(ctx, p.audience, ask.Reader.Member, []change{{e, lastSeen(p.events)}}); err != nil {
		return nil, err
	}
	return n.Assessment(ctx, n.moment(ask), p.id)
}

// mayJudge says in which role a reader judges an application. Nobody judges its
// own product. The operator, who acts for every organisation, acts for the
// laboratory where something was tested.
func (p *proceeding) mayJudge(by access.Reader, tested bool) (taking, error) {
	maker, lab := p.application.Party(label.Maker).Organisation, p.application.Party(label.Laboratory).Organisation
	if lab != "" && lab != maker && (tested || !by.Operator) {
		if as, err := mayAs(by, lab, "judge as a laboratory", access.RoleLaboratory); err == nil {
			return as, nil
		}
	}
	if p.authority == maker {
		return taking{}, problem.New(problem.Denied, "%s is both the maker and the authority; nobody judges its own product", maker)
	}
	return mayAs(by, p.authority, "judge this application", access.RoleAssessor, access.RoleAuthority)
}

// digests name the rules by which an event came about.
func (p *proceeding) digests() map[string]string {
	return map[string]string{"scheme": p.scheme.Digest, "profile": p.profile.Digest}
}

// FinishAssessment records that every required control is met. It is refused
// while one is not, naming those that are not.
func (n *Node) FinishAssessment(ctx context.Context, ask access.Ask, id string) (*Assessed, error) {
	p, err := n.proceeding(ctx, n.moment(ask), id)
	if err != nil {
		return nil, err
	}
	as, err := mayAs(ask.Reader, p.authority, "close an assessment", access.RoleAssessor, access.RoleAuthority)
	if err != nil {
		return nil, err
	}
	if p.authority == p.application.Party(label.Maker).Organisation {
		return nil, problem.New(problem.Denied, "%s is both the maker and the authority; nobody judges its own product", p.authority)
	}
	got, err := n.assess(ctx, n.moment(ask), p)
	if err != nil {
		return nil, err
	}
	a := got.Assessment
	if !a.Passes {
		return nil, problem.New(problem.Conflict, "%d required controls are not met and %d unknown: %s", a.NotMet, a.Unknown, strings.Join(a.Failed[:min(len(a.Failed), 12)], ", "))
	}
	e := &label.Event{
		Label: p.id, Kind: label.Assessed, On: access.DateOf(n.now()), Scheme: p.scheme.ID, Actor: ask.Reader.Member, Organisation: as.Organisation, Role: as.Role,
		Reason: fmt.Sprintf("%d required controls are met, %d do not apply", a.Met, a.NotApplicable), Assessment: raw(a), Rules: p.digests(),
	}
	if err := n.appendLabels(ctx, p.audience, ask.Reader.Member, []change{{e, lastSeen(p.events)}}); err != nil {
		return nil, err
	}
	return n.Assessment(ctx, n.moment(ask), p.id)
}
