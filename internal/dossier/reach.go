package dossier

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/party/ownership"
)

// entityList is the programme that says from when to when the Affiliates Rule
// holds.
const entityList = "us-bis-entity-list"

// A verge is what one rule goes by: who counts as listed, on a listing's
// account alone.
type verge func(l *Listing) ownership.Listed

// blockedByOFAC is OFAC's rule: whose property is blocked under its programmes.
// Blocking by others, as of the European Union, is not what the rule adds up.
func blockedByOFAC(l *Listing) ownership.Listed {
	if !strings.HasPrefix(l.Programme, "us-ofac-") {
		return ownership.NotListed
	}
	out := ownership.NotListed
	stated := false
	for _, c := range l.Consequences {
		if c.Kind != listing.Blocking {
			continue
		}
		stated = true
		switch c.State {
		case listing.StateInForce, listing.StateWindDown:
			out = ownership.IsListed
		case listing.StateUndetermined:
			out = max(out, ownership.Perhaps)
		}
	}
	// An entry of the SDN list stands even where its consequence is missing.
	if !stated && l.Programme == "us-ofac-sdn" && l.Status == listing.StatusListed {
		out = ownership.IsListed
	}
	if out == ownership.NotListed && l.Unseen != nil {
		return ownership.Perhaps
	}
	return out
}

// specialTags are the tags of SDN entries that 15 CFR 744.8(a)(1) names: the
// programmes whose blocked persons the export regulations reach themselves.
var specialTags = []string{
	"BELARUS", "BELARUS-EO14038", "RUSSIA-EO14024", "UKRAINE-EO13660", "UKRAINE-EO13661", "UKRAINE-EO13662", "UKRAINE-EO13685",
	"FTO", "SDGT", "NPWMD", "ILLICIT-DRUGS-EO14059", "SDNT", "SDNTK", "TCO",
}

// affiliateLists are the lists of the Affiliates Rule that are its own: the
// Entity List and the military end-user list.
var affiliateLists = []string{entityList, "us-bis-meu"}

// listedByBIS is the Affiliates Rule: who is on the Entity List, on the list of
// military end users, or blocked under one of the programmes of 744.8.
func listedByBIS(l *Listing) ownership.Listed {
	if slices.ContainsFunc(l.Tags, func(tag string) bool { return slices.Contains(specialTags, strings.Trim(tag, "[] ")) }) {
		return blockedByOFAC(l)
	}
	switch {
	case !slices.Contains(affiliateLists, l.Programme):
		return ownership.NotListed
	case l.Status == listing.StatusListed:
		return ownership.IsListed
	case l.Unseen != nil:
		return ownership.Perhaps
	}
	return ownership.NotListed
}

// standing is what a rule takes a party's listings for on a day, with the
// evidence.
func (v verge) standing(listings []Listing) (ownership.Listed, []Evidence) {
	out := ownership.NotListed
	var evidence []Evidence
	for i := range listings {
		as := v(&listings[i])
		if as == ownership.NotListed {
			continue
		}
		out = max(out, as)
		evidence = add(evidence, listings[i].Evidence...)
		for _, e := range listings[i].Events {
			if e.Date == listings[i].Since {
				evidence = add(evidence, e.Evidence...)
			}
		}
	}
	return out, evidence
}

// on is who holds whom on a date, by what had been published by the known day,
// and what the rules make of it. It reads nothing.
func (c *circle) on(date, known access.Date) Control {
	w := c.world(date, known)
	ofac := w.solve(blockedByOFAC, ownership.OFAC50)
	bis := w.solve(listedByBIS, ownership.BISAffiliates)
	out := NoControl()
	out.OFAC50 = ofac.finding(CiteOFAC50)
	out.BISAffiliates = bis.finding(CiteBISAffiliates)
	affiliates(&out.BISAffiliates, affiliatesSteps(c.source.programmes, known), date)
	in, _ := ofac.solution.Edges(c.subject)
	for _, e := range in {
		h := ofac.holding(e)
		h.HolderState = ofac.solution.State(e.Holder)
		out.Owners = append(out.Owners, h)
	}
	out.Owners = append(out.Owners, w.indirect(ofac)...)
	sortHoldings(out.Owners)
	out.Holdings = w.holdings()
	if why := c.open[c.subject]; why != "" {
		out.Cut = why
	} else if len(c.open) > 0 {
		out.Cut = fmt.Sprintf("the owners of %d parties were not looked at", len(c.open))
	}
	return out
}

