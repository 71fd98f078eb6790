package party

import (
	"strings"
	"testing"

	"countersign.dev/internal/ledger"
)

func TestNewJoin(t *testing.T) {
	j, err := NewJoin("l:b", "l:a", JoinApart, " two plants ")
	if err != nil {
		t.Fatal(err)
	}
	body, r, err := j.Reading()
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"countersign":"join/v1","a":"l:a","b":"l:b","verdict":"apart","reason":"two plants","after":0}` + "\n"; string(body) != want {
		t.Errorf("%s, want %s", body, want)
	}
	if r.Source != "joins/l:a+l:b" || r.Mode != ledger.Chronicle || len(r.Statements) != 2 {
		t.Errorf("%+v", r)
	}
	for i, s := range r.Statements {
		l := s.Body.(Link)
		d, ok := DecisionOf(&ledger.Fact{Kind: s.Kind, Subject: s.Subject, Source: r.Source, Document: 7}, &l)
		if want := (Decided{Subject: []string{"l:a", "l:b"}[i], Other: []string{"l:b", "l:a"}[i], Verdict: JoinApart, Reason: "two plants", Position: 7}); !ok || d != want {
			t.Errorf("%+v, want %+v", d, want)
		}
		if _, ok := DecisionOf(&ledger.Fact{Kind: s.Kind, Subject: s.Subject, Source: "ftm/x"}, &l); ok {
			t.Error("another source's link is taken for a decision")
		}
	}
}

func TestJoinRefused(t *testing.T) {
	for want, j := range map[string]Join{
		"want two different ids":    {joinForm, "a", "a", JoinSame, "r", 0},
		"the one that sorts first":  {joinForm, "b", "a", JoinSame, "r", 0},
		"want two ids":              {joinForm, "", "a", JoinSame, "r", 0},
		"want same, apart or open":  {joinForm, "a", "b", "perhaps", "r", 0},
		"reason: is empty":          {joinForm, "a", "b", JoinSame, "", 0},
		"want at most 2000":         {joinForm, "a", "b", JoinSame, strings.Repeat("x", 2001), 0},
		"countersign: \"join/v2\":": {"join/v2", "a", "b", JoinSame, "r", 0},
	} {
		if err := j.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", j, err, want)
		}
	}
}

// FuzzParseJoin reads anything without panic; what is read is well formed.
func FuzzParseJoin(f *testing.F) {
	f.Add([]byte(`{"countersign":"join/v1","a":"a","b":"b","verdict":"same","reason":"r","after":3}`))
	f.Add([]byte(`{"countersign":"join/v1","a":"b","b":"a","verdict":"open","reason":""}`))
	f.Add([]byte(`{"a":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if j, err := ParseJoin(b); err == nil && (j.A >= j.B || j.Reason == "" || relations[j.Verdict] == "") {
			t.Errorf("%+v", j)
		}
	})
}
