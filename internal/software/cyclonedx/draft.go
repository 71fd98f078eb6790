package cyclonedx

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// draft is a bill in the making. Both encodings fill it; it knows neither.
type draft struct {
	stopped func() error // why the reading should stop; nil while it should not
	limits  Limits
	bill    software.Bill
	size    int // bytes of the document

	refs    map[string]int32 // index in targets, by bom-ref
	targets []target
	refOf   []int32 // of each component, its bom-ref in targets; -1 for none

	relations    []relation
	others       []other
	dependencies int // entries of the dependency graph so far
	claims       []claim
	manufacture  string // who made what the bill is about, said beside it
	endOfLife    string // of what the bill is about, said beside it
	unsaid       int    // broken parts above the limit
}

// target is something that a bom-ref means.
type target struct {
	ref       string
	component int32 // -1 until it is known, or when there is none
	asked     int32 // entry of the dependency graph that first names it, from 1; 0 for none
}

type relation struct {
	from, to int32 // in targets
	provides bool
}

// other is a relation that the dependency graph has no word for.
type other struct {
	from, to int32 // in targets
	kind     string
}

// claim is what the bill says of the completeness of some of its parts; of
// itself as a whole when it names none.
type claim struct {
	aggregate string
	of        []int32 // in targets
}

func newDraft(ctx context.Context, limits Limits, encoding string, size int) *draft {
	return &draft{
		stopped: ctx.Err, limits: limits, size: size, refs: map[string]int32{},
		bill: software.Bill{Format: "CycloneDX", Encoding: encoding, Root: -1},
	}
}

// broken tells of a part that cannot be used.
func (d *draft) broken(place, format string, args ...any) {
	if len(d.bill.Broken) >= d.limits.Broken {
		d.unsaid++
		return
	}
	d.bill.Broken = append(d.bill.Broken, place+": "+fmt.Sprintf(format, args...))
}

// ref is the index in targets of a bom-ref.
func (d *draft) ref(name []byte) int32 {
	if i, known := d.refs[string(name)]; known {
		return i
	}
	i, own := int32(len(d.targets)), string(name)
	d.targets = append(d.targets, target{ref: own, component: -1})
	d.refs[own] = i
	return i
}

// open makes room for a component before what is nested in it. at is how many
// bytes of the document were read.
func (d *draft) open(parent, at int) (int, error) {
	i := len(d.bill.Components)
	if i >= d.limits.Components {
		return 0, problem.New(problem.TooLarge, "more than %d components, the limit", d.limits.Components)
	}
	if i%1024 == 0 {
		if err := d.stopped(); err != nil {
			return 0, err
		}
	}
	if i == cap(d.bill.Components) {
		d.grow(at)
	}
	d.bill.Components = append(d.bill.Components, software.Component{Parent: parent})
	d.refOf = append(d.refOf, -1)
	return i, nil
}

// grow makes room for as many components as the document will have if they go
// on as they began: growing by doubling would hold half of the memory in vain.
// A beginning that is too short to judge by is not relied upon.
func (d *draft) grow(at int) {
	n := len(d.bill.Components)
	room := n + n/4 + 64
	if n >= 256 && at > 0 {
		room = max(room, int(float64(n)*float64(d.size)/float64(at)*1.02)+64)
	}
	if n < 4096 {
		room = min(room, 4*n+256)
	}
	room = min(room, d.limits.Components)
	d.bill.Components = append(make([]software.Component, 0, room), d.bill.Components...)
	d.refOf = append(make([]int32, 0, room), d.refOf...)
}

// close puts a component into its place, or takes the place away again when
// there is nothing to say of it. ref is in targets, or -1.
func (d *draft) close(i int, c *software.Component, ref int32, place func() string) {
	if c.Name == "" {
		d.broken(place(), "no name")
		last := len(d.bill.Components) - 1
		if i == last && ref < 0 && c.PURL == "" && len(c.CPEs) == 0 {
			d.bill.Components, d.refOf = d.bill.Components[:last], d.refOf[:last]
			return
		}
	}
	if ref >= 0 {
		c.Ref = d.targets[ref].ref
	}
	if c.Source == "" {
		c.Source = sourceOf(c)
	}
	c.Parent = d.bill.Components[i].Parent
	d.bill.Components[i], d.refOf[i] = *c, ref
}

// times are how a moment is written, by RFC 3339 and by XML Schema, which lets
// the zone be left out.
var times = []string{time.RFC3339, "2006-01-02T15:04:05"}

// created notes when the bill was made. What is no time is told of and kept: it
// may tell people more than nothing.
func (d *draft) created(text string, place func() string) {
	d.bill.Created = text
	for _, layout := range times {
		if _, err := time.Parse(layout, text); err == nil || text == "" {
			return
		}
	}
	d.broken(place(), "%s; want a time as 2006-01-02T15:04:05Z", quote(text))
}

// dependency begins an entry of the dependency graph.
func (d *draft) dependency() error {
	d.dependencies++
	if d.dependencies%1024 == 0 {
		return d.stopped()
	}
	return nil
}

// relate says that one thing depends on another, or provides it.
func (d *draft) relate(from, to int32, provides bool) error {
	if len(d.relations)+len(d.others) >= d.limits.Relations {
		return problem.New(problem.TooLarge, "more than %d relations, the limit", d.limits.Relations)
	}
	d.relations = append(d.relations, relation{from, to, provides})
	if len(d.relations)%4096 == 0 {
		return d.stopped()
	}
	return nil
}

