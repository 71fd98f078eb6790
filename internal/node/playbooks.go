package node

import (
	"context"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"countersign.dev/internal/access"
	"countersign.dev/internal/incident/playbook"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/playbooks"
)

// runs is what a node keeps of playbooks and their runs.
type runs struct {
	acting sync.Mutex // while acts are appended

	mu    sync.Mutex
	books map[string]*playbook.Playbook // by digest
	over  map[string]bool               // runs that are over, for good

	connector *playbook.Connector // nil when nothing is sent
	stop      context.CancelFunc
}

// maxBooks bounds how many playbooks are kept parsed.
const maxBooks = 256

// PlaybookEntry is a version of a playbook that can be run, or looked at.
type PlaybookEntry struct {
	playbook.Header
	Digest   string `json:"digest"`
	Position int64  `json:"position,omitempty"` // in the ledger; 0 for one that the product ships and nobody has run yet
	Audience string `json:"audience"`
}

// PlaybookDocument is a playbook with its bytes, as they were handed in.
type PlaybookDocument struct {
	PlaybookEntry
	Bytes    []byte             `json:"-"`
	Playbook *playbook.Playbook `json:"-"`
	Versions []string           `json:"versions"` // that the reader may see, newest first
}

// Playbooks is the newest version of each playbook that the ask's reader may see,
// by name, those that the product ships among them.
func (n *Node) Playbooks(ctx context.Context, ask access.Ask) ([]PlaybookEntry, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	facts, err := n.Ledger.ByDocumentKind(ctx, ask, playbook.Kind)
	if err != nil {
		return nil, err
	}
	entries, err := n.entriesOf(ctx, ask, facts, "")
	if err != nil {
		return nil, err
	}
	newest := map[string]PlaybookEntry{}
	for _, e := range entries {
		if held, ok := newest[e.ID]; !ok || newer(e, held) {
			newest[e.ID] = e
		}
	}
	out := []PlaybookEntry{}
	for _, e := range newest {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b PlaybookEntry) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out, nil
}

// newer reports whether an entry stands before another one of the same playbook:
// by its version, and what everybody may see before what few may.
func newer(a, b PlaybookEntry) bool {
	if a.Version != b.Version {
		return a.Version > b.Version
	}
	public := access.Public.String()
	if (a.Audience == public) != (b.Audience == public) {
		return a.Audience == public
	}
	return a.Position > b.Position
}

// entriesOf is the playbooks that facts tell of, and those that are shipped, of
// one id or, where it is "", of all.
func (n *Node) entriesOf(ctx context.Context, ask access.Ask, facts []ledger.Fact, id string) ([]PlaybookEntry, error) {
	positions := make([]int64, len(facts))
	for i := range facts {
		positions[i] = facts[i].Document
	}
	digests := map[int64]string{}
	for chunk := range slices.Chunk(positions, 500) {
		documents, err := n.Ledger.Documents(ctx, ask, chunk...)
		if err != nil {
			return nil, err
		}
		for _, d := range documents {
			digests[d.Position] = d.Digest
		}
	}
	var out []PlaybookEntry
	held := map[string]bool{}
	for i := range facts {
		e := PlaybookEntry{Digest: digests[facts[i].Document], Position: facts[i].Document, Audience: facts[i].Audience.String()}
		if err := facts[i].Decode(&e.Header); err != nil {
			return nil, err
		}
		out = append(out, e)
		held[e.Digest] = true
	}
	ships, err := shipped()
	for _, s := range ships {
		if !held[s.Digest] && (id == "" || s.ID == id) {
			out = append(out, s.PlaybookEntry)
		}
	}
	return out, err
}

// shipped is the playbooks that the product ships. They go into the ledger when
// they are first run.
var shipped = sync.OnceValues(func() (out []PlaybookDocument, err error) {
	names, err := fs.Glob(playbooks.FS, "*.json")
	for _, name := range names {
		b, err := fs.ReadFile(playbooks.FS, name)
		if err != nil {
			return nil, err
		}
		p, err := playbook.Parse(b, playbook.Limits{})
		if err != nil {
			return nil, err
		}
		out = append(out, PlaybookDocument{PlaybookEntry: PlaybookEntry{Header: p.Header(), Digest: ledger.Digest(b), Audience: access.Public.String()}, Bytes: b, Playbook: p})
	}
	return out, err
})

// playbookID is the id of a playbook that is named by its id, or by its name in
// lower case with hyphens.
func (n *Node) playbookID(ctx context.Context, ask access.Ask, name string) (string, error) {
	if playbook.IsID(name) {
		return name, nil
	}
	list, err := n.Playbooks(ctx, ask)
	if err != nil {
		return "", err
	}
	var found []string
	for _, e := range list {
		if e.Slug() == strings.ToLower(name) {
			found = append(found, e.ID)
		}
	}
	switch len(found) {
	case 0:
		return "", problem.New(problem.NotFound, "no playbook %s", name)
	case 1:
		return found[0], nil
	}
	return "", problem.New(problem.Conflict, "several playbooks are called %s; give the id: %s", name, strings.Join(found, ", "))
}

