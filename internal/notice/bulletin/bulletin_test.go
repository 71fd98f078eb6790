package bulletin

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/impact/concern"
	"countersign.dev/internal/notice"
	"countersign.dev/internal/problem"
)

func open(t *testing.T, url string) *Book {
	t.Helper()
	d, err := db.Open(t.Context(), url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return &Book{DB: d, Now: func() time.Time { return time.Unix(1_700_000_000, 0) }}
}

func toNorth(t *testing.T) *Bulletin {
	t.Helper()
	path := concern.Path{{From: concern.Thing{Kind: concern.Release, ID: "pkg:generic/a@1", Name: "a 1"}, Relation: "runs in", To: concern.Thing{Kind: concern.System, ID: "s", Name: "Mail\r\nBcc: x"}}}
	b := &Bulletin{
		Subject: "CVE-2026-1\nX: y", Text: "Patch.", Marking: "TLP:AMBER", Organisation: "cert", Recorded: time.Unix(1_700_000_000, 5),
		Letters: []Letter{
			{Organisation: "south", Ways: []Way{}},
			{Organisation: "north", Systems: []System{{ID: "s", Name: "Mail", Paths: []concern.Path{path}}}, Withheld: true, Ways: []Way{{Way: ByMail, To: "soc@north.example"}, {Way: ByWebhook, To: "https://north.example/hook"}}},
		},
	}
	if err := b.Finish(); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFinish(t *testing.T) {
	b := toNorth(t)
	if again := toNorth(t); again.ID != b.ID || again.Letters[0].ID != b.Letters[0].ID {
		t.Error("the same bulletin has another id")
	}
	if b.Letters[0].Organisation != "north" || b.Letters[0].ID == b.Letters[1].ID || b.Letters[1].Text != "Patch." || b.Letters[0].From != "cert" {
		t.Errorf("letters %+v", b.Letters)
	}
	text, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	read, err := Parse(text)
	if err != nil || read.Letter("north") == nil || read.Letter("east") != nil {
		t.Errorf("%+v, %v", read, err)
	}
	many := &Bulletin{Letters: make([]Letter, maxRecipients+1)}
	if err := many.Finish(); problem.KindOf(err) != problem.TooLarge {
		t.Errorf("too many letters: %v", err)
	}
}

func TestPlain(t *testing.T) {
	l := toNorth(t).Letter("north")
	text := l.Plain("https://here.example/x")
	for _, want := range []string{"CVE-2026-1 X: y concerns a system of yours\n", "\nPatch.\n", "\nMail\n  a 1 > runs in Mail Bcc: x\n", "more than you may see", "Please acknowledge: https://here.example/x\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(l.Plain(""), "acknowledge") {
		t.Error("asks to acknowledge without a way to")
	}
}

func TestContacts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		b := open(t, url)
		set := func(c Contact) notice.Secret {
			t.Helper()
			secret, err := b.SetContact(t.Context(), c, false)
			if err != nil {
				t.Fatal(err)
			}
			return secret
		}
		first := set(Contact{Organisation: "north", Webhook: "https://north.example/a"})
		if again := set(Contact{Organisation: "north", Webhook: "https://north.example/a", Mail: "soc@north.example"}); first == "" || again != "" {
			t.Errorf("secrets %d and %d long; want one, and it kept", len(first), len(again))
		}
		c, err := b.Contact(t.Context(), "north")
		if err != nil || c.secret != first || c.Mail != "soc@north.example" {
			t.Errorf("%+v, %v", c, err)
		}
		if other := set(Contact{Organisation: "north", Webhook: "https://north.example/b"}); other == "" || other == first {
			t.Error("another webhook has no secret of its own")
		}
		if text := fmt.Sprintf("%v %+v %#v", c.secret, *c, *c); strings.Contains(text, string(first)) {
			t.Error("the secret is shown")
		}
		set(Contact{Organisation: "north"})
		if all, err := b.Contacts(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("after it was ended: %+v, %v", all, err)
		}
		if _, err := b.SetContact(t.Context(), Contact{Organisation: "north", Webhook: "http://10.0.0.1/"}, false); problem.KindOf(err) != problem.Invalid {
			t.Errorf("without TLS: %v", err)
		}
	})
}

func TestLinks(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		b := open(t, url)
		of := toNorth(t)
		for range 2 {
			if err := b.DB.Write(t.Context(), func(tx *db.Tx) error { return b.Enqueue(t.Context(), tx, of, 7) }); err != nil {
				t.Fatal(err)
			}
		}
		all, err := b.Deliveries(t.Context(), of.ID)
		if err != nil || len(all) != 4 {
			t.Fatalf("%d deliveries, %v; want those of two letters, once", len(all), err)
		}
		seen := map[string]bool{}
		for _, d := range all {
			path, err := b.Link(t.Context(), d.ID)
			if err != nil || seen[path] {
				t.Fatalf("%s, %v", path, err)
			}
			seen[path] = true
			token := path[strings.LastIndex(path, "/")+1:]
			position, organisation, to, err := b.Linked(t.Context(), d.ID, token)
			if err != nil || position != 7 || organisation != d.Organisation || to != d.To {
				t.Errorf("%s leads to %d %s %s, %v", path, position, organisation, to, err)
			}
			for _, other := range all {
				if other.ID == d.ID {
					continue
				}
				if _, _, _, err := b.Linked(t.Context(), other.ID, token); problem.KindOf(err) != problem.NotFound {
					t.Errorf("the token of one serves for another: %v", err)
				}
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`{}`, `{"bulletin":"bulletin/v1","letters":[{}]}`, `{"letter":"letter/v1","systems":[{"paths":[[{}]]}]}`, `{"acknowledgement":"acknowledgement/v1"}`, `[`, "\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := Parse(b); err == nil && got.Form != form {
			t.Error(got.Form)
		}
		if l, err := ParseLetter(b); err == nil {
			if text := l.Plain(""); !strings.Contains(text, "marking: ") {
				t.Error(text)
			}
		}
		if a, err := ParseAcknowledgement(b); err == nil && a.Form != formAcknowledgement {
			t.Error(a.Form)
		}
	})
}
