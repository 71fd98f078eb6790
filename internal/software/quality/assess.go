package quality

import (
	"math"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/software"
)

// defaultPlaces is how many places are listed of each thing that is missing.
const defaultPlaces = 10

// Env is what a bill is measured against beside catalogues.
type Env struct {
	Day      access.Date // to which ages are counted; "" for none
	Released access.Date // when the release came out; "" when it is not known
	// Source reports whether advisories are held for an ecosystem as OSV writes
	// it, "Debian:11". Nil means that none are.
	Source func(ecosystem string) bool
	Places int // how many places to list of each thing that is missing; 0 for 10
}

// Assess says how good a bill is. Equal arguments give equal reports. The bill
// is only read.
func Assess(b *software.Bill, catalogues []*Catalogue, env Env) *Report {
	s := sheetOf(b, env)
	r := &Report{Components: len(s.counted), LeftOut: len(b.Components) - len(s.counted)}
	for _, c := range catalogues {
		r.Catalogues = append(r.Catalogues, s.catalogue(c))
	}
	r.Structure = s.structure()
	r.Freshness = s.freshness()
	r.Matchability = s.matchability()
	return r
}

// sheet is a bill with what several parts of the assessment need of it.
type sheet struct {
	bill    *software.Bill
	env     Env
	graph   *graph
	counted []int32           // components that elements are asked of
	tallies map[string]*tally // of components, by check and arguments, as catalogues share them
}

func sheetOf(b *software.Bill, env Env) *sheet {
	if env.Places <= 0 {
		env.Places = defaultPlaces
	}
	s := &sheet{bill: b, env: env, graph: graphOf(b), tallies: map[string]*tally{}}
	s.counted = make([]int32, 0, len(b.Components))
	for i := range b.Components {
		switch b.Components[i].Type {
		case "file", "data", "cryptographic-asset": // not software that somebody supplies
		default:
			s.counted = append(s.counted, int32(i))
		}
	}
	return s
}

// place is where component i stands.
func (s *sheet) place(i int, why string) Place {
	c := &s.bill.Components[i]
	name := c.Name
	if c.Group != "" {
		name = c.Group + "/" + c.Name
	}
	return Place{Index: i, Ref: c.Ref, Name: name, Version: c.Version, PURL: c.PURL, Why: why}
}

// catalogue is what the bill has of one catalogue.
func (s *sheet) catalogue(c *Catalogue) CatalogueReport {
	r := CatalogueReport{ID: c.ID, Title: c.Title, Version: c.Version, State: c.State}
	var sum float64
	var required int
	for i := range c.Elements {
		e := &c.Elements[i]
		if e.Group {
			continue
		}
		x := s.element(e)
		if e.Status == Required && x.State != NotTested && x.State != NotApplicable {
			sum += x.Percent
			required++
		}
		r.Elements = append(r.Elements, x)
	}
	if required > 0 {
		r.Percent = percent(int(math.Round(sum*10)), required*1000)
		r.Grade = gradeOf(r.Percent)
	}
	return r
}

func (s *sheet) element(e *Element) ElementReport {
	x := ElementReport{ID: e.ID, Title: e.Title, Clause: e.Clause, Status: e.Status, Applies: e.Applies}
	switch {
	case e.Check == "":
		x.State, x.Why = NotTested, e.Untested
		return x
	case e.Applies == ToDocument:
		s.askDocument(e, &x)
	default:
		s.askComponents(e, &x)
	}
	switch {
	case x.Of == 0:
		x.State = NotApplicable
	case x.Have == x.Of:
		x.State = Met
	case x.Have == 0:
		x.State = Missing
	default:
		x.State = Partial
	}
	x.Percent = percent(x.Have, x.Of)
	if x.State == Missing || x.State == Partial {
		x.Mend = e.Mend
	}
	return x
}

func (s *sheet) askDocument(e *Element, x *ElementReport) {
	test, err := documentChecks[e.Check](e.With)
	if err != nil {
		return // Parse has refused it
	}
	a, found := test(s)
	x.Of, x.Found = 1, found
	if a == unknown {
		x.Unknown = 1
	}
	if a == present || a == unknown && e.Unknown {
		x.Have = 1
	}
}

func (s *sheet) askComponents(e *Element, x *ElementReport) {
	t := s.tally(e)
	x.Of, x.Have, x.Unknown = len(s.counted), t.present, t.unknown
	at := t.missingAt
	if e.Unknown {
		x.Have += t.unknown
	} else {
		at = slices.Concat(t.missingAt, t.unknownAt)
		slices.Sort(at)
		at = at[:min(len(at), s.env.Places)]
	}
	for _, i := range at {
		x.Misses = append(x.Misses, s.place(int(i), ""))
	}
}

// tally is what one check finds in all components: how many, and the first
// ones where it does not.
type tally struct {
	present, unknown     int
	missingAt, unknownAt []int32
}

// tally runs a check over the components, once whoever asks for it.
func (s *sheet) tally(e *Element) *tally {
	key := e.Check + "\x00" + strings.Join(e.With, "\x00")
	if t := s.tallies[key]; t != nil {
		return t
	}
	t := &tally{}
	s.tallies[key] = t
	test, err := componentChecks[e.Check](e.With)
	if err != nil {
		return t // Parse has refused it
	}
	for _, i := range s.counted {
		switch test(s, int(i)) {
		case present:
			t.present++
		case unknown:
			t.unknown++
			if len(t.unknownAt) < s.env.Places {
				t.unknownAt = append(t.unknownAt, i)
			}
		default:
			if len(t.missingAt) < s.env.Places {
				t.missingAt = append(t.missingAt, i)
			}
		}
	}
	return t
}