// Playbook is a version of a playbook; the newest where version is "". It is named
// by its id, or by its name in lower case with hyphens.
func (n *Node) Playbook(ctx context.Context, ask access.Ask, name, version string) (*PlaybookDocument, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	id, err := n.playbookID(ctx, ask, name)
	if err != nil {
		return nil, err
	}
	facts, err := n.Ledger.Said(ctx, ask, []string{playbook.Fact}, id)
	if err != nil {
		return nil, err
	}
	entries, err := n.entriesOf(ctx, ask, facts, id)
	if err != nil {
		return nil, err
	}
	var best *PlaybookEntry
	versions := []string{}
	for i, e := range entries {
		if !slices.Contains(versions, e.Version) {
			versions = append(versions, e.Version)
		}
		if (version == "" || e.Version == version) && (best == nil || newer(e, *best)) {
			best = &entries[i]
		}
	}
	if best == nil {
		if version != "" && len(entries) > 0 {
			return nil, problem.New(problem.NotFound, "no version %s of playbook %s; there are %s", version, id, strings.Join(versions, ", "))
		}
		return nil, problem.New(problem.NotFound, "no playbook %s", id)
	}
	slices.Sort(versions)
	slices.Reverse(versions)
	out := &PlaybookDocument{PlaybookEntry: *best, Versions: versions}
	if out.Bytes, err = n.playbookBytes(ctx, ask, best.Position, best.Digest); err != nil {
		return nil, err
	}
	out.Playbook, err = n.parsedBook(best.Digest, out.Bytes)
	return out, err
}

func (n *Node) playbookBytes(ctx context.Context, ask access.Ask, position int64, digest string) ([]byte, error) {
	if position > 0 {
		return n.Ledger.Body(ctx, ask, position)
	}
	ships, err := shipped()
	for _, s := range ships {
		if s.Digest == digest {
			return s.Bytes, nil
		}
	}
	return nil, err
}

// parsedBook parses a playbook, and remembers it by its digest.
func (n *Node) parsedBook(digest string, b []byte) (*playbook.Playbook, error) {
	n.runs.mu.Lock()
	p := n.runs.books[digest]
	n.runs.mu.Unlock()
	if p != nil {
		return p, nil
	}
	p, err := playbook.Parse(b, playbook.Limits{})
	if err != nil {
		return nil, err
	}
	n.runs.mu.Lock()
	defer n.runs.mu.Unlock()
	if n.runs.books == nil || len(n.runs.books) >= maxBooks {
		n.runs.books = map[string]*playbook.Playbook{}
	}
	n.runs.books[digest] = p
	return p, nil
}

// unchangedPlaybook refuses a version of a playbook that the audience holds with
// other bytes: what is changed has another time of modification (CACAO 2.0,
// section 3.1).
func (n *Node) unchangedPlaybook(ctx context.Context, e *ledger.Edition) error {
	for _, d := range e.Documents {
		if d.Kind != playbook.Kind {
			continue
		}
		ask, err := n.Ledger.Resolve(ctx, everything)
		if err != nil {
			return err
		}
		series, err := n.Ledger.Series(ctx, ask, d.Source, d.Part)
		if err != nil {
			return err
		}
		for _, held := range series {
			if held.Audience.String() == e.Audience.String() && held.Digest != ledger.Digest(d.Bytes) {
				return problem.New(problem.Conflict, "%s: version %s of this playbook is held with other bytes; a changed playbook has a new modified time", d.Name, d.Part)
			}
		}
	}
	return nil
}

// DryRun is what a run of a playbook would do.
type DryRun struct {
	PlaybookEntry
	Ready string           `json:"not_ready,omitempty"` // why it cannot be run; "" when it can
	Steps []playbook.Would `json:"steps"`
}

// DryRun walks a playbook and tells what a run would do. Nothing is executed, and
// nothing is recorded.
func (n *Node) DryRun(ctx context.Context, ask access.Ask, id, version string, values map[string]string) (*DryRun, error) {
	doc, err := n.Playbook(ctx, ask, id, version)
	if err != nil {
		return nil, err
	}
	out := &DryRun{PlaybookEntry: doc.PlaybookEntry}
	if err := doc.Playbook.Ready(n.now()); err != nil {
		out.Ready = problem.Message(err)
	} else if _, err := doc.Playbook.NewValues(values); values != nil && err != nil {
		out.Ready = problem.Message(err)
	}
	out.Steps = doc.Playbook.DryRun(values)
	return out, nil
}

// holdPlaybook puts a playbook that the product ships into the ledger.
func (n *Node) holdPlaybook(ctx context.Context, doc *PlaybookDocument) error {
	if doc.Position > 0 {
		return nil
	}
	_, err := n.Import(ctx, access.Operator, []intake.File{{Name: doc.Slug() + ".json", Bytes: doc.Bytes}}, ImportOptions{})
	return err
}
