package oscal

import (
	"cmp"
	"regexp"
	"strings"
)

// statement is what a control asks, in one line: the prose of its statement
// with the items below it, else of its overview, else of its first part that is
// neither guidance nor an example.
func (r *importer) statement(parts []part) string {
	for _, name := range []string{"statement", "overview"} {
		for i := range parts {
			if parts[i].Name == name {
				if text := r.prose(&parts[i], 1); text != "" {
					return text
				}
			}
		}
	}
	for i := range parts {
		if asks(parts[i].Name) {
			if text := r.prose(&parts[i], 1); text != "" {
				return text
			}
		}
	}
	return ""
}

// asks reports whether a part of this name may say what is asked, where no part
// says that it does.
func asks(name string) bool {
	name = strings.ToLower(name)
	return !strings.HasPrefix(name, "example") && name != "guidance" && !strings.HasPrefix(name, "assessment")
}

// prose is the text of a part and of the items in it, each behind its label.
func (r *importer) prose(p *part, depth int) string {
	text := oneLine(r.inserted(p.Prose))
	if depth == maxDepth {
		return text
	}
	for i := range p.Parts {
		item := r.prose(&p.Parts[i], depth+1)
		if item == "" || !asks(p.Parts[i].Name) {
			continue
		}
		label := ""
		for _, prop := range p.Parts[i].Props {
			if prop.Name == "label" && prop.Class != "sp800-53a" {
				label = oneLine(prop.Value)
				break
			}
		}
		text = strings.TrimSpace(text + " " + strings.TrimSpace(label+" "+item))
	}
	return oneLine(text)
}

var insertForm = regexp.MustCompile(`\{\{\s*(?:insert:\s*)?param,?\s*([^\s{}]+)\s*\}\}`)

// inserted puts the values of parameters where the prose has them inserted, or
// says in brackets what is to be chosen.
func (r *importer) inserted(prose string) string {
	// A choice may have parameters inserted in its turn.
	for range 3 {
		if !strings.Contains(prose, "{{") || len(prose) > maxText {
			break
		}
		prose = insertForm.ReplaceAllStringFunc(prose, func(s string) string {
			return r.value(insertForm.FindStringSubmatch(s)[1])
		})
	}
	return prose
}

// maxValue bounds what is put in for one parameter, in bytes, since a hostile
// document can name a long one very often.
const maxValue = 2_000

func (r *importer) value(id string) string {
	p, ok := r.params[id]
	text := cmp.Or(p.Label, id)
	switch {
	case ok && len(p.Values) > 0:
		text = strings.Join(p.Values, ", ")
	case ok && p.Select != nil && len(p.Select.Choice) > 0:
		text = strings.Join(p.Select.Choice, "; or ")
	}
	if len(text) > maxValue {
		text = strings.ToValidUTF8(text[:maxValue], "") + "…"
	}
	if len(p.Values) > 0 {
		return text
	}
	return "[" + text + "]"
}
