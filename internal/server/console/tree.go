package console

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// The bounds of a tree that a page shows.
const (
	mostBranches = 600
	deepestTree  = 40
)

// treeView is what a bill says of what needs what, as a tree that is folded.
type treeView struct {
	Find       string
	Branches   []*branchView
	Components int  // of the bill, without the release
	Found      int  // that Find is in
	Flat       bool // the bill has no relations
	Cut        bool // there is more than is shown
}

// branchView is a component where it stands in the tree.
type branchView struct {
	Name, Version string
	Link          string
	Relation      string // to what is above it; "" where what is above needs or contains it
	Word, Tone    string // the worst that is open against it
	Match, Open   bool
	Note          string // why nothing stands below it
	Branches      []*branchView
}

// releaseTree is the tree alone, for a script that searches it.
func (c *Console) releaseTree(w http.ResponseWriter, r *http.Request, m Moment, subject string) error {
	d, err := c.questions.Show(r.Context(), m.ask(r), subject)
	if err != nil {
		return err
	}
	if d.Software == nil || d.Bill == nil {
		return problem.New(problem.NotFound, "no bill of materials of %q", subject)
	}
	v := releaseView{Tree: treeOf(d.Software, m, r.URL.Query().Get("find"))}
	return c.fragment(w, r, m, "release", "tree", v)
}

// treeOf is the tree of a release's bill; nil when none is held. With find it
// is what leads to the components that have it in their names.
func treeOf(s *dossier.Software, m Moment, find string) *treeView {
	bill := s.Bill
	if bill == nil {
		return nil
	}
	t := &growing{bill: bill, moment: m, below: map[int][]software.Edge{}, worst: worstOf(s), find: strings.ToLower(strings.TrimSpace(find)), shown: map[int]bool{}, above: map[int]bool{}}
	v := &treeView{Find: strings.TrimSpace(find), Components: len(bill.Components), Flat: len(bill.Edges) == 0}
	if bill.RootComponent() != nil {
		v.Components--
	}
	for _, e := range bill.Edges {
		if e.From >= 0 && e.From < len(bill.Components) && e.To >= 0 && e.To < len(bill.Components) {
			t.below[e.From] = append(t.below[e.From], e)
		}
	}
	if t.find != "" {
		v.Found = t.search()
	}
	v.Branches = t.grow()
	v.Cut = t.cut
	return v
}

// growing is a tree being made.
type growing struct {
	bill   *software.Bill
	moment Moment
	below  map[int][]software.Edge
	worst  map[string]string // by identity
	find   string
	wanted map[int]bool // with find: what is searched for, and what leads there
	found  map[int]bool
	shown  map[int]bool // with what is below it
	above  map[int]bool // on the way down
	count  int
	cut    bool
}

// worstOf is the severity of the worst open finding, by component.
func worstOf(s *dossier.Software) map[string]string {
	out := map[string]string{}
	for i := range s.Findings {
		f := &s.Findings[i]
		if !f.Open() {
			continue
		}
		word := "unrated"
		switch {
		case f.Malicious:
			word = "malicious"
		case f.State == advisory.Unknown:
			word = "unknown"
		case f.Severity != nil && f.Severity.Word != "":
			word = strings.ToLower(f.Severity.Word)
		}
		if old, ok := out[f.Identity]; !ok || graver(word, old) {
			out[f.Identity] = word
		}
	}
	return out
}

// graver reports whether a severity's word is worse than another; what is in no
// scale is the least.
func graver(a, b string) bool {
	place := func(word string) int {
		if i := slices.Index(severities, word); i >= 0 {
			return i
		}
		return len(severities)
	}
	return place(a) < place(b)
}

