package gate

import (
	"bytes"
	"encoding/json"
	"html"
	"iter"
)

// maxRef is how many bytes a reference may have to be found.
const maxRef = 8 << 10

// refMarks are what bills write before the reference of a component: CycloneDX
// in JSON and XML, SPDX 2 in JSON, YAML and tag-value, SPDX 3 in JSON-LD.
var refMarks = [...]string{"bom-ref", "SPDXID", "spdxId"}

// Locate finds the lines of the SBOM on which the components of findings begin,
// by the references that their places have as paths, so that alerts stand where
// the component does. It takes text as it was written; of what is packed, and
// of a reference that is not there, the place stays as it is. The cost is one
// pass over the text, however many findings there are.
func (r *Result) Locate(sbom []byte) {
	wanted := map[string][]int{} // findings, by reference
	for i := range r.Findings {
		if p := r.Findings[i].Place; p.Path != "" && p.Line == 0 {
			wanted[p.Path] = append(wanted[p.Path], i)
		}
	}
	line, counted := 1, 0
	for at, ref := range refs(sbom) {
		found := wanted[string(ref)]
		if found == nil {
			continue
		}
		line += bytes.Count(sbom[counted:at], []byte("\n"))
		counted = at
		for _, i := range found {
			r.Findings[i].Place.Line = line
		}
		if delete(wanted, string(ref)); len(wanted) == 0 {
			return
		}
	}
}

// refs is the references that components are given in a bill, each with the
// place of its mark, in order.
func refs(text []byte) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		var next [len(refMarks)]int // where each mark is next, or the text's end
		for i := range next {
			next[i] = indexFrom(text, refMarks[i], 0)
		}
		for {
			first := 0
			for i := range next {
				if next[i] < next[first] {
					first = i
				}
			}
			at := next[first]
			if at == len(text) {
				return
			}
			after := at + len(refMarks[first])
			if ref, ok := valueAfter(text[after:min(after+maxRef, len(text))]); ok && !yield(at, ref) {
				return
			}
			next[first] = indexFrom(text, refMarks[first], after)
		}
	}
}

// indexFrom is where a mark is at or after from; the text's length for nowhere.
func indexFrom(text []byte, mark string, from int) int {
	i := bytes.Index(text[from:], []byte(mark))
	if i < 0 {
		return len(text)
	}
	return from + i
}

// valueAfter is the value that follows a name: in quotes behind a colon, in
// quotes behind an equals sign, or the rest of the line behind a colon.
func valueAfter(text []byte) ([]byte, bool) {
	text = bytes.TrimLeft(bytes.TrimLeft(text, `"'`), " \t\r\n")
	if len(text) == 0 || text[0] != ':' && text[0] != '=' {
		return nil, false
	}
	attribute := text[0] == '='
	text = bytes.TrimLeft(text[1:], " \t\r\n")
	if len(text) == 0 {
		return nil, false
	}
	quote := text[0]
	if quote != '"' && quote != '\'' {
		line, _, _ := bytes.Cut(text, []byte("\n"))
		return bytes.TrimSpace(line), !attribute
	}
	end := 1
	for end < len(text) && text[end] != quote {
		if text[end] == '\\' && !attribute {
			end++
		}
		end++
	}
	if end >= len(text) {
		return nil, false
	}
	value := text[1:end]
	switch {
	case attribute:
		return []byte(html.UnescapeString(string(value))), true
	case bytes.IndexByte(value, '\\') >= 0:
		var s string
		err := json.Unmarshal(text[:end+1], &s)
		return []byte(s), err == nil
	}
	return value, true
}
