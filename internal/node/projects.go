package node

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// kindProject is the kind of the documents that say what a project's newest
// bill is, and of the facts in them: a project's id is their subject.
const kindProject = "software.project"

// projectSource is what the sources of such documents begin with.
const projectSource = "project/"

// Project is a name under which build systems hand in bills of materials, one
// after another, and ask for what was found in the newest. A release of which
// a bill came in otherwise is a project too, of its own name and version.
type Project struct {
	UUID    string // stays the same for as long as bills are handed in under it
	Name    string // as build systems call it, which may be other than the bill's own
	Version string
	Tags    []string
	Latest  bool          // said to be the newest version of its name
	Parent  ProjectParent // what it is said to be part of

	Release string           // id of the release that the newest bill describes
	Told    software.Release // what that bill says of it
	Bill    string           // digest of the newest bill; "" for a release whose bill came in otherwise
	Taken   time.Time        // when it was handed in; zero likewise

	audience access.Audience
	document int64 // that says so; 0 for none
}

// ProjectParent is a project by name and version; both empty for none.
type ProjectParent struct {
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
}

// projectRecord is a document that says what a project's newest bill is. After
// is the position of the one before, so that what is said again is said by other
// bytes.
type projectRecord struct {
	Form    string        `json:"countersign"` // "project/v1"
	UUID    string        `json:"uuid"`
	Name    string        `json:"name"`
	Version string        `json:"version"`
	Tags    []string      `json:"tags,omitempty"`
	Latest  bool          `json:"latest,omitempty"`
	Parent  ProjectParent `json:"parent,omitzero"`
	Release string        `json:"release"`
	Bill    string        `json:"bill"`
	Taken   time.Time     `json:"handed_in,omitzero"`
	After   int64         `json:"after,omitempty"`
}

const projectForm = "project/v1"

// Project is the project of an id. NotFound when there is none, or none that
// the reader may see.
func (n *Node) Project(ctx context.Context, ask access.Ask, uuid string) (*Project, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	facts, err := n.Ledger.Said(ctx, ask, []string{kindProject}, uuid)
	if err != nil {
		return nil, err
	}
	if p, err := newestProject(facts, ask, func(*Project) bool { return true }); err != nil || p != nil {
		return n.toldOne(ctx, ask, p, err)
	}
	ids, err := n.releases(ctx, ask)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if UUID("release", id) == uuid {
			return n.toldOne(ctx, ask, &Project{UUID: uuid, Release: id}, nil)
		}
	}
	return nil, problem.New(problem.NotFound, "there is no project %s", uuid)
}

// ProjectNamed is the project of a name and version: one under which bills are
// handed in, or else a release that is called so.
func (n *Node) ProjectNamed(ctx context.Context, ask access.Ask, name, version string) (*Project, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	facts, err := n.Ledger.ByTerm(ctx, ask, []string{kindProject}, []string{projectTerm(name, version)}, 0)
	if err != nil {
		return nil, err
	}
	if p, err := newestProject(facts, ask, func(p *Project) bool { return p.Name == name && p.Version == version }); err != nil || p != nil {
		return n.toldOne(ctx, ask, p, err)
	}
	facts, err = n.Ledger.ByTerm(ctx, ask, []string{software.FactHandle}, []string{software.Term("name", strings.TrimSpace(name+" "+version))}, 0)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(facts, func(a, b ledger.Fact) int { return strings.Compare(a.Subject, b.Subject) })
	for i := range facts {
		if !facts[i].StatedOn(ask.At.Known) {
			continue
		}
		p, err := n.toldOne(ctx, ask, &Project{UUID: UUID("release", facts[i].Subject), Release: facts[i].Subject}, nil)
		if err != nil {
			return nil, err
		}
		if strings.EqualFold(p.Name, name) && p.Version == version {
			return p, nil
		}
	}
	return nil, problem.New(problem.NotFound, "there is no project %q in version %q", name, version)
}

// Projects is the projects whose name is the one given, all when it is "": limit
// of them from the offset on, by name and version, and how many there are.
func (n *Node) Projects(ctx context.Context, ask access.Ask, name string, offset, limit int) ([]Project, int, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, 0, err
	}
	facts, err := n.Ledger.ByPrefix(ctx, ask, []string{kindProject}, projectSource, 0)
	if err != nil {
		return nil, 0, err
	}
	byID := map[string][]ledger.Fact{}
	for _, f := range facts {
		byID[f.Subject] = append(byID[f.Subject], f)
	}
	var all []Project
	bound := map[string]bool{}
	for _, of := range byID {
		p, err := newestProject(of, ask, func(*Project) bool { return true })
		if err != nil {
			return nil, 0, err
		}
		if p != nil {
			bound[p.Release], bound[p.UUID] = true, true
			all = append(all, *p)
		}
	}
	ids, err := n.releases(ctx, ask)
	if err != nil {
		return nil, 0, err
	}
	for _, id := range ids {
		if uuid := UUID("release", id); !bound[id] && !bound[uuid] {
			all = append(all, Project{UUID: uuid, Release: id})
		}
	}
	if name != "" { // names of releases are told by their bills
		if err := n.told(ctx, ask, all); err != nil {
			return nil, 0, err
		}
		all = slices.DeleteFunc(all, func(p Project) bool { return p.Name != name })
	}
	slices.SortFunc(all, func(a, b Project) int {
		return cmp.Or(strings.Compare(cmp.Or(a.Name, a.Release), cmp.Or(b.Name, b.Release)), strings.Compare(a.Version, b.Version), strings.Compare(a.UUID, b.UUID))
	})
	page := all[min(offset, len(all)):min(offset+limit, len(all))]
	return page, len(all), n.told(ctx, ask, page)
}

