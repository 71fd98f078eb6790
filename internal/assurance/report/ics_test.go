package report

import (
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// claimed is a conformance statement of two releases.
var claimed = "Provision,Support,Detail,Release,Catalogue\n" +
	"5.1-1,Y,each device has its own,sha256:" + strings.Repeat("ab", 32) + ",etsi-en-303-645\n" +
	"Provision 5.1-2A,n/a,no passwords,,\n" +
	"\n" +
	"5.1-1,No,,pkg:generic/lumen/cam1@1.0,\n"

func TestReadICS(t *testing.T) {
	want := &ICS{Catalogue: "etsi-en-303-645", Rows: []Row{
		{Provision: "5.1-1", Support: Supported, Detail: "each device has its own", Release: sum},
		{Provision: "5.1-2A", Support: DoesNotApply, Detail: "no passwords", Release: sum},
		{Provision: "5.1-1", Support: NotSupported, Release: "pkg:generic/lumen/cam1@1.0"},
	}}
	got, err := ReadICS(t.Context(), "x.csv", []byte(claimed), Limits{})
	if d := gocmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}

// What cannot be read is told with its line, and the other rows are used.
func TestReadICSUsesTheSoundPart(t *testing.T) {
	const head = "provision,support,release,catalogue\n5.1-1,Y,,\n"
	for _, c := range []struct {
		rows, warning string
		kept          int
	}{
		{"05.Jan,Y,,\n", `line 3: provision "05.Jan": want a number like 5.1-1; a spreadsheet may have made a date of it`, 1},
		{"5.1-2,perhaps,,\n", `line 3: support "perhaps": want Y, N or N/A; the row is left out`, 1},
		{"5.1-2,,,\n", `line 3: support "": want Y, N or N/A`, 1},
		{"5.1-1,Yes,,\n", "line 3: provision 5.1-1 is there twice; the first counts", 1},
		{"5.2-1,Y,,\n5.1-1,N,,\n", "line 4: provision 5.1-1 is no here and yes above; neither counts", 1},
		{"5.1-2,Y,thing,\n5.1-3,Y,,\n", "line 4: the release above cannot be read; the row is left out", 1},
		{"5.1-2,Y,,ETSI EN\n", `line 3: catalogue "ETSI EN": want an id like etsi-en-303-645`, 1},
		{"5.1-2,Y,,a\n5.1-3,Y,,b\n", `line 4: catalogue "b": want an id`, 2},
	} {
		s, err := ReadICS(t.Context(), "x.csv", []byte(head+c.rows), Limits{})
		if err != nil {
			t.Errorf("%q: %v", c.rows, err)
			continue
		}
		if got := strings.Join(s.Warnings, "\n"); !strings.Contains(got, c.warning) || len(s.Rows) != c.kept {
			t.Errorf("%q: %d kept, %q; want %d, %q", c.rows, len(s.Rows), got, c.kept, c.warning)
		}
	}
	long, err := ReadICS(t.Context(), "x.csv", []byte("provision,support,detail\n5.1-1,Y,"+strings.Repeat("é", 3000)+"\n"), Limits{})
	if err != nil || len(long.Rows[0].Detail) > maxDetail+len("…") {
		t.Errorf("%v", err)
	}
}

func TestICSErrors(t *testing.T) {
	for _, c := range []struct {
		text   string
		limits Limits
		kind   problem.Kind
		want   string
	}{
		{"provision,detail\n5.1-1,x\n", Limits{}, problem.Invalid, `no column "support"`},
		{"provision,support\n", Limits{}, problem.Invalid, "no rows below the header"},
		{"provision,support\nx,y\n", Limits{}, problem.Invalid, `no row could be read: line 2: provision "x"`},
		{"provision,support\n5.1-1,Y\n5.1-1,N\n", Limits{}, problem.Invalid, "no row could be read: line 3: provision 5.1-1 is no here and yes above"},
		{claimed, Limits{Results: 1}, problem.TooLarge, "more than 1 rows"},
		{claimed, Limits{Bytes: 10}, problem.TooLarge, "the limit is 10"},
	} {
		if _, err := ReadICS(t.Context(), "x.csv", []byte(c.text), c.limits); err == nil || !strings.Contains(err.Error(), c.want) || problem.KindOf(err) != c.kind {
			t.Errorf("%q: %v; want %q", c.text, err, c.want)
		}
	}
}

func TestICSReading(t *testing.T) {
	s, err := ReadICS(t.Context(), "x.csv", []byte(claimed), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	of := func(subject string, rows ...Row) ledger.Statement {
		return ledger.Statement{Kind: "evidence.ics", Subject: subject, Key: "claims", Term: subject, Body: Claims{"sha256:00", "etsi-en-303-645", rows}}
	}
	want := &ledger.Reading{
		Kind: "evidence.ics", Source: "evidence/ics/sha256:00", Mode: ledger.Snapshot, Rows: 3,
		Statements: []ledger.Statement{of(sum, s.Rows[0], s.Rows[1]), of("pkg:generic/lumen/cam1@1.0", s.Rows[2])},
	}
	if d := gocmp.Diff(want, s.Reading("sha256:00")); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	plain := &ICS{Rows: []Row{{Provision: "5.1-1", Support: Supported}}}
	if got := plain.Reading("sha256:00").Statements; len(got) != 1 || got[0].Subject != "sha256:00" {
		t.Errorf("%+v", got)
	}
}

func TestRecogniseICS(t *testing.T) {
	for text, want := range map[string]bool{
		claimed: true, "provision,status,support,detail\n": true, "provision,support,price\n": false, "support,detail\n": false, tested: false, "": false,
	} {
		if got := RecogniseICS("x", []byte(text)); got != want {
			t.Errorf("%.40q: %v", text, got)
		}
	}
}

func FuzzReadICS(f *testing.F) {
	f.Add([]byte(claimed))
	f.Add([]byte("provision,support,release\n5.1-1,Y,x\n5.1-2,N,\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		RecogniseICS("x", b)
		s, err := ReadICS(t.Context(), "x", b, Limits{Bytes: 1 << 16, Results: 50})
		if err != nil {
			if problem.KindOf(err) == problem.Internal {
				t.Errorf("%q: %v has no kind", b, err)
			}
			return
		}
		seen := map[string]bool{}
		for _, r := range s.Rows {
			if seen[r.key()] || r.Support == noSupportWord || !provisionForm.MatchString(r.Provision) {
				t.Errorf("%q: %+v", b, r)
			}
			seen[r.key()] = true
		}
		if out := s.Reading("sha256:00"); len(out.Statements) == 0 {
			t.Errorf("%q states nothing", b)
		}
	})
}
