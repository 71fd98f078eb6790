package ecosystem_test

import (
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/software/ecosystem"
	"countersign.dev/internal/software/purl"
)

func TestOf(t *testing.T) {
	tests := []struct{ purl, want, version string }{
		{"pkg:golang/golang.org/x/net@v0.1.0", "Go/golang.org/x/net", "v0.1.0"},
		{"pkg:golang/github.com/Azure/azure-sdk-for-go/v68@v68.0.0", "Go/github.com/azure/azure-sdk-for-go/v68", "v68.0.0"},
		{"pkg:golang/github.com/cespare/xxhash@v2.2.0#v2", "Go/github.com/cespare/xxhash/v2", "v2.2.0"},
		{"pkg:golang/golang.org/x/net@v0.1.0?type=package#html", "Go/golang.org/x/net", "v0.1.0"},
		{"pkg:golang/stdlib@1.20.1", "Go/stdlib", "1.20.1"},
		{"pkg:golang/std@go1.20.1", "Go/stdlib", "go1.20.1"},
		{"pkg:golang/toolchain@v1.21.0", "Go/toolchain", "v1.21.0"},
		{"pkg:golang/cloud.google.com/go@v0.100.0", "Go/cloud.google.com/go", "v0.100.0"},
		{"pkg:golang/github.com/json-iterator/go@v1.1.12", "Go/github.com/json-iterator/go", "v1.1.12"},
		{"pkg:golang/example.com/stdlib@v1.0.0", "Go/example.com/stdlib", "v1.0.0"},
		{"pkg:golang/../client/v3", "", ""},
		{"pkg:npm/%40angular/core@1.0.0", "npm/@angular/core", "1.0.0"},
		{"pkg:npm/a@npm:b@1.0.0", "npm/b", "1.0.0"},
		{"pkg:npm/a@npm%3A%40s%2Fb%401.0.0", "npm/@s/b", "1.0.0"},
		{"pkg:npm/a@npm%3Ab", "npm/b", ""},
		{"pkg:pypi/Zope.Interface@5.0", "PyPI/zope.interface", "5.0"},
		{"pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar", "Maven/org.apache.logging.log4j:log4j-core", "2.14.1"},
		{"pkg:cargo/serde@1.0.0", "crates.io/serde", "1.0.0"},
		{"pkg:gem/nokogiri@1.13.9-x86_64-linux", "RubyGems/nokogiri", "1.13.9"},
		{"pkg:gem/rails@7.0.0-rc1", "RubyGems/rails", "7.0.0-rc1"},
		{"pkg:dotnet/Newtonsoft.Json@12.0.1", "NuGet/Newtonsoft.Json", "12.0.1"},
		{"pkg:composer/Laravel/Framework@v5.5.0", "Packagist/laravel/framework", "v5.5.0"},
		{"pkg:hex/phoenix@1.0.0", "Hex/phoenix", "1.0.0"},
		{"pkg:pub/http@0.13.0", "Pub/http", "0.13.0"},
		{"pkg:hackage/aeson@2.0.0.0", "Hackage/aeson", "2.0.0.0"},
		{"pkg:cran/A3@1.0.0", "CRAN/A3", "1.0.0"},
		{"pkg:swift/github.com/apple/swift-nio@2.0.0", "SwiftURL/github.com/apple/swift-nio", "2.0.0"},
		{"pkg:github/actions/checkout@v4", "GitHub Actions/actions/checkout", "v4"},
		{"pkg:githubactions/github/codeql-action@v2#init", "GitHub Actions/github/codeql-action/init GitHub Actions/github/codeql-action", "v2"},
		{"pkg:conan/bincrafters/zlib@1.2.11?channel=stable", "ConanCenter/zlib", "1.2.11"},
		{"pkg:bitnami/wordpress@6.2.0-3?arch=arm64&distro=debian-12", "Bitnami/wordpress", "6.2.0-3"},
		{"pkg:generic/node@18.6.0", "", "18.6.0"},
		{"pkg:oci/debian@sha256:00", "", "sha256:00"},
		{"pkg:docker/cassandra@latest", "", "latest"},
	}
	check(t, tests)
}

