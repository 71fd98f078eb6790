package access

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/problem"
	"github.com/google/go-cmp/cmp"
)

// clock is a clock that only a test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

const (
	pass1 Secret = "correct horse battery"
	pass2 Secret = "another staple, longer"
)

// newStore makes a store whose clock stands still and whose hashes are cheap.
func newStore(d *db.DB) (*Store, *clock) {
	c := &clock{t: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	s := NewStore(d)
	s.Now = c.now
	s.hasher = newHasher(argon{memory: 64, time: 1, threads: 1})
	return s, c
}

// both runs a test on each engine, with the home organisation "agency" and its
// administrator "root", and the organisations "acme" and "lab" with one
// administrator each.
func both(t *testing.T, fn func(t *testing.T, s *Store, c *clock)) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		s, c := newStore(open(t))
		ctx := t.Context()
		for _, o := range []string{"agency", "acme", "lab"} {
			must(t, s.CreateOrganisation(ctx, Operator, Organisation{ID: o, Name: strings.ToUpper(o)}))
		}
		for name, org := range map[string]string{"root": "agency", "ann": "acme", "liz": "lab"} {
			must(t, s.CreateMember(ctx, Operator, NewMember{Name: name, Organisation: org, Role: RoleAdministrator, Password: pass1}))
		}
		fn(t, s, c)
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t testing.TB, what string, err error, kind problem.Kind) {
	t.Helper()
	if problem.KindOf(err) != kind {
		t.Errorf("%s: %v, want kind %q", what, err, kind)
	}
}

// as is the reader that a member is now.
func (s *Store) as(t testing.TB, member string) Reader {
	t.Helper()
	var r Reader
	must(t, s.db.Read(t.Context(), func(tx *db.Tx) (err error) {
		r, err = readerOf(t.Context(), tx, member)
		return err
	}))
	return r
}

func TestFirstAdministrator(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		s, c := newStore(open(t))
		ctx := t.Context()
		home := Organisation{ID: "agency", Name: "The Agency"}
		admin := NewMember{Name: "root", Password: pass1}
		setup := func(code Secret) error { return s.Setup(ctx, code, home, admin) }

		wantKind(t, "without a code", setup(""), problem.Unauthenticated)
		old, err := s.SetupCode(ctx)
		must(t, err)
		c.pass(SetupCodeLength)
		wantKind(t, "with an expired code", setup(old), problem.Unauthenticated)
		code, err := s.SetupCode(ctx)
		must(t, err)
		wantKind(t, "with the code before", setup(old), problem.Unauthenticated)
		wantKind(t, "with a weak password", s.Setup(ctx, code, home, NewMember{Name: "root", Password: "short"}), problem.Invalid)
		if needs, err := s.NeedsSetup(ctx); !needs || err != nil {
			t.Errorf("needs setup: %v, %v", needs, err)
		}

		// Of many at the same time one becomes administrator.
		errs := make(chan error)
		for i := range 4 {
			go func() {
				errs <- s.Setup(ctx, code, home, NewMember{Name: fmt.Sprintf("root%d", i), Password: pass1})
			}()
		}
		done := 0
		for range 4 {
			if err := <-errs; err == nil {
				done++
			} else if k := problem.KindOf(err); k != problem.Conflict && k != problem.Unauthenticated {
				t.Errorf("a later one: %v", err)
			}
		}
		members, err := s.Members(ctx, Operator)
		must(t, err)
		if done != 1 || len(members) != 1 || members[0].Roles["agency"] != RoleAdministrator {
			t.Fatalf("%d set-ups succeeded, members %+v", done, members)
		}
		wantKind(t, "a second set-up", setup(code), problem.Conflict)
		_, err = s.SetupCode(ctx)
		wantKind(t, "a new code", err, problem.Conflict)
		reader := s.as(t, members[0].Name)
		must(t, s.CreateOrganisation(ctx, reader, Organisation{ID: "acme", Name: "Acme"}))
		orgs, err := s.Organisations(ctx, reader)
		must(t, err)
		if len(orgs) != 2 || orgs[0].Home || !orgs[1].Home {
			t.Errorf("organisations %+v, want agency as the home", orgs)
		}
	})
}

func TestSetupKeepsTheOperatorsHome(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		s, _ := newStore(open(t))
		ctx := t.Context()
		must(t, s.CreateOrganisation(ctx, Operator, Organisation{ID: "agency", Name: "Agency"}))
		code, err := s.SetupCode(ctx)
		must(t, err)
		admin := NewMember{Name: "root", Password: pass1}
		wantKind(t, "another home", s.Setup(ctx, code, Organisation{ID: "other", Name: "Other"}, admin), problem.Conflict)
		must(t, s.Setup(ctx, code, Organisation{ID: "agency", Name: "Agency"}, admin))
	})
}

