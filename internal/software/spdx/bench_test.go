package spdx

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// BenchmarkContainers reads the bills of 100 popular containers, as syft and
// trivy made them in 2022.
func BenchmarkContainers(b *testing.B) {
	docs := realDocuments(b, "containers-spdx")
	size := 0
	for _, d := range docs {
		size += len(d)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for name, d := range docs {
			if _, err := Read(b.Context(), d, Limits{}); err != nil {
				b.Fatal(name, err)
			}
		}
	}
	b.ReportMetric(float64(len(docs))*float64(b.N)/b.Elapsed().Seconds(), "SBOMs/s")
}

// large is a document of about 25 MB: 20,000 packages, half as many files as
// bytes allow, and relations between all of them.
func large() []byte {
	var b bytes.Buffer
	b.WriteString(`{"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "large", "packages": [`)
	const packages, files = 20_000, 50_000
	for i := range packages {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, `{"name": "package-%[1]d", "SPDXID": "SPDXRef-Package-%[1]d", "versionInfo": "1.%[1]d.0", "downloadLocation": "NOASSERTION", "licenseConcluded": "NOASSERTION", "licenseDeclared": "MIT", "copyrightText": "NOASSERTION", "checksums": [{"algorithm": "SHA256", "checksumValue": "%064[1]x"}], "externalRefs": [{"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:vendor:package-%[1]d:1.%[1]d.0:*:*:*:*:*:*:*"}, {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:npm/package-%[1]d@1.%[1]d.0"}]}`, i+1)
	}
	b.WriteString(`], "files": [`)
	for i := range files {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, `{"fileName": "/usr/lib/package/file-%[1]d", "SPDXID": "SPDXRef-%[1]x", "checksums": [{"algorithm": "SHA1", "checksumValue": "%040[1]x"}], "licenseConcluded": "NOASSERTION"}`, i)
	}
	b.WriteString(`], "relationships": [`)
	for i := range files {
		fmt.Fprintf(&b, `{"spdxElementId": "SPDXRef-Package-%d", "relatedSpdxElement": "SPDXRef-%x", "relationshipType": "CONTAINS"},`+"\n", i%packages+1, i)
	}
	for i := range packages {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, `{"spdxElementId": "SPDXRef-Package-%d", "relatedSpdxElement": "SPDXRef-Package-%d", "relationshipType": "DEPENDS_ON"}`, i+1, i*7%packages+1)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

// BenchmarkLarge reads one large bill, and says how much memory the heap grew
// by at most, beside the document.
func BenchmarkLarge(b *testing.B) {
	doc := large()
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(b.Context(), doc, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC() // what is pooled goes with the second
	runtime.ReadMemStats(&before)
	bill, err := Read(b.Context(), doc, Limits{})
	if err != nil {
		b.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-min(before.HeapAlloc, after.HeapAlloc))/(1<<20), "MiB-heap")
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-min(before.HeapAlloc, after.HeapAlloc))/(1<<20), "MiB-kept")
	runtime.KeepAlive(bill)
	runtime.KeepAlive(doc)
}

// BenchmarkTags reads the same as tag-value.
func BenchmarkTags(b *testing.B) {
	var text strings.Builder
	text.WriteString("SPDXVersion: SPDX-2.3\n")
	for i := range 10_000 {
		fmt.Fprintf(&text, "PackageName: a%[1]d\nSPDXID: SPDXRef-%[1]d\nPackageVersion: 1.%[1]d\nPackageDownloadLocation: NOASSERTION\n"+
			"PackageChecksum: SHA1: %040[1]x\nExternalRef: PACKAGE-MANAGER purl pkg:npm/a%[1]d@1.%[1]d\nRelationship: SPDXRef-%[1]d DEPENDS_ON SPDXRef-0\n\n", i)
	}
	doc := []byte(text.String())
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(b.Context(), doc, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGraph reads SPDX 3: 10,000 packages, with a file and four relations
// each.
func BenchmarkGraph(b *testing.B) {
	var text strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&text, `{"type": "software_Package", "spdxId": "https://acme.example/doc#SPDXRef-%[1]d", "creationInfo": "_:c", "name": "a%[1]d", "software_packageVersion": "1.%[1]d", "software_packageUrl": "pkg:npm/a%[1]d@1.%[1]d", "verifiedUsing": [{"type": "Hash", "algorithm": "sha256", "hashValue": "%064[1]x"}]},
 {"type": "software_File", "spdxId": "https://acme.example/doc#SPDXRef-File-%[1]d", "creationInfo": "_:c", "name": "file-%[1]d", "verifiedUsing": [{"type": "Hash", "algorithm": "sha256", "hashValue": "%064[1]x"}]},
`, i)
		for j, kind := range []string{"contains", "dependsOn", "hasDeclaredLicense", "hasConcludedLicense"} {
			to := []string{fmt.Sprintf("https://acme.example/doc#SPDXRef-File-%d", i), fmt.Sprintf("https://acme.example/doc#SPDXRef-%d", i*7%10_000), "https://spdx.org/licenses/MIT", "https://spdx.org/licenses/MIT"}[j]
			fmt.Fprintf(&text, `{"type": "Relationship", "spdxId": "https://acme.example/doc#SPDXRef-Relation-%d-%d", "creationInfo": "_:c", "from": "https://acme.example/doc#SPDXRef-%d", "relationshipType": "%s", "to": ["%s"]},
`, i, j, i, kind, to)
		}
	}
	doc := []byte(graph(strings.TrimSuffix(text.String(), ",\n")))
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(b.Context(), doc, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	bill, err := Read(b.Context(), large(), Limits{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := Write(io.Discard, bill); err != nil {
			b.Fatal(err)
		}
	}
}