func TestOfDistributions(t *testing.T) {
	check(t, []struct{ purl, want, version string }{
		{"pkg:deb/debian/libssl1.1@1.1.1n-0%2Bdeb11u3?arch=amd64&upstream=openssl&distro=debian-11", "Debian:11/openssl Debian:11/libssl1.1", "1.1.1n-0+deb11u3"},
		{"pkg:deb/debian/libgcc1@1:4.9.2-10?arch=amd64&upstream=gcc-4.9%404.9.2-10&distro=debian-8.11", "Debian:8/gcc-4.9", "4.9.2-10"},
		{"pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie", "Debian:8/curl", "7.50.3-1"},
		{"pkg:deb/debian/curl@7.50.3-1?distro=debian-bookworm", "Debian:12/curl", "7.50.3-1"},
		{"pkg:deb/debian/curl@7.50.3-1?distro=sid", "Debian/curl", "7.50.3-1"},
		{"pkg:deb/debian/curl@7.50.3-1", "Debian/curl", "7.50.3-1"},
		{"pkg:debian/curl@7.50.3-1?epoch=2&distro=debian-11", "Debian:11/curl", "2:7.50.3-1"},
		{"pkg:deb/ubuntu/file@1:5.14-2ubuntu3.3?distro=ubuntu-14.04&epoch=1", "Ubuntu:14.04:LTS/file Ubuntu:14.04/file", "1:5.14-2ubuntu3.3"},
		{"pkg:deb/ubuntu/file@5?distro=ubuntu-22.10", "Ubuntu:22.10/file", "5"},
		{"pkg:deb/ubuntu/file@5?distro=jammy", "Ubuntu:22.04:LTS/file Ubuntu:22.04/file", "5"},
		{"pkg:deb/ubuntu/file@5%2Besm1?distro=ubuntu-18.04", "Ubuntu:18.04:LTS/file Ubuntu:18.04/file Ubuntu:Pro:18.04:LTS/file", "5+esm1"},
		{"pkg:alpine/ssl_client@1.35.0-r17?arch=x86_64&upstream=busybox&distro=alpine-3.16.2", "Alpine:v3.16/busybox Alpine:v3.16/ssl_client", "1.35.0-r17"},
		{"pkg:apk/alpine/openssl@1.1.1g-r0?distro=3.12.0", "Alpine:v3.12/openssl", "1.1.1g-r0"},
		{"pkg:apk/alpine/openssl@3-r0?distro=alpine-v3.20", "Alpine:v3.20/openssl", "3-r0"},
		{"pkg:apk/alpine/openssl@3-r0?distro=edge", "Alpine:edge/openssl", "3-r0"},
		{"pkg:apk/wolfi/glibc@2.37-r1?distro=wolfi-20230201", "Wolfi/glibc", "2.37-r1"},
		{"pkg:apk/chainguard/glibc@2.37-r1", "Chainguard/glibc", "2.37-r1"},
		{
			"pkg:rpm/rhel/device-mapper-libs@1.02.181-3.el8_6.2?epoch=8&upstream=lvm2-2.03.14-3.el8_6.2.src.rpm&distro=rhel-8.6",
			"Red Hat:enterprise_linux:8::baseos/device-mapper-libs Red Hat:enterprise_linux:8::appstream/device-mapper-libs Red Hat:enterprise_linux:8::crb/device-mapper-libs", "8:1.02.181-3.el8_6.2",
		},
		{"pkg:rpm/rocky/device-mapper-libs@1.02.181-3.el8?epoch=8&upstream=lvm2-2.03.14-3.el8.src.rpm&distro=rocky-8.7", "Rocky Linux:8/lvm2", "8:2.03.14-3.el8"},
		{"pkg:rpm/rocky/openssl-libs@1.1.1k-7.el8_6?epoch=1&upstream=openssl-1.1.1k-7.el8_6.src.rpm&distro=rocky-8.7", "Rocky Linux:8/openssl Rocky Linux:8/openssl-libs", "1:1.1.1k-7.el8_6"},
		{"pkg:rpm/alma/bash@4.4-1?distro=alma-8.7&epoch=0", "AlmaLinux:8/bash", "4.4-1"},
		{"pkg:rpm/opensuse-leap/bash@4.4-1?distro=opensuse-leap-15.3", "openSUSE:Leap 15.3/bash", "4.4-1"},
		{"pkg:rpm/opensuse/bash@4.4-1?distro=opensuse-tumbleweed-20230101", "openSUSE:Tumbleweed/bash", "4.4-1"},
		{"pkg:rpm/sles/diffutils@3.6-4.3.1?upstream=diffutils-3.6-4.3.1.src.rpm&distro=sles-15.3", "SUSE:Linux Enterprise Server 15 SP3/diffutils SUSE:Linux Enterprise Module for Basesystem 15 SP3/diffutils", "3.6-4.3.1"},
		{"pkg:rpm/centos/bash@4.2.46-33.el7?distro=centos-7.7.1908", "Red Hat:enterprise_linux:7::server/bash Red Hat:enterprise_linux:7::client/bash Red Hat:enterprise_linux:7::workstation/bash Red Hat:enterprise_linux:7::computenode/bash", "4.2.46-33.el7"},
		{"pkg:rpm/bash@4.2?distro=fedora-36&upstream=bash", "Fedora:36/bash", "4.2"},
		{"pkg:rpm/amazon/bash@4.2?distro=amazon-2%20%28Karoo%29", "Amazon Linux:2/bash", "4.2"},
		{"pkg:rpm/ol/bash@4.2?distro=ol-8.7", "Oracle Linux:8/bash", "4.2"},
		{"pkg:rpm/nowhere/bash@4.2?distro=nowhere-8", "", "4.2"},
		{"pkg:rpm/photon/db@6.1.26-2.ph1?distro=photon-1.0", "Photon OS:1.0/db", "6.1.26-2.ph1"},
	})
}