// control is what the dossier says of who holds its subject, on its date and by
// what had been published by its known day. Of a subject without owners the
// rules only say whether it is listed itself.
func (s *source) control(d *Dossier) Control {
	if s.circle != nil {
		return s.circle.on(d.At.Date, d.At.Known)
	}
	out := NoControl()
	out.OFAC50.alone(blockedByOFAC, d.Listings)
	out.BISAffiliates.alone(listedByBIS, d.Listings)
	return out
}

// Programmes is the ids of the programmes that the dossier goes by: those of the
// subject's listings, and where somebody holds it, those of its owners and the
// one that says when the Affiliates Rule holds. Sorted.
func (d *Dossier) Programmes() []string {
	var out []string
	for i := range d.Listings {
		out = append(out, d.Listings[i].Programme)
	}
	if d.Software != nil {
		for i := range d.Suppliers {
			if of := d.Suppliers[i].dossier; of != nil {
				out = append(out, of.Programmes()...)
			}
		}
	}
	if d.Product != nil {
		out = append(out, d.Product.programmes()...)
	}
	if d.source != nil && d.source.circle != nil {
		out = append(out, entityList)
		for _, o := range d.source.circle.parties {
			for _, n := range slices.Concat(o.nodes, o.doubles) {
				if n.listed() {
					out = append(out, n.programme())
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// alone is what a rule makes of a subject of whose owners nothing is known.
func (f *Finding) alone(v verge, listings []Listing) {
	listed, evidence := v.standing(listings)
	switch listed {
	case ownership.IsListed:
		f.State, f.Why, f.Known = ownership.Blocked, "it is listed itself", true
	case ownership.Perhaps:
		f.State, f.Why, f.Known = ownership.Undetermined, "it depends on whether it is listed itself on this day", true
	}
	f.Evidence = add(f.Evidence, evidence...)
}

// around is the circle on one date.
type around struct {
	circle      *circle
	date, known access.Date
	interests   []*interest
	names       map[string]string
}

func (c *circle) world(date, known access.Date) *around {
	w := &around{circle: c, date: date, known: known, names: map[string]string{}}
	for _, at := range c.cells {
		if i := stood(c.interests[at], date, known); i != nil && i.runs(date) {
			w.interests = append(w.interests, i)
		}
	}
	for id, o := range c.parties {
		w.names[id] = o.name
	}
	return w
}

// solved is the circle on one date by one rule.
type solved struct {
	*around
	solution *ownership.Solution
	evidence map[string][]Evidence // where parties are listed
	doubts   map[string]string     // parties that may be listed, with why
}

func (w *around) solve(v verge, rule ownership.Rule) *solved {
	s := &solved{around: w, evidence: map[string][]Evidence{}, doubts: map[string]string{}}
	g := &ownership.Graph{Listed: map[string]ownership.Listed{}, Names: w.names, Open: w.circle.open}
	for id, o := range w.circle.parties {
		if o.lives == nil {
			continue // left out
		}
		listed, evidence := v.standing(o.lives(w.known).fold(w.date))
		if listed == ownership.NotListed {
			for _, l := range o.near(w.known).fold(w.date) {
				as, found := v.standing([]Listing{l})
				switch {
				case as == ownership.NotListed:
				case l.ID == o.named:
					listed, evidence = as, add(nil, found...)
				case listed == ownership.NotListed:
					listed, evidence = ownership.Perhaps, add(evidence, found...)
					s.doubts[id] = fmt.Sprintf("whether %s is %s (%s), who is listed: it %s", o.name, l.Name, l.ID, o.why[l.ID])
				}
			}
		}
		if listed != ownership.NotListed {
			g.Listed[id], s.evidence[id] = listed, evidence
		}
	}
	for _, i := range w.interests {
		g.Interests = append(g.Interests, ownership.Interest{
			Holder: i.holder, Held: i.held, Economic: rangeOf(i.value.Economic), Voting: rangeOf(i.value.Voting),
			Control: i.value.Control, Indirect: i.value.Indirect, Source: i.fact.Source + " " + i.value.Source,
		})
	}
	s.solution = ownership.Solve(g, rule)
	return s
}

// rangeOf is a stake in numbers. What cannot be read as such is unknown.
func rangeOf(s *party.Stake) *ownership.Range {
	if s == nil {
		return nil
	}
	low, err := ownership.Floor(s.Min)
	high, also := ownership.Ceil(s.Max)
	if err != nil || also != nil || low > high {
		return &ownership.Range{Min: ownership.Unknown.Min, Max: ownership.Unknown.Max}
	}
	return &ownership.Range{Min: low, Max: high}
}

// stakeOf is a range as a dossier tells it.
func stakeOf(r *ownership.Range) *party.Stake {
	if r == nil {
		return nil
	}
	return &party.Stake{Min: min(r.Min, ownership.Whole).String(), Max: min(r.Max, ownership.Whole).String()}
}

// finding is what the rule makes of the subject.
func (s *solved) finding(cite string) Finding {
	f := s.solution.Finding(s.circle.subject)
	out := Finding{
		State: f.State, Why: f.Why, Known: f.Known, Cite: cite, Together: f.Together,
		Total: *stakeOf(&f.Total), Decides: []Decider{}, Proof: []Holding{}, Evidence: []Evidence{},
	}
	rests := []string{s.circle.subject}
	for _, e := range f.Proof {
		out.Proof = append(out.Proof, s.holding(e))
		rests = append(rests, e.Holder)
	}
	for _, d := range f.Decides {
		told := Decider{What: d.Why}
		if d.Edge != nil {
			h := s.holding(*d.Edge)
			told.Stake = &h
			rests = append(rests, h.Holder.ID)
		} else {
			told.Party = &Party{d.Party, s.named(d.Party)}
			told.What = cmp.Or(s.doubts[d.Party], d.Why)
			rests = append(rests, d.Party)
		}
		if d.Blocks > 0 {
			told.Blocks = d.Blocks.String()
		}
		out.Decides = append(out.Decides, told)
	}
	if len(out.Decides) > 0 && len(s.doubts) > 0 {
		out.Why = s.hangsOn(&out)
	}
	for _, id := range rests {
		out.Evidence = add(out.Evidence, s.evidence[id]...)
	}
	return out
}

// hangsOn says what an undetermined state depends on, with whom a party may be.
func (s *solved) hangsOn(f *Finding) string {
	words := make([]string, len(f.Decides))
	for i := range f.Decides {
		words[i] = f.Decides[i].What
	}
	if f.Together {
		return "it depends on these together: " + strings.Join(words, "; ")
	}
	return "it depends on " + strings.Join(words, "; or on ")
}

func (w *around) named(id string) string { return cmp.Or(w.names[id], id) }

// holding is an edge with the facts that it consists of.
func (s *solved) holding(e ownership.Edge) Holding {
	h := Holding{
		Holder: Party{e.Holder, s.named(e.Holder)}, Held: Party{e.Held, s.named(e.Held)},
		Economic: stakeOf(e.Economic), Voting: stakeOf(e.Voting), Control: e.Control, Contradicted: e.Contradicted,
		Evidence: []Evidence{},
	}
	for _, k := range e.Interests {
		h.state(s.circle, s.interests[k])
	}
	return h
}

// state adds what one fact says beside the shares.
func (h *Holding) state(c *circle, i *interest) {
	if from := i.fact.ValidFrom; from != party.Ever {
		h.From = max(h.From, from)
	}
	if to := i.fact.ValidTo; to < access.Forever && (h.To == "" || to < h.To) {
		h.To = to
	}
	if i.value.Note != "" && !strings.Contains(h.Note, i.value.Note) {
		h.Note = strings.TrimPrefix(h.Note+"; "+i.value.Note, "; ")
	}
	h.Evidence = add(h.Evidence, c.source.evidence(i.fact, "interest", i.value.Source))
}

// told is an interest that no rule adds up, as its source states it.
func (w *around) told(i *interest, holder, held Party) Holding {
	h := Holding{
		Holder: holder, Held: held, Economic: i.value.Economic, Voting: i.value.Voting, Control: i.value.Control,
		Indirect: i.value.Indirect, Evidence: []Evidence{},
	}
	h.state(w.circle, i)
	return h
}

// indirect is the interests in the subject that are a source's own sums.
func (w *around) indirect(s *solved) []Holding {
	var out []Holding
	for _, i := range w.interests {
		if i.value.Indirect && i.held == w.circle.subject {
			h := w.told(i, Party{i.holder, w.named(i.holder)}, Party{i.held, w.named(i.held)})
			h.HolderState = s.solution.State(i.holder)
			out = append(out, h)
		}
	}
	return out
}

// holdings is what the subject holds in others.
func (w *around) holdings() []Holding {
	out := []Holding{}
	cells := map[cell][]interest{}
	var order []cell
	for _, i := range w.circle.down {
		at := cell{i.fact.Source, i.fact.Part, i.fact.Subject, i.fact.Key, i.fact.Audience}
		if cells[at] == nil {
			order = append(order, at)
		}
		cells[at] = append(cells[at], i)
	}
	for _, at := range order {
		slices.SortFunc(cells[at], func(a, b interest) int { return cmp.Compare(a.fact.Published, b.fact.Published) })
		i := stood(cells[at], w.date, w.known)
		if i == nil || !i.runs(w.date) {
			continue
		}
		id := cmp.Or(w.circle.of[i.held], i.held)
		name := cmp.Or(w.names[id], i.value.HeldName, id)
		out = append(out, w.told(i, Party{w.circle.subject, w.named(w.circle.subject)}, Party{id, name}))
	}
	sortHoldings(out)
	return out
}

// sortHoldings puts the largest first.
func sortHoldings(list []Holding) {
	share := func(h *Holding) ownership.Range {
		for _, s := range []*party.Stake{h.Economic, h.Voting} {
			if r := rangeOf(s); r != nil {
				return *r
			}
		}
		return ownership.Range{}
	}
	slices.SortStableFunc(list, func(a, b Holding) int {
		x, y := share(&a), share(&b)
		return cmp.Or(cmp.Compare(y.Min, x.Min), cmp.Compare(y.Max, x.Max), cmp.Compare(a.Holder.Name, b.Holder.Name), cmp.Compare(a.Held.Name, b.Held.Name))
	})
}

// affiliates fits what the arithmetic says to whether the Affiliates Rule holds
// on the date. Where it does not, nobody is reached by it; whom it would reach
// is told, because a suspended rule comes back.
func affiliates(f *Finding, steps []listing.Step, date access.Date) {
	if f.State == ownership.NotBlocked || f.listed() {
		return
	}
	var now *listing.Step
	for i := range steps {
		if steps[i].From <= date {
			now = &steps[i]
		}
	}
	switch {
	case now == nil:
		f.Rule = "not_in_force"
	case now.State != listing.RuleInForce:
		f.Rule = now.State
	}
	switch {
	case now == nil:
		f.State, f.Why = ownership.NotBlocked, "the Affiliates Rule is not in force on this day; "+f.Why
	case now.State == listing.RuleUnverified:
		f.State, f.Why = ownership.Undetermined, now.Why+"; "+f.Why
	case now.State == listing.RuleSuspended && f.State == ownership.Flagged:
		f.State, f.Why = ownership.NotBlocked, now.Why+"; "+f.Why
	case now.State == listing.RuleSuspended:
		f.State, f.Why = ownership.Flagged, now.Why+"; "+f.Why
	case now.State == listing.RuleEnded:
		f.State, f.Why = ownership.NotBlocked, cmp.Or(now.Why, "the Affiliates Rule has ended")+"; "+f.Why
	}
}

// listed reports whether the finding rests on the subject's own listing.
func (f *Finding) listed() bool { return f.State == ownership.Blocked && len(f.Proof) == 0 }
