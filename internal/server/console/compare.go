package console

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
	"countersign.dev/internal/software/purl"
)

// compareView is two releases beside each other.
type compareView struct {
	Ways         []tab
	A, B         string // as asked
	Problem      string
	Sides        []sideView // none until both were found
	Added        []differingView
	Removed      []differingView
	Changed      []differingView
	Same         int
	Gone         []findingView
	New          []findingView
	Staying      int
	MoreAdded    int
	MoreRemoved  int
	MoreChanged  int
	MoreFindings int
}

// sideView is one of the two.
type sideView struct {
	Subject    dossier.Subject
	Link       string
	Components int
	Tally      tallyView
	Held       bool
}

// differingView is a component that differs.
type differingView struct {
	Name, Link    string
	Before, After string // versions
}

// mostChanges is how many components of one sort a page shows.
const mostChanges = 200

// compareReleases is the page that sets two releases beside each other.
func (c *Console) compareReleases(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	v := compareView{Ways: waysOfSoftware(m, "/compare"), A: strings.TrimSpace(q.Get("a")), B: strings.TrimSpace(q.Get("b"))}
	if v.A == "" || v.B == "" {
		return c.show(w, r, m, "compare", "Compare releases", v)
	}
	ask := m.ask(r)
	a, err := c.toCompare(r, ask, v.A)
	var b *dossier.Dossier
	if err == nil {
		b, err = c.toCompare(r, ask, v.B)
	}
	switch problem.KindOf(err) {
	case problem.Invalid, problem.NotFound:
		v.Problem = sentence(problem.Message(err))
		return c.pages.write(w, problem.Status(err), "compare", "layout", c.frame(r, m, "Compare releases", v))
	}
	if err != nil {
		return err
	}
	v.Sides = []sideView{sideOf(a, m), sideOf(b, m)}
	v.compareContents(a.Bill, b.Bill, m)
	v.compareFindings(a.Software, b.Software, m)
	return c.show(w, r, m, "compare", a.Subject.Name+" and "+b.Subject.Name, v)
}

// toCompare is the release that text names.
func (c *Console) toCompare(r *http.Request, ask access.Ask, text string) (*dossier.Dossier, error) {
	d, err := c.questions.Show(r.Context(), ask, text)
	switch {
	case err != nil:
		return nil, err
	case len(d.Candidates) > 0:
		names := make([]string, len(d.Candidates))
		for i, each := range d.Candidates {
			names[i] = each.ID
		}
		return nil, problem.New(problem.Invalid, "several are called %q; name one of them: %s", text, strings.Join(names, ", "))
	case d.Software == nil || d.Bill == nil:
		return nil, problem.New(problem.NotFound, "no bill of materials of a release %q is held", text)
	}
	return d, nil
}

func sideOf(d *dossier.Dossier, m Moment) sideView {
	return sideView{
		Subject: d.Subject, Link: m.Link("/release", "subject", d.Subject.ID), Components: d.Software.Release.Components,
		Tally: tallyOf(d.Software.Findings), Held: d.Software.Release.Held,
	}
}

// compareContents tells components apart by what they are, whatever their
// version: two versions of one thing are a change.
func (v *compareView) compareContents(a, b *software.Bill, m Moment) {
	before, after := versionsIn(a), versionsIn(b)
	for _, key := range keysOf(before, after) {
		was, is := before[key], after[key]
		c := differingView{Name: key, Before: strings.Join(was.versions, ", "), After: strings.Join(is.versions, ", ")}
		if link := cmp.Or(is.purl, was.purl); link != "" {
			c.Link = m.Link("/component", "purl", link)
		}
		switch {
		case len(was.versions) == 0:
			v.Added = append(v.Added, c)
		case len(is.versions) == 0:
			v.Removed = append(v.Removed, c)
		case !slices.Equal(was.versions, is.versions):
			v.Changed = append(v.Changed, c)
		default:
			v.Same++
		}
	}
	for list, more := range map[*[]differingView]*int{&v.Added: &v.MoreAdded, &v.Removed: &v.MoreRemoved, &v.Changed: &v.MoreChanged} {
		if *more = max(0, len(*list)-mostChanges); *more > 0 {
			*list = (*list)[:mostChanges]
		}
	}
}

// inVersions is a component with the versions of it that a bill has.
type inVersions struct {
	versions []string
	purl     string
}

func versionsIn(bill *software.Bill) map[string]inVersions {
	out := map[string]inVersions{}
	for i := range bill.Components {
		if i == bill.Root {
			continue
		}
		c := &bill.Components[i]
		key, version, link := componentName(c), cmp.Or(c.Version, "no version"), ""
		if p, err := purl.Read(c.PURL); err == nil {
			key, link = strings.TrimPrefix(p.Bare().String(), "pkg:"), p.String()
			version = cmp.Or(p.Version, version)
		}
		held := out[key]
		if !slices.Contains(held.versions, version) {
			held.versions = append(held.versions, version)
			slices.Sort(held.versions)
		}
		held.purl = cmp.Or(held.purl, link)
		out[key] = held
	}
	return out
}

func keysOf(a, b map[string]inVersions) []string {
	var out []string
	for key := range a {
		out = append(out, key)
	}
	for key := range b {
		if _, both := a[key]; !both {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}

// compareFindings tells weaknesses apart by their ids: one that another version
// of the same component still has stays.
func (v *compareView) compareFindings(a, b *dossier.Software, m Moment) {
	before, after := openIDs(a), openIDs(b)
	v.Gone = onlyIn(a, after, m)
	v.New = onlyIn(b, before, m)
	for id := range before {
		if after[id] {
			v.Staying++
		}
	}
	for _, list := range []*[]findingView{&v.Gone, &v.New} {
		if len(*list) > mostFindings {
			v.MoreFindings += len(*list) - mostFindings
			*list = (*list)[:mostFindings]
		}
	}
}

func openIDs(s *dossier.Software) map[string]bool {
	out := map[string]bool{}
	for i := range s.Findings {
		if f := &s.Findings[i]; f.Open() {
			out[weaknessID(f)] = true
		}
	}
	return out
}

// onlyIn is the open findings of a release whose weaknesses another has not.
func onlyIn(s *dossier.Software, other map[string]bool, m Moment) []findingView {
	var out []findingView
	for i := range s.Findings {
		if f := &s.Findings[i]; f.Open() && !other[weaknessID(f)] {
			out = append(out, findingOf(f, s, m, i+1))
		}
	}
	return out
}
