package console

import (
	"net/http"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

// mostDecided is how many decisions about entries the page of all of them
// shows.
const mostDecided = 50

type duplicatesView struct {
	Ways           []tab
	Query, Problem string
	Reason         string // as typed
	Subject        dossier.Subject
	Entry          string // of the subject's, that decisions are about
	Joined         []dossier.Joined
	Near           []dossier.Candidate
	Candidates     []dossier.Candidate // whom the query may mean
	Decided        []joinView
	Audiences      []audienceOption
	MayDecide      bool
	Sources        []ledger.Source // whose editions can be looked through
}

// joinView is a decision about two entries.
type joinView struct {
	node.JoinDecision
	Says    string
	MayUndo bool
}

// audienceOption is whose decision one may make.
type audienceOption struct{ Value, Name string }

// duplicates is the page on which entries are joined or kept apart: about one
// party, or, without one, with the newest decisions about any.
func (c *Console) duplicates(w http.ResponseWriter, r *http.Request) error {
	return c.showDuplicates(w, r, http.StatusOK, duplicatesView{Query: strings.TrimSpace(r.URL.Query().Get("subject"))})
}

func (c *Console) showDuplicates(w http.ResponseWriter, r *http.Request, status int, v duplicatesView) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	reader := visitorOf(r.Context()).Reader
	if reader.MayWrite() {
		v.Audiences = audiencesOf(reader)
	}
	v.Ways, v.MayDecide = waysToScreen(m, "/duplicates"), len(v.Audiences) > 0
	if v.Query != "" {
		err = c.fillDuplicates(r, m, &v)
	} else if v.Decided, err = c.newestJoins(r); err == nil {
		v.Sources, err = c.searched(r, m)
	}
	if err != nil {
		return err
	}
	title := "Possible duplicates"
	if v.Subject.Name != "" {
		title += " of " + v.Subject.Name
	}
	return c.pages.write(w, status, "duplicates", "layout", c.frame(r, m, title, v))
}

// fillDuplicates finds who is near the party that is asked about, and what was
// decided.
func (c *Console) fillDuplicates(r *http.Request, m Moment, v *duplicatesView) error {
	d, err := c.questions.Show(r.Context(), m.ask(r), v.Query)
	if err != nil {
		return err
	}
	v.Subject, v.Joined, v.Candidates = d.Subject, d.Joined, d.Candidates
	if v.Subject.ID == "" {
		return nil
	}
	v.Entry = entryOf(d, v.Query)
	all, err := c.questions.Joins(r.Context(), m.ask(r), v.Entry)
	if err != nil {
		return err
	}
	if v.Near, err = c.undecided(r, m, d, all); err != nil {
		return err
	}
	for _, j := range all {
		v.Decided = append(v.Decided, joinViewOf(j, visitorOf(r.Context()).Reader))
	}
	return nil
}

// entryOf is the entry by which decisions about a party name it: the one that
// was asked for, or else its first. A party's own id may be a name of others.
func entryOf(d *dossier.Dossier, query string) string {
	if slices.ContainsFunc(d.Joined, func(j dossier.Joined) bool { return j.ID == query }) || len(d.Joined) == 0 {
		return query
	}
	return d.Joined[0].ID
}

// newestJoins is the newest decisions that the reader may see, as of now.
func (c *Console) newestJoins(r *http.Request) ([]joinView, error) {
	ask := c.anyTime(r)
	entries, err := c.questions.List(r.Context(), ask, ledger.Filter{Kind: party.KindJoin, Newest: true, Limit: mostDecided})
	if err != nil {
		return nil, err
	}
	type series struct {
		source   string
		audience access.Audience
	}
	superseded := map[series]bool{}
	var out []joinView
	for _, e := range entries {
		body, err := c.questions.Body(r.Context(), ask, e.Position)
		if err != nil {
			continue // withdrawn
		}
		j, err := party.ParseJoin(body)
		if err != nil {
			return nil, err
		}
		of := series{e.Source, e.Audience}
		out = append(out, joinViewOf(node.JoinDecision{
			A: j.A, B: j.B, Verdict: j.Verdict, Reason: j.Reason, Actor: e.Actor, Date: e.Published, Position: e.Position,
			Digest: e.Digest, Audience: e.Audience.String(), InForce: !superseded[of] && j.Verdict != party.JoinOpen,
		}, visitorOf(r.Context()).Reader))
		superseded[of] = true
	}
	return out, nil
}

func joinViewOf(j node.JoinDecision, reader access.Reader) joinView {
	v := joinView{JoinDecision: j, Says: joinWords[j.Verdict]}
	for _, a := range audiencesOf(reader) {
		v.MayUndo = v.MayUndo || j.InForce && reader.MayWrite() && a.Value == j.Audience
	}
	return v
}

// joinWords says what a decision says.
var joinWords = map[party.Verdict]string{
	party.JoinSame: "One party", party.JoinApart: "Kept apart", party.JoinOpen: "Taken back",
}

// audiencesOf is for whom a reader may decide: their organisations, and
// everybody where they administrate.
func audiencesOf(reader access.Reader) []audienceOption {
	var out []audienceOption
	whole := access.Public
	for _, org := range reader.Organisations {
		whole = whole.And(access.ForOrganisation(org))
	}
	if !whole.IsPublic() {
		out = append(out, audienceOption{whole.String(), "Only " + strings.Join(reader.Organisations, " with ")})
	}
	if reader.Is(access.RoleAdministrator) {
		out = append(out, audienceOption{access.Public.String(), "Everybody"})
	}
	return out
}

// join records a decision about two entries and leads back to the party.
func (c *Console) join(w http.ResponseWriter, r *http.Request) error {
	v := duplicatesView{Query: value(r, "subject"), Reason: value(r, "reason")}
	j := node.Joining{A: value(r, "a"), B: value(r, "b"), Verdict: party.Verdict(value(r, "verdict")), Reason: v.Reason}
	audience, err := access.ParseAudience(value(r, "audience"))
	if err == nil && value(r, "audience") != "" {
		j.Audience = &audience
	}
	if err == nil {
		_, err = c.questions.Join(r.Context(), visitorOf(r.Context()).Reader, j)
	}
	switch problem.KindOf(err) {
	case problem.Invalid, problem.Conflict, problem.NotFound:
		v.Problem = sentence(problem.Message(err))
		return c.showDuplicates(w, r, problem.Status(err), v)
	}
	if err != nil {
		return err
	}
	see(w, r, "%s", Moment{}.Link("/duplicates", "subject", v.Query))
	return nil
}
