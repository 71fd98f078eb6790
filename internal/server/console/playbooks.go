package console

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/incident/playbook"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// Responder is what the pages of playbooks ask a node.
type Responder interface {
	Playbooks(ctx context.Context, ask access.Ask) ([]node.PlaybookEntry, error)
	Playbook(ctx context.Context, ask access.Ask, name, version string) (*node.PlaybookDocument, error)
	DryRun(ctx context.Context, ask access.Ask, name, version string, values map[string]string) (*node.DryRun, error)
	StartRun(ctx context.Context, by access.Reader, in node.NewRun) (*node.RunState, error)
	Runs(ctx context.Context, ask access.Ask, f node.RunFilter) (*node.RunList, error)
	Run(ctx context.Context, ask access.Ask, id string) (*node.RunState, error)
	ActInRun(ctx context.Context, by access.Reader, id string, act node.RunAct) (*node.RunState, error)
}

func (c *Console) playbookRoutes() {
	c.page("GET /playbooks", c.playbooks)
	c.page("GET /playbooks/{id}", c.playbook)
	c.page("GET /playbooks/{id}/json", c.playbookJSON)
	c.form("POST /playbooks/run", c.startRun)
	c.page("GET /runs/{run}", c.run)
	c.form("POST /runs/act", c.actInRun)
}

type playbooksView struct {
	Playbooks []node.PlaybookEntry
	Runs      []node.RunSummary // those that are running before the others
	Next      string            // address of the next page of runs
}

// playbooks is the page of playbooks and runs.
func (c *Console) playbooks(w http.ResponseWriter, r *http.Request) error {
	var v playbooksView
	var err error
	if v.Playbooks, err = c.questions.Playbooks(r.Context(), nowOf(r)); err != nil {
		return err
	}
	list, err := c.questions.Runs(r.Context(), nowOf(r), node.RunFilter{After: r.URL.Query().Get("after"), Limit: 50})
	if err != nil {
		return err
	}
	v.Runs = list.Runs
	slices.SortStableFunc(v.Runs, func(a, b node.RunSummary) int {
		if (a.Status == playbook.Running) != (b.Status == playbook.Running) {
			if a.Status == playbook.Running {
				return -1
			}
			return 1
		}
		return 0
	})
	if list.Next != "" {
		v.Next = Moment{}.Link("/playbooks", "after", list.Next)
	}
	return c.show(w, r, c.present(), "playbooks", "Playbooks", v)
}

type playbookView struct {
	Problem       string
	Doc           *node.PlaybookDocument
	Dry           *node.DryRun
	Drawing       *blast
	Variables     []variableView // that can be given at the start
	MayStart      bool
	Organisations []string
	Run           node.NewRun // as typed
}

// variableView is a variable in a form.
type variableView struct {
	Name, Label, Hint, Value string
	Required, Flag           bool
}

// playbook is the page of one playbook.
func (c *Console) playbook(w http.ResponseWriter, r *http.Request) error {
	return c.showPlaybook(w, r, http.StatusOK, playbookView{Run: node.NewRun{
		Playbook: r.PathValue("id"), Version: r.URL.Query().Get("version"), Incident: r.URL.Query().Get("incident"),
	}})
}

func (c *Console) showPlaybook(w http.ResponseWriter, r *http.Request, status int, v playbookView) error {
	var err error
	if v.Doc, err = c.questions.Playbook(r.Context(), nowOf(r), v.Run.Playbook, v.Run.Version); err != nil {
		return err
	}
	if v.Dry, err = c.questions.DryRun(r.Context(), nowOf(r), v.Doc.ID, v.Doc.Version, nil); err != nil {
		return err
	}
	p := v.Doc.Playbook
	v.Drawing = drawFlow(p, func(s *playbook.Step) (string, string) { return "none", kindSays(s) })
	for _, name := range p.VariableNames() {
		if d := p.Variables[name]; d.External {
			v.Variables = append(v.Variables, variableOf(name, d, v.Run.Values[name]))
		}
	}
	reader := visitorOf(r.Context()).Reader
	for _, org := range reader.Organisations {
		if reader.Operator || reader.Roles[org] != access.RoleReader {
			v.Organisations = append(v.Organisations, org)
		}
	}
	v.MayStart = reader.MayWrite() && p.Ready(c.opts.Now()) == nil
	return c.pages.write(w, status, "playbook", "layout", c.frame(r, c.present(), p.Name, v))
}

func variableOf(name string, d *playbook.Variable, value string) variableView {
	out := variableView{Name: name, Label: capital(strings.ReplaceAll(strings.Trim(name, "_"), "_", " ")), Hint: d.Description, Value: value, Required: d.Value == nil, Flag: d.Type == "bool"}
	if value == "" && d.Value != nil {
		out.Value = *d.Value
	}
	return out
}

// playbookJSON is a playbook's own bytes.
func (c *Console) playbookJSON(w http.ResponseWriter, r *http.Request) error {
	doc, err := c.questions.Playbook(r.Context(), nowOf(r), r.PathValue("id"), r.URL.Query().Get("version"))
	if err != nil {
		return err
	}
	return download(w, "application/json", doc.Slug()+".json", doc.Bytes)
}

// startRun starts a run of a playbook.
func (c *Console) startRun(w http.ResponseWriter, r *http.Request) error {
	in := node.NewRun{Playbook: value(r, "playbook"), Version: value(r, "version"), Incident: value(r, "incident"), Owner: value(r, "organisation"), Note: value(r, "note"), Values: valuesOf(r)}
	s, err := c.questions.StartRun(r.Context(), visitorOf(r.Context()).Reader, in)
	switch problem.KindOf(err) {
	case problem.Invalid, problem.Conflict, problem.Denied:
		return c.showPlaybook(w, r, problem.Status(err), playbookView{Problem: sentence(problem.Message(err)), Run: in})
	}
	if err != nil {
		return err
	}
	see(w, r, "/runs/%s", s.ID)
	return nil
}

