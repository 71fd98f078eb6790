package cyclonedx

import "countersign.dev/internal/software"

// maxNest bounds how deep components are written within one another: a document
// that we write must be one that we read, and others have limits too.
const maxNest = 200

// tree is how the components of a bill are written within one another.
type tree struct {
	parent []int
	first  []int // child of each component; -1 for none
	next   []int // sibling of each component; -1 for none
	top    []int // those in none
}

// nest takes parents from the bill, and from relations of kind "contains" for
// want of these. What the release itself contains is what a bill lists, and
// needs no saying.
func nest(b *software.Bill) *tree {
	n := len(b.Components)
	t := &tree{parent: make([]int, n), first: make([]int, n), next: make([]int, n)}
	for i := range t.parent {
		t.parent[i], t.first[i], t.next[i] = -1, -1, -1
	}
	for i := range b.Components {
		t.put(b, i, b.Components[i].Parent)
	}
	for _, e := range b.Edges {
		if e.Kind == "contains" && e.From != b.Root && e.To >= 0 && e.To < n && t.parent[e.To] < 0 {
			t.put(b, e.To, e.From)
		}
	}
	t.list(b.Root)
	return t
}

// put puts a component into another one, where that can be written: the release
// is in nothing, services are in services only, and nothing is in itself.
func (t *tree) put(b *software.Bill, i, parent int) {
	if parent < 0 || parent >= len(t.parent) || i == b.Root {
		return
	}
	inService := b.Components[parent].Type == service && parent != b.Root
	if inService != (b.Components[i].Type == service) {
		return
	}
	steps := 0
	for p := parent; p >= 0; p = t.parent[p] {
		if steps++; p == i || steps > maxNest {
			return
		}
	}
	t.parent[i] = parent
}

// list makes lists of children, and cuts off what is too deep.
func (t *tree) list(root int) {
	for i := len(t.parent) - 1; i >= 0; i-- {
		if p := t.parent[i]; p >= 0 {
			t.next[i], t.first[p] = t.first[p], i
		}
	}
	type place struct{ component, depth int }
	var open []place
	for i, p := range t.parent {
		if p < 0 {
			open = append(open, place{i, 0})
		}
	}
	for len(open) > 0 {
		at := open[len(open)-1]
		open = open[:len(open)-1]
		for c := t.first[at.component]; c >= 0; {
			after := t.next[c]
			if at.depth+1 >= maxNest {
				t.parent[c], t.next[c] = -1, -1
				open = append(open, place{c, 0})
			} else {
				open = append(open, place{c, at.depth + 1})
			}
			c = after
		}
		if at.depth+1 >= maxNest {
			t.first[at.component] = -1
		}
	}
	for i, p := range t.parent {
		if p < 0 && i != root {
			t.top = append(t.top, i)
		}
	}
}

// children calls yield for each component in another one.
func (t *tree) children(of int, yield func(i int)) {
	for c := t.first[of]; c >= 0; c = t.next[c] {
		yield(c)
	}
}