func check(t *testing.T, tests []struct{ purl, want, version string }) {
	t.Helper()
	for _, tt := range tests {
		p, err := purl.Read(tt.purl)
		if err != nil {
			t.Error(err)
			continue
		}
		pkgs, version := ecosystem.Of(p)
		var got []string
		for _, pkg := range pkgs {
			got = append(got, pkg.Ecosystem+"/"+pkg.Name)
		}
		if strings.Join(got, " ") != tt.want || version != tt.version {
			t.Errorf("%s:\n got %s at %q\nwant %s at %q", tt.purl, strings.Join(got, " "), version, tt.want, tt.version)
		}
	}
}

// TestTerm says which spellings are one package: those of each group, and none
// of two groups.
func TestTerm(t *testing.T) {
	groups := [][]ecosystem.Package{
		{{"Go", "github.com/Azure/go-autorest"}, {"Go", "github.com/azure/go-autorest"}, {"go", "github.com/azure/go-autorest"}},
		{{"PyPI", "Zope.Interface"}, {"PyPI", "zope-interface"}, {"PyPI", "zope__interface"}},
		{{"npm", "JSONStream"}, {"npm", "jsonstream"}},
		{{"npm", "@Scope/a"}},
		{{"npm", "@scope/a"}},
		{{"NuGet", "Newtonsoft.Json"}, {"NuGet", "newtonsoft.json"}},
		{{"Packagist", "Symfony/Http"}, {"Packagist", "symfony/http"}},
		{{"crates.io", "Deno"}, {"crates.io", "deno"}},
		{{"crates.io", "a_b"}, {"crates.io", "a-b"}},
		{{"RubyGems", "Arabic-Prawn"}},
		{{"RubyGems", "arabic-prawn"}},
		{{"Maven", "org.x:Y"}},
		{{"Maven", "org.x:y"}},
		{{"SwiftURL", "https://github.com/Apple/swift-nio.git"}, {"SwiftURL", "github.com/apple/swift-nio"}},
		{{"Debian:11", "openssl"}, {"debian:11", "openssl"}},
		{{"Debian:12", "openssl"}},
		{{"Red Hat:enterprise_linux:8::baseos", "ImageMagick"}},
	}
	seen := map[string]int{}
	for i, group := range groups {
		for _, p := range group {
			p := ecosystem.FromName(p.Ecosystem, p.Name)
			term := p.Term()
			if j, ok := seen[term]; ok && j != i {
				t.Errorf("%v has the term %q, as %v has", p, term, groups[j][0])
			}
			seen[term] = i
			if term != group[0].Term() {
				t.Errorf("%v has the term %q, %v has %q", p, term, group[0], group[0].Term())
			}
		}
	}
	if got := (ecosystem.Package{Ecosystem: "Ubuntu:22.04:LTS", Name: "openssl"}).Term(); got != "pkg:ubuntu:22.04:lts/openssl" {
		t.Errorf("term %q", got)
	}
}

