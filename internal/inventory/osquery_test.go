package inventory

import (
	"compress/gzip"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/realdata"
)

// at is a result of a day of June 2026.
func osqueryAt(day, rest string) string {
	unix := map[string]string{"1": "1780272000", "2": "1780358400", "3": "1780444800", "9": "1780963200"}[day]
	return `{"hostIdentifier":"Web.Agr.Example","unixTime":` + unix + `,"decorations":{"host_uuid":"A1","system":"MAIL","agency":"AGR"},` + rest + "}\n"
}

func readOsquery(t testing.TB, text string) *ledger.Reading {
	t.Helper()
	if !RecogniseOsquery("x.log", []byte(text)) {
		t.Fatalf("not recognised: %.80q", text)
	}
	r, err := FromOsquery(t.Context(), []byte(text), Options{Source: "inventory/t"}, OsqueryLimits{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func deploymentsIn(r *ledger.Reading) (out []string) {
	for _, line := range short(r) {
		if strings.HasPrefix(line, "deployment ") {
			out = append(out, line)
		}
	}
	return out
}

// TestOsquery follows packages of a host through the three forms of results.
func TestOsquery(t *testing.T) {
	deb := func(version string) string {
		return `{"name":"libc6","version":"` + version + `","arch":"amd64"}`
	}
	purl := func(version string) string {
		return `deployment system:t/mail <purl:pkg:deb/debian/libc6@` + version + `> {"asset":"asset:t/a1","purl":"pkg:deb/debian/libc6@` + version + `?arch=amd64","name":"libc6","version":"` + version + `"}`
	}
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"rows one by one", osqueryAt("1", `"name":"pack_x_deb_packages","action":"added","columns":`+deb("1")) +
			osqueryAt("3", `"name":"pack_x_deb_packages","action":"removed","columns":`+deb("1")) +
			osqueryAt("3", `"name":"pack_x_deb_packages","action":"added","columns":`+deb("2")),
			[]string{purl("1") + " 2026-06-01..2026-06-03", purl("2") + " 2026-06-03.."}},
		{"rows in lists", osqueryAt("1", `"name":"deb_packages","diffResults":{"added":[`+deb("1")+`],"removed":[]}`) +
			osqueryAt("2", `"name":"deb_packages","diffResults":{"added":[`+deb("2")+`],"removed":[`+deb("1")+`]}`),
			[]string{purl("1") + " 2026-06-01..2026-06-02", purl("2") + " 2026-06-02.."}},
		{"all rows", osqueryAt("1", `"name":"pack/x/deb_packages","action":"snapshot","snapshot":[`+deb("1")+`]`) +
			osqueryAt("2", `"name":"pack/x/deb_packages","action":"snapshot","snapshot":[`+deb("1")+`,`+deb("2")+`]`) +
			osqueryAt("9", `"name":"pack/x/deb_packages","action":"snapshot","snapshot":[`+deb("2")+`]`),
			[]string{purl("1") + " 2026-06-01..2026-06-09", purl("2") + " 2026-06-02.."}},
		{"what went and was never said to come", osqueryAt("2", `"name":"deb_packages","action":"removed","columns":`+deb("1")),
			[]string{purl("1") + " 1000-01-01..2026-06-02"}},
		{"came and went in a day", osqueryAt("2", `"name":"deb_packages","action":"added","columns":`+deb("1")) + osqueryAt("2", `"name":"deb_packages","action":"removed","columns":`+deb("1")), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := readOsquery(t, c.text)
			if got := deploymentsIn(r); !slices.Equal(got, c.want) || len(r.Warnings) > 0 || r.Mode != ledger.Chronicle {
				t.Errorf("%q\nwant %q\n%q", got, c.want, r.Warnings)
			}
		})
	}
}

