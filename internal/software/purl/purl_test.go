package purl_test

import (
	"bufio"
	"compress/gzip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/realdata"
	"countersign.dev/internal/software/purl"
)

func TestRead(t *testing.T) {
	tests := []struct{ in, want string }{
		{"pkg:npm/@angular/core@1.0.0", "pkg:npm/%40angular/core@1.0.0"},
		{"pkg:npm/%40angular%2Fcore@1.0.0", "pkg:npm/%40angular/core@1.0.0"},
		{"pkg:npm/@angular/core", "pkg:npm/%40angular/core"},
		{"pkg:golang/github.com%2FAzure%2Fgo-autorest@v14.2.0+incompatible", "pkg:golang/github.com/azure/go-autorest@v14.2.0%2Bincompatible"},
		{"pkg:go/golang.org/x/net@v0.1.0", "pkg:golang/golang.org/x/net@v0.1.0"},
		{"pkg:alpine/musl@1.2.3-r4?arch=x86_64&upstream=musl&distro=alpine-3.17.1", "pkg:apk/alpine/musl@1.2.3-r4?arch=x86_64&distro=alpine-3.17.1&upstream=musl"},
		{"pkg:alpine/alpine/musl@1", "pkg:apk/alpine/musl@1"},
		{"pkg:dotnet/Newtonsoft.Json@12.0.1", "pkg:nuget/Newtonsoft.Json@12.0.1"},
		{"pkg:dotnet-core/Humanizer.Core@2.2.0", "pkg:nuget/Humanizer.Core@2.2.0"},
		{"pkg:rubygems/rails@7", "pkg:gem/rails@7"},
		{"PKG:Deb/Debian/OpenSSL@1.1.1n-0%2bdeb11u3?Arch=amd64", "pkg:deb/debian/openssl@1.1.1n-0%2Bdeb11u3?arch=amd64"},
		{"pkg://maven//org.x//y/@1", ""},
		{"pkg:maven/org.x//y@1?type=&classifier=z#/a/./b/../c/", "pkg:maven/org.x/y@1?classifier=z#a/b/c"},
		{"pkg:generic/a@1?download_url=https://x.example/?q=1", "pkg:generic/a@1?download_url=https:%2F%2Fx.example%2F%3Fq%3D1"},
		{"pkg:docker/reg/img@sha256:00ff", "pkg:docker/reg/img@sha256:00ff"},
		{"pkg:github/actions/checkout@v4", "pkg:github/actions/checkout@v4"},
		{"pkg:pypi/Zope.Interface_x@5", "pkg:pypi/zope.interface-x@5"},
		{"pkg:npm/caf%C3%A9@1", "pkg:npm/caf%C3%A9@1"},
	}
	for _, tt := range tests {
		p, err := purl.Read(tt.in)
		if (err != nil) != (tt.want == "") || err == nil && p.String() != tt.want {
			t.Errorf("%s gives %s (%v), want %s", tt.in, p, err, tt.want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	tests := []struct{ in, says string }{
		{"", `begin with "pkg:"`},
		{"npm/left-pad@1", `begin with "pkg:"`},
		{"pkg:npm", "slash"},
		{"pkg:npm/", "name is missing"},
		{"pkg:npm/@1.0", "name is missing"},
		{"pkg:maven/a/@1.0", "name is missing"},
		{"pkg:1npm/a", "type"},
		{"pkg:n_m/a", "type"},
		{"pkg:npm/a%2", "cut short"},
		{"pkg:npm/a%zz", "hexadecimal"},
		{"pkg:npm/a@%ff", "UTF-8"},
		{"pkg:npm/a?k=1&K=2", "twice"},
		{"pkg:npm/a?k%20=1", "qualifier"},
		{"pkg:npm/a?=1", "qualifier"},
		{"pkg:swift/a@1", "namespace"},
		{"pkg:npm/" + strings.Repeat("a", purl.MaxLength), "at most"},
	}
	for _, tt := range tests {
		p, err := purl.Read(tt.in)
		if problem.KindOf(err) != problem.Invalid || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%.40s gives %s (%v), want an error about %s", tt.in, p, err, tt.says)
		}
	}
}

func TestParts(t *testing.T) {
	p, err := purl.Read("pkg:deb/debian/libssl1.1@1.1.1n-0%2Bdeb11u3?upstream=openssl&distro=debian-11&arch=amd64#usr/lib")
	if err != nil {
		t.Fatal(err)
	}
	want := purl.PURL{
		Type: "deb", Namespace: "debian", Name: "libssl1.1", Version: "1.1.1n-0+deb11u3",
		Qualifiers: []purl.Qualifier{{"arch", "amd64"}, {"distro", "debian-11"}, {"upstream", "openssl"}},
		Subpath:    "usr/lib",
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
	if p.Get("distro") != "debian-11" || p.Get("epoch") != "" {
		t.Errorf("qualifiers: %q, %q", p.Get("distro"), p.Get("epoch"))
	}
	if got := p.Bare().String(); got != "pkg:deb/debian/libssl1.1" {
		t.Errorf("bare: %s", got)
	}
}

// TestPortfolio reads every purl of 1,673 containers.
func TestPortfolio(t *testing.T) {
	list := portfolio(t)
	begin := time.Now()
	unread := map[string]int{}
	for _, s := range list {
		if _, err := purl.Read(s); err != nil {
			unread[s]++
		}
	}
	t.Logf("%d purls read in %v", len(list), time.Since(begin).Round(time.Millisecond))
	if diff := cmp.Diff(map[string]int{"pkg:maven/": 2, "pkg:golang/@%28devel%29": 2}, unread); diff != "" {
		t.Errorf("not read, other than those without a name: %s", diff)
	}
	for _, s := range list {
		p, err := purl.Read(s)
		if err != nil {
			continue
		}
		again, err := purl.Parse(p.String())
		if err != nil || !cmp.Equal(p, again) {
			t.Errorf("%s is read as %s, and that as %s (%v)", s, p, again, err)
		}
	}
}

func portfolio(t testing.TB) []string {
	f, err := os.Open(realdata.Path(t, "data/software/portfolio-purls.tsv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	lines := bufio.NewScanner(z)
	for lines.Scan() {
		if _, s, ok := strings.Cut(lines.Text(), "\t"); ok {
			list = append(list, s)
		}
	}
	if err := lines.Err(); err != nil || len(list) < 300_000 {
		t.Fatalf("%d purls: %v", len(list), err)
	}
	return list
}

func BenchmarkRead(b *testing.B) {
	list := portfolio(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		purl.Read(list[i%len(list)]) //nolint:errcheck // four of them have no name
	}
}

// FuzzRead looks for purls whose canonical form is another purl's.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"pkg:npm/%40a/b@1.0?k=v&l=%20#s/t", "pkg:git/host/a/b@0f", "pkg:alpine/musl@1", "pkg:mlflow/A?repository_url=databricks",
		"pkg:golang/a%2Fb/c@v1+incompatible", "pkg:pypi/A_b.c", "pkg:julia/A?uuid=1", "pkg:a/%2F", "pkg:hex/%00", "pkg:npm/a/@b",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := purl.Read(s)
		if err != nil {
			if problem.KindOf(err) != problem.Invalid {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		canonical := p.String()
		if len(canonical) > purl.MaxLength {
			return // escaping has made it longer than is read
		}
		again, err := purl.Parse(canonical)
		if err != nil {
			t.Fatalf("%q is read as %q, and that is not: %v", s, canonical, err)
		}
		if again.String() != canonical {
			t.Fatalf("%q is read as %q, and that as %q", s, canonical, again)
		}
		normal, err := p.Normal()
		if err != nil || normal.String() != canonical {
			t.Fatalf("%q is read as %q, normal %q (%v)", s, canonical, normal, err)
		}
	})
}