func TestValidation(t *testing.T) {
	both(t, func(t *testing.T, s *Store, _ *clock) {
		ctx := t.Context()
		good := NewMember{Name: "new", Organisation: "acme", Role: RoleReader, Password: pass1}
		tests := []struct {
			name string
			edit func(*NewMember)
			kind problem.Kind
			want string
		}{
			{"no name", func(m *NewMember) { m.Name = "" }, problem.Invalid, "member name"},
			{"upper case", func(m *NewMember) { m.Name = "New" }, problem.Invalid, "member name"},
			{"the operator's name", func(m *NewMember) { m.Name = "operator" }, problem.Invalid, "member name"},
			{"long name", func(m *NewMember) { m.Name = strings.Repeat("n", 65) }, problem.Invalid, "member name"},
			{"control characters", func(m *NewMember) { m.Display = "a\x1b[31m" }, problem.Invalid, "control"},
			{"role", func(m *NewMember) { m.Role = "boss" }, problem.Invalid, `unknown role "boss"`},
			{"organisation", func(m *NewMember) { m.Organisation = "nobody" }, problem.NotFound, `no organisation "nobody"`},
			{"taken", func(m *NewMember) { m.Name = "ann" }, problem.Conflict, "exists already"},
			{"short password", func(m *NewMember) { m.Password = "fourteen chars" }, problem.Invalid, "14 characters"},
			{"long password", func(m *NewMember) { m.Password = Secret(strings.Repeat("abcdefgh", 200)) }, problem.Invalid, "at most"},
			{"monotonous password", func(m *NewMember) { m.Password = "aaaaaaaabbbbbbbbccccc" }, problem.Invalid, "different"},
			{"password is the name", func(m *NewMember) { m.Name, m.Password = "long.enough.name", "Long.Enough.Name" }, problem.Invalid, "name"},
			{"password is not text", func(m *NewMember) { m.Password = "\xff\xfe not text at all" }, problem.Invalid, "UTF-8"},
		}
		for _, tt := range tests {
			m := good
			tt.edit(&m)
			err := s.CreateMember(ctx, Operator, m)
			if problem.KindOf(err) != tt.kind || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v, want %s with %q", tt.name, err, tt.kind, tt.want)
			}
			if len(m.Password) > 5 && m.Name != string(m.Password) && strings.Contains(err.Error(), string(m.Password)) {
				t.Errorf("%s: the error shows the password: %v", tt.name, err)
			}
		}
		wantKind(t, "organisation twice", s.CreateOrganisation(ctx, Operator, Organisation{ID: "acme", Name: "x"}), problem.Conflict)
		wantKind(t, "organisation id", s.CreateOrganisation(ctx, Operator, Organisation{ID: "a|b", Name: "x"}), problem.Invalid)
		wantKind(t, "organisation name", s.CreateOrganisation(ctx, Operator, Organisation{ID: "ab", Name: " "}), problem.Invalid)
		wantKind(t, "grant to nobody", s.Grant(ctx, Operator, "nobody", "acme", RoleReader), problem.NotFound)
		wantKind(t, "withdraw from a stranger", s.Withdraw(ctx, Operator, "ann", "lab"), problem.NotFound)
		wantKind(t, "disable nobody", s.Disable(ctx, Operator, "nobody"), problem.NotFound)
	})
}

