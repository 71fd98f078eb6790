package cyclonedx

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"testing"
	"time"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// synthetic is a document in JSON with n components like those that syft writes
// of a container, and a relation of each to two others.
func synthetic(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"metadata":{"component":{"bom-ref":"root","type":"container","name":"image"}},"components":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"bom-ref":"pkg:deb/debian/package-%[1]d@3.%[1]d?arch=all&package-id=%016[1]x","type":"library","publisher":"Maintainers <maintainers@example.org>","name":"package-%[1]d","version":"3.%[1]d",`+
			`"licenses":[{"license":{"id":"GPL-2.0-only"}}],"cpe":"cpe:2.3:a:package-%[1]d:package-%[1]d:3.%[1]d:*:*:*:*:*:*:*","purl":"pkg:deb/debian/package-%[1]d@3.%[1]d?arch=all&distro=debian-11",`+
			`"hashes":[{"alg":"SHA-256","content":"%064[1]x"}],"properties":[{"name":"syft:package:foundBy","value":"dpkgdb-cataloger"},{"name":"syft:package:type","value":"deb"},`+
			`{"name":"syft:location:0:layerID","value":"sha256:%064[1]x"},{"name":"syft:location:0:path","value":"/var/lib/dpkg/status"},{"name":"syft:metadata:source","value":"source-%[1]d"}]}`, i)
	}
	b.WriteString(`],"dependencies":[{"ref":"root","dependsOn":[]}`)
	for i := range n {
		fmt.Fprintf(&b, `,{"ref":"pkg:deb/debian/package-%[1]d@3.%[1]d?arch=all&package-id=%016[1]x","dependsOn":["pkg:deb/debian/package-%[2]d@3.%[2]d?arch=all&package-id=%016[2]x","pkg:deb/debian/package-%[3]d@3.%[3]d?arch=all&package-id=%016[3]x"]}`,
			i, (i+1)%n, (i*7)%n)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

// peak is how far the heap grows while f runs, above what it was.
func peak(f func()) uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before, most := m.HeapAlloc, m.HeapAlloc
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
	}()
	f()
	close(stop)
	<-stopped
	return most - before
}

func benchmarkRead(b *testing.B, components int) {
	text := synthetic(components)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var bill *software.Bill
	most := uint64(0)
	for b.Loop() {
		most = max(most, peak(func() {
			var err error
			if bill, err = Read(b.Context(), text, Limits{}); err != nil {
				b.Fatal(err)
			}
		}))
	}
	if len(bill.Components) != components+1 || len(bill.Edges) != 2*components || len(bill.Broken) > 0 {
		b.Fatalf("%d components, %d relations, %q", len(bill.Components), len(bill.Edges), bill.Broken)
	}
	b.ReportMetric(float64(most)/float64(len(text)), "heap/file")
	b.ReportMetric(float64(components), "components")
}

// BenchmarkRead25MB reads a synthetic document of 25 MB.
func BenchmarkRead25MB(b *testing.B) { benchmarkRead(b, 21_000) }

// BenchmarkRead200MB reads a synthetic document of 200 MB.
func BenchmarkRead200MB(b *testing.B) { benchmarkRead(b, 168_000) }

// BenchmarkReadMillion reads a million components in 190 MB, with little said
// of each.
func BenchmarkReadMillion(b *testing.B) {
	text := million()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	most := uint64(0)
	for b.Loop() {
		most = max(most, peak(func() {
			bill, err := Read(b.Context(), text, Limits{})
			if err != nil || len(bill.Components) != 1_000_000 {
				b.Fatal(err)
			}
		}))
	}
	b.ReportMetric(float64(most)/float64(len(text)), "heap/file")
}

func million() []byte {
	var b bytes.Buffer
	b.WriteString(`{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"name":"first"}`)
	for i := 1; i < 1_000_000; i++ {
		fmt.Fprintf(&b, `,{"type":"library","bom-ref":"pkg:npm/package-%[1]d@1.%[1]d.0?package-id=%016[1]x","name":"package-%[1]d","version":"1.%[1]d.0","purl":"pkg:npm/package-%[1]d@1.%[1]d.0","scope":"required"}`, i)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

func BenchmarkWrite25MB(b *testing.B) {
	text := synthetic(21_000)
	bill, err := Read(b.Context(), text, Limits{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if err := Write(io.Discard, bill); err != nil {
			b.Fatal(err)
		}
	}
}

// A document of 25 MB is read in less memory than four times its size.
func TestMemory(t *testing.T) {
	text := synthetic(21_000)
	var bill *software.Bill
	var err error
	most := peak(func() { bill, err = Read(t.Context(), text, Limits{}) })
	if err != nil {
		t.Fatal(err)
	}
	if len(bill.Components) != 21_001 || len(bill.Edges) != 42_000 || len(bill.Broken) > 0 {
		t.Errorf("%d components, %d relations, %q", len(bill.Components), len(bill.Edges), bill.Broken)
	}
	if size := uint64(len(text)); size < 25_000_000*9/10 || most > 4*size {
		t.Errorf("%d bytes of memory for %d", most, size)
	}
}

// What is small and swells is refused, and what is large is read.
func TestHostile(t *testing.T) {
	many := bytes.Repeat([]byte(`{"name":"a"},`), 3_000_000)
	text := append(append([]byte(`{"bomFormat":"CycloneDX","specVersion":"1.5","components":[`), many...), `{}]}`...)
	begun := time.Now()
	_, err := Read(t.Context(), text, Limits{Components: 100_000})
	if problem.KindOf(err) != problem.TooLarge {
		t.Errorf("%v, want it refused", err)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("refused after %s", took)
	}
	same := bytes.Repeat([]byte(`{"name":"a","bom-ref":"x"},`), 100_000)
	text = append(append([]byte(`{"bomFormat":"CycloneDX","specVersion":"1.5","components":[`), same...), `{}]}`...)
	b, err := Read(t.Context(), text, Limits{})
	if err != nil || len(b.Components) != 100_000 || b.Components[99_999].Ref != "x#100000" {
		t.Errorf("%v, %d components", err, len(b.Components))
	}
}
