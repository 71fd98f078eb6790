package cyclonedx

import (
	"countersign.dev/internal/software"
)

func (r *jsonReader) weaknesses() {
	r.array(func() {
		var w software.Weakness
		r.object(func(name string) bool { return r.weakness(name, &w) || r.judged(name, &w) })
		r.fail(r.weak(&w))
	})
}

// weakness reads what is said of a vulnerability.
func (r *jsonReader) weakness(name string, w *software.Weakness) bool {
	switch name {
	case "id":
		w.ID = r.text()
	case "source":
		w.Source, w.URL = r.source()
	case "references":
		r.array(func() {
			r.object(func(name string) bool {
				if name != "id" {
					return false
				}
				if id := r.text(); id != "" {
					w.Aliases = append(w.Aliases, id)
				}
				return true
			})
		})
	case "description":
		w.Description = r.text()
	case "detail":
		w.Detail = r.text()
	case "recommendation":
		w.Recommended = r.text()
	case "published":
		w.Published = r.text()
	case "updated":
		w.Updated = r.text()
	case "cwes":
		r.array(func() {
			if n := r.integer(); n > 0 {
				w.CWEs = append(w.CWEs, n)
			}
		})
	default:
		return false
	}
	return true
}

// judged reads how grave a vulnerability is, and what it does to what.
func (r *jsonReader) judged(name string, w *software.Weakness) bool {
	switch name {
	case "ratings":
		r.array(func() {
			if s := r.severity(); s != (software.Severity{}) {
				w.Severities = append(w.Severities, s)
			}
		})
	case "analysis":
		r.object(func(name string) bool { return r.analysis(name, w) })
	case "affects":
		r.array(func() {
			if a := r.affects(); a.Ref != "" || len(a.Versions) > 0 {
				w.Affects = append(w.Affects, a)
			}
		})
	default:
		return false
	}
	return true
}

func (r *jsonReader) source() (called, url string) {
	r.object(func(name string) bool {
		switch name {
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

func (r *jsonReader) severity() (s software.Severity) {
	r.object(func(name string) bool {
		switch name {
		case "source":
			s.Source, _ = r.source()
		case "score":
			s.Score, _ = r.number()
		case "severity":
			s.Word = r.word()
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

func (r *jsonReader) analysis(name string, w *software.Weakness) bool {
	switch name {
	case "state":
		w.State = r.word()
	case "justification":
		w.Justification = r.word()
	case "response":
		r.array(func() {
			if response := r.word(); response != "" {
				w.Responses = append(w.Responses, response)
			}
		})
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

func (r *jsonReader) affects() (a software.Affects) {
	r.object(func(name string) bool {
		switch name {
		case "ref":
			a.Ref = r.text()
		case "versions":
			r.array(func() {
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

func (r *jsonReader) affectedVersion() software.AffectedVersion {
	v := software.AffectedVersion{}
	r.object(func(name string) bool {
		switch name {
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
