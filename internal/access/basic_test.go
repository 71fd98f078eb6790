package access

import (
	"strings"
	"sync"
	"testing"

	"countersign.dev/internal/problem"
	"github.com/google/go-cmp/cmp"
)

func TestReaderOfPassword(t *testing.T) {
	both(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		ann := s.as(t, "ann")
		for range 3 {
			got, err := s.ReaderOfPassword(ctx, "ann", string(pass1))
			must(t, err)
			if diff := cmp.Diff(ann, got); diff != "" {
				t.Error(diff)
			}
		}
		for _, no := range [][2]string{{"ann", "wrong"}, {"ann", ""}, {"", ""}, {"nobody", string(pass1)}, {"robot", ""}, {"operator", string(pass1)}, {"ann", strings.Repeat("x", MaxPassword+1)}} {
			_, err := s.ReaderOfPassword(ctx, no[0], no[1])
			wantKind(t, no[0], err, problem.Unauthenticated)
		}

		// What changed since is as good as unremembered.
		must(t, s.Grant(ctx, Operator, "ann", "lab", RoleReader))
		if got, err := s.ReaderOfPassword(ctx, "ann", string(pass1)); err != nil || got.Roles["lab"] != RoleReader {
			t.Errorf("after a grant: %+v, %v", got, err)
		}
		must(t, s.SetPassword(ctx, Operator, "ann", pass2))
		_, err := s.ReaderOfPassword(ctx, "ann", string(pass1))
		wantKind(t, "the old password", err, problem.Unauthenticated)
		_, err = s.ReaderOfPassword(ctx, "ann", string(pass2))
		must(t, err)

		// One that is remembered goes on while others guess.
		for range 30 {
			s.ReaderOfPassword(ctx, "ann", "a guess")
		}
		_, err = s.ReaderOfPassword(ctx, "ann", "a guess")
		wantKind(t, "many guesses", err, problem.TooMany)
		_, err = s.ReaderOfPassword(ctx, "ann", string(pass2))
		must(t, err)
		_, _, err = s.SignIn(ctx, "ann", string(pass2))
		wantKind(t, "signing in counts the same failures", err, problem.TooMany)

		if got, ok, err := s.ReaderOfRemembered(ctx, "ann", string(pass2)); err != nil || !ok || got.Member != "ann" {
			t.Errorf("remembered: %+v, %t, %v", got, ok, err)
		}
		if _, ok, err := s.ReaderOfRemembered(ctx, "ann", string(pass1)); err != nil || ok {
			t.Errorf("the old password is remembered: %t, %v", ok, err)
		}

		c.pass(PasswordRemembered)
		if _, ok, err := s.ReaderOfRemembered(ctx, "ann", string(pass2)); err != nil || ok {
			t.Errorf("remembered for too long: %t, %v", ok, err)
		}
		_, err = s.ReaderOfPassword(ctx, "ann", string(pass2))
		must(t, err)
		must(t, s.Disable(ctx, Operator, "ann"))
		_, err = s.ReaderOfPassword(ctx, "ann", string(pass2))
		wantKind(t, "disabled", err, problem.Unauthenticated)
	})
}

// TestManyRequestsAtOnce: the first requests of a client that sends many at the
// same time are one attempt, and not as many failures until it succeeds.
func TestManyRequestsAtOnce(t *testing.T) {
	both(t, func(t *testing.T, s *Store, _ *clock) {
		var wg sync.WaitGroup
		for range 4 * freeAttempts {
			wg.Go(func() {
				if _, err := s.ReaderOfPassword(t.Context(), "ann", string(pass1)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

func TestPasswordsAreForgotten(t *testing.T) {
	m, now := newRemembered(), new(clock).now()
	for i := range maxRemembered + 1 {
		tag := m.tag("ann", strings.Repeat("x", i%300)+string(rune('a'+i/300)))
		if stored, others := m.begin(tag, now); stored != "" || others != nil {
			t.Fatalf("%d was there before", i)
		}
		m.end(tag, "hash", now)
	}
	if len(m.right) != 1 || len(m.checking) != 0 {
		t.Errorf("%d are kept and %d being checked", len(m.right), len(m.checking))
	}
	for key, r := range m.right {
		if strings.Contains(string(key[:]), "ann") || r.stored != "hash" {
			t.Errorf("%q, %q", key, r.stored)
		}
	}
}
