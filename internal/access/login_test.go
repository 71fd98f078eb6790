package access

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
	"github.com/google/go-cmp/cmp"
)

func TestSession(t *testing.T) {
	both(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		secret, expires, err := s.SignIn(ctx, "ann", string(pass1))
		must(t, err)
		if want := c.now().Add(SessionLength); !expires.Equal(want) {
			t.Errorf("expires %v, want %v", expires, want)
		}
		got, err := s.ReaderOfSession(ctx, secret)
		must(t, err)
		want := Reader{Member: "ann", Organisations: []string{"acme"}, Roles: map[string]Role{"acme": RoleAdministrator}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}

		// Used in time it goes on, to the end of its length and not beyond.
		for range int(SessionLength/SessionIdle) + 10 {
			c.pass(SessionIdle - time.Second)
			if _, err = s.ReaderOfSession(ctx, secret); err != nil {
				break
			}
		}
		wantKind(t, "after its length", err, problem.Unauthenticated)
		if left := c.now().Sub(expires); left < 0 || left > SessionIdle {
			t.Errorf("ended %v after its length", left)
		}

		secret, _, err = s.SignIn(ctx, "ann", string(pass1))
		must(t, err)
		c.pass(SessionIdle)
		_, err = s.ReaderOfSession(ctx, secret)
		wantKind(t, "idle", err, problem.Unauthenticated)

		secret, _, err = s.SignIn(ctx, "ann", string(pass1))
		must(t, err)
		must(t, s.SignOut(ctx, secret))
		must(t, s.SignOut(ctx, secret))
		_, err = s.ReaderOfSession(ctx, secret)
		wantKind(t, "signed out", err, problem.Unauthenticated)
		for _, no := range []string{"", "css_", strings.ToUpper(secret), secret + "a", string(newSecret(sessionPrefix))} {
			_, err = s.ReaderOfSession(ctx, no)
			wantKind(t, "made-up secret", err, problem.Unauthenticated)
		}

		// Old rows go when somebody signs in.
		var rows int64
		must(t, s.db.Read(ctx, func(tx *db.Tx) error { return tx.QueryRow(ctx, `SELECT count(*) FROM session`).Scan(&rows) }))
		if rows > 1 {
			t.Errorf("%d sessions are kept", rows)
		}
	})
}

func TestSessionsEndWithThePassword(t *testing.T) {
	both(t, func(t *testing.T, s *Store, _ *clock) {
		ctx := t.Context()
		sign := func(p Secret) (string, error) {
			secret, _, err := s.SignIn(ctx, "ann", string(p))
			return secret, err
		}
		ended := func(what, secret string) {
			t.Helper()
			_, err := s.ReaderOfSession(ctx, secret)
			wantKind(t, what, err, problem.Unauthenticated)
		}
		secret, err := sign(pass1)
		must(t, err)
		ann := s.as(t, "ann")
		wantKind(t, "change with a wrong password", s.ChangePassword(ctx, ann, pass2, pass2), problem.Unauthenticated)
		must(t, s.ChangePassword(ctx, ann, pass1, pass2))
		ended("after a change", secret)
		_, err = sign(pass1)
		wantKind(t, "old password", err, problem.Unauthenticated)
		secret, err = sign(pass2)
		must(t, err)
		must(t, s.SetPassword(ctx, s.as(t, "root"), "ann", pass1))
		ended("after it was set", secret)
		secret, err = sign(pass1)
		must(t, err)
		token, _, err := s.CreateToken(ctx, ann, "ann", "ci", time.Time{})
		must(t, err)
		must(t, s.Disable(ctx, s.as(t, "root"), "ann"))
		ended("after disabling", secret)
		_, err = s.ReaderOfToken(ctx, string(token))
		wantKind(t, "token of a disabled member", err, problem.Unauthenticated)
		_, err = sign(pass1)
		wantKind(t, "disabled member", err, problem.Unauthenticated)
		_, _, err = s.CreateToken(ctx, Operator, "ann", "ci", time.Time{})
		wantKind(t, "new token of a disabled member", err, problem.Conflict)
		wantKind(t, "change by nobody", s.ChangePassword(ctx, Anonymous, pass1, pass2), problem.Invalid)
	})
}

