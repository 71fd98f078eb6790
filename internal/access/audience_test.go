package access

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var someOrganisations = []string{"acme", "cisa", "lab", "nist", "org.x", "z-1"}

func drawAudience(t *rapid.T, label string) Audience {
	clauses := rapid.SliceOfN(rapid.SliceOfN(rapid.SampledFrom(someOrganisations), 1, 4), 0, 4).Draw(t, label)
	parts := make([]string, len(clauses))
	for i, c := range clauses {
		parts[i] = "org:" + strings.Join(c, "|org:")
	}
	a, err := ParseAudience(strings.Join(parts, " & "))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func drawOrganisations(t *rapid.T) []string {
	all := rapid.SliceOfDistinct(rapid.SampledFrom(someOrganisations), rapid.ID[string]).Draw(t, "organisations")
	slices.Sort(all)
	return all
}

// everyMembership is every set of organisations that a reader can belong to.
func everyMembership(yield func([]string) bool) {
	for set := range 1 << len(someOrganisations) {
		var orgs []string
		for i, o := range someOrganisations {
			if set&(1<<i) != 0 {
				orgs = append(orgs, o)
			}
		}
		if !yield(orgs) {
			return
		}
	}
}

func TestAudienceAnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := drawAudience(t, "a"), drawAudience(t, "b"), drawAudience(t, "c")
		if a.And(b) != b.And(a) {
			t.Fatalf("%s and %s: %s one way, %s the other", a, b, a.And(b), b.And(a))
		}
		if a.And(b).And(c) != a.And(b.And(c)) {
			t.Fatalf("%s, %s, %s: grouping matters", a, b, c)
		}
		if a.And(a) != a || a.And(Public) != a || Public.And(a) != a {
			t.Fatalf("%s: with itself or the public it becomes another", a)
		}
		orgs := drawOrganisations(t)
		if got, want := a.And(b).Includes(orgs), a.Includes(orgs) && b.Includes(orgs); got != want {
			t.Fatalf("%q inside both %s and %s: %v, want %v", orgs, a, b, got, want)
		}
	})
}

// Two audiences are equal exactly when the same readers are inside, which the
// store relies on to find one by its text.
func TestAudienceIsCanonical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawAudience(t, "a"), drawAudience(t, "b")
		same := true
		for orgs := range everyMembership {
			same = same && a.Includes(orgs) == b.Includes(orgs)
		}
		if same != (a == b) || (a == b) != (a.String() == b.String()) {
			t.Fatalf("%s and %s: same readers %v, equal %v", a, b, same, a == b)
		}
		if again, err := ParseAudience(a.String()); err != nil || again != a {
			t.Fatalf("%s reads back as %s, %v", a, again, err)
		}
		if a.IsPublic() != a.Includes(nil) {
			t.Fatalf("%s: public %v, but includes nobody's member %v", a, a.IsPublic(), a.Includes(nil))
		}
	})
}

// Whoever joins an organisation sees at least what it saw before.
func TestAudienceIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, orgs := drawAudience(t, "a"), drawOrganisations(t)
		more := append(slices.Clone(orgs), rapid.SampledFrom(someOrganisations).Draw(t, "joined"))
		if a.Includes(orgs) && !a.Includes(more) {
			t.Fatalf("%s includes %q but not %q", a, orgs, more)
		}
	})
}

func TestParseAudience(t *testing.T) {
	for in, want := range map[string]string{
		"":                              "public",
		" public ":                      "public",
		"org:acme":                      "org:acme",
		"org:cisa|org:acme":             "org:acme|org:cisa",
		"org:b & org:a":                 "org:a&org:b",
		"org:a&org:a|org:b":             "org:a", // a implies a or b
		"org:c|org:b|org:c&org:b|org:c": "org:b|org:c",
	} {
		a, err := ParseAudience(in)
		if err != nil || a.String() != want {
			t.Errorf("ParseAudience(%q) = %s, %v; want %s", in, a, err, want)
		}
	}
	for _, in := range []string{"acme", "org:", "org:Acme", "org:a b", "org:a||org:b", "org:a&", "public|org:a", "org:a\x00", "org:" + strings.Repeat("a", 65)} {
		if a, err := ParseAudience(in); !errors.Is(err, ErrAudience) {
			t.Errorf("ParseAudience(%q) = %s, %v; want an error", in, a, err)
		}
	}
}

func FuzzParseAudience(f *testing.F) {
	f.Add("org:a|org:b&org:c")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAudience(s)
		if err != nil {
			return
		}
		if b, err := ParseAudience(a.String()); err != nil || a != b {
			t.Errorf("%q reads as %s, which reads as %s, %v", s, a, b, err)
		}
	})
}

func TestReader(t *testing.T) {
	acme := ForOrganisation("acme")
	both := acme.And(ForOrganisation("cisa"))
	tests := []struct {
		name       string
		reader     Reader
		acme, both bool
		write      bool
		admin      bool
	}{
		{"the public", Anonymous, false, false, false, false},
		{"the operator", Operator, true, true, true, true},
		{"a reader of acme", Reader{Member: "r", Organisations: []string{"acme"}, Roles: map[string]Role{"acme": RoleReader}}, true, false, false, false},
		{"an analyst of both", Reader{Member: "a", Organisations: []string{"acme", "cisa"}, Roles: map[string]Role{"acme": RoleReader, "cisa": RoleAnalyst}}, true, true, true, false},
		{"an administrator of cisa", Reader{Member: "b", Organisations: []string{"cisa"}, Roles: map[string]Role{"cisa": RoleAdministrator}}, false, false, true, true},
	}
	for _, tt := range tests {
		r := tt.reader
		if !r.MaySee(Public) || r.MaySee(acme) != tt.acme || r.MaySee(both) != tt.both {
			t.Errorf("%s sees public %v, acme %v, both %v; want true, %v, %v", tt.name, r.MaySee(Public), r.MaySee(acme), r.MaySee(both), tt.acme, tt.both)
		}
		if r.MayWrite() != tt.write || r.Is(RoleAdministrator) != tt.admin {
			t.Errorf("%s may write %v, administers %v; want %v, %v", tt.name, r.MayWrite(), r.Is(RoleAdministrator), tt.write, tt.admin)
		}
	}
}

func TestDates(t *testing.T) {
	for in, good := range map[string]bool{
		"2021-03-12": true, "2024-02-29": true, "1000-01-01": true, "9999-12-31": true,
		"2021-3-12": false, "2021-02-30": false, "0999-12-31": false, "2021-03-12T00:00:00Z": false, "": false, " 2021-03-12": false,
	} {
		d, err := ParseDate(in)
		if (err == nil) != good || good && string(d) != in || !good && !errors.Is(err, ErrDate) {
			t.Errorf("ParseDate(%q) = %q, %v", in, d, err)
		}
	}
	if got := Date("2021-01-14").AddDays(60); got != "2021-03-15" {
		t.Errorf("60 days after 2021-01-14 is %s, want 2021-03-15", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(-300_000, 300_000).Draw(t, "days")
		d := Date("2000-01-01").AddDays(n)
		if (d < "2000-01-01") != (n < 0) || d.AddDays(-n) != "2000-01-01" {
			t.Fatalf("%d days from 2000-01-01 is %s", n, d)
		}
	})
}