// ask notes that the current entry of the dependency graph names a target.
func (d *draft) ask(t int32) {
	if d.targets[t].asked == 0 {
		d.targets[t].asked = int32(d.dependencies)
	}
}

// link notes a reference to another bill.
func (d *draft) link(from int, url, kind string) {
	d.bill.Links = append(d.bill.Links, software.BillLink{From: from, Target: url, Type: kind})
}

// done is the bill, with its relations resolved.
func (d *draft) done() *software.Bill {
	b := &d.bill
	d.bind()
	d.resolve()
	b.Complete = d.completeness()
	if root := b.RootComponent(); root != nil {
		for _, f := range []struct {
			field *string
			value string
		}{{&root.Maker, d.manufacture}, {&root.Supplier, b.Supplier}, {&root.EndOfLife, d.endOfLife}} {
			if *f.field == "" {
				*f.field = f.value
			}
		}
	}
	if d.unsaid > 0 {
		b.Broken = append(b.Broken, fmt.Sprintf("%d more parts are broken", d.unsaid))
	}
	return b
}

// bind gives each bom-ref to the first component that has it. The others get
// one that nobody has.
func (d *draft) bind() {
	again := map[int32]int{} // how often a bom-ref was met before
	for i, t := range d.refOf {
		if t < 0 {
			continue
		}
		if d.targets[t].component < 0 {
			d.targets[t].component = int32(i)
			continue
		}
		ref := d.targets[t].ref
		for n := max(again[t], 1) + 1; ; n++ {
			own := ref + "#" + strconv.Itoa(n)
			if _, taken := d.refs[own]; taken {
				continue
			}
			again[t], d.refs[own] = n, t
			d.bill.Components[i].Ref = own
			break
		}
		d.broken(quote(ref), "the bom-ref of %s, and of %s before it, which it means", d.called(i), d.called(int(d.targets[t].component)))
	}
}

// called names a component in a message.
func (d *draft) called(i int) string {
	c := &d.bill.Components[i]
	return quote(strings.TrimSuffix(c.Name+" "+c.Version, " "))
}

// resolve makes edges of relations. What is told of once is told of no more.
func (d *draft) resolve() {
	if len(d.relations) > 0 {
		d.bill.Edges = make([]software.Edge, 0, len(d.relations))
	}
	for _, r := range d.relations {
		from, to := &d.targets[r.from], &d.targets[r.to]
		if from.component < 0 || to.component < 0 {
			if from.component >= 0 && strings.HasPrefix(to.ref, bomLink) {
				d.link(int(from.component), to.ref, linkDependsOn)
				continue
			}
			d.dangling(from)
			d.dangling(to)
			continue
		}
		e := software.Edge{From: int(from.component), To: int(to.component)}
		if r.provides {
			e.Kind = "provides"
		}
		d.bill.Edges = append(d.bill.Edges, e)
	}
	d.relations = nil
	for _, r := range d.others {
		from, to := &d.targets[r.from], &d.targets[r.to]
		if from.component < 0 || to.component < 0 {
			d.broken("property "+ownRelation, "no component has the bom-ref %s", quote(to.ref))
			continue
		}
		d.bill.Edges = append(d.bill.Edges, software.Edge{From: int(from.component), To: int(to.component), Kind: r.kind})
	}
	d.others = nil
}

// kindOfRelation is how the kinds of relations are written.
var kindOfRelation = regexp.MustCompile(`^[a-z_]{1,40}$`)

// maxRelations bounds the relations of one component that stand in properties.
const maxRelations = 100_000

// relateOtherwise takes the relations that a component's properties tell. from
// is its bom-ref in targets, or -1.
func (d *draft) relateOtherwise(from int32, said []string) {
	for _, s := range said {
		kind, ref, ok := strings.Cut(s, " ")
		if from < 0 || !ok || ref == "" || !kindOfRelation.MatchString(kind) || len(d.relations)+len(d.others) >= d.limits.Relations {
			d.broken("property "+ownRelation, "%s; want a kind of relation and a bom-ref, of a component that has one", quote(s))
			continue
		}
		d.others = append(d.others, other{from, d.ref([]byte(ref)), kind})
	}
}

func (d *draft) dangling(t *target) {
	if t.component >= 0 || t.asked == 0 {
		return
	}
	d.broken(fmt.Sprintf("dependencies[%d]", t.asked-1), "no component has the bom-ref %s", quote(t.ref))
	t.asked = 0
}

// completeness is the worst that is claimed of the bill as a whole or of what
// it is about.
func (d *draft) completeness() string {
	claimed := map[string]bool{}
	for _, c := range d.claims {
		whole := len(c.of) == 0
		for _, t := range c.of {
			whole = whole || d.bill.Root >= 0 && d.targets[t].component == int32(d.bill.Root)
		}
		if kind, _, _ := strings.Cut(c.aggregate, "_"); whole {
			claimed[kind] = true // of "incomplete_first_party_only" too
		}
	}
	for _, kind := range []string{"incomplete", "unknown", "complete"} {
		if claimed[kind] {
			return kind
		}
	}
	return ""
}

// quote bounds what a message repeats.
func quote(s string) string {
	const most = 80
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strconv.Quote(s)
}