// valuesOf is the variables of a form: its fields that begin with "set ".
func valuesOf(r *http.Request) map[string]string {
	out := map[string]string{}
	for field, values := range r.PostForm {
		if name, ok := strings.CutPrefix(field, "set "); ok && len(values) > 0 && values[0] != "" {
			out[name] = values[0]
		}
	}
	return out
}

type playedView struct {
	Problem string
	*node.RunState
	Waits   []waitView
	Drawing *blast
	Rows    []taskView
	Version string // address of the playbook in the version that is run
	MayAct  bool
	Unnamed bool // nobody has signed in, so the form asks who it is
	Task    int  // that the form was about which was refused
	Note    string
}

// waitView is what waits, with the fields of its form.
type waitView struct {
	node.Waiting
	Fields             []variableView
	CanEnd, CanApprove bool
}

// taskView is one line of what was done.
type taskView struct {
	*playbook.Task
	Indent []struct{}
	Tone   string
	Stands string
}

// run is the page of one run.
func (c *Console) run(w http.ResponseWriter, r *http.Request) error {
	return c.showRun(w, r, http.StatusOK, r.PathValue("run"), playedView{})
}

func (c *Console) showRun(w http.ResponseWriter, r *http.Request, status int, id string, v playedView) error {
	var err error
	if v.RunState, err = c.questions.Run(r.Context(), nowOf(r), id); err != nil {
		return err
	}
	v.Version = Moment{}.Link("/playbooks/"+v.Start.Playbook, "version", v.Start.Version)
	visitor := visitorOf(r.Context())
	v.MayAct, v.Unnamed = visitor.Reader.MayWrite() && v.Status == playbook.Running, !visitor.Session
	for _, x := range v.RunState.Waits {
		t := v.RunState.Task(x.Task)
		wait := waitView{Waiting: x, CanApprove: x.Approvals < x.Needs}
		wait.CanEnd = !wait.CanApprove && (x.NotBefore.IsZero() || !c.opts.Now().Before(x.NotBefore))
		for _, name := range x.Sets {
			if d := variableIn(t, name); d != nil {
				value := ""
				if v.Task == x.Task {
					value = valuesOf(r)[name]
				}
				wait.Fields = append(wait.Fields, variableOf(name, d, value))
			}
		}
		v.Waits = append(v.Waits, wait)
	}
	now := c.opts.Now()
	tones := map[string]string{}
	says := map[string]string{}
	for _, t := range v.Tasks {
		row := taskView{Task: t, Indent: make([]struct{}, t.Depth)}
		row.Tone, row.Stands = standing(t, now)
		tones[t.Step], says[t.Step] = row.Tone, row.Stands
		if t.Type != playbook.TypeStart && t.Type != playbook.TypeEnd {
			v.Rows = append(v.Rows, row)
		}
	}
	if len(v.Tasks) > 0 {
		v.Drawing = drawFlow(v.Tasks[0].Book(), func(s *playbook.Step) (string, string) {
			if tone := tones[s.ID]; tone != "" {
				return tone, says[s.ID]
			}
			return "none", ""
		})
	}
	return c.pages.write(w, status, "run", "layout", c.frame(r, c.present(), "Run of "+v.Start.Name, v))
}

func variableIn(t *playbook.Task, name string) *playbook.Variable {
	if d := t.Definition().Variables[name]; d != nil {
		return d
	}
	return t.Book().Variables[name]
}

// standing is how a task stands: the tone that it is shown in, and in words.
func standing(t *playbook.Task, now time.Time) (tone, says string) {
	switch {
	case t.Outcome == playbook.Done && t.Late:
		return "review", "done late"
	case t.Outcome == playbook.Done:
		return "allow", "done"
	case t.Outcome == playbook.Failed:
		return "deny", "failed"
	case t.Outcome == playbook.GivenUp:
		return "none", "given up"
	case t.Late || !t.Due.IsZero() && now.After(t.Due):
		return "deny", "late"
	}
	return "review", "open"
}

// actInRun ends a step, approves it, or calls the run off.
func (c *Console) actInRun(w http.ResponseWriter, r *http.Request) error {
	id := value(r, "run")
	act := node.RunAct{Verb: value(r, "verb"), Step: value(r, "task"), By: value(r, "by"), Note: value(r, "note"), Values: valuesOf(r)}
	s, err := c.questions.ActInRun(r.Context(), visitorOf(r.Context()).Reader, id, act)
	switch problem.KindOf(err) {
	case problem.Invalid, problem.Conflict, problem.Denied:
		task, numberErr := wholeNumber(r, "task")
		if numberErr != nil {
			return numberErr
		}
		return c.showRun(w, r, problem.Status(err), id, playedView{Problem: sentence(problem.Message(err)), Task: int(task), Note: act.Note})
	}
	if err != nil {
		return err
	}
	see(w, r, "/runs/%s", s.ID)
	return nil
}

// runTone is the tone that a run's status is shown in.
func runTone(s playbook.Status) string {
	switch s {
	case playbook.RunDone:
		return "allow"
	case playbook.Running:
		return "review"
	case playbook.RunFailed:
		return "deny"
	}
	return "none"
}

// lasting writes a duration as days or hours where it is whole ones.
func lasting(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0:
		return plural(int(d/(24*time.Hour)), "day")
	case d%time.Hour == 0:
		return plural(int(d/time.Hour), "hour")
	}
	return d.String()
}
