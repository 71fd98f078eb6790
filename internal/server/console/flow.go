package console

import (
	"cmp"
	"fmt"

	"countersign.dev/internal/incident/playbook"
)

// The measures of the drawing of a workflow: from one column to the next, and
// from one row to the next.
const (
	flowColumn = blastBox + 24
	flowRow    = blastTall + 22
	flowTurn   = 14
	flowLimit  = 150 // steps; more are only listed
)

// flow draws a workflow from top to bottom: what branches from a step stands below
// it side by side, and what follows below that. The ends of branches are not
// drawn.
type flow struct {
	book  *playbook.Playbook
	look  func(s *playbook.Step) (tone, says string)
	out   *blast
	nodes map[string]*blastNode
	edges [][2]*blastNode
	tones []string
}

// drawFlow draws the workflow of a playbook; nil where it is too long. look says
// how a step is drawn, and in a few words what it is.
func drawFlow(p *playbook.Playbook, look func(s *playbook.Step) (tone, says string)) *blast {
	if len(p.Steps) > flowLimit {
		return nil
	}
	f := &flow{book: p, look: look, out: &blast{}, nodes: map[string]*blastNode{}}
	width, row, _ := f.chain(p.Start, 0, 0, nil)
	if p.Exception != "" && f.nodes[p.Exception] == nil && p.Steps[p.Exception].Type != playbook.TypeEnd {
		more, rows, _ := f.chain(p.Exception, width, 0, nil)
		width, row = width+more, max(row, rows)
	}
	f.out.Width, f.out.Height = max(width, 1)*flowColumn-flowColumn+blastBox+2, row*flowRow+4
	for i, e := range f.edges {
		x1, y1, x2, y2 := e[0].X+blastBox/2, e[0].Y+blastTall, e[1].X+blastBox/2, e[1].Y
		// It turns just above where it leads to, so that it crosses nothing on the way.
		turn := max(y1, y2-flowRow+blastTall)
		f.out.Edges = append(f.out.Edges, blastEdge{fmt.Sprintf("M%d %dV%dC%d %d %d %d %d %d", x1, y1, turn, x1, turn+flowTurn, x2, y2-flowTurn, x2, y2), f.tones[i]})
	}
	for _, id := range p.StepIDs() {
		if n := f.nodes[id]; n != nil {
			f.out.Nodes = append(f.out.Nodes, *n)
		}
	}
	return f.out
}

// chain places steps that follow each other, from a column and a row on, and what
// branches from them. It gives how many columns they take, the row after them, and
// the nodes from which it goes on.
func (f *flow) chain(step string, column, row int, from []*blastNode) (columns, next int, tails []*blastNode) {
	columns, tails = 1, from
	for step != "" {
		s := f.book.Steps[step]
		if s == nil {
			break
		}
		if there := f.nodes[step]; there != nil {
			f.join(tails, there)
			return columns, row, nil
		}
		if s.Type == playbook.TypeEnd {
			break
		}
		n := f.place(s, column, row)
		f.join(tails, n)
		row++
		tails = []*blastNode{n}
		if branches := branchesOf(s); len(branches) > 0 {
			var width int
			width, row, tails = f.branch(n, s, branches, column, row)
			columns = max(columns, width)
		}
		if s.OnFailure != "" {
			more, rows, _ := f.chain(s.OnFailure, column+columns, row, []*blastNode{n})
			columns, row = columns+more, max(row, rows)
		}
		step = cmp.Or(s.OnCompletion, s.OnSuccess)
	}
	return columns, row, tails
}

// branch places the branches of a step side by side.
func (f *flow) branch(n *blastNode, s *playbook.Step, branches []string, column, row int) (columns, next int, tails []*blastNode) {
	next = row
	for _, first := range branches {
		width, rows, ends := f.chain(first, column+columns, row, []*blastNode{n})
		if len(ends) == 1 && ends[0] == n {
			continue // it ends at once: nothing is drawn
		}
		columns, next = columns+width, max(next, rows)
		tails = append(tails, ends...)
	}
	if s.Type != playbook.TypeParallel && s.OnFalse == "" || len(tails) == 0 {
		tails = append(tails, n)
	}
	return max(columns, 1), next, tails
}

func branchesOf(s *playbook.Step) []string {
	var out []string
	add := func(ids ...string) {
		for _, id := range ids {
			if id != "" {
				out = append(out, id)
			}
		}
	}
	switch s.Type {
	case playbook.TypeIf, playbook.TypeWhile:
		add(s.OnTrue, s.OnFalse)
	case playbook.TypeParallel:
		add(s.Next...)
	case playbook.TypeSwitch:
		for _, key := range playbook.CaseKeys(s.Cases) {
			add(s.Cases[key])
		}
	}
	return out
}

func (f *flow) place(s *playbook.Step, column, row int) *blastNode {
	tone, says := f.look(s)
	n := &blastNode{X: column*flowColumn + 1, Y: row*flowRow + 1, Name: clipped(s.Title(), blastName), Says: clipped(says, blastName+4), Whole: s.Title(), Tone: tone}
	n.Text, n.NameY, n.SaysY = n.X+10, n.Y+17, n.Y+32
	if n.Says == "" {
		n.NameY = n.Y + 25
	}
	f.nodes[s.ID] = n
	return n
}

func (f *flow) join(from []*blastNode, to *blastNode) {
	for _, n := range from {
		f.edges = append(f.edges, [2]*blastNode{n, to})
		f.tones = append(f.tones, to.Tone)
	}
}

// kindSays is what a step is, in a few words.
func kindSays(s *playbook.Step) string {
	switch s.Type {
	case playbook.TypeStart:
		return ""
	case playbook.TypeIf:
		return "decides"
	case playbook.TypeWhile:
		return "repeats"
	case playbook.TypeSwitch:
		return "chooses"
	case playbook.TypeParallel:
		return "at once"
	case playbook.TypePlaybook:
		return "runs another playbook"
	}
	return words(s.Ours.Phase)
}
