package catalogue

import (
	"slices"
)

// Catalogue is a set of criteria as one authority published it. It never
// changes once read and may be used by many goroutines.
type Catalogue struct {
	ID            string            `json:"id"` // "nistir-8425"
	Title         string            `json:"title"`
	Version       string            `json:"version"`         // as published, "V3.1.3 (2024-09)"
	State         string            `json:"state,omitempty"` // "published", "draft", "superseded"; "" when not said
	Source        string            `json:"source"`          // the publication
	LicenceNote   string            `json:"licence_note,omitempty"`
	IDNote        string            `json:"id_note,omitempty"`        // whose the ids are and how they are formed
	LifecycleNote string            `json:"lifecycle_note,omitempty"` // what came before and after it
	Verification  string            `json:"verification"`             // how sure the lines are, and by what they were checked
	Kinds         map[string]string `json:"kinds,omitempty"`          // what the kinds of controls mean
	StatusCodes   map[string]string `json:"status_codes,omitempty"`   // "M": "mandatory"
	EvidenceForms map[string]string `json:"evidence_forms,omitempty"` // "ICS": "implementation conformance statement …"
	Conditions    map[string]string `json:"conditions,omitempty"`     // "14": what must be so for a control that names it to apply
	Features      map[string]string `json:"features,omitempty"`       // "e": what a product must have for a control that names it to apply
	Controls      []Control         `json:"controls"`                 // in the order of the publication
	Digest        string            `json:"digest"`                   // of the file's bytes, "sha256:" and 64 hex digits

	text     []byte           // the bytes that Digest is of
	yaml     bool             // text is YAML of our form
	index    map[string]int   // into Controls, by id
	children map[string][]int // into Controls, by id of the parent, "" for the top
}

// Control is one criterion, or the head of several.
type Control struct {
	ID            string   `json:"id"`   // unique in its catalogue, "IAC.1.a", "5.3-13", "4e(i)(A)"
	Kind          string   `json:"kind"` // "capability", "outcome", "provision", …: the publication's own word
	Title         string   `json:"title"`
	Statement     string   `json:"statement"`        // what is asked, in our words
	Clause        string   `json:"clause,omitempty"` // where it stands
	Status        string   `json:"status,omitempty"` // how much it insists: "M", "R", "required", "attest", "group"
	Level         string   `json:"level,omitempty"`  // the level of the publication that asks it: "baseline", "L2", "3"
	Applicability string   `json:"applicability"`    // what it is asked of: "product", "developer", "when feature a"
	Side          string   `json:"side,omitempty"`   // of NISTIR 8425: "product" or "developer"
	Parent        string   `json:"parent,omitempty"` // id of its head; "" at the top
	SSDF          []string `json:"ssdf,omitempty"`   // tasks of catalogue nist-ssdf that it stands on
	SSDFInherit   string   `json:"ssdf_inherit,omitempty"`
	EO14028       string   `json:"eo14028,omitempty"`         // the clause of catalogue eo-14028-s4 that it answers
	ETSI          []string `json:"etsi_en_303_645,omitempty"` // provisions of catalogue etsi-en-303-645 that it equals
	Conditions    []string `json:"conditions,omitempty"`      // codes; all must hold for it to apply
	Features      []string `json:"features,omitempty"`        // codes; all must be there for it to apply
	V211ID        string   `json:"v2_1_1_id,omitempty"`       // its id in EN 303 645 V2.1.1, which the law of the United Kingdom cites
	Verify        string   `json:"verify,omitempty"`          // what of it is still to be checked with the publication: "meaning"
	Check         string   `json:"check,omitempty"`           // of bills of materials: what tests it, see package quality
	With          []string `json:"with,omitempty"`            // what Check is to look for
	TakesUnknown  bool     `json:"unknown,omitempty"`         // of bills of materials: "unknown" is an answer
	Untested      string   `json:"untested,omitempty"`        // why nothing tests it
	Mend          string   `json:"mend,omitempty"`            // what to do where it is missing
}

// The catalogues that the links of controls lead to.
const (
	ssdfCatalogue = "nist-ssdf"
	etsiCatalogue = "etsi-en-303-645"
	eoCatalogue   = "eo-14028-s4"
)

// Link names a control of another catalogue that a control stands on or answers.
type Link struct {
	Catalogue string `json:"catalogue"`
	Control   string `json:"control"`
}

// Links is the controls of other catalogues that a control names.
func (c *Control) Links() []Link {
	var out []Link
	for _, id := range c.SSDF {
		out = append(out, Link{ssdfCatalogue, id})
	}
	for _, id := range c.ETSI {
		out = append(out, Link{etsiCatalogue, id})
	}
	if c.EO14028 != "" {
		out = append(out, Link{eoCatalogue, c.EO14028})
	}
	return out
}

// Link adds a link to a control, and reports whether there is a place for it:
// links lead to three catalogues only, and to one clause of the order.
func (c *Control) Link(to Link) bool {
	switch {
	case to.Catalogue == ssdfCatalogue:
		c.SSDF = append(c.SSDF, to.Control)
	case to.Catalogue == etsiCatalogue:
		c.ETSI = append(c.ETSI, to.Control)
	case to.Catalogue == eoCatalogue && c.EO14028 == "":
		c.EO14028 = to.Control
	default:
		return false
	}
	return true
}

// New makes a catalogue that is used like those of the product from fields that
// another reader filled, and checks it. Text is the document that it was read
// from; Digest becomes that of text. Its maps and slices belong to the catalogue
// from then on. An error is of kind [problem.Invalid] and names the control.
func New(c Catalogue, text []byte) (*Catalogue, error) {
	return finish(&c, text, func(int) int { return 0 })
}

// Control is the control with an id, nil when there is none.
func (c *Catalogue) Control(id string) *Control {
	i, ok := c.index[id]
	if !ok {
		return nil
	}
	return &c.Controls[i]
}

// Children is the controls whose parent has an id, in the catalogue's order;
// with "" those at the top.
func (c *Catalogue) Children(id string) []*Control {
	of := c.children[id]
	out := make([]*Control, len(of))
	for i, at := range of {
		out[i] = &c.Controls[at]
	}
	return out
}

// Head reports whether the control with an id has others below it, so that it
// is met when they are.
func (c *Catalogue) Head(id string) bool { return len(c.children[id]) > 0 }

// SSDF is the tasks of the Secure Software Development Framework that a control
// stands on, its own or those of the control that it inherits them from.
func (c *Catalogue) SSDF(ctl *Control) []string {
	if from := c.Control(ctl.SSDFInherit); from != nil && len(ctl.SSDF) == 0 {
		return slices.Clone(from.SSDF)
	}
	return slices.Clone(ctl.SSDF)
}

// Bytes is the document that the catalogue was read from, of which Digest is.
func (c *Catalogue) Bytes() []byte { return slices.Clone(c.text) }

// When is the facts on which it depends whether a control of the catalogue
// applies: its conditions, then its features.
func (c *Catalogue) When(ctl *Control) []Fact {
	var out []Fact
	for _, code := range ctl.Conditions {
		out = append(out, Fact{Key: c.ID + "/" + code, Text: c.Conditions[code]})
	}
	for _, code := range ctl.Features {
		out = append(out, Fact{Key: c.ID + "/" + code, Text: c.Features[code]})
	}
	return out
}

// Fact is something that is so with a product or is not, on which it depends
// whether a control applies to it. Its maker declares it; silence is no answer.
type Fact struct {
	Key  string `json:"key"`  // catalogue or profile and the code in it, "etsi-en-303-645/e"
	Text string `json:"text"` // "users or devices can be authenticated over the network"
}
