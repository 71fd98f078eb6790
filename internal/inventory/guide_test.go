package inventory

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/table"
)

// known is every name of a column.
var known = slices.Concat(columnNames[:]...)

// No name stands for two columns.
func TestColumns(t *testing.T) {
	header := strings.Join(known, ",")
	if h := (table.Form{HeaderOnly: true}).Header([]byte(header)); !h.Has(known...) {
		t.Errorf("a name stands for two columns: %s", header)
	}
}

// The guide's example is read as it stands, and it names no column that is not
// read.
func TestGuide(t *testing.T) {
	b, err := os.ReadFile("../../docs/inventory.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "```csv\n")
	example, rest, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("the guide has no example")
	}
	if r := read(t, example); len(r.Warnings) > 0 || len(r.Statements) < 6 || r.Published != "2021-03-15" {
		t.Errorf("%q, %q", r.Warnings, short(r))
	}
	_, rest, _ = strings.Cut(rest, "## Columns")
	columns, _, _ := strings.Cut(rest, "## Editions")
	h := table.Form{HeaderOnly: true}.Header([]byte(strings.Join(known, ",")))
	named := 0
	for line := range strings.Lines(columns) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[1]+cells[2], -1) {
			if named++; !h.Has(name[1]) {
				t.Errorf("the guide names a column %q", name[1])
			}
		}
	}
	if named < 50 {
		t.Errorf("%d names of columns found in the guide", named)
	}
}
