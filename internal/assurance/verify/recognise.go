package verify

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/problem"
)

// Kinds of documents.
const (
	kindBundle      = "sigstore-bundle"
	kindEnvelope    = "dsse"
	kindList        = "attestations" // several: of npm or GitHub in a JSON object, or JSON lines
	kindCloudBuild  = "cloud-build-provenance"
	kindProof       = "tlog-proof"
	kindCheckpoint  = "checkpoint"
	kindConsistency = "consistency"
)

// Bounds of a file with several attestations.
const (
	maxFile         = 64 << 20
	maxAttestations = 256
)

const proofHeader = "c2sp.org/tlog-proof@v1\n"

// part is one attestation of a file.
type part struct {
	kind     string // kindBundle or kindEnvelope
	place    string // the file, and where in it
	bytes    []byte
	declared string // predicate type that a list says it has
}

// recognised is a file and what it is.
type recognised struct {
	kind  string
	parts []part
}

// marks tell a JSON object by a member that only its kind has.
var marks = []struct{ member, kind string }{
	{"dsseEnvelope", kindBundle},
	{"messageSignature", kindBundle},
	{"verificationMaterial", kindBundle},
	{"mediaType", kindBundle},
	{"payloadType", kindEnvelope},
	{"payload", kindEnvelope},
	{"attestations", kindList},
	{"provenance_summary", kindCloudBuild},
	{"image_summary", kindCloudBuild},
}

// recognise tells what a file is, by its contents alone, and takes it apart. A
// file that is nothing known has no kind and an error that says why.
func recognise(f File) (recognised, error) {
	switch {
	case len(f.Bytes) > maxFile:
		return recognised{}, problem.New(problem.TooLarge, "%s: %d bytes, the limit of an attestation is %d", f.Name, len(f.Bytes), maxFile)
	case bytes.HasPrefix(f.Bytes, []byte(proofHeader)):
		return recognised{kind: kindProof}, nil
	case isNote(f.Bytes):
		return recognised{kind: kindCheckpoint}, nil
	case isCMS(f.Bytes):
		return recognised{kind: kindCMS}, nil
	}
	first := bytes.TrimLeft(f.Bytes, " \t\r\n\ufeff")
	if len(first) == 0 || first[0] != '{' && first[0] != '[' {
		return recognised{}, problem.New(problem.Invalid, "%s: no attestation: want a Sigstore bundle, a DSSE envelope, a log proof, a checkpoint or a signature in CMS (DER)", f.Name)
	}
	return recogniseJSON(f)
}

func recogniseJSON(f File) (recognised, error) {
	strict := dsse.Strict(f.Bytes, dsse.Limits{Bytes: maxFile})
	if strict != nil {
		if lines := linesOf(f); len(lines) > 1 {
			return partsOf(lines)
		}
	}
	kind := kindOf(f.Bytes)
	switch {
	case kind == "" && strict != nil:
		return recognised{}, named(f.Name, strict)
	case kind == "":
		return recognised{}, problem.New(problem.Invalid, "%s: JSON, but no attestation: want a Sigstore bundle or a DSSE envelope", f.Name)
	case strict != nil:
		return recognised{kind: kind}, named(f.Name, strict)
	case kind == kindList:
		return list(f)
	case kind == kindCloudBuild:
		return recognised{kind: kind}, nil
	}
	return recognised{kind: kind, parts: []part{{kind: kind, place: f.Name, bytes: f.Bytes}}}, nil
}

// kindOf is what the members of a JSON object tell. It reads as far as the
// object is JSON.
func kindOf(b []byte) string {
	dec := jsontext.NewDecoder(bytes.NewReader(b))
	if t, err := dec.ReadToken(); err != nil || t.Kind() != '{' {
		return ""
	}
	best := len(marks)
	for dec.PeekKind() == '"' {
		t, err := dec.ReadToken()
		if err != nil {
			break
		}
		name := t.String()
		for i, m := range marks[:best] {
			if m.member == name {
				best = i
			}
		}
		if err := dec.SkipValue(); err != nil {
			break
		}
	}
	if best == len(marks) {
		return ""
	}
	return marks[best].kind
}

// linesOf takes JSON lines apart.
func linesOf(f File) []File {
	var out []File
	n := 0
	for line := range bytes.Lines(f.Bytes) {
		n++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if line[0] != '{' || len(out) > maxAttestations {
			return nil
		}
		out = append(out, File{Name: at(f.Name, "line", n), Bytes: line})
	}
	return out
}

func partsOf(files []File) (recognised, error) {
	if len(files) > maxAttestations {
		return recognised{}, problem.New(problem.TooLarge, "more than %d attestations in one file", maxAttestations)
	}
	out := recognised{kind: kindList}
	for _, f := range files {
		if err := dsse.Strict(f.Bytes, dsse.Limits{Bytes: maxFile}); err != nil {
			// Each is one line, which the name tells already.
			return recognised{kind: kindList}, problem.New(problem.KindOf(err), "%s: %s", f.Name, strings.TrimPrefix(problem.Message(err), "line 1: "))
		}
		k := kindOf(f.Bytes)
		if k != kindBundle && k != kindEnvelope {
			return recognised{}, problem.New(problem.Invalid, "%s: no attestation: want a Sigstore bundle or a DSSE envelope", f.Name)
		}
		out.parts = append(out.parts, part{kind: k, place: f.Name, bytes: f.Bytes})
	}
	return out, nil
}

// list takes the answer of npm's or GitHub's attestation endpoint apart.
func list(f File) (recognised, error) {
	var w struct {
		Attestations []struct {
			PredicateType string         `json:"predicateType"`
			Bundle        jsontext.Value `json:"bundle"`
		} `json:"attestations"`
	}
	if err := dsse.Unmarshal(f.Bytes, &w, dsse.Limits{Bytes: maxFile}); err != nil {
		return recognised{kind: kindList}, named(f.Name, err)
	}
	switch n := len(w.Attestations); {
	case n == 0:
		return recognised{kind: kindList}, problem.New(problem.Invalid, "%s: attestations: empty", f.Name)
	case n > maxAttestations:
		return recognised{kind: kindList}, problem.New(problem.TooLarge, "%s: attestations: %d, the limit is %d", f.Name, n, maxAttestations)
	}
	out := recognised{kind: kindList}
	for i, a := range w.Attestations {
		place := at(f.Name, "attestation", i+1)
		if a.Bundle.Kind() != '{' {
			return recognised{kind: kindList}, problem.New(problem.Invalid, "%s: bundle: want an object", place)
		}
		out.parts = append(out.parts, part{kind: kindBundle, place: place, bytes: a.Bundle.Clone(), declared: a.PredicateType})
	}
	return out, nil
}

// isNote tells a signed note: text, an empty line, and signature lines.
func isNote(b []byte) bool {
	text, signatures, ok := strings.Cut(string(b[:min(len(b), 4096)]), "\n\n")
	return ok && !strings.HasPrefix(text, "{") && strings.HasPrefix(signatures, "— ")
}
