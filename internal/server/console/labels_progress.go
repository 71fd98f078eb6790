package console

import (
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/node"
)

// mostWaits is how many controls that an application waits for are told at once.
const mostWaits = 8

// progressView is how far an application has come.
type progressView struct {
	*assessment.Progress
	Summary string
	Done    int // of Required.Of
	Passes  bool
	First   []assessment.Wait
	Rest    []assessment.Wait
	Link    string // of the workbench; "" for whom has none
}

func progressViewOf(got *node.Assessed) *progressView {
	p := got.Progress
	v := &progressView{Progress: p, Summary: capital(p.Summary), Done: p.Required.Met + p.Required.NotApplicable, Passes: got.Assessment.Passes}
	n := min(mostWaits, len(p.Waits))
	v.First, v.Rest = p.Waits[:n], p.Waits[n:]
	v.Link = "/labelling/" + got.Label + "/controls"
	return v
}
