package cyclonedx

import (
	"encoding/xml"
	"strings"

	"countersign.dev/internal/software"
)

// weaknesses reads the vulnerabilities of the bill, or in the extension of
// before 1.4 those of the component with the bom-ref.
func (r *xmlReader) weaknesses(of string) {
	r.every("vulnerability", func(e xml.StartElement) {
		var w software.Weakness
		of := of
		if ref := r.attr(e, "ref"); ref != "" {
			of = ref
		}
		r.fields(func(e xml.StartElement) bool { return r.weakness(e, &w) || r.judged(e, &w) })
		if len(w.Affects) == 0 && of != "" {
			w.Affects = []software.Affects{{Ref: of}}
		}
		r.fail(r.weak(&w))
	})
}

// weakness reads what is said of a vulnerability.
func (r *xmlReader) weakness(e xml.StartElement, w *software.Weakness) bool {
	switch e.Name.Local {
	case "id":
		w.ID = r.text()
	case "source":
		w.Source, w.URL = r.source(e)
	case "references":
		r.every("reference", func(xml.StartElement) {
			if id := r.first("id"); id != "" {
				w.Aliases = append(w.Aliases, id)
			}
		})
	case "description":
		w.Description = r.text()
	case "detail":
		w.Detail = r.text()
	case "recommendation":
		w.Recommended = r.text()
	case "recommendations": // of the extension
		w.Recommended = strings.Join(r.texts("recommendation"), "\n")
	case "published":
		w.Published = r.text()
	case "updated":
		w.Updated = r.text()
	case "cwes":
		for _, text := range r.texts("cwe") {
			if n := r.integer(text); n > 0 {
				w.CWEs = append(w.CWEs, n)
			}
		}
	default:
		return false
	}
	return true
}

// judged reads how grave a vulnerability is, and what it does to what.
func (r *xmlReader) judged(e xml.StartElement, w *software.Weakness) bool {
	switch e.Name.Local {
	case "ratings":
		r.every("rating", func(xml.StartElement) {
			if s := r.severity(); s != (software.Severity{}) {
				w.Severities = append(w.Severities, s)
			}
		})
	case "analysis":
		r.fields(func(e xml.StartElement) bool { return r.analysis(e.Name.Local, w) })
	case "affects":
		r.every("target", func(xml.StartElement) {
			if a := r.affects(); a.Ref != "" || len(a.Versions) > 0 {
				w.Affects = append(w.Affects, a)
			}
		})
	default:
		return false
	}
	return true
}

// source has its name in an element; in the extension in an attribute.
func (r *xmlReader) source(e xml.StartElement) (called, url string) {
	called = r.attr(e, "name")
	r.fields(func(e xml.StartElement) bool {
		switch e.Name.Local {
		case "name":
			called = r.word()
		case "url":
			url = r.text()
		default:
			return false
		}
		return true
	})
	return called, url
}

func (r *xmlReader) severity() (s software.Severity) {
	r.fields(func(e xml.StartElement) bool {
		switch e.Name.Local {
		case "source":
			s.Source, _ = r.source(e)
		case "score":
			s.Score = r.score(e)
		case "severity":
			s.Word = strings.ToLower(r.word())
		case "method":
			s.Method = r.word()
		case "vector":
			s.Vector = r.text()
		default:
			return false
		}
		return true
	})
	return s
}

// score is a number; in the extension the element "base" has it.
func (r *xmlReader) score(e xml.StartElement) (score float64) {
	if e.Name.Space == namespaces+"ext/vulnerability/1.0" {
		r.every("base", func(xml.StartElement) { score = r.number() })
		return score
	}
	return r.number()
}

func (r *xmlReader) analysis(name string, w *software.Weakness) bool {
	switch name {
	case "state":
		w.State = r.word()
	case "justification":
		w.Justification = r.word()
	case "responses":
		w.Responses = r.texts("response")
	case "detail":
		w.Statement = r.text()
	case "firstIssued":
		w.FirstIssued = r.text()
	case "lastUpdated":
		w.LastUpdated = r.text()
	default:
		return false
	}
	return true
}

func (r *xmlReader) affects() (a software.Affects) {
	r.fields(func(e xml.StartElement) bool {
		switch e.Name.Local {
		case "ref":
			a.Ref = r.text()
		case "versions":
			r.every("version", func(xml.StartElement) {
				if v := r.affectedVersion(); v.Version != "" || v.Range != "" {
					a.Versions = append(a.Versions, v)
				}
			})
		default:
			return false
		}
		return true
	})
	return a
}

func (r *xmlReader) affectedVersion() software.AffectedVersion {
	v := software.AffectedVersion{}
	r.fields(func(e xml.StartElement) bool {
		switch e.Name.Local {
		case "version":
			v.Version = r.word()
		case "range":
			v.Range = r.word()
		case "status":
			v.Status = r.word()
		default:
			return false
		}
		return true
	})
	if v.Status == "" {
		v.Status = "affected" // the schema's default
	}
	return v
}
