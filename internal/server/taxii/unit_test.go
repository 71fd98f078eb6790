package taxii

import (
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/problem"
)

func TestAccepts(t *testing.T) {
	for header, want := range map[string]bool{
		MediaType: true, "application/taxii+json": true, "*/*": true, "application/*;q=0.1": true,
		"text/html;q=1, */*;q=0.001": true, "application/taxii+json;version=2.1;charset=utf-8": true,
		"application/taxii+json;version=2.0, application/taxii+json;version=2.1": true,
		"application/taxii+json;q=0, application/taxii+json;version=2.1":         true,
		"": false, "application/json": false, "application/taxii+json;version=2": false, "application/taxii+json;version=": false,
		"application/taxii+json;version=2.1;q=2": false, "application/taxii+json;version=2.1;q=-1": false, "application/taxii+json;q=NaN": false,
		"text/*": false, "*": false,
		strings.Repeat("a/b,", maxAccept) + MediaType: false,
	} {
		if got := Accepts([]string{header}); got != want {
			t.Errorf("%.80q is %t", header, got)
		}
	}
	if Accepts(nil) {
		t.Error("no header is taken for one")
	}
}

func TestReadLimit(t *testing.T) {
	for text, want := range map[string]int{"1": 1, "0010": 10, "2147483647": math.MaxInt32, "2147483648": math.MaxInt32, strings.Repeat("9", 500): math.MaxInt32} {
		if got, err := readLimit(text); err != nil || got != want {
			t.Errorf("%.20s: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "000", "-1", "+1", " 1", "1 ", "1e3", "0x10", "١", "1_0"} {
		if n, err := readLimit(text); !errors.Is(err, problem.Invalid) {
			t.Errorf("%q: %d, %v", text, n, err)
		}
	}
}

func TestTakesGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"gzip": true, "deflate, gzip;q=1.0, *;q=0.5": true, "GZIP": true, "x-gzip": true, "gzip; q=0.1": true,
		"": false, "*": false, "gzip;q=0": false, "gzip;q=x": false, "br": false, "gzipped": false,
	} {
		if got := takesGzip([]string{header}); got != want {
			t.Errorf("%q is %t", header, got)
		}
	}
}

// FuzzFilter reads what may be a query: what comes of it is a filter that says
// what the query does, or Invalid.
func FuzzFilter(f *testing.F) {
	f.Add("match[id]=a,b&match[type]=c&match[version]=first,2020-01-01T00:00:00Z&match[spec_version]=2.0&added_after=2020-01-01T00:00:00.000001Z&limit=7&next=x")
	f.Add("match[version]=all,all")
	f.Add("match[]=&match[id=&match%5Btype%5D=%00&&;=&limit=%EF%BC%91")
	f.Add("added_after=2020-01-01T00:00:60Z")
	f.Fuzz(func(t *testing.T, query string) {
		r := &http.Request{URL: &url.URL{RawQuery: query}}
		for _, known := range []parameters{ofMany, ofOne, ofVersions, ofRemoval} {
			got, err := readFilter(r, known)
			if err != nil {
				if problem.KindOf(err) != problem.Invalid || len(err.Error()) > 400+len(query) {
					t.Fatalf("%q: %v", query, err)
				}
				continue
			}
			values := r.URL.Query()
			for name, list := range map[string][]string{"match[id]": got.IDs, "match[type]": got.Types, "match[version]": got.Versions, "match[spec_version]": got.SpecVersions} {
				if len(list) > 0 && (!known.knows(name) || strings.Join(list, ",") != values.Get(name) || slices.Contains(list, "")) {
					t.Fatalf("%q: %s is %q", query, name, list)
				}
			}
			if got.Limit < 0 || !known.paged && (got.Limit != 0 || got.Next != "" || !got.AddedAfter.IsZero()) {
				t.Fatalf("%q: %+v", query, got)
			}
		}
	})
}

// FuzzEnvelope tells envelopes from what is none.
func FuzzEnvelope(f *testing.F) {
	f.Add([]byte(`{"objects":[{}]}`))
	f.Add([]byte(`{"type":"bundle","id":"bundle--1","objects":[]}`))
	f.Add([]byte(`{"objects":{}}`))
	f.Add([]byte(`[{"objects":[]}]`))
	f.Add([]byte("{\"a\":[[[[{\"objects\":[]}]]]],\"objects\":[\xff"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if err := checkEnvelope(body); err != nil {
			refused := unprocessable(err, body)
			if refusal := (*Refusal)(nil); errors.As(refused, &refusal) && refusal.Status == http.StatusUnprocessableEntity {
				return
			}
			if problem.KindOf(refused) != problem.Invalid {
				t.Fatalf("%q: %v", body, refused)
			}
		}
	})
}

// FuzzAccept negotiates with anybody.
func FuzzAccept(f *testing.F) {
	f.Add(MediaType)
	f.Add("*/*;q=0.1, application/taxii+json; version=\"2.1\"")
	f.Add(";;;,,,/")
	f.Fuzz(func(t *testing.T, header string) {
		r := httptest.NewRequest(http.MethodGet, Root, nil)
		r.Header["Accept"] = []string{header}
		if Accepts(r.Header["Accept"]) && !strings.Contains(strings.ToLower(header), "application/") && !strings.Contains(header, "*/*") {
			t.Fatalf("%q is taken", header)
		}
	})
}
