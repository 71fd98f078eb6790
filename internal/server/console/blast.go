package console

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/node"
)

// blast is the drawing of who is concerned by a weakness: from the weakness to
// the packages in the versions that have it, to the releases that contain
// them, to the systems that run these. Lengths are pixels. What does not fit is
// counted.
type blast struct {
	Width, Height int
	Heads         []blastHead
	Nodes         []blastNode
	Edges         []blastEdge
}

// drawnView is what the template "drawn" shows.
type drawnView struct {
	Says    string // for those who cannot see the drawing
	Drawing *blast
}

type blastHead struct {
	X    int
	Name string
}

type blastNode struct {
	X, Y               int
	Name, Says, Whole  string
	Tone, Link         string
	NameY, SaysY, Text int
}

type blastEdge struct{ Path, Tone string }

// The measures of the drawing.
const (
	blastColumn = 250 // from one column to the next
	blastNarrow = 203 // where there are more than four
	blastBox    = 190 // width of a node
	blastTall   = 40
	blastGap    = 12
	blastTop    = 30
	blastName   = 24 // characters of a name that fit

	mostBlastVersions = 10
	mostBlastReleases = 14
	mostBlastSystems  = 16
)

// drawing is a blast in the making: nodes by column and key, and what leads
// where.
type drawing struct {
	columns [][]*blastNode
	at      []map[string]*blastNode
	more    []int
	edges   [][2]*blastNode
	drawn   map[[2]*blastNode]bool
}

func newDrawing(columns int) *drawing {
	d := &drawing{columns: make([][]*blastNode, columns), at: make([]map[string]*blastNode, columns), more: make([]int, columns), drawn: map[[2]*blastNode]bool{}}
	for i := range d.at {
		d.at[i] = map[string]*blastNode{}
	}
	return d
}

// drawBlast draws an answer about impact; nil where no release is concerned.
func drawBlast(id, tone string, found *node.Impact, m Moment) *blast {
	if found.Total == 0 {
		return nil
	}
	d := newDrawing(4)
	weakness := d.node(0, id, 1, blastNode{Name: id, Says: plural(found.Total, "release"), Tone: tone})
	for _, v := range found.Versions {
		n := blastNode{Name: cmp.Or(versionWord(v.Version), "any version"), Says: packageName(v.Package), Whole: v.Package + " " + v.Version, Tone: stateTone(v.State)}
		d.join(weakness, d.node(1, v.Package+" "+v.Version, mostBlastVersions, n))
	}
	releases := slices.Clone(found.Releases)
	slices.SortStableFunc(releases, func(a, b node.ImpactedRelease) int { return cmp.Compare(len(b.Systems), len(a.Systems)) })
	for i := range releases {
		d.release(&releases[i], m)
	}
	d.more[2] += found.Total - len(found.Releases)
	return d.finish([]string{"Weakness", "Package and version", "Release", "System"})
}

// release adds a release with what leads to it and the systems that run it.
func (d *drawing) release(r *node.ImpactedRelease, m Moment) {
	n := d.node(2, r.ID, mostBlastReleases, blastNode{
		Name: strings.TrimSpace(calledWord(cmp.Or(r.Name, r.ID)) + " " + versionWord(r.Version)), Says: r.Supplier, Whole: r.ID, Link: m.Link("/release", "subject", r.ID), Tone: "none",
	})
	for _, c := range r.Components {
		if n != nil && (c.State == advisory.IsAffected || n.Tone == "none") {
			n.Tone = stateTone(c.State)
		}
		for _, k := range advisory.KeysOf(c.PURL, nil) {
			d.join(d.at[1][k.Term+" "+k.Version], n)
		}
	}
	for _, s := range r.Systems {
		says := ownName(s.Organisation)
		if s.Criticality != "" {
			says = strings.TrimPrefix(says+", "+words(string(s.Criticality)), ", ")
		}
		d.join(n, d.node(3, s.ID, mostBlastSystems, blastNode{Name: cmp.Or(s.Name, s.ID), Says: says, Whole: s.ID, Tone: "none"}))
	}
}

// stateTone is the tone of what an advisory means for a version.
func stateTone(s advisory.State) string {
	switch s {
	case advisory.IsAffected:
		return "deny"
	case advisory.Unknown:
		return "review"
	}
	return "none"
}

// packageName is a package's term without what it has in common with others.
func packageName(term string) string {
	term = strings.TrimPrefix(strings.TrimPrefix(term, "purl:"), "pkg:")
	return term[strings.LastIndexAny(term, "/:")+1:]
}

// node is the node of a key in a column; nil when the column is full.
func (d *drawing) node(column int, key string, most int, n blastNode) *blastNode {
	if held := d.at[column][key]; held != nil {
		return held
	}
	if _, counted := d.at[column][key]; counted {
		return nil
	}
	if len(d.columns[column]) >= most {
		d.at[column][key] = nil
		d.more[column]++
		return nil
	}
	n.Whole = cmp.Or(n.Whole, n.Name)
	d.at[column][key] = &n
	d.columns[column] = append(d.columns[column], &n)
	return &n
}

// join draws a line from one node to another, once.
func (d *drawing) join(from, to *blastNode) {
	edge := [2]*blastNode{from, to}
	if from != nil && to != nil && !d.drawn[edge] {
		d.drawn[edge] = true
		d.edges = append(d.edges, edge)
	}
}

// finish gives everything its place, under the heads of the columns.
func (d *drawing) finish(heads []string) *blast {
	column := blastColumn
	if len(d.columns) > 4 {
		column = blastNarrow
	}
	out := &blast{Width: (len(d.columns)-1)*column + blastBox + 2}
	tallest := 0
	for i := range d.columns {
		if d.more[i] > 0 {
			d.columns[i] = append(d.columns[i], &blastNode{Name: fmt.Sprintf("and %s more", grouped(fmt.Sprint(d.more[i]))), Tone: "more"})
		}
		tallest = max(tallest, len(d.columns[i]))
	}
	height := tallest*(blastTall+blastGap) - blastGap
	out.Height = blastTop + height + 4
	for i, name := range heads {
		out.Heads = append(out.Heads, blastHead{i * column, name})
	}
	for i := range d.columns {
		top := blastTop + (height-(len(d.columns[i])*(blastTall+blastGap)-blastGap))/2
		for j, n := range d.columns[i] {
			n.X, n.Y = i*column+1, top+j*(blastTall+blastGap)
			n.Text, n.NameY, n.SaysY = n.X+10, n.Y+17, n.Y+32
			if n.Says == "" {
				n.NameY = n.Y + 25
			}
			n.Name, n.Says = clipped(n.Name, blastName), clipped(n.Says, blastName+4)
		}
	}
	for _, e := range d.edges {
		x1, y1, x2, y2 := e[0].X+blastBox, e[0].Y+blastTall/2, e[1].X, e[1].Y+blastTall/2
		bend := (x2 - x1) / 2
		out.Edges = append(out.Edges, blastEdge{fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, x1+bend, y1, x2-bend, y2, x2, y2), e[1].Tone})
	}
	for i := range d.columns {
		for _, n := range d.columns[i] {
			out.Nodes = append(out.Nodes, *n)
		}
	}
	return out
}

// clipped is text of at most so many characters.
func clipped(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}