// Who may do what to whom: rows are the one who asks.
func TestAuthority(t *testing.T) {
	both(t, func(t *testing.T, s *Store, _ *clock) {
		ctx := t.Context()
		// bob is acme's alone, sue belongs to acme and the agency.
		for _, m := range []string{"bob", "sue"} {
			must(t, s.CreateMember(ctx, Operator, NewMember{Name: m, Organisation: "acme", Role: RoleAnalyst, Password: pass1}))
		}
		must(t, s.Grant(ctx, Operator, "sue", "agency", RoleReader))
		acts := map[string]func(by Reader) error{
			"create an organisation": func(by Reader) error { return s.CreateOrganisation(ctx, by, Organisation{ID: "new", Name: "New"}) },
			"add a member to acme": func(by Reader) error {
				return s.CreateMember(ctx, by, NewMember{Name: "new", Organisation: "acme", Role: RoleReader})
			},
			"grant liz a role in acme":  func(by Reader) error { return s.Grant(ctx, by, "liz", "acme", RoleReader) },
			"grant itself agency":       func(by Reader) error { return s.Grant(ctx, by, "ann", "agency", RoleAdministrator) },
			"set bob's password":        func(by Reader) error { return s.SetPassword(ctx, by, "bob", pass2) },
			"set sue's password":        func(by Reader) error { return s.SetPassword(ctx, by, "sue", pass2) },
			"set root's password":       func(by Reader) error { return s.SetPassword(ctx, by, "root", pass2) },
			"make a token for bob":      func(by Reader) error { _, _, err := s.CreateToken(ctx, by, "bob", "ci", time.Time{}); return err },
			"make a token for sue":      func(by Reader) error { _, _, err := s.CreateToken(ctx, by, "sue", "ci", time.Time{}); return err },
			"list sue's tokens":         func(by Reader) error { _, err := s.Tokens(ctx, by, "sue"); return err },
			"disable sue":               func(by Reader) error { return s.Disable(ctx, by, "sue") },
			"withdraw sue from acme":    func(by Reader) error { return s.Withdraw(ctx, by, "sue", "acme") },
			"learn whether x is member": func(by Reader) error { return s.SetPassword(ctx, by, "no-such-member", pass2) },
		}
		may := map[string][]string{
			"":     nil,
			"bob":  {"make a token for bob"},
			"sue":  {"list sue's tokens", "make a token for sue"},
			"liz":  nil,
			"ann":  {"add a member to acme", "grant liz a role in acme", "make a token for bob", "set bob's password", "withdraw sue from acme"},
			"root": slices.DeleteFunc(slices.Sorted(maps.Keys(acts)), func(a string) bool { return a == "learn whether x is member" }),
		}
		for _, who := range slices.Sorted(maps.Keys(may)) {
			reader := Reader{}
			if who != "" {
				reader = s.as(t, who)
			}
			var allowed []string
			for _, act := range slices.Sorted(maps.Keys(acts)) {
				err := acts[act](reader)
				switch problem.KindOf(err) {
				case "":
					allowed = append(allowed, act)
				case problem.Denied:
				case problem.NotFound:
					if who != "root" {
						t.Errorf("%q tries to %s: %v, want denied", who, act, err)
					}
				case problem.Conflict: // done before by another who may
					allowed = append(allowed, act)
				default:
					t.Errorf("%q tries to %s: %v", who, act, err)
				}
			}
			if diff := cmp.Diff(may[who], allowed); diff != "" {
				t.Errorf("%q may (-want +got):\n%s", who, diff)
			}
			// root and ann have moved sue; put her back for the next.
			must(t, s.Grant(ctx, Operator, "sue", "acme", RoleAnalyst))
			must(t, s.db.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `UPDATE member SET disabled = 0`)
				return err
			}))
		}
	})
}

func TestLastAdministratorStays(t *testing.T) {
	both(t, func(t *testing.T, s *Store, _ *clock) {
		ctx := t.Context()
		root := s.as(t, "root")
		for what, act := range map[string]func() error{
			"withdraw": func() error { return s.Withdraw(ctx, root, "root", "agency") },
			"demote":   func() error { return s.Grant(ctx, root, "root", "agency", RoleReader) },
			"disable":  func() error { return s.Disable(ctx, root, "root") },
		} {
			wantKind(t, what+" the last one", act(), problem.Conflict)
		}
		must(t, s.CreateMember(ctx, root, NewMember{Name: "second", Organisation: "agency", Role: RoleAdministrator}))
		second := s.as(t, "second")
		// Two that remove each other at the same time do not both succeed.
		errs := make(chan error, 2)
		go func() { errs <- s.Withdraw(ctx, root, "second", "agency") }()
		go func() { errs <- s.Withdraw(ctx, second, "root", "agency") }()
		a, b := <-errs, <-errs
		if (a == nil) == (b == nil) {
			t.Errorf("removing each other: %v and %v, want one to succeed", a, b)
		}
	})
}