func TestOsqueryHosts(t *testing.T) {
	r := readOsquery(t, osqueryAt("1", `"name":"pack_x_system_info","action":"snapshot","snapshot":[{"hostname":"web","hardware_vendor":"Dell","hardware_model":"R650"}]`)+
		osqueryAt("1", `"name":"os_version","action":"added","columns":{"name":"Debian GNU/Linux","version":"12"}`)+
		osqueryAt("2", `"name":"interface_details","action":"added","columns":{"mac":"70:e6:72:0f:ca:a4","address":"10.0.0.1"}`)+
		osqueryAt("2", `"name":"interface_addresses","action":"added","columns":{"address":"fe80::1%eth0"}`)+
		osqueryAt("3", `"name":"programs","action":"added","columns":{"name":"Firefox","version":"128","publisher":"Mozilla"}`)+
		osqueryAt("3", `"name":"listening_ports","action":"added","columns":{"port":"22"}`)+
		`{"hostIdentifier":"lone","calendarTime":"Mon Jun  1 06:00:00 2026 UTC","name":"npm_packages","action":"added","columns":{"name":"@scope/a","version":1.5}}`+"\n"+
		"{\n"+osqueryAt("3", `"name":"deb_packages","action":"gone","columns":{}`))
	got := strings.Join(short(r), "\n")
	for _, want := range []string{
		`organisation organisation:agr <name:agr> {"name":"AGR"}`,
		`system system:t/mail <name:mail> {"organisation":"organisation:agr"}`,
		`"hostnames":["web.agr.example","web"],"addresses":["10.0.0.1","fe80::1"],"macs":["70:e6:72:0f:ca:a4"],"os":"Debian GNU/Linux 12","model":"R650","vendor":"Dell"`,
		`seen asset:t/a1 <> {"first":"2026-06-01","last":"2026-06-03"}`,
		`{"asset":"asset:t/a1","name":"Firefox","version":"128","vendor":"Mozilla"} 2026-06-03..`,
		`system system:t/unassigned <name:hosts of no system> {}`,
		`"purl":"pkg:npm/%40scope/a@1.5"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nlacks %s", got, want)
		}
	}
	warned := strings.Join(r.Warnings, "\n")
	for _, want := range []string{"line 8: ", `line 9: action "gone": want added, removed or snapshot`, `1 results of the query "listening_ports" are passed over`} {
		if !strings.Contains(warned, want) {
			t.Errorf("%s\nlacks %s", warned, want)
		}
	}
}

// TestOsqueryReal reads a real machine's packages and a constructed fleet whole.
func TestOsqueryReal(t *testing.T) {
	for name, want := range map[string][2]int{"deb_packages": {764, 764}, "fleet-inventory": {1200, 0}} {
		f, err := os.Open(realdata.Path(t, "data/network/osquery/"+name+".results.log.gz"))
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(z)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		r := readOsquery(t, string(b))
		if got := [2]int{r.Rows, len(deploymentsIn(r))}; got != want || len(r.Warnings) > 0 {
			t.Errorf("%s: %v rows and deployments, want %v; %q", name, got, want, r.Warnings)
		}
	}
}

func TestOsqueryRefuses(t *testing.T) {
	line := osqueryAt("1", `"name":"x"`)
	for name, c := range map[string]struct {
		text   string
		limits OsqueryLimits
		want   problem.Kind
	}{
		"nothing":   {"", OsqueryLimits{}, problem.Invalid},
		"no line":   {"{\n{}\n", OsqueryLimits{}, problem.Invalid},
		"lines":     {line + line, OsqueryLimits{Lines: 1}, problem.TooLarge},
		"long line": {line, OsqueryLimits{Line: 20}, problem.TooLarge},
	} {
		if _, err := FromOsquery(t.Context(), []byte(c.text), Options{}, c.limits); problem.KindOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzOsquery(f *testing.F) {
	f.Add([]byte(osqueryAt("1", `"name":"deb_packages","action":"added","columns":{"name":"a","version":"1"}`)))
	f.Add([]byte(osqueryAt("1", `"name":"deb_packages","action":"snapshot","snapshot":[{"name":"a","version":"1"}]`) + osqueryAt("2", `"name":"deb_packages","action":"snapshot","snapshot":[]`)))
	f.Add([]byte(osqueryAt("1", `"name":"npm_packages","diffResults":{"added":[{"name":"@a/b","version":2}],"removed":[{}]}`)))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := FromOsquery(t.Context(), b, Options{Source: "inventory/t"}, OsqueryLimits{Lines: 1000, Line: 1 << 16})
		if err != nil {
			return
		}
		for _, s := range r.Statements {
			if s.Subject == "" || s.ValidTo != "" && s.ValidTo <= s.ValidFrom && s.ValidFrom != access.Forever {
				t.Errorf("%+v", s)
			}
		}
	})
}
