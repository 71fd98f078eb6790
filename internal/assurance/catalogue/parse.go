package catalogue

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// Format is the form of catalogues that this package reads.
const Format = "catalogue/v1"

var (
	states = []string{"published", "draft", "superseded"}
	sides  = []string{"product", "developer"}
)

type catalogueDoc struct {
	Countersign   scalar            `yaml:"countersign"`
	Catalogue     scalar            `yaml:"catalogue"`
	Title         scalar            `yaml:"title"`
	Version       scalar            `yaml:"version"`
	State         scalar            `yaml:"state"`
	Source        scalar            `yaml:"source"`
	LicenceNote   scalar            `yaml:"license_note"`
	IDNote        scalar            `yaml:"id_note"`
	LifecycleNote scalar            `yaml:"lifecycle_note"`
	Verification  scalar            `yaml:"verification"`
	Kinds         map[string]scalar `yaml:"kinds"`
	StatusCodes   map[string]scalar `yaml:"status_codes"`
	EvidenceForms map[string]scalar `yaml:"evidence_forms"`
	Conditions    map[string]scalar `yaml:"conditions"`
	Features      map[string]scalar `yaml:"features"`
	Controls      []controlDoc      `yaml:"controls"`
}

type controlDoc struct {
	ID            scalar   `yaml:"id"`
	Kind          scalar   `yaml:"kind"`
	Side          scalar   `yaml:"side"`
	Title         scalar   `yaml:"title"`
	Statement     scalar   `yaml:"statement"`
	Clause        scalar   `yaml:"clause"`
	Status        scalar   `yaml:"status"`
	Level         scalar   `yaml:"level"`
	Applicability scalar   `yaml:"applicability"`
	Parent        scalar   `yaml:"parent"` // null at the top
	SSDF          []scalar `yaml:"ssdf"`
	SSDFInherit   scalar   `yaml:"ssdf_inherit"`
	EO14028       scalar   `yaml:"eo14028"`
	ETSI          []scalar `yaml:"etsi_en_303_645"`
	Conditions    []scalar `yaml:"conditions"`
	Features      []scalar `yaml:"features"`
	V211ID        scalar   `yaml:"v2_1_1_id"`
	Verify        scalar   `yaml:"verify"`
	Check         scalar   `yaml:"check"`
	With          []scalar `yaml:"with"`
	Unknown       scalar   `yaml:"unknown"`
	Untested      scalar   `yaml:"untested"`
	Mend          scalar   `yaml:"mend"`
}

// Parse reads a catalogue from its written form, YAML. It is strict: what it
// does not know, or finds missing, is an error of kind [problem.Invalid] that
// names the line.
func Parse(text []byte) (*Catalogue, error) {
	var doc catalogueDoc
	if err := decode(text, &doc); err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "catalogue")
	}
	k := &checker{}
	if doc.Countersign.text != Format {
		k.fail(max(doc.Countersign.line, 1), "countersign: want %s, to say what this file is", Format)
	}
	c := doc.head(k)
	if len(doc.Controls) > maxControls {
		k.fail(0, "controls: has %d, at most %d are read", len(doc.Controls), maxControls)
	}
	for i := range doc.Controls {
		if k.err != nil {
			break
		}
		c.Controls = append(c.Controls, doc.Controls[i].control(k))
	}
	if k.err != nil {
		return nil, problem.New(problem.Invalid, "catalogue: %w", k.err)
	}
	c.yaml = true
	return finish(c, text, func(i int) int { return doc.Controls[i].ID.line })
}

func (d *catalogueDoc) head(k *checker) *Catalogue {
	c := &Catalogue{
		ID:           k.fileID(d.Catalogue, 1, "catalogue"),
		Title:        k.required(d.Title, 1, "title"),
		Version:      k.required(d.Version, 1, "version"),
		State:        k.text(d.State, "state"),
		Source:       k.required(d.Source, 1, "source"),
		Verification: k.required(d.Verification, 1, "verification"),
	}
	c.LicenceNote = k.text(d.LicenceNote, "license_note")
	c.IDNote = k.text(d.IDNote, "id_note")
	c.LifecycleNote = k.text(d.LifecycleNote, "lifecycle_note")
	c.Kinds = k.codes(d.Kinds, "kinds")
	c.StatusCodes = k.codes(d.StatusCodes, "status_codes")
	c.EvidenceForms = k.codes(d.EvidenceForms, "evidence_forms")
	c.Conditions = k.codes(d.Conditions, "conditions")
	c.Features = k.codes(d.Features, "features")
	return c
}

func (d *controlDoc) control(k *checker) Control {
	near := cmp.Or(d.ID.line, d.Title.line, d.Kind.line)
	return Control{
		ID:            k.required(d.ID, near, "id"),
		Kind:          k.required(d.Kind, near, "kind"),
		Title:         k.required(d.Title, near, "title"),
		Statement:     k.required(d.Statement, near, "statement"),
		Clause:        k.text(d.Clause, "clause"),
		Status:        k.text(d.Status, "status"),
		Level:         k.text(d.Level, "level"),
		Applicability: k.required(d.Applicability, near, "applicability"),
		Side:          k.text(d.Side, "side"),
		Parent:        d.Parent.text,
		SSDF:          k.texts(d.SSDF, "ssdf"),
		SSDFInherit:   d.SSDFInherit.text,
		EO14028:       d.EO14028.text,
		ETSI:          k.texts(d.ETSI, "etsi_en_303_645"),
		Conditions:    k.texts(d.Conditions, "conditions"),
		Features:      k.texts(d.Features, "features"),
		V211ID:        k.text(d.V211ID, "v2_1_1_id"),
		Verify:        k.text(d.Verify, "verify"),
		Check:         k.text(d.Check, "check"),
		With:          k.texts(d.With, "with"),
		TakesUnknown:  k.oneOf(d.Unknown, "unknown", []string{"accepted"}) != "",
		Untested:      k.text(d.Untested, "untested"),
		Mend:          k.text(d.Mend, "mend"),
	}
}