func TestFromName(t *testing.T) {
	tests := []struct{ ecosystem, name, want string }{
		{"debian", "openssl", "Debian/openssl"},
		{"DEBIAN:11", "openssl", "Debian:11/openssl"},
		{"ubuntu:22.04:LTS", "openssl", "Ubuntu:22.04:LTS/openssl"},
		{"pip", "requests", "PyPI/requests"},
		{"rust", "serde", "crates.io/serde"},
		{"maven", "org.x/y", "Maven/org.x:y"},
		{"Maven", "org.x:y", "Maven/org.x:y"},
		{"golang", "std", "Go/stdlib"},
		{"rhel", "bash", "Red Hat/bash"},
		{"Nowhere:1", " x ", "Nowhere:1/x"},
	}
	for _, tt := range tests {
		p := ecosystem.FromName(tt.ecosystem, tt.name)
		if got := p.Ecosystem + "/" + p.Name; got != tt.want {
			t.Errorf("%s, %s: %s, want %s", tt.ecosystem, tt.name, got, tt.want)
		}
	}
}

// TestToPURL makes a purl of an advisory's package, and asks that it leads
// back.
func TestToPURL(t *testing.T) {
	tests := []struct{ ecosystem, name, want string }{
		{"Go", "golang.org/x/net", "pkg:golang/golang.org/x/net"},
		{"Go", "stdlib", "pkg:golang/stdlib"},
		{"npm", "@angular/core", "pkg:npm/%40angular/core"},
		{"npm", "left-pad", "pkg:npm/left-pad"},
		{"Maven", "org.x:y", "pkg:maven/org.x/y"},
		{"PyPI", "Django", "pkg:pypi/django"},
		{"crates.io", "Deno", "pkg:cargo/Deno"},
		{"RubyGems", "rails", "pkg:gem/rails"},
		{"NuGet", "A.B", "pkg:nuget/A.B"},
		{"Packagist", "a/b", "pkg:composer/a/b"},
		{"SwiftURL", "github.com/apple/swift-nio", "pkg:swift/github.com/apple/swift-nio"},
		{"GitHub Actions", "actions/checkout", "pkg:github/actions/checkout"},
		{"Bitnami", "wordpress", "pkg:bitnami/wordpress"},
		{"Debian:11", "openssl", "pkg:deb/debian/openssl?distro=debian-11"},
		{"Ubuntu:22.04:LTS", "openssl", "pkg:deb/ubuntu/openssl?distro=ubuntu-22.04"},
		{"Alpine:v3.17", "openssl", "pkg:apk/alpine/openssl?distro=alpine-3.17"},
		{"Wolfi", "openssl", "pkg:apk/wolfi/openssl"},
		{"AlmaLinux:8", "openssl", "pkg:rpm/almalinux/openssl?distro=almalinux-8"},
		{"Rocky Linux:9", "openssl", "pkg:rpm/rocky/openssl?distro=rocky-9"},
	}
	for _, tt := range tests {
		pkg := ecosystem.Package{Ecosystem: tt.ecosystem, Name: tt.name}
		p, ok := ecosystem.ToPURL(pkg)
		if !ok || p.String() != tt.want {
			t.Errorf("%v: %s (%v), want %s", pkg, p, ok, tt.want)
			continue
		}
		back, _ := ecosystem.Of(p)
		if !slices.ContainsFunc(back, func(b ecosystem.Package) bool { return b.Term() == pkg.Term() }) {
			t.Errorf("%v: %s leads to %v", pkg, p, back)
		}
	}
	for _, pkg := range []ecosystem.Package{{"OSS-Fuzz", "x"}, {"", "x"}, {"Go", ""}, {"SwiftURL", "x"}} {
		if p, ok := ecosystem.ToPURL(pkg); ok {
			t.Errorf("%v: %s", pkg, p)
		}
	}
}

