package scan

import (
	"bytes"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing/marking"
	"countersign.dev/internal/sharing/stix"
)

// AddFile adds what a file looks for: the indicators and observables of STIX, or
// the values of a list. A file without any is an error.
func AddFile(x *Index, name string, b []byte) error {
	before := x.Len() + len(x.Unfit) + x.Skipped
	if first := bytes.TrimSpace(b); len(first) == 0 || first[0] != '{' && first[0] != '[' {
		x.AddList(b, Indicator{Source: name})
	} else if err := addSTIX(x, name, b); err != nil {
		return err
	}
	if x.Len()+len(x.Unfit)+x.Skipped == before {
		return problem.New(problem.Invalid, "want a STIX bundle with indicators, or a list with a value a line; found neither")
	}
	return nil
}

func addSTIX(x *Index, name string, b []byte) error {
	objects, _, err := stix.Split(b, stix.Limits{})
	if err != nil {
		return err
	}
	definitions := map[string][]byte{}
	for _, raw := range objects {
		if o, err := stix.Parse(raw, stix.Limits{}); err == nil && o.Type == "marking-definition" {
			definitions[o.ID] = raw
		}
	}
	for _, raw := range objects {
		o, err := stix.Parse(raw, stix.Limits{})
		if err != nil {
			x.Skipped++
			continue
		}
		i := Indicator{Source: name}
		m, err := marking.Read(raw, func(id string) []byte { return definitions[id] })
		switch {
		case err != nil || m.Refused != "":
			i.Marking = "a marking that is not known" // and so for nobody but its source
		case m.TLP != marking.Unmarked:
			i.Marking = m.TLP.String()
		}
		if looksFor[o.Type] {
			x.AddObject(raw, i)
		}
	}
	return nil
}

// looksFor is the types of objects that have something to look for.
var looksFor = map[string]bool{
	"indicator": true, "ipv4-addr": true, "ipv6-addr": true, "domain-name": true, "url": true, "email-addr": true, "mac-addr": true, "file": true,
}

// LooksFor reports whether objects of a type have something to look for.
func LooksFor(kind string) bool { return looksFor[kind] }
