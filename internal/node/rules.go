package node

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"countersign.dev/directives"
	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/duty/directive"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
	"countersign.dev/policies"
	"countersign.dev/programmes"
	"countersign.dev/schemes"
)

// Kinds of facts by which rules are held: programmes and policies are
// documents like others, so a decision can be repeated with those of its time.
const (
	factProgramme = "listing.programme"
	factPolicy    = "policy.policy"
	factScheme    = label.FactScheme
	factCatalogue = catalogue.FactCatalogue
	factProfile   = catalogue.FactProfile
	factDirective = directive.Fact
)

// documentKind is the kind of document that states each.
var documentKind = map[string]string{
	factProgramme: "programme", factPolicy: "policy", factScheme: label.KindScheme,
	factCatalogue: catalogue.KindCatalogue, factProfile: catalogue.KindProfile, factDirective: directive.Kind,
}

// rule is the body of such a fact.
type rule struct {
	ID   string `json:"id"`
	YAML string `json:"yaml"`
}

// rules remembers parsed programmes and compiled policies by the id of the
// fact that holds them. Facts never change, so neither does what is kept.
type rules struct {
	mu         sync.Mutex
	programmes map[int64]*listing.Programme
	policies   map[int64]*policy.Policy
	schemes    map[int64]*label.Scheme
	directives map[int64]*directive.Directive
	criteria   map[int64]*heldCriteria
	sets       map[string]*catalogue.Set // by the ids of the facts that hold what is in them
	recent     map[ruleKey]map[string]*ledger.Fact
}

// ruleKey is all that the rules of a kind depend on.
type ruleKey struct {
	kind     string
	position int64 // see [ledger.Ledger.FactsAsOf]
	reader   string
}

// maxRecent bounds how many states of the rules are remembered; questions are
// mostly about the newest.
const maxRecent = 64

// ensureRules appends the programmes, policies, schemes and directives that the
// product ships, unless the ledger holds them already.
func (n *Node) ensureRules(ctx context.Context) error {
	var files []intake.File
	for _, shipped := range []struct {
		fs.FS
		names string
	}{{programmes.FS, "*.yaml"}, {policies.FS, "*.yaml"}, {schemes.FS, "*.yaml"}, {directives.FS, "*/*.yaml"}} {
		names, err := fs.Glob(shipped, shipped.names)
		if err != nil {
			return err
		}
		for _, name := range names {
			b, err := fs.ReadFile(shipped, name)
			if err != nil {
				return err
			}
			files = append(files, intake.File{Name: path.Base(name), Bytes: b})
		}
	}
	missing, err := n.missing(ctx, files)
	if err != nil || len(missing) == 0 {
		return err
	}
	_, err = n.Import(ctx, access.Operator, missing, ImportOptions{})
	return err
}

// missing is the files whose bytes the public ledger does not hold.
func (n *Node) missing(ctx context.Context, files []intake.File) ([]intake.File, error) {
	digests := make([]string, len(files))
	for i, f := range files {
		digests[i] = ledger.Digest(f.Bytes)
	}
	held, err := n.Ledger.Holds(ctx, access.Public, digests)
	if err != nil {
		return nil, err
	}
	var out []intake.File
	for i, f := range files {
		if !held[digests[i]] {
			out = append(out, f)
		}
	}
	return out, nil
}

// ruleFacts is the facts that hold the rules of a kind at the ask's position,
// by rule id. Rules are not evidence about the world: when they were written
// down here says nothing of when they applied, which they state themselves, so
// the known day does not filter them.
func (n *Node) ruleFacts(ctx context.Context, ask access.Ask, kind string) (map[string]*ledger.Fact, error) {
	key := ruleKey{kind, n.Ledger.FactsAsOf(ask.At.Position), strings.Join(decision.Audiences(ask.Reader), " ")}
	n.rules.mu.Lock()
	held := n.rules.recent[key]
	n.rules.mu.Unlock()
	if held != nil {
		return held, nil
	}
	ask.At.Known = access.Forever
	facts, err := n.Ledger.ByDocumentKind(ctx, ask, documentKind[kind])
	if err != nil {
		return nil, err
	}
	out := map[string]*ledger.Fact{}
	for i := range facts {
		out[facts[i].Key] = &facts[i]
	}
	n.rules.mu.Lock()
	defer n.rules.mu.Unlock()
	if len(n.rules.recent) >= maxRecent || n.rules.recent == nil {
		n.rules.recent = map[ruleKey]map[string]*ledger.Fact{}
	}
	n.rules.recent[key] = out
	return out, nil
}

