package version_test

import (
	"bufio"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign.dev/internal/realdata"
	"countersign.dev/internal/software/version"
)

// collection is whose versions each file holds, by how its name begins, and
// how many pairs of it hold something that is no version of the ecosystem.
var collection = []struct {
	prefix, ecosystem string
	refused           int
}{
	{"alpine", "Alpine", 32},
	{"cran", "CRAN", 0},
	{"debian", "Debian", 0},
	{"hackage", "Hackage", 0},
	{"maven", "Maven", 5},
	{"nuget", "NuGet", 0},
	{"packagist", "Packagist", 23},
	{"pub", "Pub", 1},
	{"pypi", "PyPI", 80},
	{"redhat", "Red Hat", 21},
	{"rubygems", "RubyGems", 0},
	{"semver", "npm", 1},
}

// decided is the pairs of the collection that Composer, which decides what is
// installed, orders otherwise: it gives versions four numbers and takes no
// notice of case, while the collection was made with PHP's version_compare on
// the bare tags.
var decided = map[string]int{
	"1.0.0 > 1.0":                    0,
	"v3.0 < v3.0.0-beta":             1,
	"v3.4 < v3.4.0-alpha":            1,
	"v4-beta4 < v4.0-alpha":          1,
	"v4.4 < v4.4.0-beta":             1,
	"v6.5 < v6.5.0-beta-0":           1,
	"v6.6 < v6.6.0-beta":             1,
	"v1.9.0-ALPHA.1 = v1.9.0-BETA.1": -1,
	"v1.9.0-BETA.1 < v1.9.0-ALPHA.2": 1,
	"v1.9.0-ALPHA.2 = v1.9.0-BETA.2": -1,
	"5.1.0-stable < 5.1.0-beta2":     1,
}

var signs = map[string]int{"<": -1, "=": 0, ">": 1}

// TestOrder compares every pair of the collection, both ways.
func TestOrder(t *testing.T) {
	dir := realdata.Path(t, "data/software/truth/version-order")
	for _, c := range collection {
		t.Run(c.ecosystem, func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join(dir, c.prefix+"-*"))
			if err != nil || len(files) == 0 {
				t.Fatalf("no file of %s: %v", c.prefix, err)
			}
			right, wrong, refused := 0, 0, 0
			for _, file := range files {
				for _, line := range pairs(t, file) {
					f := strings.Fields(line)
					if len(f) != 3 {
						continue // a version that is no more than a separator
					}
					there, err := version.Compare(c.ecosystem, f[0], f[2])
					back, _ := version.Compare(c.ecosystem, f[2], f[0])
					want := signs[f[1]]
					if other, ok := decided[line]; ok && c.ecosystem == "Packagist" {
						want = other
					}
					switch {
					case err != nil:
						refused++
						t.Logf("refused: %s: %v", line, err)
					case there != want || back != -want:
						wrong++
						t.Errorf("%s: %s: %d and back %d", filepath.Base(file), line, there, back)
					default:
						right++
					}
				}
			}
			t.Logf("%s: %d right, %d wrong, %d refused", c.ecosystem, right, wrong, refused)
			if refused != c.refused {
				t.Errorf("%d pairs are refused, not %d", refused, c.refused)
			}
		})
	}
}

// pairs is the lines of a file, unpacked, that are no comments.
func pairs(t *testing.T, file string) []string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(file, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	var out []string
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line != "" && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "//") {
			out = append(out, line)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
