package console

import (
	"net/http"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

type loginView struct {
	Next, Problem string
	Fresh         bool // nobody can sign in yet
	Welcome       bool // the first administrator was just made
}

// loginForm is the page to sign in on. Its form goes to the server's door,
// which leads back here with failed=1 when the name or password is wrong.
func (c *Console) loginForm(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	v := loginView{Next: localPath(q.Get("next")), Welcome: q.Get("welcome") != ""}
	if q.Get("failed") != "" {
		v.Problem = "The name or the password is wrong."
	}
	if c.members != nil {
		var err error
		if v.Fresh, err = c.members.NeedsSetup(r.Context()); err != nil {
			return err
		}
	}
	return c.show(w, r, c.present(), "login", "Sign in", v)
}

// localPath is next when it is a path of ours: a link to this page must not
// lead on to another site.
func localPath(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\t\r\n") {
		return "/"
	}
	return next
}

type setupView struct {
	Problem              string
	Organisation, Member string
}

// setupForm is the page on which the first administrator is made.
func (c *Console) setupForm(w http.ResponseWriter, r *http.Request) error {
	if err := c.mayBeSetUp(r); err != nil {
		return err
	}
	return c.showSetup(w, r, http.StatusOK, setupView{})
}

// mayBeSetUp refuses once there is somebody who can sign in.
func (c *Console) mayBeSetUp(r *http.Request) error {
	if c.members == nil {
		return problem.New(problem.NotFound, "this node has no members to set up")
	}
	fresh, err := c.members.NeedsSetup(r.Context())
	if err != nil {
		return err
	}
	if !fresh {
		return problem.New(problem.NotFound, "this node is set up; an administrator adds members")
	}
	return nil
}

func (c *Console) showSetup(w http.ResponseWriter, r *http.Request, status int, v setupView) error {
	return c.pages.write(w, status, "setup", "layout", c.frame(r, c.present(), "Set up", v))
}

func (c *Console) setup(w http.ResponseWriter, r *http.Request) error {
	if err := c.mayBeSetUp(r); err != nil {
		return err
	}
	home := access.Organisation{ID: value(r, "organisation"), Name: value(r, "organisation")}
	admin := access.NewMember{
		Name: value(r, "member"), Organisation: home.ID,
		Role: access.RoleAdministrator, Password: access.Secret(r.PostFormValue("password")),
	}
	err := c.members.Setup(r.Context(), access.Secret(value(r, "code")), home, admin)
	switch problem.KindOf(err) {
	case problem.Invalid, problem.Denied, problem.Unauthenticated, problem.Conflict:
		v := setupView{Problem: sentence(problem.Message(err)), Organisation: home.ID, Member: admin.Name}
		return c.showSetup(w, r, problem.Status(err), v)
	}
	if err != nil {
		return err
	}
	see(w, r, "/login?welcome=1")
	return nil
}