// Programmes is the programmes as the ledger holds them for the ask, by id.
func (n *Node) Programmes(ctx context.Context, ask access.Ask) (map[string]*listing.Programme, error) {
	facts, err := n.ruleFacts(ctx, ask, factProgramme)
	if err != nil {
		return nil, err
	}
	n.rules.mu.Lock()
	defer n.rules.mu.Unlock()
	out := make(map[string]*listing.Programme, len(facts))
	for id, f := range facts {
		p := n.rules.programmes[f.ID]
		if p == nil {
			var r rule
			if err := f.Decode(&r); err != nil {
				return nil, fmt.Errorf("programme %s: %w", id, err)
			}
			if p, err = listing.ParseProgramme([]byte(r.YAML)); err != nil {
				return nil, fmt.Errorf("programme %s: %w", id, err)
			}
			if n.rules.programmes == nil {
				n.rules.programmes = map[int64]*listing.Programme{}
			}
			n.rules.programmes[f.ID] = p
		}
		out[id] = p
	}
	return out, nil
}

// Schemes is the labelling schemes as the ledger holds them for the ask, by id.
func (n *Node) Schemes(ctx context.Context, ask access.Ask) (map[string]*label.Scheme, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	facts, err := n.ruleFacts(ctx, ask, factScheme)
	if err != nil {
		return nil, err
	}
	n.rules.mu.Lock()
	defer n.rules.mu.Unlock()
	out := make(map[string]*label.Scheme, len(facts))
	for id, f := range facts {
		s := n.rules.schemes[f.ID]
		if s == nil {
			var r rule
			if err := f.Decode(&r); err != nil {
				return nil, fmt.Errorf("scheme %s: %w", id, err)
			}
			if s, err = label.ParseScheme([]byte(r.YAML)); err != nil {
				return nil, fmt.Errorf("scheme %s: %w", id, err)
			}
			s.Digest = ledger.Digest([]byte(r.YAML))
			if n.rules.schemes == nil {
				n.rules.schemes = map[int64]*label.Scheme{}
			}
			n.rules.schemes[f.ID] = s
		}
		out[id] = s
	}
	return out, nil
}

// Directives is the directives as the ledger holds them for the ask, by id.
func (n *Node) Directives(ctx context.Context, ask access.Ask) ([]*directive.Directive, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	facts, err := n.ruleFacts(ctx, ask, factDirective)
	if err != nil {
		return nil, err
	}
	n.rules.mu.Lock()
	defer n.rules.mu.Unlock()
	out := make([]*directive.Directive, 0, len(facts))
	for _, id := range slices.Sorted(maps.Keys(facts)) {
		f := facts[id]
		d := n.rules.directives[f.ID]
		if d == nil {
			var r rule
			if err := f.Decode(&r); err != nil {
				return nil, fmt.Errorf("directive %s: %w", id, err)
			}
			if d, err = directive.Parse([]byte(r.YAML)); err != nil {
				return nil, fmt.Errorf("directive %s: %w", id, err)
			}
			d.Digest = ledger.Digest([]byte(r.YAML))
			if n.rules.directives == nil {
				n.rules.directives = map[int64]*directive.Directive{}
			}
			n.rules.directives[f.ID] = d
		}
		out = append(out, d)
	}
	return out, nil
}

// policiesFor is the policies for a purpose as the ledger holds them; every
// policy when none is named. Only those needed are compiled.
func (n *Node) policiesFor(ctx context.Context, ask access.Ask, purpose string) ([]*policy.Policy, error) {
	facts, err := n.ruleFacts(ctx, ask, factPolicy)
	if err != nil {
		return nil, err
	}
	var out []*policy.Policy
	var known []string
	for _, id := range slices.Sorted(maps.Keys(facts)) {
		p, err := n.compiled(facts[id])
		if err != nil {
			return nil, fmt.Errorf("policy %s: %w", id, err)
		}
		known = append(known, p.Purpose)
		if purpose == "" || purpose == p.Purpose {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		slices.Sort(known)
		return nil, problem.New(problem.Invalid, "no policy for purpose %q; there are policies for %s", purpose, strings.Join(known, ", "))
	}
	return out, nil
}

func (n *Node) compiled(f *ledger.Fact) (*policy.Policy, error) {
	n.rules.mu.Lock()
	defer n.rules.mu.Unlock()
	if p := n.rules.policies[f.ID]; p != nil {
		return p, nil
	}
	var r rule
	if err := f.Decode(&r); err != nil {
		return nil, err
	}
	p, err := policy.Parse(r.ID, []byte(r.YAML))
	if err != nil {
		return nil, err
	}
	if n.rules.policies == nil {
		n.rules.policies = map[int64]*policy.Policy{}
	}
	n.rules.policies[f.ID] = p
	return p, nil
}