// search finds the components that are looked for and all that lead to them.
func (t *growing) search() int {
	t.found, t.wanted = map[int]bool{}, map[int]bool{}
	var queue []int
	for i := range t.bill.Components {
		c := &t.bill.Components[i]
		if i != t.bill.Root && strings.Contains(strings.ToLower(strings.Join([]string{c.Group, c.Name, c.Version, c.PURL}, " ")), t.find) {
			t.found[i], t.wanted[i] = true, true
			queue = append(queue, i)
		}
	}
	found := len(queue)
	needed := map[int][]int{}
	for from, edges := range t.below {
		for _, e := range edges {
			needed[e.To] = append(needed[e.To], from)
		}
	}
	for len(queue) > 0 {
		for _, by := range needed[queue[0]] {
			if !t.wanted[by] {
				t.wanted[by] = true
				queue = append(queue, by)
			}
		}
		queue = queue[1:]
	}
	return found
}

// grow makes the branches: what the release needs first, then what hangs
// together without it, then what stands alone.
func (t *growing) grow() []*branchView {
	var out []*branchView
	if root := t.bill.Root; t.bill.RootComponent() != nil {
		t.shown[root], t.above[root] = true, true
		out = t.children(root, 1)
	}
	needed := map[int]bool{}
	for _, edges := range t.below {
		for _, e := range edges {
			needed[e.To] = true
		}
	}
	for _, first := range []bool{true, false} { // in a circle of their own nothing is first
		for i := range t.bill.Components {
			if !t.shown[i] && i != t.bill.Root && needed[i] != first {
				out = t.branch(out, i, "", 1)
			}
		}
	}
	return out
}

func (t *growing) children(of, depth int) []*branchView {
	edges := slices.Clone(t.below[of])
	slices.SortStableFunc(edges, func(a, b software.Edge) int {
		return cmp.Or(t.grade(a.To)-t.grade(b.To), strings.Compare(t.bill.Components[a.To].Name, t.bill.Components[b.To].Name))
	})
	var out []*branchView
	for i, e := range edges {
		if slices.ContainsFunc(edges[:i], func(o software.Edge) bool { return o.To == e.To }) {
			continue
		}
		out = t.branch(out, e.To, e.Kind, depth)
	}
	return out
}

// grade puts components that something is open against first.
func (t *growing) grade(i int) int {
	if t.worst[t.bill.Components[i].Identity()] != "" {
		return 0
	}
	return 1
}

// branch adds a component with all below it, each thing once: the second time
// it only says that it stands elsewhere.
func (t *growing) branch(list []*branchView, i int, relation string, depth int) []*branchView {
	if t.wanted != nil && !t.wanted[i] {
		t.shown[i] = true
		return list
	}
	if t.count >= mostBranches {
		t.cut = true
		return list
	}
	t.count++
	c := &t.bill.Components[i]
	v := &branchView{Name: componentName(c), Version: c.Version, Relation: relationWord(relation), Match: t.found[i], Open: t.find != ""}
	if id := c.Identity(); id != "" {
		v.Word = t.worst[id]
		v.Tone = severityTone(v.Word)
		if v.Word == "unknown" {
			v.Tone = "review"
		}
		if strings.HasPrefix(id, "pkg:") {
			v.Link = t.moment.Link("/component", "purl", id)
		}
	}
	list = append(list, v)
	switch {
	case t.above[i]:
		v.Note = "needs itself: the circle is cut here"
	case t.shown[i] && len(t.below[i]) > 0:
		v.Note = "what it needs stands above"
	case depth >= deepestTree && len(t.below[i]) > 0:
		v.Note, t.cut = "deeper than is shown", true
	default:
		t.shown[i], t.above[i] = true, true
		v.Branches = t.children(i, depth+1)
		delete(t.above, i)
	}
	for _, b := range v.Branches {
		v.Open = v.Open || b.Word != "" || b.Open
	}
	return list
}

// relationWord is a relation other than those that a tree is made of.
func relationWord(kind string) string {
	if kind == "contains" {
		return ""
	}
	return strings.ReplaceAll(kind, "_", " ")
}

// componentName is a component's name with its group.
func componentName(c *software.Component) string {
	name := cmp.Or(c.Name, c.PURL, c.Ref, "unnamed")
	if c.Group != "" {
		return c.Group + "/" + name
	}
	return name
}
