package console_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/server/console"
)

// club is members in memory: enough to see what the pages ask for, and to
// answer with each kind of refusal.
type club struct {
	fresh    bool
	failure  error
	done     []string
	newcomer access.NewMember
	expires  time.Time
}

func (c *club) NeedsSetup(context.Context) (bool, error) { return c.fresh, nil }

func (c *club) Setup(_ context.Context, code access.Secret, home access.Organisation, admin access.NewMember) error {
	c.newcomer = admin
	if string(code) != "right-code" {
		return problem.New(problem.Unauthenticated, "the code is wrong or too old")
	}
	c.done = append(c.done, "setup "+home.ID)
	return nil
}

func (c *club) Organisations(context.Context, access.Reader) ([]access.Organisation, error) {
	return []access.Organisation{{ID: "acme", Name: "Acme Procurement Agency", Home: true}, {ID: "beta", Name: "beta"}}, nil
}

func (c *club) CreateOrganisation(_ context.Context, _ access.Reader, o access.Organisation) error {
	c.done = append(c.done, "organisation "+o.ID+" "+o.Name)
	return c.failure
}

func (c *club) Members(context.Context, access.Reader) ([]access.Member, error) {
	return []access.Member{
		{Name: "ada", Display: "Ada Lovelace", Roles: map[string]access.Role{"acme": access.RoleAnalyst, "beta": access.RoleReader}, SignsIn: true},
		{Name: "pipeline", Display: "pipeline", Roles: map[string]access.Role{"acme": access.RoleReader}},
		{Name: "gone", Display: "Former Member", Disabled: now},
	}, nil
}

func (c *club) CreateMember(_ context.Context, _ access.Reader, m access.NewMember) error {
	c.newcomer = m
	return c.failure
}

func (c *club) Grant(_ context.Context, _ access.Reader, member, organisation string, role access.Role) error {
	c.done = append(c.done, "grant "+member+" "+organisation+" "+string(role))
	return c.failure
}

func (c *club) Disable(_ context.Context, _ access.Reader, member string) error {
	c.done = append(c.done, "disable "+member)
	return c.failure
}

func (c *club) Tokens(_ context.Context, _ access.Reader, member string) ([]access.Token, error) {
	if member != "pipeline" {
		return nil, nil
	}
	return []access.Token{
		{ID: "t1", Member: member, Label: "nightly check", Created: now.AddDate(0, -2, 0), LastUsed: now},
		{ID: "t2", Member: member, Label: "revoked one", Revoked: now},
		{ID: "t3", Member: member, Label: "expired one", Expires: now.AddDate(0, 0, -1)},
	}, nil
}

func (c *club) CreateToken(_ context.Context, _ access.Reader, member, label string, expires time.Time) (access.Secret, access.Token, error) {
	c.done, c.expires = append(c.done, "token "+member+" "+label), expires
	return "cst_abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrst", access.Token{}, c.failure
}

func (c *club) RevokeToken(_ context.Context, _ access.Reader, id string) error {
	c.done = append(c.done, "revoke "+id)
	return c.failure
}

func newConsoleWithMembers(s *stage) *console.Console { return consoleOf(s, &club{fresh: true}) }

func consoleOf(s *stage, c *club) *console.Console {
	return console.New(s, c, console.Options{
		Now:     func() time.Time { return now },
		Failed:  func(r *http.Request, err error) { s.failed = append(s.failed, err); println("FAILED", err.Error()) },
		OpenAPI: func() ([]byte, error) { return []byte(openAPI), nil },
	})
}

func TestMembers(t *testing.T) {
	c := &club{}
	v := &visit{t, consoleOf(newStage(t), c), administrator}
	d := v.get("/members", http.StatusOK)
	d.says("[data-member=ada]", "Ada Lovelace", "analyst of acme, reader of beta")
	d.says("[data-member=pipeline]", "tokens only", "nightly check")
	d.says("[data-member=gone]", "disabled")
	if n := d.all("[data-member=gone] form"); len(n) != 0 {
		t.Error("a disabled member can be changed")
	}
	for _, ended := range []string{"t2", "t3"} {
		if n := d.all("input[name=token][value=" + ended + "]"); len(n) != 0 {
			t.Errorf("the token %s, which has ended, is offered to be revoked", ended)
		}
	}
}

func TestMembersAreForAdministrators(t *testing.T) {
	s := newStage(t)
	for as, want := range map[*access.Reader]int{&analyst: http.StatusForbidden, {}: http.StatusUnauthorized} {
		c := &club{}
		v := &visit{t, consoleOf(s, c), *as}
		v.get("/members", want).says("h1", map[int]string{403: "Not allowed", 401: "Please sign in"}[want])
		for _, address := range []string{"/members", "/members/grant", "/members/disable", "/members/organisations", "/members/tokens", "/members/tokens/revoke"} {
			if got := v.post(address, url.Values{"csrf": {token}, "member": {"ada"}}).StatusCode; got != want {
				t.Errorf("POST %s by %q: %d, want %d", address, as.Member, got, want)
			}
		}
		if len(c.done) > 0 {
			t.Errorf("%q did %v", as.Member, c.done)
		}
	}
}

