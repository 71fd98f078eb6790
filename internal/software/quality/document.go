package quality

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"countersign.dev/internal/software"
)

func author(b *software.Bill) (answer, string) {
	return best(b.Authors...), list(b.Authors)
}

func authorOrTool(b *software.Bill) (answer, string) {
	if a, found := author(b); a == present {
		return a, found
	}
	return best(append([]string{b.Supplier}, b.Tools...)...), list(b.Tools)
}

// madeAt reads a bill's own date: RFC 3339, with the suffixes in brackets that
// RFC 9557 adds.
func madeAt(created string) (time.Time, error) {
	if bracket := strings.IndexByte(created, '['); bracket > 0 {
		created = created[:bracket]
	}
	t, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(created))
	return t.UTC(), err
}

func timestamp(b *software.Bill) (answer, string) {
	if _, err := madeAt(b.Created); err != nil {
		return missing, b.Created
	}
	return present, b.Created
}

func tool(b *software.Bill) (answer, string) {
	return best(b.Tools...), list(b.Tools)
}

// toolVersion wants a version of each tool: a last word, parted by a space or
// a hyphen, that has a digit in it.
func toolVersion(b *software.Bill) (answer, string) {
	if len(b.Tools) == 0 {
		return missing, ""
	}
	out := present
	for _, t := range b.Tools {
		cut := strings.LastIndexAny(t, " -@")
		switch {
		case cut < 0:
			return missing, t
		case told(t[cut+1:]) == unknown:
			out = unknown
		case !strings.ContainsAny(t[cut:], "0123456789"):
			return missing, t
		}
	}
	return out, list(b.Tools)
}

func generationContext(b *software.Bill) (answer, string) {
	return best(b.Contexts...), list(b.Contexts)
}

func signature(b *software.Bill) (answer, string) {
	if b.Signed {
		return present, "a signature inside the bill"
	}
	return missing, ""
}

func formatVersion(b *software.Bill) (answer, string) {
	return told(b.Version), written(b)
}

func written(b *software.Bill) string {
	return strings.TrimSpace(b.Format + " " + b.Version)
}

// version wants what tells this bill from an earlier one: in CycloneDX the
// number beside the serial number, elsewhere the document's id.
func version(b *software.Bill) (answer, string) {
	if b.Format == "CycloneDX" {
		if b.ID == "" || b.Revision < 1 {
			return missing, b.ID
		}
		return present, b.ID + "/" + strconv.Itoa(b.Revision)
	}
	return told(b.ID), b.ID
}

// uri wants an id that has a scheme (RFC 3986, section 3.1).
func uri(b *software.Bill) (answer, string) {
	scheme, rest, ok := strings.Cut(b.ID, ":")
	if !ok || rest == "" || strings.ContainsAny(scheme, " /") || scheme == "" {
		return missing, b.ID
	}
	return present, b.ID
}

func completeness(b *software.Bill) (answer, string) {
	if b.Complete == "" {
		return missing, ""
	}
	return present, b.Complete
}

// depth wants relations that reach further than from the release to what it
// has directly, or the bill's word that there is nothing further.
func depth(with []string) (documentTest, error) {
	if len(with) > 0 {
		return nil, fmt.Errorf("with: this check takes nothing")
	}
	return func(s *sheet) (answer, string) {
		switch {
		case s.graph.deep:
			return present, ""
		case s.graph.arrows == 0:
			return missing, "no relations"
		case s.bill.Complete == "complete":
			return present, "one level, said to be complete"
		}
		return missing, "one level"
	}, nil
}

// least is the least version of a format.
type least struct {
	format string
	parts  []int // of the version; none for any
}

// formatAtLeast wants one of the formats that are named, each with its least
// version behind it if there is one: "SPDX 3.0.1".
func formatAtLeast(with []string) (documentTest, error) {
	var wanted []least
	for _, w := range with {
		name, number, _ := strings.Cut(w, " ")
		parts, ok := numbers(number)
		if !ok {
			return nil, fmt.Errorf("with %q: want a format, and perhaps its least version", w)
		}
		wanted = append(wanted, least{name, parts})
	}
	if len(wanted) == 0 {
		return nil, fmt.Errorf("with: want the formats, as SPDX 3.0.1")
	}
	return func(s *sheet) (answer, string) {
		has, _ := numbers(s.bill.Version)
		for _, w := range wanted {
			if w.format == s.bill.Format && notBefore(has, w.parts) {
				return present, written(s.bill)
			}
		}
		return missing, written(s.bill)
	}, nil
}

// numbers reads a version of numbers and dots; none of "".
func numbers(version string) ([]int, bool) {
	if version == "" {
		return nil, true
	}
	var out []int
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil, false
		}
		out = append(out, n)
	}
	return out, true
}

// notBefore reports whether version a is b or later; missing numbers are 0.
func notBefore(a, b []int) bool {
	for i := range max(len(a), len(b)) {
		var x, y int
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return x > y
		}
	}
	return true
}

// list joins texts, the first few of them.
func list(texts []string) string {
	const most = 5
	if len(texts) > most {
		return strings.Join(texts[:most], ", ") + ", …"
	}
	return strings.Join(texts, ", ")
}
