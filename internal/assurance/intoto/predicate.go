package intoto

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/problem"
)

// Predicate types that are read, without their version where several are.
const (
	TypeSLSAProvenance = "https://slsa.dev/provenance/" // v0.1, v0.2, v1
	TypeSLSASummary    = "https://slsa.dev/verification_summary/"
	TypeSVR            = "https://in-toto.io/attestation/svr/v0.2"
	TypeSCAI           = "https://in-toto.io/attestation/scai/v0.3"
	TypeRelease        = "https://in-toto.io/attestation/release/v0.1"
	TypeReference      = "https://in-toto.io/attestation/reference/v0.1"
	TypeLink           = "https://in-toto.io/attestation/link/v0.3"
	TypeTestResult     = "https://in-toto.io/attestation/test-result/v0.1"
	TypeNPMPublish     = "https://github.com/npm/attestation/tree/main/specs/publish/v0.1"
)

// Other is a predicate of a type that is not known here, kept as it is.
type Other struct{ JSON jsontext.Value }

// Result is a Simple Verification Result 0.2: what a verifier found an artifact
// to have. Labels are signed as such.
type Result struct {
	Verifier   string     // URI of who verified
	Policies   []Resource // by which policies, where it says so
	Created    time.Time
	Properties []string
	// Annotations is what else the verifier wrote down. [Statement.Validity]
	// reads the dates in it.
	Annotations jsontext.Value
}

// Attributes are what SCAI 0.3 says of an artifact or its producer.
type Attributes struct {
	Attributes []Attribute
	Producer   *Resource // the tool, where it is named
}

// Attribute is one of them, with the evidence for it where there is some.
type Attribute struct {
	Name     string    `json:"attribute"`
	Target   *Resource `json:"target"`
	Evidence *Resource `json:"evidence"`
}

// Release says that artifacts are a release of a package.
type Release struct {
	PURL      string // of the package and its version
	PackageID string // by the registry, where it has one
}

// Reference points from an artifact to documents about it, as an SBOM.
type Reference struct {
	Attester   string
	References []Resource
}

// Link is a step of a supply chain in in-toto's first form.
type Link struct {
	Name      string     `json:"name"`
	Command   []string   `json:"command"`
	Materials []Resource `json:"materials"`
}

// Tests is how tests of an artifact went.
type Tests struct {
	Result        string     `json:"result"` // PASSED, WARNED or FAILED
	Configuration []Resource `json:"configuration"`
	URL           string     `json:"url"`
	Passed        []string   `json:"passedTests"`
	Warned        []string   `json:"warnedTests"`
	Failed        []string   `json:"failedTests"`
}

type wireSVR struct {
	Verifier struct {
		ID       string     `json:"id"`
		Policies []Resource `json:"policies"`
	} `json:"verifier"`
	TimeCreated time.Time      `json:"timeCreated"`
	Properties  []string       `json:"properties"`
	Annotations jsontext.Value `json:"annotations"`
}

type wireSCAI struct {
	Attributes []Attribute `json:"attributes"`
	Producer   *Resource   `json:"producer"`
}

type wireRelease struct {
	PURL      string `json:"purl"`
	PackageID string `json:"packageId"`
	Name      string `json:"name"`
	Version   string `json:"version"`
}

type wireReference struct {
	Attester struct {
		ID string `json:"id"`
	} `json:"attester"`
	References []Resource `json:"references"`
}

// decodePredicate gives the predicate as its type. One that is not shaped so is
// kept as an [Other], with the reason.
func decodePredicate(typ string, value jsontext.Value) (any, error) {
	value = value.Clone()
	read := readers[typ]
	switch {
	case strings.HasPrefix(typ, TypeSLSAProvenance):
		read = provenanceReaders[strings.TrimPrefix(typ, TypeSLSAProvenance)]
	case strings.HasPrefix(typ, TypeSLSASummary):
		read = summaryReaders[strings.TrimPrefix(typ, TypeSLSASummary)]
	}
	if read == nil {
		return &Other{JSON: value}, nil
	}
	if len(value) == 0 {
		return &Other{}, problem.New(problem.Invalid, "predicate: missing")
	}
	p, err := read(value)
	if err != nil {
		return &Other{JSON: value}, problem.New(problem.Invalid, "predicate: %s", problem.Message(err))
	}
	return p, nil
}

type predicateReader func(jsontext.Value) (any, error)

var readers = map[string]predicateReader{
	TypeSVR: readSVR,
	TypeSCAI: func(v jsontext.Value) (any, error) {
		var w wireSCAI
		err := decode(v, &w)
		return &Attributes{Attributes: w.Attributes, Producer: w.Producer}, err
	},
	TypeRelease: func(v jsontext.Value) (any, error) {
		var w wireRelease
		if err := decode(v, &w); err != nil {
			return nil, err
		}
		return &Release{PURL: w.PURL, PackageID: w.PackageID}, want("purl", w.PURL)
	},
	TypeNPMPublish: func(v jsontext.Value) (any, error) {
		var w wireRelease
		if err := decode(v, &w); err != nil {
			return nil, err
		}
		return &Release{PURL: "pkg:npm/" + strings.Replace(w.Name, "@", "%40", 1) + "@" + w.Version}, want("name", w.Name)
	},
	TypeReference: func(v jsontext.Value) (any, error) {
		var w wireReference
		err := decode(v, &w)
		return &Reference{Attester: w.Attester.ID, References: w.References}, err
	},
	TypeLink:       readInto[Link],
	TypeTestResult: readInto[Tests],
}

func readInto[T any](v jsontext.Value) (any, error) {
	p := new(T)
	err := decode(v, p)
	return p, err
}

func decode(v jsontext.Value, into any) error {
	return dsse.Unmarshal(v, into, dsse.Limits{Bytes: maxBytes})
}

func want(member, value string) error {
	if value == "" {
		return problem.New(problem.Invalid, "%s: missing", member)
	}
	return nil
}

func readSVR(v jsontext.Value) (any, error) {
	var w wireSVR
	if err := decode(v, &w); err != nil {
		return nil, err
	}
	r := &Result{
		Verifier: w.Verifier.ID, Policies: w.Verifier.Policies, Created: w.TimeCreated,
		Properties: w.Properties, Annotations: w.Annotations.Clone(),
	}
	if _, err := r.validity(); err != nil {
		return nil, err
	}
	return r, want("verifier.id", r.Verifier)
}