func projectTerm(name, version string) string { return projectSource + name + "@" + version }

// newestProject is what the newest of the facts says that is wanted: of those
// for a narrower audience before what everybody sees. Nil when none is.
func newestProject(facts []ledger.Fact, ask access.Ask, want func(*Project) bool) (*Project, error) {
	var best *Project
	for i := range facts {
		f := &facts[i]
		if f.Kind != kindProject || !f.StatedOn(ask.At.Known) {
			continue
		}
		var r projectRecord
		if err := f.Decode(&r); err != nil {
			return nil, fmt.Errorf("project %s: %w", f.Subject, err)
		}
		p := &Project{
			UUID: r.UUID, Name: r.Name, Version: r.Version, Tags: r.Tags, Latest: r.Latest, Parent: r.Parent, Release: r.Release, Bill: r.Bill, Taken: r.Taken,
			audience: f.Audience, document: f.Document,
		}
		if !want(p) {
			continue
		}
		if best == nil || best.audience.IsPublic() && !p.audience.IsPublic() || best.audience.IsPublic() == p.audience.IsPublic() && p.document > best.document {
			best = p
		}
	}
	return best, nil
}

// releases is the ids of all releases that a bill is held of.
func (n *Node) releases(ctx context.Context, ask access.Ask) ([]string, error) {
	facts, err := n.Ledger.ByPrefix(ctx, ask, []string{software.FactHandle}, "purl:", 0)
	if err != nil {
		return nil, err
	}
	var out []string
	for i := range facts {
		if facts[i].StatedOn(ask.At.Known) {
			out = append(out, facts[i].Subject)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func (n *Node) toldOne(ctx context.Context, ask access.Ask, p *Project, err error) (*Project, error) {
	if err != nil {
		return nil, err
	}
	one := []Project{*p}
	err = n.told(ctx, ask, one)
	return &one[0], err
}

// told adds what the bills say of their releases.
func (n *Node) told(ctx context.Context, ask access.Ask, projects []Project) error {
	var ids []string
	for i := range projects {
		ids = append(ids, projects[i].Release)
	}
	slices.Sort(ids)
	facts, err := n.Ledger.Said(ctx, ask, []string{software.FactRelease}, slices.Compact(ids)...)
	if err != nil {
		return err
	}
	best := map[string]*ledger.Fact{}
	for i := range facts {
		if f := &facts[i]; f.PublishedBy(ask.At.Known) && (best[f.Subject] == nil || f.Newer(best[f.Subject], ask.At.Known)) {
			best[f.Subject] = f
		}
	}
	for i := range projects {
		p := &projects[i]
		if f := best[p.Release]; f != nil {
			if err := f.Decode(&p.Told); err != nil {
				return fmt.Errorf("release %s: %w", p.Release, err)
			}
		}
		if p.Bill == "" {
			p.Name, p.Version = cmp.Or(p.Told.Name, p.Release), p.Told.Version
		}
	}
	return nil
}

// record is the document that says what the project's newest bill is, with what
// the ledger keeps of it. Whoever asks for the release by the project's name
// finds it.
func (p *Project) record() ([]byte, *ledger.Reading, error) {
	r := projectRecord{
		Form: projectForm, UUID: p.UUID, Name: p.Name, Version: p.Version, Tags: p.Tags, Latest: p.Latest, Parent: p.Parent,
		Release: p.Release, Bill: p.Bill, Taken: p.Taken, After: p.document,
	}
	body, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, nil, fmt.Errorf("project %s: %w", p.UUID, err)
	}
	out := &ledger.Reading{
		Kind: kindProject, Source: projectSource + p.UUID, Mode: ledger.Chronicle, Rows: 1,
		Statements: []ledger.Statement{{Kind: kindProject, Subject: p.UUID, Term: projectTerm(p.Name, p.Version), Body: r}},
	}
	seen := map[string]bool{}
	for _, name := range []string{p.Name + " " + p.Version, p.Name + "@" + p.Version} {
		if term := software.Term("name", strings.TrimSpace(name)); !seen[term] && p.Version != "" {
			seen[term] = true
			out.Statements = append(out.Statements, ledger.Statement{
				Kind: software.FactHandle, Subject: p.Release, Key: term, Term: term, Body: software.Handle{Kind: "name", Value: name},
			})
		}
	}
	return body, out, nil
}
