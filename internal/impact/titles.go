package impact

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/inventory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/software"
)

// Title is what a release is called. The zero Title is that of one of which
// nobody says.
type Title struct {
	Name     string
	Version  string
	Supplier string
}

// titles is what releases were ever called: a page of an answer shows fifty,
// and asking the store for them would take longer than finding them.
type titles struct {
	words words    // names, versions and suppliers
	all   []title  // by fact id
	last  []uint32 // by release: the last of its titles, and one more; 0 for none
}

// title is a fact about what a release is called.
type title struct {
	held
	before                  uint32 // the release's title before this one, and one more; 0 for none
	name, version, supplier uint32
}

// open takes in what a release is called. A name longer than [maxWord] is cut:
// it is for people to read.
func (t *titles) open(f *ledger.Fact, release uint32, audience uint16) error {
	if n := len(t.all); n > 0 && f.ID <= t.all[n-1].fact {
		return nil // by an attempt that did not come to its end
	}
	var told struct {
		Name     string `json:"name"`
		Version  string `json:"version"`
		Supplier string `json:"supplier"`
	}
	if err := json.Unmarshal(f.Body, &told); err != nil {
		return fmt.Errorf("fact %d, release %s: %w", f.ID, f.Subject, err)
	}
	word := func(s string) uint32 {
		if len(s) > maxWord {
			s = strings.ToValidUTF8(s[:maxWord], "")
		}
		n, _ := t.words.add(s)
		return n
	}
	if n := int(release) + 1 - len(t.last); n > 0 {
		t.last = append(t.last, make([]uint32, n)...)
	}
	t.all = append(t.all, title{
		held: heldOf(f, audience), before: t.last[release],
		name: word(told.Name), version: word(told.Version), supplier: word(told.Supplier),
	})
	t.last[release] = uint32(len(t.all))
	return nil
}

// end notes the position at which a title was closed.
func (t *titles) end(fact, at int64) {
	i, ok := slices.BinarySearchFunc(t.all, fact, func(one title, fact int64) int { return cmp.Compare(one.fact, fact) })
	if ok {
		t.all[i].knownTo = at
	}
}

// at is what a release is called at a moment: by [ledger.Fact.Newer], what its
// source still states comes before what it no longer does.
func (t *titles) at(m *moment, release uint32) Title {
	if int(release) >= len(t.last) {
		return Title{}
	}
	var best *title
	for n := t.last[release]; n != 0; n = t.all[n-1].before {
		one := &t.all[n-1]
		if one.published > m.known || one.knownFrom() > m.position || m.position >= one.knownTo || !m.sees(one.audience) {
			continue
		}
		if best == nil || one.tells(best, m.known) {
			best = one
		}
	}
	if best == nil {
		return Title{}
	}
	return Title{t.words.at(best.name), t.words.at(best.version), t.words.at(best.supplier)}
}

// tells reports whether t tells better than o, on a day, what a release is
// called.
func (t *title) tells(o *title, known day) bool {
	if a, b := known < t.superseded, known < o.superseded; a != b {
		return a
	}
	return t.newer(&o.held)
}

// Titles is what releases are called at the ask's moment, which is resolved:
// one for each id.
func (x *Index) Titles(ctx context.Context, ask access.Ask, ids []string) ([]Title, error) {
	ask, err := x.reach(ctx, ask)
	if err != nil {
		return nil, err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	m := x.momentOf(ask)
	out := make([]Title, len(ids))
	for i, id := range ids {
		if n, ok := x.releases.ids.look(id); ok {
			out[i] = x.titles.at(&m, n)
		}
	}
	return out, nil
}

// Deployed is those of some terms of releases, see [software.Term], by which
// anything was ever deployed anywhere, as far as the index has followed the
// ledger: where to look, not what is so. It is nothing for most portfolios,
// and then nobody has to look at all.
func (x *Index) Deployed(terms []string) []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var out []string
	for _, t := range terms {
		if _, ok := x.deployed.look(t); ok {
			out = append(out, t)
		}
	}
	return out
}

// AllDeployed is every term by which anything was ever deployed, where there are
// no more of them than most; else nothing and false.
func (x *Index) AllDeployed(most int) ([]string, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n := x.deployed.len()
	if n > most {
		return nil, false
	}
	out := make([]string, n)
	for i := range out {
		out[i] = strings.Clone(x.deployed.at(uint32(i)))
	}
	return out, true
}

// AnyDeployed reports whether anything was ever deployed, as far as the index
// has followed the ledger.
func (x *Index) AnyDeployed() bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.deployed.len() > 0
}

// describe takes in a fact that is neither about contents nor about an
// advisory. The caller holds x.mu.
func (x *Index) describe(f *ledger.Fact) error {
	switch f.Kind {
	case software.FactRelease:
		release := x.release(f.Subject)
		return x.titles.open(f, release, x.audiences.number(f.Audience))
	case inventory.FactDeployment, inventory.FactAlias:
		if f.Term != "" && len(f.Term) <= maxWord {
			x.deployed.add(f.Term)
		}
	}
	return nil
}

// release is the number of a release, which has no bill yet when it is new.
func (x *Index) release(id string) uint32 {
	n, added := x.releases.ids.add(id)
	if added {
		x.releases.of = append(x.releases.of, nil)
	}
	return n
}
