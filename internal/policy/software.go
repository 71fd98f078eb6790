package policy

import (
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"countersign.dev/internal/access"
	"countersign.dev/internal/software/licence"
)

// Release is the release that the question is about. It is the zero Release
// where the subject is a party.
type Release struct {
	ID        string
	Name      string
	Version   string
	Type      string // "container", "firmware", "application" …; "" when the bill does not say
	Supplier  string
	Maker     string
	Format    string      // of its bill, as "SPDX 2.3"; "" when none is held
	Complete  string      // what the bill says of its own completeness
	Created   access.Date // of the bill
	EndOfLife access.Date
	Signed    bool // the bill carries a signature

	Components int64
	Relations  int64
	Unnamed    int64 // components that nothing identifies
	Broken     int64 // parts of the bill that could not be read
	Age        int64 // days since the bill was made; -1 when it does not say
}

// Finding is one weakness that applies, or may apply, to a component of the
// release.
type Finding struct {
	Component string // its purl, or CPE
	Name      string
	Version   string
	Direct    bool // the release depends on it directly, or is it
	Weak      bool // matched by product name alone

	Advisory  string
	Aliases   []string
	Summary   string
	State     string // "affected", "unknown"
	Why       string // in words, when unknown
	Malicious bool
	Word      string  // "none", "low", "medium", "high", "critical"; "" when nobody rated it
	Score     float64 // 0 to 10; 0 when nobody rated it
	Fixed     []string

	Exploited  bool        // in CISA's catalogue
	Added      access.Date // to the catalogue
	Due        access.Date // by when federal agencies have to act
	Ransomware bool
	EPSS       float64 // probability of exploitation in 30 days, 0 to 1
	Percentile float64

	VEX           string // status that counts: "not_affected", "fixed", "affected", "under_investigation"; "" when nobody says anything
	VEXIssuer     string
	VEXRole       string // "unknown", "third party", "maintainer of the component", "maker of the release", "own analyst"
	Justification string
	Contested     bool // statements of equal weight disagree
}

// Supplier is somebody whose components the release has, or who supplies it.
type Supplier struct {
	Name       string
	Role       string
	Components int64
	Party      string // id of the party, "" when nobody of the name is known
	State      string // "restricted", "listed", "owned", "ambiguous", "not_listed", "not_checked"
	Why        string
	Cite       string
}

// Element is one element of a catalogue of minimum elements, as far as the
// bill has it.
type Element struct {
	Catalogue string
	ID        string
	Title     string
	Have      int64
	Of        int64
	Percent   float64
	Mend      string
}

// Source is what is held of advisories for one ecosystem that the release has
// components of.
type Source struct {
	Kind       string // "advisories", "exploited", "likelihood"
	Ecosystem  string
	Components int64
	Held       bool
	Newest     access.Date // of what is held
	Age        int64       // days since then; -1 when nothing is held
}

// Licensed is one licence expression, and what has it.
type Licensed struct {
	Expression string
	Components int64
	Example    string
	Known      bool // its ids are SPDX's
}

// number is a field of type double.
func number[T any](name string, get func(*T) float64) *field {
	return &field{
		name: name, typ: types.DoubleType,
		get: func(source any) ref.Val { return types.Double(get(source.(*T))) },
		set: func(source any) bool { return get(source.(*T)) != 0 },
	}
}

// count is a field of type int.
func count[T any](name string, get func(*T) int64) *field {
	return &field{
		name: name, typ: types.IntType,
		get: func(source any) ref.Val { return types.Int(get(source.(*T))) },
		set: func(source any) bool { return get(source.(*T)) != 0 },
	}
}

