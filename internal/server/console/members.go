package console

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

type membersView struct {
	Problem       string
	Secret        *secretView
	Members       []memberView
	Organisations []access.Organisation
	Roles         []access.Role
}

// secretView is a secret that is shown once.
type secretView struct{ Heading, Value string }

// memberView is a member with its roles in words and its tokens that are good.
type memberView struct {
	access.Member
	Gone   bool
	Roles  []string
	Tokens []access.Token
}

// administrator refuses everybody else.
func (c *Console) administrator(r *http.Request) (access.Reader, error) {
	reader := visitorOf(r.Context()).Reader
	switch {
	case c.members == nil:
		return reader, problem.New(problem.NotFound, "this node has no members")
	case reader.Member == "":
		return reader, problem.New(problem.Unauthenticated, "members are for administrators; sign in")
	case !reader.Is(access.RoleAdministrator):
		return reader, problem.New(problem.Denied, "members are for administrators")
	}
	return reader, nil
}

// membersPage is the page of organisations, members and tokens, for
// administrators.
func (c *Console) membersPage(w http.ResponseWriter, r *http.Request) error {
	reader, err := c.administrator(r)
	if err != nil {
		return err
	}
	return c.showMembers(w, r, reader, http.StatusOK, membersView{})
}

func (c *Console) showMembers(w http.ResponseWriter, r *http.Request, reader access.Reader, status int, v membersView) error {
	all, err := c.members.Members(r.Context(), reader)
	if err != nil {
		return err
	}
	now := c.opts.Now()
	for _, m := range all {
		tokens, err := c.members.Tokens(r.Context(), reader, m.Name)
		if err != nil {
			return err
		}
		v.Members = append(v.Members, memberViewOf(m, tokens, now))
	}
	if v.Organisations, err = c.members.Organisations(r.Context(), reader); err != nil {
		return err
	}
	v.Roles = roles
	return c.pages.write(w, status, "members", "layout", c.frame(r, c.present(), "Members", v))
}

var roles = []access.Role{
	access.RoleReader, access.RoleAnalyst, access.RoleAssessor, access.RoleMaker,
	access.RoleLaboratory, access.RoleAuthority, access.RoleAdministrator,
}

func memberViewOf(m access.Member, tokens []access.Token, now time.Time) memberView {
	v := memberView{Member: m, Gone: !m.Disabled.IsZero()}
	for organisation, role := range m.Roles {
		v.Roles = append(v.Roles, words(string(role))+" of "+organisation)
	}
	slices.Sort(v.Roles)
	for _, t := range tokens {
		if t.Revoked.IsZero() && (t.Expires.IsZero() || t.Expires.After(now)) {
			v.Tokens = append(v.Tokens, t)
		}
	}
	return v
}

// change runs one change that an administrator asked for, and leads back to
// the page; what is wrong with the input is said on it.
func (c *Console) change(w http.ResponseWriter, r *http.Request, do func(access.Reader) error) error {
	reader, err := c.administrator(r)
	if err != nil {
		return err
	}
	if err := do(reader); err != nil {
		return c.refused(w, r, reader, err)
	}
	see(w, r, "/members")
	return nil
}

// refused shows what was wrong with the input on the page itself; any other
// error has a page of its own.
func (c *Console) refused(w http.ResponseWriter, r *http.Request, reader access.Reader, err error) error {
	switch problem.KindOf(err) {
	case problem.Invalid, problem.Conflict, problem.NotFound, problem.Denied:
		return c.showMembers(w, r, reader, problem.Status(err), membersView{Problem: sentence(problem.Message(err))})
	}
	return err
}

func (c *Console) addMember(w http.ResponseWriter, r *http.Request) error {
	return c.change(w, r, func(by access.Reader) error {
		return c.members.CreateMember(r.Context(), by, access.NewMember{
			Name: value(r, "member"), Display: value(r, "display"), Organisation: value(r, "organisation"),
			Role: access.Role(value(r, "role")), Password: access.Secret(r.PostFormValue("password")),
		})
	})
}

func (c *Console) grant(w http.ResponseWriter, r *http.Request) error {
	return c.change(w, r, func(by access.Reader) error {
		return c.members.Grant(r.Context(), by, value(r, "member"), value(r, "organisation"), access.Role(value(r, "role")))
	})
}

func (c *Console) disable(w http.ResponseWriter, r *http.Request) error {
	return c.change(w, r, func(by access.Reader) error {
		return c.members.Disable(r.Context(), by, value(r, "member"))
	})
}

func (c *Console) addOrganisation(w http.ResponseWriter, r *http.Request) error {
	return c.change(w, r, func(by access.Reader) error {
		id := value(r, "id")
		return c.members.CreateOrganisation(r.Context(), by, access.Organisation{ID: id, Name: cmp.Or(value(r, "name"), id)})
	})
}

func (c *Console) revokeToken(w http.ResponseWriter, r *http.Request) error {
	return c.change(w, r, func(by access.Reader) error {
		return c.members.RevokeToken(r.Context(), by, value(r, "token"))
	})
}

// createToken answers with the page itself: a secret must not stand in an
// address, and is not kept anywhere to be shown after a redirect.
func (c *Console) createToken(w http.ResponseWriter, r *http.Request) error {
	by, err := c.administrator(r)
	if err != nil {
		return err
	}
	var expires time.Time
	if day := value(r, "expires"); day != "" {
		d, err := access.ParseDate(day)
		if err != nil {
			return c.refused(w, r, by, problem.Wrap(problem.Invalid, err, "expires"))
		}
		expires = d.AddDays(1).Time() // good to the end of that day
	}
	member := value(r, "member")
	secret, _, err := c.members.CreateToken(r.Context(), by, member, value(r, "label"), expires)
	if err != nil {
		return c.refused(w, r, by, err)
	}
	return c.showMembers(w, r, by, http.StatusOK, membersView{Secret: &secretView{"New token of " + member, string(secret)}})
}

// value is a form's field without the space around it.
func value(r *http.Request, name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
