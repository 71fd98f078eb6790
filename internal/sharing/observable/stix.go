package observable

import (
	"encoding/json"
	"path"
	"slices"
	"strings"

	"countersign.dev/internal/sharing/pattern"
)

// hashNames is the kinds of the hashes that STIX names.
var hashNames = map[string]Kind{"MD5": MD5, "SHA-1": SHA1, "SHA1": SHA1, "SHA-256": SHA256, "SHA256": SHA256, "SHA-512": SHA512, "SHA512": SHA512}

// valued is the types of observables that have one value.
var valued = map[string]Kind{
	"ipv4-addr": IPv4, "ipv6-addr": IPv6, "domain-name": Domain, "url": URL, "email-addr": Email, "mac-addr": MAC,
}

// OfPath is the kind of what an object path leads to; "" when it is none that is
// looked for by its value.
func OfPath(p pattern.ObjectPath) Kind {
	last := p.Steps[len(p.Steps)-1]
	switch {
	case len(p.Steps) >= 2 && p.Steps[len(p.Steps)-2].Key == "hashes":
		return hashNames[strings.ToUpper(last.Key)]
	case last.Key == "value" && len(p.Steps) == 1:
		return valued[p.Type]
	case last.Key == "value":
		return kindOfRef(p.Steps[len(p.Steps)-2].Key)
	case p.Type == "file" && len(p.Steps) == 1 && last.Key == "name":
		return File
	case p.Type == "windows-registry-key" && last.Key == "key":
		return Key
	case p.Type == "mutex" && last.Key == "name":
		return Mutex
	}
	return ""
}

// kindOfRef is what a reference may lead to whose value is asked for: an address
// of either kind or a name, which is told by its form.
func kindOfRef(key string) Kind {
	if strings.HasSuffix(key, "_ref") || strings.HasSuffix(key, "_refs") {
		return anyAddress
	}
	return ""
}

const anyAddress Kind = "address"

// OfAtom is the values of a comparison that asks for equality, also those of a
// set, and networks that contain what is asked for.
func OfAtom(a pattern.Atom) (out []Value) {
	if a.Negated {
		return nil
	}
	kind := OfPath(a.Path)
	if kind == "" {
		return nil
	}
	constants := a.Set
	switch a.Op {
	case pattern.Equal, pattern.IsSubset:
		constants = []pattern.Constant{a.Value}
	case pattern.In:
	default:
		return nil
	}
	for _, c := range constants {
		text, ok := c.Value.(string)
		if !ok {
			continue
		}
		v, ok := ofKind(kind, text)
		if ok {
			out = append(out, v)
		}
	}
	return out
}

func ofKind(kind Kind, text string) (Value, bool) {
	if kind != anyAddress {
		if kind == IPv4 || kind == IPv6 {
			return ofAddress(Refang(text))
		}
		return Of(kind, text)
	}
	v, ok := ParseQuery(text)
	return v, ok && (v.Kind == IPv4 || v.Kind == IPv6 || v.Kind == Domain || v.Kind == MAC)
}

// OfPattern is the values that a pattern asks for, each once.
func OfPattern(p *pattern.Pattern) (out []Value) {
	for _, a := range p.Atoms() {
		for _, v := range OfAtom(a) {
			if !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	return out
}

// object is what of a STIX object is read here.
type object struct {
	Type        string            `json:"type"`
	Value       string            `json:"value"`
	Name        string            `json:"name"`
	Key         string            `json:"key"`
	CPE         string            `json:"cpe"`
	Number      int64             `json:"number"`
	Hashes      map[string]string `json:"hashes"`
	Pattern     string            `json:"pattern"`
	PatternType string            `json:"pattern_type"`
	References  []struct {
		Source string `json:"source_name"`
		ID     string `json:"external_id"`
	} `json:"external_references"`
	Objects map[string]json.RawMessage `json:"objects"` // of observed data of STIX 2.0
}

// maxNested bounds the observables in one observed-data object that are looked
// at.
const maxNested = 1000

// OfObject is the values in a STIX object, each once: of an observable its own,
// of an indicator those that its pattern asks for, of anything the CVE ids that
// it refers to.
func OfObject(b []byte) (out []Value) {
	var o object
	if json.Unmarshal(b, &o) != nil {
		return nil // an object with other types under these names has no values
	}
	add := func(v Value, ok bool) {
		if ok && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	if kind, ok := valued[o.Type]; ok {
		add(ofKind(kind, o.Value))
	}
	for name, text := range o.Hashes {
		if kind, ok := hashNames[strings.ToUpper(name)]; ok {
			add(Of(kind, text))
		}
	}
	switch o.Type {
	case "file":
		add(Of(File, path.Base(strings.ReplaceAll(o.Name, `\`, "/"))))
	case "windows-registry-key":
		add(Of(Key, o.Key))
	case "mutex":
		add(Of(Mutex, o.Name))
	case "software":
		add(Of(CPE, o.CPE))
	case "vulnerability":
		add(Of(CVE, o.Name))
	case "indicator":
		if o.PatternType == "" || o.PatternType == "stix" {
			if p, err := pattern.Parse20(o.Pattern); err == nil {
				for _, v := range OfPattern(p) {
					add(v, true)
				}
			}
		}
	}
	for _, r := range o.References {
		if strings.EqualFold(r.Source, "cve") {
			add(Of(CVE, r.ID))
		}
	}
	n := 0
	for _, nested := range o.Objects {
		if n++; n > maxNested {
			break
		}
		for _, v := range OfObject(nested) {
			add(v, true)
		}
	}
	slices.SortFunc(out, func(a, b Value) int { return strings.Compare(a.String(), b.String()) })
	return out
}