func TestChangesToMembers(t *testing.T) {
	tests := []struct {
		address string
		form    url.Values
		want    string
	}{
		{"/members/grant", url.Values{"member": {"ada"}, "organisation": {"beta"}, "role": {"assessor"}}, "grant ada beta assessor"},
		{"/members/disable", url.Values{"member": {"ada"}}, "disable ada"},
		{"/members/organisations", url.Values{"id": {"gamma"}, "name": {" Gamma Lab "}}, "organisation gamma Gamma Lab"},
		{"/members/organisations", url.Values{"id": {"gamma"}}, "organisation gamma gamma"},
		{"/members/tokens/revoke", url.Values{"token": {"t1"}}, "revoke t1"},
	}
	for _, test := range tests {
		c := &club{}
		v := &visit{t, consoleOf(newStage(t), c), administrator}
		test.form.Set("csrf", token)
		resp := v.post(test.address, test.form)
		if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/members" {
			t.Errorf("POST %s: %d to %q", test.address, resp.StatusCode, resp.Header.Get("Location"))
		}
		if len(c.done) != 1 || c.done[0] != test.want {
			t.Errorf("POST %s did %q, want %q", test.address, c.done, test.want)
		}
		c.failure = problem.New(problem.Conflict, "there is one already")
		refused := v.post(test.address, test.form)
		if refused.StatusCode != http.StatusConflict {
			t.Errorf("POST %s, refused: %d, want 409", test.address, refused.StatusCode)
		}
		read(t, test.address, refused).says("[role=alert]", "There is one already.")
	}
}

func TestAddMember(t *testing.T) {
	c := &club{}
	v := &visit{t, consoleOf(newStage(t), c), administrator}
	form := url.Values{"csrf": {token}, "member": {" grace "}, "organisation": {"acme"}, "role": {"reader"}, "password": {" spaces are kept "}}
	if got := v.post("/members", form).StatusCode; got != http.StatusSeeOther {
		t.Errorf("status %d", got)
	}
	want := access.NewMember{Name: "grace", Organisation: "acme", Role: access.RoleReader, Password: " spaces are kept "}
	if c.newcomer != want {
		t.Errorf("made %+v", c.newcomer)
	}
}

func TestTokenIsShownOnce(t *testing.T) {
	c := &club{}
	v := &visit{t, consoleOf(newStage(t), c), administrator}
	resp := v.post("/members/tokens", url.Values{"csrf": {token}, "member": {"pipeline"}, "label": {"build"}, "expires": {"2026-12-31"}})
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("status %d: a redirect would have to carry the secret", resp.StatusCode)
	}
	read(t, "token", resp).says(".secret", "cst_abc")
	if want := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC); !c.expires.Equal(want) {
		t.Errorf("good to %v, want the end of the day named, %v", c.expires, want)
	}
	if n := v.get("/members", 200).all(".secret"); len(n) != 0 {
		t.Error("the secret is shown again")
	}
	bad := v.post("/members/tokens", url.Values{"csrf": {token}, "member": {"pipeline"}, "expires": {"soon"}})
	if bad.StatusCode != http.StatusBadRequest {
		t.Errorf("a bad day: %d", bad.StatusCode)
	}
}

func TestSetup(t *testing.T) {
	c := &club{fresh: true}
	v := &visit{t, consoleOf(newStage(t), c), access.Anonymous}
	v.get("/login", 200).says("main", "Set up the first administrator")
	form := url.Values{"csrf": {token}, "code": {"wrong"}, "organisation": {"acme"}, "member": {"root"}, "password": {"correct horse battery"}}
	resp := v.post("/setup", form)
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("a wrong code: %d", resp.StatusCode)
	}
	d := read(t, "setup", resp)
	d.says("[role=alert]", "The code is wrong or too old.")
	if got := d.attribute("#organisation", "value"); got != "acme" {
		t.Errorf("what was typed is lost: %q", got)
	}
	if got := d.attribute("#password", "value"); got != "" {
		t.Errorf("the password stands on the page: %q", got)
	}
	form.Set("code", " right-code ")
	resp = v.post("/setup", form)
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/login?welcome=1" {
		t.Errorf("the right code: %d to %q", resp.StatusCode, resp.Header.Get("Location"))
	}
	if c.newcomer.Role != access.RoleAdministrator || c.newcomer.Organisation != "acme" {
		t.Errorf("made %+v", c.newcomer)
	}
	c.fresh = false
	v.get("/setup", 404)
	if got := v.post("/setup", form).StatusCode; got != http.StatusNotFound {
		t.Errorf("set up a second time: %d", got)
	}
	v.get("/login?failed=1&next=/lists", 200).says("[role=alert]", "wrong")
}

func TestLoginLeadsNowhereElse(t *testing.T) {
	v := visitAs(t, newStage(t), access.Anonymous)
	for next, want := range map[string]string{
		"/lists?at=2021-01-01": "/lists?at=2021-01-01", "": "/", "https://evil.example/": "/",
		"//evil.example/": "/", `/\evil.example`: "/", "/a\tb": "/",
	} {
		d := v.get("/login?"+url.Values{"next": {next}}.Encode(), 200)
		if got := d.attribute("input[name=next]", "value"); got != want {
			t.Errorf("next=%q leads to %q, want %q", next, got, want)
		}
	}
}

var errPlain = errors.New("disk on fire")
