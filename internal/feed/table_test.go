package feed

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"countersign.dev/internal/problem"
)

const smallTable = `countersign: feeds/v1
feeds:
  - name: kev
    what: weaknesses known to be exploited
    by: CISA
    licence: CC0-1.0
    source: us-cisa-kev
    kinds: [advisory.kev]
    every: 1h
    limit: 32 MiB
    files:
      - {name: kev.json, url: "https://www.cisa.gov/kev.json"}
`

func TestParseTable(t *testing.T) {
	got, err := ParseTable([]byte(smallTable))
	if err != nil {
		t.Fatal(err)
	}
	want := &Table{Feeds: []Feed{{
		Name: "kev", What: "weaknesses known to be exploited", By: "CISA", Licence: "CC0-1.0", Source: "us-cisa-kev",
		Kinds: []string{"advisory.kev"}, Every: time.Hour, Limit: 32 << 20, Verified: true,
		Files: []File{{Name: "kev.json", URL: "https://www.cisa.gov/kev.json"}},
	}}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Feed{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if f, err := got.Find("kev"); err != nil || f.Name != "kev" || !f.own {
		t.Errorf("%v, %v", f, err)
	}
	if _, err := got.Find("nix"); problem.KindOf(err) != problem.NotFound {
		t.Errorf("%v", err)
	}
}

func TestBrokenTables(t *testing.T) {
	change := func(old, with string) string { return strings.Replace(smallTable, old, with, 1) }
	for name, c := range map[string]struct{ text, want string }{
		"empty":            {"", "the file is empty"},
		"no YAML":          {"\t", "found character"},
		"another form":     {change("feeds/v1", "policy/v1"), `countersign: "policy/v1", want feeds/v1`},
		"no feeds":         {"countersign: feeds/v1\n", "0 feeds"},
		"unknown field":    {change("licence:", "license:"), `line 6: unknown field "license"`},
		"unknown top":      {smallTable + "more: 1\n", "more"},
		"unknown of file":  {change("{name: kev.json,", "{name: kev.json, sum: x,"), `line 12: unknown field "sum"`},
		"feed of text":     {"countersign: feeds/v1\nfeeds: [a]\n", "line 2: want a mapping"},
		"a list for a URL": {change(`url: "https://www.cisa.gov/kev.json"`, "url: [a]"), "line 12"},
		"bad name":         {change("name: kev\n", "name: ../kev\n"), `line 3: name "../kev"`},
		"control":          {change("by: CISA", `by: "C\x1bISA"`), "line 3: kev: by: want a line"},
		"no kinds":         {change("[advisory.kev]", "[]"), "0 kinds"},
		"bad kind":         {change("[advisory.kev]", "[KEV]"), `kind "KEV"`},
		"too often":        {change("1h", "1s"), `every "1s"`},
		"no duration":      {change("1h", "hourly"), `every "hourly"`},
		"no limit":         {change("32 MiB", "0 MiB"), `limit "0 MiB"`},
		"too much":         {change("32 MiB", "2 GiB"), `limit "2 GiB": want a size of up to 1 GiB`},
		"overflow":         {change("32 MiB", "9223372036854775807 KiB"), "want a size"},
		"no unit":          {change("32 MiB", "32"), "want a size"},
		"no files":         {change(`      - {name: kev.json, url: "https://www.cisa.gov/kev.json"}`, "      []"), "0 files"},
		"file elsewhere":   {change("kev.json,", "a/../../kev.json,"), `file "a/../../kev.json"`},
		"no host":          {change("https://www.cisa.gov/kev.json", "https:///kev.json"), "want an address"},
		"a secret":         {change("https://www", "https://me:secret@www"), "want an address without user"},
		"file scheme":      {change("https://www.cisa.gov/kev.json", "file:///etc/passwd"), "url"},
		"ftp":              {change("https://", "ftp://"), "want https"},
		"twice":            {smallTable + strings.TrimPrefix(smallTable, "countersign: feeds/v1\nfeeds:\n"), `line 13: a second feed "kev"`},
		"large":            {smallTable + strings.Repeat("#\n", maxTable), "the limit is 1048576"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseTable([]byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "table of feeds: ") {
				t.Errorf("%v, want %q", err, c.want)
			}
			if k := problem.KindOf(err); k != problem.Invalid && k != problem.TooLarge {
				t.Errorf("kind %s", k)
			}
		})
	}
}

// Only a table of the operator's own may leave TLS away.
func TestWithoutTLS(t *testing.T) {
	plain := strings.Replace(smallTable, "https://", "http://", 1)
	if _, err := ParseTable([]byte(plain)); err != nil {
		t.Error(err)
	}
	if _, err := parse([]byte(plain), false); err == nil || !strings.Contains(err.Error(), "want https") {
		t.Errorf("%v", err)
	}
}

// TestShipped holds what the product ships to its own rules.
func TestShipped(t *testing.T) {
	table, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, f := range table.Feeds {
		if f.own {
			t.Errorf("%s is taken for the operator's", f.Name)
		}
		for _, file := range f.Files {
			if other := seen[file.URL]; other != "" {
				t.Errorf("%s and %s have the address %s", f.Name, other, file.URL)
			}
			seen[file.URL] = f.Name
		}
	}
	for _, name := range []string{"osv-go", "osv-npm", "osv-pypi", "cisa-kev", "first-epss", "us-ofac-sdn", "us-ofac-nonsdn", "un-sc", "eu-fsf", "uk-sanctions", "us-bis-dpl", "us-trade-csl"} {
		if _, err := table.Find(name); err != nil {
			t.Error(err)
		}
	}
}

func FuzzParseTable(f *testing.F) {
	f.Add([]byte(smallTable))
	f.Add([]byte("countersign: feeds/v1\nfeeds: [{name: a, files: [{url: x}]}]\n"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		table, err := ParseTable(text)
		if err != nil {
			if k := problem.KindOf(err); k != problem.Invalid && k != problem.TooLarge || strings.Contains(err.Error(), "\n") {
				t.Fatalf("%s: %q", k, err)
			}
			return
		}
		for _, feed := range table.Feeds {
			if feed.Limit < 1 || feed.Limit > maxLimit || feed.Every < leastWait || len(feed.Files) == 0 || len(feed.Kinds) == 0 {
				t.Fatalf("%+v", feed)
			}
		}
	})
}

// FuzzHeaders holds that nothing a server says of ranges and waiting leads
// beyond what was asked.
func FuzzHeaders(f *testing.F) {
	f.Add("bytes 5-9/10", "120", `W/"x"`, "Fri, 20 Nov 2026 10:00:00 GMT")
	f.Add("bytes */10", "Fri, 27 Nov 2026 10:00:00 GMT", `"x"`, "")
	f.Add("bytes -1-9223372036854775807/9223372036854775807", "-1", "", "yesterday")
	f.Fuzz(func(t *testing.T, contentRange, retry, etag, modified string) {
		if start, total, ok := parseContentRange(contentRange); ok && (start < 0 || total <= start) {
			t.Errorf("%q: %d of %d", contentRange, start, total)
		}
		now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
		if until := retryAfter(retry, now); !until.IsZero() && (until.Before(now) || until.After(now.Add(24*time.Hour))) {
			t.Errorf("%q: until %s", retry, until)
		}
		v := Validators{ETag: etag, Modified: modified}
		if s := v.strong("Mon, 23 Nov 2026 12:00:00 GMT"); strings.HasPrefix(s, "W/") {
			t.Errorf("%q is strong", s)
		}
	})
}