// Wrong names and wrong passwords cannot be told apart, neither by what is
// said nor by when one is slowed down.
func TestSignInSlowsDown(t *testing.T) {
	both(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		must(t, s.CreateMember(ctx, Operator, NewMember{Name: "robot", Organisation: "lab", Role: RoleMaker}))
		kinds := func(name string) (said []string) {
			for range freeAttempts + 2 {
				_, _, err := s.SignIn(ctx, name, "not the password")
				said = append(said, err.Error())
			}
			return said
		}
		known := kinds("ann")
		for _, name := range []string{"nobody-has-this-name", "robot"} {
			if diff := cmp.Diff(known, kinds(name)); diff != "" {
				t.Errorf("member and %s differ:\n%s", name, diff)
			}
		}
		_, _, err := s.SignIn(ctx, "ann", string(pass1))
		wantKind(t, "right password while waiting", err, problem.TooMany)
		c.pass(time.Second)
		_, _, err = s.SignIn(ctx, "ann", string(pass1))
		must(t, err)
		_, _, err = s.SignIn(ctx, "ann", "wrong")
		wantKind(t, "after a success the count begins anew", err, problem.Unauthenticated)

		// Attempts while waiting do not make the wait longer, failures do.
		for range 30 {
			s.SignIn(ctx, "liz", "wrong")
		}
		c.pass(time.Second)
		_, _, err = s.SignIn(ctx, "liz", "wrong")
		wantKind(t, "sixth failure", err, problem.Unauthenticated)
		c.pass(time.Second)
		_, _, err = s.SignIn(ctx, "liz", string(pass1))
		wantKind(t, "a second after the sixth", err, problem.TooMany)
		c.pass(time.Second)
		_, _, err = s.SignIn(ctx, "liz", string(pass1))
		must(t, err)
	})
}

func TestWaits(t *testing.T) {
	for failures, want := range map[int64]time.Duration{
		0: 0, freeAttempts - 1: 0, freeAttempts: time.Second, freeAttempts + 3: 8 * time.Second,
		freeAttempts + 9: 512 * time.Second, freeAttempts + 10: maxWait, 1 << 40: maxWait,
	} {
		if got := waitAfter(failures); got != want {
			t.Errorf("after %d failures wait %v, want %v", failures, got, want)
		}
	}
}

// Many attempts at the same time are as few as many in a row.
func TestSignInAtTheSameTime(t *testing.T) {
	both(t, func(t *testing.T, s *Store, _ *clock) {
		var tried atomic.Int64
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				_, _, err := s.SignIn(t.Context(), "ann", "not the password")
				switch problem.KindOf(err) {
				case problem.Unauthenticated:
					tried.Add(1)
				case problem.TooMany:
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := tried.Load(); n != freeAttempts {
			t.Errorf("%d passwords were tried, want %d", n, freeAttempts)
		}
	})
}

func TestToken(t *testing.T) {
	both(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		ann := s.as(t, "ann")
		expires := c.now().Add(24 * time.Hour)
		secret, token, err := s.CreateToken(ctx, ann, "ann", "build server", expires)
		must(t, err)
		if !strings.HasPrefix(string(secret), "cst_") || len(secret) != 56 {
			t.Errorf("secret has %d characters", len(secret))
		}
		want := Token{ID: token.ID, Member: "ann", Label: "build server", Created: c.now(), Expires: expires}
		if diff := cmp.Diff(want, token); diff != "" || token.ID == "" {
			t.Errorf("made (-want +got):\n%s", diff)
		}
		got, err := s.ReaderOfToken(ctx, string(secret))
		must(t, err)
		if diff := cmp.Diff(ann, got); diff != "" {
			t.Error(diff)
		}
		want.LastUsed = c.now()
		list, err := s.Tokens(ctx, ann, "ann")
		must(t, err)
		if diff := cmp.Diff([]Token{want}, list); diff != "" {
			t.Errorf("listed (-want +got):\n%s", diff)
		}

		// Roles are looked up at each use.
		must(t, s.Grant(ctx, Operator, "ann", "lab", RoleReader))
		if got, err = s.ReaderOfToken(ctx, string(secret)); err != nil || got.Roles["lab"] != RoleReader {
			t.Errorf("after a grant: %+v, %v", got, err)
		}

		wantKind(t, "a stranger revokes", s.RevokeToken(ctx, s.as(t, "liz"), token.ID), problem.NotFound)
		wantKind(t, "an unknown one is revoked", s.RevokeToken(ctx, ann, "nosuchtoken"), problem.NotFound)
		must(t, s.RevokeToken(ctx, ann, token.ID))
		must(t, s.RevokeToken(ctx, ann, token.ID))
		_, err = s.ReaderOfToken(ctx, string(secret))
		wantKind(t, "revoked", err, problem.Unauthenticated)

		secret, _, err = s.CreateToken(ctx, ann, "ann", "short-lived", c.now().Add(time.Minute))
		must(t, err)
		c.pass(time.Minute)
		_, err = s.ReaderOfToken(ctx, string(secret))
		wantKind(t, "expired", err, problem.Unauthenticated)
		_, err = s.ReaderOfToken(ctx, string(newSecret(tokenPrefix)))
		wantKind(t, "unknown", err, problem.Unauthenticated)
		_, err = s.ReaderOfToken(ctx, "cst_x")
		wantKind(t, "malformed", err, problem.Unauthenticated)
		_, _, err = s.CreateToken(ctx, ann, "ann", "late", c.now())
		wantKind(t, "already expired", err, problem.Invalid)
		_, _, err = s.CreateToken(ctx, ann, "ann", "", time.Time{})
		wantKind(t, "without a label", err, problem.Invalid)
	})
}