func TestSupported(t *testing.T) {
	for e, want := range map[string]bool{"Debian": true, "Debian:11": true, "Go": true, "OSS-Fuzz": false, "": false} {
		if ecosystem.Supported(e) != want {
			t.Errorf("%q: %v", e, !want)
		}
	}
}

// FuzzOf looks for purls whose packages have no term or make no purl again.
func FuzzOf(f *testing.F) {
	for _, s := range []string{
		"pkg:deb/debian/a@1?upstream=b@2&distro=debian-11", "pkg:rpm/rhel/a@1?upstream=b-1-2.src.rpm&epoch=1&distro=rhel-8", "pkg:rpm/sles/a?distro=sles-15.4",
		"pkg:apk/alpine/a?distro=v3.1", "pkg:deb/ubuntu/a?distro=ubuntu-22", "pkg:npm/a@npm:b@1", "pkg:golang/a/b#c", "pkg:rpm/opensuse/a?distro=-1", "pkg:gem/a@1-x86",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := purl.Read(s)
		if err != nil {
			return
		}
		pkgs, _ := ecosystem.Of(p)
		for _, pkg := range pkgs {
			if pkg.Ecosystem == "" || pkg.Name == "" {
				t.Fatalf("%q: %#v", s, pkg)
			}
			if again := ecosystem.FromName(pkg.Ecosystem, pkg.Name); again.Ecosystem != pkg.Ecosystem {
				t.Fatalf("%q: %#v is spelt %#v", s, pkg, again)
			}
			out, ok := ecosystem.ToPURL(pkg)
			if !ok {
				continue
			}
			if _, err := purl.Parse(out.String()); err != nil && len(out.String()) <= purl.MaxLength {
				t.Fatalf("%q: %#v makes %s: %v", s, pkg, out, err)
			}
		}
	})
}

func TestComplete(t *testing.T) {
	tests := []struct{ purl, version, source, want string }{
		{"pkg:npm/a", "1.0.0", "", "pkg:npm/a@1.0.0"},
		{"pkg:npm/a@2.0.0", "1.0.0", "b@3", "pkg:npm/a@2.0.0"},
		{"pkg:deb/debian/libssl1.1@1.1?distro=debian-11", "", "openssl@1.1", "pkg:deb/debian/libssl1.1@1.1?distro=debian-11&upstream=openssl"},
		{"pkg:deb/debian/libssl1.1@1.1?distro=debian-11", "", "openssl", "pkg:deb/debian/libssl1.1@1.1?distro=debian-11&upstream=openssl"},
		{"pkg:deb/debian/libgcc1@1:4.9", "", "pkg:deb/debian/gcc-4.9@4.9.2-10?arch=source", "pkg:deb/debian/libgcc1@1:4.9?upstream=gcc-4.9%404.9.2-10"},
		{"pkg:deb/debian/a@1?upstream=b", "", "c@2", "pkg:deb/debian/a@1?upstream=b"},
		{"pkg:deb/debian/a@1", "", "a@1", "pkg:deb/debian/a@1"},
		{"pkg:deb/debian/a@1", "", "a@2", "pkg:deb/debian/a@1?upstream=a%402"},
		{"pkg:rpm/rocky/a@1-1", "", "b-1-1.src.rpm", "pkg:rpm/rocky/a@1-1?upstream=b-1-1.src.rpm"},
		{"pkg:apk/alpine/ssl_client", "1.35.0-r17", "busybox", "pkg:apk/alpine/ssl_client@1.35.0-r17?upstream=busybox"},
	}
	for _, tt := range tests {
		p, err := purl.Read(tt.purl)
		if err != nil {
			t.Fatal(err)
		}
		before := p.String()
		if got := ecosystem.Complete(p, tt.version, tt.source); got.String() != tt.want {
			t.Errorf("%s, %q, %q: %s, want %s", tt.purl, tt.version, tt.source, got, tt.want)
		}
		if p.String() != before {
			t.Errorf("%s has become %s", before, p)
		}
	}
}