// The object types of what is asked about software.
var (
	releaseSchema = newSchema("release",
		text("id", func(r *Release) string { return r.ID }),
		text("name", func(r *Release) string { return r.Name }),
		text("version", func(r *Release) string { return r.Version }),
		text("type", func(r *Release) string { return r.Type }),
		text("supplier", func(r *Release) string { return r.Supplier }),
		text("maker", func(r *Release) string { return r.Maker }),
		text("format", func(r *Release) string { return r.Format }),
		text("complete", func(r *Release) string { return r.Complete }),
		date("created", func(r *Release) access.Date { return r.Created }),
		date("end_of_life", func(r *Release) access.Date { return r.EndOfLife }),
		flag("signed", func(r *Release) bool { return r.Signed }),
		count("components", func(r *Release) int64 { return r.Components }),
		count("relations", func(r *Release) int64 { return r.Relations }),
		count("unnamed", func(r *Release) int64 { return r.Unnamed }),
		count("broken", func(r *Release) int64 { return r.Broken }),
		count("age", func(r *Release) int64 { return r.Age }),
	)
	findingSchema = newSchema("finding",
		text("component", func(f *Finding) string { return f.Component }),
		text("name", func(f *Finding) string { return f.Name }),
		text("version", func(f *Finding) string { return f.Version }),
		flag("direct", func(f *Finding) bool { return f.Direct }),
		flag("weak", func(f *Finding) bool { return f.Weak }),
		text("advisory", func(f *Finding) string { return f.Advisory }),
		texts("aliases", func(f *Finding) []string { return f.Aliases }),
		text("summary", func(f *Finding) string { return f.Summary }),
		text("state", func(f *Finding) string { return f.State }, "affected", "unknown"),
		text("why", func(f *Finding) string { return f.Why }),
		flag("malicious", func(f *Finding) bool { return f.Malicious }),
		text("word", func(f *Finding) string { return f.Word }, "", "none", "low", "medium", "high", "critical"),
		number("score", func(f *Finding) float64 { return f.Score }),
		texts("fixed", func(f *Finding) []string { return f.Fixed }),
		flag("exploited", func(f *Finding) bool { return f.Exploited }),
		date("added", func(f *Finding) access.Date { return f.Added }),
		date("due", func(f *Finding) access.Date { return f.Due }),
		flag("ransomware", func(f *Finding) bool { return f.Ransomware }),
		number("epss", func(f *Finding) float64 { return f.EPSS }),
		number("percentile", func(f *Finding) float64 { return f.Percentile }),
		text("vex", func(f *Finding) string { return f.VEX }, "", "not_affected", "affected", "fixed", "under_investigation"),
		text("vex_role", func(f *Finding) string { return f.VEXRole }, "", "unknown", "third party", "maintainer of the component", "maker of the release", "own analyst"),
		text("vex_issuer", func(f *Finding) string { return f.VEXIssuer }),
		text("justification", func(f *Finding) string { return f.Justification }),
		flag("contested", func(f *Finding) bool { return f.Contested }),
	)
	supplierSchema = newSchema("supplier",
		text("name", func(s *Supplier) string { return s.Name }),
		text("role", func(s *Supplier) string { return s.Role }),
		count("components", func(s *Supplier) int64 { return s.Components }),
		text("party", func(s *Supplier) string { return s.Party }),
		text("state", func(s *Supplier) string { return s.State }, "restricted", "listed", "owned", "ambiguous", "not_listed", "not_checked"),
		text("why", func(s *Supplier) string { return s.Why }),
		text("cite", func(s *Supplier) string { return s.Cite }),
	)
	elementSchema = newSchema("element",
		text("catalogue", func(e *Element) string { return e.Catalogue }),
		text("id", func(e *Element) string { return e.ID }),
		text("title", func(e *Element) string { return e.Title }),
		count("have", func(e *Element) int64 { return e.Have }),
		count("of", func(e *Element) int64 { return e.Of }),
		number("percent", func(e *Element) float64 { return e.Percent }),
		text("mend", func(e *Element) string { return e.Mend }),
	)
	sourceSchema = newSchema("source",
		text("kind", func(s *Source) string { return s.Kind }, "advisories", "exploited", "likelihood"),
		text("ecosystem", func(s *Source) string { return s.Ecosystem }),
		count("components", func(s *Source) int64 { return s.Components }),
		flag("held", func(s *Source) bool { return s.Held }),
		date("newest", func(s *Source) access.Date { return s.Newest }),
		count("age", func(s *Source) int64 { return s.Age }),
	)
	licensedSchema = newSchema("licence",
		text("expression", func(l *Licensed) string { return l.Expression }),
		count("components", func(l *Licensed) int64 { return l.Components }),
		text("example", func(l *Licensed) string { return l.Example }),
		flag("known", func(l *Licensed) bool { return l.Known }),
	)
)

// licensed is the function of that name: whether an SPDX expression can be met
// by licences of the first list, or by any when it is empty, without one of the
// second. What is no expression cannot.
func licensed(args ...ref.Val) ref.Val {
	expression, ok := args[0].(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(args[0])
	}
	allow, err := words(args[1])
	if err != nil {
		return types.WrapErr(err)
	}
	deny, err := words(args[2])
	if err != nil {
		return types.WrapErr(err)
	}
	met, _, err := licence.Check(string(expression), allow, deny)
	return types.Bool(err == nil && met)
}

// words is a list of texts.
func words(list ref.Val) ([]string, error) {
	native, err := list.ConvertToNative(reflect.TypeFor[[]string]())
	if err != nil {
		return nil, err
	}
	return native.([]string), nil
}

// inSoftware asks r about everything of the release that it ranges over.
func (e *evaluation) inSoftware(r *rule) error {
	switch r.each {
	case eachFinding:
		return asked(e, r, findingSchema, e.in.Findings, &e.vars.finding, func(f *Finding) string { return "finding " + f.Component + " " + f.Advisory })
	case eachSupplier:
		return asked(e, r, supplierSchema, e.in.Suppliers, &e.vars.supplier, func(s *Supplier) string { return "supplier " + s.Name + " (" + s.Role + ")" })
	case eachElement:
		return asked(e, r, elementSchema, e.in.Elements, &e.vars.element, func(el *Element) string { return "element " + el.Catalogue + " " + el.ID })
	case eachSource:
		return asked(e, r, sourceSchema, e.in.Sources, &e.vars.source, func(s *Source) string { return "source " + s.Ecosystem })
	}
	return asked(e, r, licensedSchema, e.in.Licences, &e.vars.licence, func(l *Licensed) string { return "licence " + l.Expression })
}

// asked asks r about each of list, as the variable v.
func asked[T any](e *evaluation, r *rule, of *schema, list []T, v *ref.Val, name func(*T) string) error {
	for i := range list {
		e.of = name(&list[i])
		*v = &object{schema: of, source: &list[i]}
		if err := e.ask(r); err != nil {
			return err
		}
	}
	return nil
}

// softwareDays is the days that the release's own dates name, and those on
// which something of it comes to an age.
func (in *Input) softwareDays(ages []int64, add func(...access.Date)) {
	ripe := func(d access.Date) {
		for _, n := range ages {
			if d != "" && 0 <= n && n <= maxAge {
				add(d.AddDays(int(n)))
			}
		}
	}
	ripe(in.Release.Created)
	add(in.Release.Created, in.Release.EndOfLife)
	for i := range in.Findings {
		add(in.Findings[i].Added, in.Findings[i].Due)
	}
	for i := range in.Sources {
		add(in.Sources[i].Newest)
		ripe(in.Sources[i].Newest)
	}
}

// maxAge is how many days ahead a policy can look, a hundred years.
const maxAge = 36525
