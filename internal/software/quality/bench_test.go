package quality

import (
	"fmt"
	"strings"
	"testing"

	"countersign.dev/internal/software"
)

// manyComponents is a bill as generators of containers write it: packages of
// several ecosystems in a graph of a few levels, a third with hashes.
func manyComponents(n int) *software.Bill {
	b := &software.Bill{Format: "CycloneDX", Version: "1.5", ID: "urn:uuid:1", Revision: 1, Created: "2026-03-01T09:00:00Z", Tools: []string{"syft 1.20.0"}}
	hash := strings.Repeat("ab", 32)
	for i := range n {
		c := software.Component{Ref: fmt.Sprintf("ref-%d", i), Type: "library", Name: fmt.Sprintf("part-%d", i), Parent: -1}
		switch i % 4 {
		case 0:
			c.Version = fmt.Sprintf("v1.%d.0", i%40)
			c.PURL = fmt.Sprintf("pkg:golang/example.org/part-%d@%s", i, c.Version)
		case 1:
			c.Version = fmt.Sprintf("1.%d.0", i%40)
			c.PURL = fmt.Sprintf("pkg:npm/%%40scope/part-%d@%s", i, c.Version)
		case 2:
			c.Version = fmt.Sprintf("1.%d-2+deb12u1", i%40)
			c.PURL = fmt.Sprintf("pkg:deb/debian/part-%d@%s?arch=amd64&distro=debian-12", i, c.Version)
		default:
			c.Version = fmt.Sprintf("1.%d", i%40)
			c.PURL = fmt.Sprintf("pkg:pypi/part-%d@%s", i, c.Version)
		}
		if i%3 == 0 {
			c.Hashes = []software.Hash{{Algorithm: "SHA-256", Value: hash}}
			c.Licences = []software.Licence{{Expression: "MIT", Acknowledged: "declared"}}
		}
		b.Components = append(b.Components, c)
		if i > 0 {
			b.Edges = append(b.Edges, software.Edge{From: (i - 1) / 8, To: i})
		}
	}
	return b
}

func BenchmarkAssess(b *testing.B) {
	for _, n := range []int{250, 50_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			bill, all := manyComponents(n), shippedCatalogues(b)
			env := Env{Day: "2026-07-01", Source: func(e string) bool { return e == "Go" }}
			b.ReportAllocs()
			for b.Loop() {
				Assess(bill, all, env)
			}
		})
	}
}