func TestMembersAreSeenByTheirOwn(t *testing.T) {
	both(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		must(t, s.Grant(ctx, Operator, "liz", "acme", RoleReader))
		must(t, s.CreateMember(ctx, Operator, NewMember{Name: "robot", Display: "Build robot", Organisation: "lab", Role: RoleMaker}))
		roles := func(by Reader) map[string]map[string]Role {
			members, err := s.Members(ctx, by)
			must(t, err)
			out := map[string]map[string]Role{}
			for _, m := range members {
				out[m.Name] = m.Roles
				if m.SignsIn != (m.Name != "robot") || !m.Created.Equal(c.now()) || !m.Disabled.IsZero() {
					t.Errorf("member %+v", m)
				}
			}
			return out
		}
		admin, reader, maker := RoleAdministrator, RoleReader, RoleMaker
		all := map[string]map[string]Role{"root": {"agency": admin}, "ann": {"acme": admin}, "liz": {"lab": admin, "acme": reader}, "robot": {"lab": maker}}
		for _, tt := range []struct {
			who  string
			by   Reader
			want map[string]map[string]Role
		}{
			{"the operator", Operator, all},
			{"root", s.as(t, "root"), all},
			{"ann", s.as(t, "ann"), map[string]map[string]Role{"ann": {"acme": admin}, "liz": {"acme": reader}}},
			{"robot", s.as(t, "robot"), map[string]map[string]Role{"liz": {"lab": admin}, "robot": {"lab": maker}}},
			{"the public", Anonymous, map[string]map[string]Role{}},
		} {
			if diff := cmp.Diff(tt.want, roles(tt.by)); diff != "" {
				t.Errorf("%s sees (-want +got):\n%s", tt.who, diff)
			}
		}
		orgs, err := s.Organisations(ctx, s.as(t, "liz"))
		must(t, err)
		if len(orgs) != 2 || orgs[0].ID != "acme" || orgs[1].ID != "lab" {
			t.Errorf("liz sees organisations %+v", orgs)
		}
	})
}

func TestAudiencesInTheStore(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		ctx := t.Context()
		intern := func(a Audience) (id int64) {
			t.Helper()
			must(t, d.Write(ctx, func(tx *db.Tx) (err error) {
				id, err = Intern(ctx, tx, a)
				return err
			}))
			return id
		}
		acme, lab := ForOrganisation("acme"), ForOrganisation("lab")
		if id := intern(Public); id != publicID {
			t.Errorf("public is number %d", id)
		}
		ids := []int64{intern(acme), intern(lab), intern(acme.And(lab))}
		if again := []int64{intern(acme), intern(lab), intern(lab.And(acme))}; !slices.Equal(ids, again) {
			t.Errorf("numbers %v, and again %v", ids, again)
		}
		for _, tt := range []struct {
			who  string
			r    Reader
			want []int64
		}{
			{"the public", Anonymous, []int64{publicID}},
			{"acme", Reader{Organisations: []string{"acme"}}, []int64{publicID, ids[0]}},
			{"both", Reader{Organisations: []string{"acme", "lab"}}, []int64{publicID, ids[0], ids[1], ids[2]}},
			{"a stranger", Reader{Organisations: []string{"other"}}, []int64{publicID}},
			{"the operator", Operator, []int64{publicID, ids[0], ids[1], ids[2]}},
		} {
			must(t, d.Read(ctx, func(tx *db.Tx) error {
				got, err := VisibleAudiences(ctx, tx, tt.r)
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", tt.who, diff)
				}
				return err
			}))
		}
		// Many at the same time agree on the numbers.
		var wg sync.WaitGroup
		var mu sync.Mutex
		seen := map[string]int64{}
		for i := range 40 {
			wg.Go(func() {
				a := ForOrganisation(fmt.Sprintf("org-%d", i%10))
				err := d.Write(ctx, func(tx *db.Tx) error {
					id, err := Intern(ctx, tx, a)
					mu.Lock()
					defer mu.Unlock()
					if old, ok := seen[a.String()]; err == nil && ok && old != id {
						t.Errorf("%s has numbers %d and %d", a, old, id)
					}
					seen[a.String()] = id
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(seen) != 10 {
			t.Errorf("%d audiences, want 10", len(seen))
		}
	})
}

func TestSecretsHide(t *testing.T) {
	var log strings.Builder
	l := slog.New(slog.NewTextHandler(&log, nil))
	m := NewMember{Name: "new", Password: pass1}
	l.LogAttrs(context.Background(), slog.LevelInfo, "made", slog.Any("member", m), slog.Any("password", m.Password))
	shown := fmt.Sprintf("%v %+v %#v %s %q", m, m, m, m.Password, m.Password) + log.String()
	if strings.Contains(shown, string(pass1)) {
		t.Errorf("password shows: %s", shown)
	}
	seen := map[Secret]bool{}
	for range 100 {
		s := newSecret(tokenPrefix)
		if !wellFormed(string(s), tokenPrefix) || seen[s] {
			t.Fatalf("malformed or repeated secret")
		}
		seen[s] = true
	}
	for _, s := range []string{"", "cst_", "cst_short", strings.Repeat("a", 56), string(newSecret(sessionPrefix))} {
		if wellFormed(s, tokenPrefix) {
			t.Errorf("%q passes for a token", s)
		}
	}
}