// finish checks what holds between the controls of a catalogue and makes it
// ready for use. line is the line of the ith control, 0 where there is none.
func finish(c *Catalogue, text []byte, line func(i int) int) (*Catalogue, error) {
	c.text, c.Digest = slices.Clone(text), ledger.Digest(text)
	c.index, c.children = make(map[string]int, len(c.Controls)), map[string][]int{}
	fail := func(i int, err error) (*Catalogue, error) {
		if at := line(i); at > 0 {
			err = fmt.Errorf("line %d: %w", at, err)
		}
		return nil, problem.New(problem.Invalid, "catalogue: %w", err)
	}
	if c.ID == "" || len(c.ID) > maxID || !fileID.MatchString(c.ID) {
		return nil, problem.New(problem.Invalid, "catalogue: id %q: want words of a-z and 0-9 joined by hyphens or dots", c.ID)
	}
	if err := c.tables(); err != nil {
		return nil, problem.New(problem.Invalid, "catalogue: %w", err)
	}
	if len(c.Controls) == 0 || len(c.Controls) > maxControls {
		return nil, problem.New(problem.Invalid, "catalogue: has %d controls, want 1 to %d", len(c.Controls), maxControls)
	}
	for i := range c.Controls {
		id := c.Controls[i].ID
		if len(id) > maxID || !controlID.MatchString(id) {
			return fail(i, fmt.Errorf("id %q: want letters, digits, and _ . ( ) - between them", id))
		}
		if first, twice := c.index[id]; twice {
			return fail(i, fmt.Errorf("id %q: also used by control %d of the catalogue", id, first+1))
		}
		if err := c.Controls[i].lists(); err != nil {
			return fail(i, fmt.Errorf("control %s: %w", id, err))
		}
		c.index[id] = i
		c.children[c.Controls[i].Parent] = append(c.children[c.Controls[i].Parent], i)
	}
	for i := range c.Controls {
		if err := c.linked(&c.Controls[i]); err != nil {
			return fail(i, err)
		}
	}
	return c, nil
}

// tables checks what stands before the controls.
func (c *Catalogue) tables() error {
	if c.State != "" && !slices.Contains(states, c.State) {
		return fmt.Errorf("state %q: want %s", c.State, strings.Join(states, ", "))
	}
	for _, table := range []map[string]string{c.Kinds, c.StatusCodes, c.EvidenceForms, c.Conditions, c.Features} {
		if len(table) > maxList {
			return fmt.Errorf("a table has %d codes: at most %d are read", len(table), maxList)
		}
		for code := range table {
			if len(code) > maxID || !codeForm.MatchString(code) {
				return fmt.Errorf("code %q: want letters and digits, joined by hyphens", code)
			}
		}
	}
	for code := range c.Conditions {
		if _, both := c.Features[code]; both {
			return fmt.Errorf("%q is a condition and a feature: want a code for one of them", code)
		}
	}
	return nil
}

// lists checks what a control says by itself.
func (c *Control) lists() error {
	if c.Side != "" && !slices.Contains(sides, c.Side) {
		return fmt.Errorf("side %q: want %s", c.Side, strings.Join(sides, ", "))
	}
	for _, list := range [][]string{c.SSDF, c.ETSI, c.Conditions, c.Features, c.With} {
		if len(list) > maxList {
			return fmt.Errorf("a list has %d members: at most %d are read", len(list), maxList)
		}
		for i, v := range list {
			if v == "" || slices.Contains(list[:i], v) {
				return fmt.Errorf("a list has %q twice, or empty", v)
			}
		}
	}
	return nil
}

// linked checks that what a control names in its own catalogue is there.
func (c *Catalogue) linked(ctl *Control) error {
	at := ctl
	for depth := 0; at.Parent != ""; depth++ {
		up := c.Control(at.Parent)
		if up == nil {
			return fmt.Errorf("control %s: parent: there is no control %q", at.ID, at.Parent)
		}
		if at = up; depth == maxDepth {
			return fmt.Errorf("control %s: parent: is its own ancestor, or has more than %d above it", ctl.ID, maxDepth)
		}
	}
	if ctl.SSDFInherit != "" && c.Control(ctl.SSDFInherit) == nil {
		return fmt.Errorf("control %s: ssdf_inherit: there is no control %q", ctl.ID, ctl.SSDFInherit)
	}
	for _, code := range ctl.Conditions {
		if _, ok := c.Conditions[code]; !ok {
			return fmt.Errorf("control %s: conditions: the catalogue has no condition %q", ctl.ID, code)
		}
	}
	for _, code := range ctl.Features {
		if _, ok := c.Features[code]; !ok {
			return fmt.Errorf("control %s: features: the catalogue has no feature %q", ctl.ID, code)
		}
	}
	if len(c.StatusCodes) > 0 && ctl.Status != "" && c.StatusCodes[ctl.Status] == "" && !c.Head(ctl.ID) {
		return fmt.Errorf("control %s: status %q is not among the catalogue's status_codes", ctl.ID, ctl.Status)
	}
	return nil
}
