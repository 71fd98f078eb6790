package cyclonedx

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/software"
)

// The source package and the end of life as generators write them.
func TestProperties(t *testing.T) {
	for _, c := range []struct {
		purl       string
		properties map[string]string
		source     string
		end        string
	}{
		{"pkg:deb/debian/libc6@2.31-13?arch=amd64&upstream=glibc&distro=debian-11", nil, "glibc@1.0", ""},
		{"pkg:deb/debian/libbrotli1@1.0.9-2+b2?upstream=brotli%401.0.9-2#sub", nil, "brotli@1.0.9-2", ""},
		{"pkg:rpm/redhat/bash-doc@5.1.8-6.el9?upstream=bash-5.1.8-6.el9.src.rpm", nil, "bash@5.1.8-6.el9", ""},
		{"pkg:rpm/redhat/x@1?upstream=odd.src.rpm", nil, "odd", ""},
		{"pkg:deb/debian/x@1?upstream=%zz", nil, "", ""},
		{"pkg:deb/debian/x@1?arch=upstream=y", nil, "", ""},
		{"pkg:npm/x@1", nil, "", ""},
		{"pkg:deb/debian/x@1?upstream=other", map[string]string{"syft:metadata:source": "zlib", "syft:metadata:sourceVersion": "1:1.2"}, "zlib@1:1.2", ""},
		{"pkg:apk/alpine/x@1", map[string]string{"syft:metadata:originPackage": "busybox"}, "busybox@1.0", ""},
		{"pkg:rpm/redhat/x@1", map[string]string{"syft:metadata:sourceRpm": "openssl-libs-3.0.7-24.el9.src.rpm"}, "openssl-libs@3.0.7-24.el9", ""},
		{"pkg:rpm/rocky/x@1", map[string]string{"aquasecurity:trivy:SrcName": "findutils", "aquasecurity:trivy:SrcVersion": "4.8.0", "aquasecurity:trivy:SrcRelease": "6.el9", "aquasecurity:trivy:SrcEpoch": "1"}, "findutils@1:4.8.0-6.el9", ""},
		{"pkg:deb/debian/x@1", map[string]string{"aquasecurity:trivy:SrcName": "openssl", "aquasecurity:trivy:SrcEpoch": "0"}, "openssl@1.0", ""},
		{"pkg:cargo/x@1", map[string]string{"syft:metadata:source": "registry+https://github.com/rust-lang/crates.io-index"}, "", ""},
		{"pkg:generic/x@1", map[string]string{"countersign:source": "pkg:generic/y@2", "syft:metadata:source": "z"}, "pkg:generic/y@2", ""},
		{"", map[string]string{"cdx:lifecycle:milestone:endOfLife": "2030-06-30", "cdx:lifecycle:milestone:endOfSupport": "2028-06-30"}, "", "2030-06-30"},
		{"", map[string]string{"cdx:lifecycle:milestone:endOfSupport": "2028-06-30"}, "", "2028-06-30"},
	} {
		var inJSON, inXML []string
		for name, value := range c.properties {
			inJSON = append(inJSON, fmt.Sprintf(`{"value":%q,"name":%q}`, value, name), fmt.Sprintf(`{"name":%q,"value":"again"}`, name))
			inXML = append(inXML, fmt.Sprintf(`<property name=%q>%s</property>`, name, value))
		}
		purl := strings.ReplaceAll(c.purl, "&", "&amp;")
		for _, text := range []string{
			bom(fmt.Sprintf(`"components":[{"name":"x","version":"1.0","purl":%q,"properties":[%s]}]`, c.purl, strings.Join(inJSON, ","))),
			xmlBOM(fmt.Sprintf(`<components><component><name>x</name><version>1.0</version><purl>%s</purl><properties>%s</properties></component></components>`, purl, strings.Join(inXML, ""))),
		} {
			b := read(t, text)
			got := b.Components[0]
			if got.Source != c.source || got.EndOfLife != c.end {
				t.Errorf("%s %v: source %q, end of life %q; want %q, %q", c.purl, c.properties, got.Source, got.EndOfLife, c.source, c.end)
			}
			again := read(t, string(written6(t, b))).Components[0]
			if again.Source != c.source || again.EndOfLife != c.end {
				t.Errorf("%s %v: written, source %q, end of life %q; want %q, %q", c.purl, c.properties, again.Source, again.EndOfLife, c.source, c.end)
			}
		}
	}
}

// Relations that the dependency graph has no word for, as they are written, and
// what is none.
func TestRelationsInProperties(t *testing.T) {
	for _, text := range []string{
		bom(`"components":[{"bom-ref":"a","name":"a","properties":[{"name":"countersign:relation","value":"variant_of b c"},{"value":"other a","name":"countersign:relation"},` +
			`{"name":"countersign:relation","value":"variant_of z"},{"name":"countersign:relation","value":"Variant b"}]},{"name":"b","bom-ref":"b c"},{"name":"d","properties":[{"name":"countersign:relation","value":"other a"}]}]`),
		xmlBOM(`<components><component bom-ref="a"><name>a</name><properties><property name="countersign:relation">variant_of b c</property><property name="countersign:relation">other a</property>` +
			`<property name="countersign:relation">variant_of z</property><property name="countersign:relation">Variant b</property></properties></component>` +
			`<component bom-ref="b c"><name>b</name></component><component><name>d</name><properties><property name="countersign:relation">other a</property></properties></component></components>`),
	} {
		b, err := Read(t.Context(), []byte(text), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		want := []software.Edge{{From: 0, To: 1, Kind: "variant_of"}, {From: 0, To: 0, Kind: "other"}}
		if d := cmp.Diff(want, b.Edges); d != "" || len(b.Broken) != 3 {
			t.Errorf("%s: broken %q", d, b.Broken)
		}
		if d := cmp.Diff(want, read(t, string(written6(t, b))).Edges); d != "" {
			t.Errorf("written: %s", d)
		}
	}
}
