package specimen

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// rows is two containers, one of them with a row that cannot be read.
func rows() *strings.Reader {
	var b strings.Builder
	for i := range 50 {
		fmt.Fprintf(&b, "A\tpkg:npm/p%d@1.2.%d\n", i, i)
	}
	b.WriteString("B\tnot a purl\nB\tpkg:golang/example.com/x@v1.0.0\n")
	return strings.NewReader(b.String())
}

func made(t *testing.T, bills int) *Portfolio {
	t.Helper()
	p, err := Make(context.Background(), rows(), bills, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func contents(t *testing.T, p *Portfolio) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	var failed error
	for id, c := range p.Bills(&failed) {
		err := c.Unpack(func(purl []byte, _ bool) error {
			out[id] = append(out[id], string(purl))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if failed != nil {
		t.Fatal(failed)
	}
	return out
}

func TestMake(t *testing.T) {
	p := made(t, 200)
	got := contents(t, p)
	if diff := cmp.Diff(got, contents(t, made(t, 200))); diff != "" {
		t.Errorf("made twice (-first +second):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"pkg:generic/b@0", "pkg:golang/example.com/x@v1.0.0"}, got["pkg:generic/b@0"]); diff != "" {
		t.Errorf("the container as it is (-want +got):\n%s", diff)
	}
	others, edges := 0, 0
	for id, purls := range got {
		edges += len(purls)
		if !slices.Contains(purls, id) {
			t.Errorf("%s is not among its own components", id)
		}
		if !strings.HasPrefix(id, "pkg:generic/a@") || id == "pkg:generic/a@0" {
			continue
		}
		for _, one := range purls {
			if !slices.Contains(got["pkg:generic/a@0"], one) && one != id {
				others++
			}
		}
	}
	if share := float64(others) / (99 * 50); share < 0.07 || share > 0.13 {
		t.Errorf("%.1f %% of the components have another version, want about 10 %%", 100*share)
	}
	if len(got) != 200 || p.Edges() != edges || len(p.Releases()) != 200 || len(p.Purls()) != 51 {
		t.Errorf("%d bills with %d edges, told %d and %d; %d purls", len(got), edges, len(p.Releases()), p.Edges(), len(p.Purls()))
	}
}

func TestOther(t *testing.T) {
	for in, want := range map[string]string{
		"pkg:npm/a@1.2.3":                 "pkg:npm/a@1.2.7",
		"pkg:deb/debian/a@1.2-10?arch=x1": "pkg:deb/debian/a@1.2-7?arch=x1",
		"pkg:golang/a@%28devel%29":        "pkg:golang/a@%28devel%29.7",
		"pkg:npm/a2@beta":                 "pkg:npm/a2@beta",
		"pkg:npm/a2":                      "pkg:npm/a2",
	} {
		if got := other(in, 7); got != want {
			t.Errorf("%s becomes %s, want %s", in, got, want)
		}
	}
}

func TestMakeRefusesWhatIsNoTable(t *testing.T) {
	for name, in := range map[string]string{"nothing": "", "no tab": "A\tpkg:npm/a@1\nB pkg:npm/b@1\n", "a long row": "A\t" + strings.Repeat("x", maxRow+1)} {
		if _, err := Make(context.Background(), strings.NewReader(in), 3, t.TempDir()); !errors.Is(err, problem.Invalid) {
			t.Errorf("%s: %v, want an error of kind invalid", name, err)
		}
	}
}

// A portfolio tells of what was stated as a ledger does: a later statement
// about a subject closes the earlier ones.
func TestHistory(t *testing.T) {
	p := made(t, 2)
	state := func(subject, body string) {
		t.Helper()
		if err := p.State([]ledger.Statement{{Kind: "k", Subject: subject, Term: "t", Body: body}}); err != nil {
			t.Fatal(err)
		}
	}
	state("a", "first")
	state("b", "only")
	state("a", "second")
	told := func(after, upto int64) (out []string) {
		err := p.Changes(context.Background(), []string{"k", software.FactContents}, after, upto, func(f *ledger.Fact) error {
			out = append(out, fmt.Sprintf("%d opens %s", f.ID>>24, f.Subject))
			return nil
		}, func(id, at int64) error {
			out = append(out, fmt.Sprintf("%d closes what %d opened", at, id>>24))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	want := []string{"1 opens pkg:generic/a@0", "1 opens pkg:generic/b@0", "1 opens a", "2 opens b", "3 opens a", "3 closes what 1 opened"}
	if diff := cmp.Diff(want, told(0, 3)); diff != "" {
		t.Errorf("all changes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[3:4], told(1, 2)); diff != "" {
		t.Errorf("changes of position 2 (-want +got):\n%s", diff)
	}
	for position, body := range map[int64]string{1: `"first"`, 2: `"first"`, 3: `"second"`} {
		ask := access.Ask{At: access.At{Position: position}}
		subject, err := p.BySubject(context.Background(), ask, "a")
		if err != nil || len(subject) != 1 || string(subject[0].Body) != body {
			t.Errorf("at position %d: %+v, %v", position, subject, err)
		}
		term, err := p.ByTerm(context.Background(), ask, []string{"k"}, []string{"t"}, 0)
		if err != nil || len(term) != int(min(position, 2)) {
			t.Errorf("by term at position %d: %+v, %v", position, term, err)
		}
	}
}