// Nothing that opens the door is in the store.
func TestStoreHoldsNoSecrets(t *testing.T) {
	both(t, func(t *testing.T, s *Store, _ *clock) {
		ctx := t.Context()
		session, _, err := s.SignIn(ctx, "ann", string(pass1))
		must(t, err)
		token, _, err := s.CreateToken(ctx, Operator, "ann", "ci", time.Time{})
		must(t, err)
		must(t, s.db.Read(ctx, func(tx *db.Tx) error {
			rows, err := tx.Query(ctx, `SELECT password, ''  FROM member UNION ALL SELECT label, id FROM api_token`)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var a, b string
				if err := rows.Scan(&a, &b); err != nil {
					return err
				}
				for _, secret := range []string{session, string(token), string(pass1)} {
					if strings.Contains(a+b, secret) {
						t.Errorf("the store holds a secret: %q %q", a, b)
					}
				}
			}
			return rows.Err()
		}))
	})
}

func TestPasswordHash(t *testing.T) {
	ctx := t.Context()
	weak := newHasher(argon{memory: 64, time: 1, threads: 1})
	better := newHasher(argon{memory: 128, time: 1, threads: 2})
	stored, err := weak.hash(ctx, "Ångström lives here")
	must(t, err)
	if !strings.HasPrefix(stored, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Errorf("stored as %s", stored)
	}
	if again, _ := weak.hash(ctx, "Ångström lives here"); again == stored {
		t.Error("two hashes of one password are equal: no salt")
	}
	for password, want := range map[string]bool{
		"Ångström lives here":                true,
		"A\u030angstro\u0308m lives here":    true, // the same, decomposed
		"Angstrom lives here":                false,
		"":                                   false,
		"no member has this password at all": false,
	} {
		ok, outdated, err := better.verify(ctx, stored, password)
		if ok != want || err != nil || !outdated {
			t.Errorf("%q: %v, outdated %v, %v; want %v", password, ok, outdated, err, want)
		}
		if ok, _, err := weak.verify(ctx, "", password); ok || err != nil {
			t.Errorf("%q fits an empty hash: %v, %v", password, ok, err)
		}
	}
	for _, bad := range []string{
		"x", "$argon2i$v=19$m=64,t=1,p=1$YWFh$YWFhYWFhYWFhYWFhYWFhYQ", "$argon2id$v=16$m=64,t=1,p=1$YWFh$YWFhYWFhYWFhYWFhYWFhYQ",
		"$argon2id$v=19$m=64,t=0,p=1$YWFh$YWFhYWFhYWFhYWFhYWFhYQ", "$argon2id$v=19$m=9999999,t=1,p=1$YWFh$YWFhYWFhYWFhYWFhYWFhYQ",
		"$argon2id$v=19$m=64,t=1$YWFh$YWFhYWFhYWFhYWFhYWFhYQ", "$argon2id$v=19$m=64,t=1,p=1$YW!h$YWFhYWFhYWFhYWFhYWFhYQ", "$argon2id$v=19$m=64,t=1,p=1$YWFh$YWFh",
	} {
		if ok, _, err := weak.verify(ctx, bad, "anything"); ok || err == nil {
			t.Errorf("verified against %q", bad)
		}
	}
	stopped, cancel := context.WithCancel(ctx)
	weak.slots <- struct{}{}
	weak.slots <- struct{}{}
	cancel()
	if _, err := weak.hash(stopped, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for a turn after cancel: %v", err)
	}
}

// A sign-in brings an old hash up to today's parameters.
func TestSignInRehashes(t *testing.T) {
	both(t, func(t *testing.T, s *Store, _ *clock) {
		ctx := t.Context()
		s.hasher = newHasher(argon{memory: 128, time: 1, threads: 1})
		for range 2 {
			_, _, err := s.SignIn(ctx, "ann", string(pass1))
			must(t, err)
		}
		var stored string
		must(t, s.db.Read(ctx, func(tx *db.Tx) error {
			return tx.QueryRow(ctx, `SELECT password FROM member WHERE name = 'ann'`).Scan(&stored)
		}))
		if !strings.Contains(stored, "m=128,") {
			t.Errorf("stored as %s", stored)
		}
	})
}
