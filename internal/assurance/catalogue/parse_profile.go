package catalogue

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// ProfileFormat is the form of profiles that this package reads.
const ProfileFormat = "profile/v1"

// Automatic is the names of the automatic assessors, which package assessment
// has.
var Automatic = []string{
	"disclosure-policy", "mud-hosts", "mud-parses", "no-exploited-component", "parties-unrestricted", "provenance-level",
	"sbom-complete", "sbom-fresh", "sbom-present", "scorecard", "signed-release", "support-end",
}

const maxTiers = 9

type profileDoc struct {
	Countersign  scalar            `yaml:"countersign"`
	Profile      scalar            `yaml:"profile"`
	Title        scalar            `yaml:"title"`
	Version      scalar            `yaml:"version"`
	Purpose      scalar            `yaml:"purpose"`
	Basis        scalar            `yaml:"basis"`
	Source       scalar            `yaml:"source"`
	Note         scalar            `yaml:"note"`
	Verification scalar            `yaml:"verification"`
	Duty         dutyDoc           `yaml:"duty"`
	Tiers        []tierDoc         `yaml:"tiers"`
	Features     map[string]scalar `yaml:"features"`
	Select       []askDoc          `yaml:"select"`
}

type dutyDoc struct {
	From  scalar `yaml:"from"`
	Until scalar `yaml:"until"`
}

type tierDoc struct {
	Tier      scalar `yaml:"tier"`
	Title     scalar `yaml:"title"`
	Statement scalar `yaml:"statement"`
}

type askDoc struct {
	Catalogue scalar   `yaml:"catalogue"`
	Tier      scalar   `yaml:"tier"`
	Controls  []scalar `yaml:"controls"`
	All       scalar   `yaml:"all"`
	Branches  []scalar `yaml:"branches"`
	Kinds     []scalar `yaml:"kinds"`
	Status    []scalar `yaml:"status"`
	Except    []scalar `yaml:"except"`
	Ask       scalar   `yaml:"ask"`
	Method    scalar   `yaml:"method"`
	Automatic scalar   `yaml:"automatic"`
	When      []scalar `yaml:"when"`
	Because   scalar   `yaml:"because"`
}

// ParseProfile reads a profile from its written form, YAML. It is strict: what
// it does not know, or finds missing, is an error of kind [problem.Invalid] that
// names the line. Whether the controls that it names exist is for [Load] to say.
func ParseProfile(text []byte) (*Profile, error) {
	var doc profileDoc
	if err := decode(text, &doc); err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "profile")
	}
	k := &checker{}
	if doc.Countersign.text != ProfileFormat {
		k.fail(max(doc.Countersign.line, 1), "countersign: want %s, to say what this file is", ProfileFormat)
	}
	p := doc.head(k)
	p.Tiers = doc.tiers(k)
	if len(doc.Select) > maxList {
		k.fail(1, "select: has %d lines, at most %d are read", len(doc.Select), maxList)
	}
	for i := range doc.Select {
		if k.err != nil {
			break
		}
		p.Asks = append(p.Asks, doc.Select[i].ask(k))
	}
	if k.err != nil {
		return nil, problem.New(problem.Invalid, "profile: %w", k.err)
	}
	p.yaml = true
	return finishProfile(p, text)
}

// NewProfile makes a profile that is used like those of the product from fields
// that another reader filled, and checks it. Text is the document that it was
// read from; Digest becomes that of text. Its maps and slices belong to the
// profile from then on. An error is of kind [problem.Invalid].
func NewProfile(p Profile, text []byte) (*Profile, error) { return finishProfile(&p, text) }

// finishProfile checks what holds between the parts of a profile and makes it
// ready for use.
func finishProfile(p *Profile, text []byte) (*Profile, error) {
	if len(p.ID) > maxID || !fileID.MatchString(p.ID) {
		return nil, problem.New(problem.Invalid, "profile: id %q: want words of a-z and 0-9 joined by hyphens or dots", p.ID)
	}
	if len(p.Asks) == 0 || len(p.Asks) > maxList {
		return nil, problem.New(problem.Invalid, "profile: select has %d lines, want 1 to %d", len(p.Asks), maxList)
	}
	for i := range p.Asks {
		if err := p.check(&p.Asks[i]); err != nil {
			return nil, problem.New(problem.Invalid, "profile: %s%w", p.Asks[i].place(), err)
		}
	}
	slices.SortStableFunc(p.Asks, func(a, b Ask) int { return a.Tier - b.Tier })
	p.text, p.Digest = slices.Clone(text), ledger.Digest(text)
	return p, nil
}

func (p *Profile) check(a *Ask) error {
	tiers := len(p.Tiers)
	switch {
	case len(a.Controls)+len(a.Branches)+len(a.Kinds)+len(a.Status) == 0 && !a.All:
		return errors.New("a line of select names no controls: want controls, all, branches, kinds or status")
	case a.Method != "" && !slices.Contains(methods, a.Method):
		return fmt.Errorf("method %q: want %s", a.Method, strings.Join(methods, ", "))
	case a.Automatic != "" && !slices.Contains(Automatic, a.Automatic):
		return fmt.Errorf("automatic %q: want %s", a.Automatic, strings.Join(Automatic, ", "))
	case tiers == 0 && a.Tier != 0:
		return errors.New("tier: the profile has no tiers")
	case tiers > 0 && (a.Tier < 1 || a.Tier > tiers):
		return fmt.Errorf("tier %d: want 1 to %d", a.Tier, tiers)
	}
	for _, code := range a.When {
		if _, ok := p.Features[code]; !ok {
			return fmt.Errorf("when: the profile has no feature %q", code)
		}
	}
	return nil
}

func (d *profileDoc) head(k *checker) *Profile {
	p := &Profile{
		ID:           k.fileID(d.Profile, 1, "profile"),
		Title:        k.required(d.Title, 1, "title"),
		Version:      k.required(d.Version, 1, "version"),
		Purpose:      k.fileID(d.Purpose, 1, "purpose"),
		Basis:        k.required(d.Basis, 1, "basis"),
		Source:       k.required(d.Source, 1, "source"),
		Note:         k.text(d.Note, "note"),
		Verification: k.required(d.Verification, 1, "verification"),
		From:         k.day(d.Duty.From),
		Until:        k.day(d.Duty.Until),
		Features:     k.codes(d.Features, "features"),
	}
	switch {
	case p.Until != "" && p.From == "":
		k.fail(d.Duty.Until.line, "duty: from is missing")
	case p.Until != "" && p.Until <= p.From:
		k.fail(d.Duty.Until.line, "duty: until %s leaves no day after from %s", p.Until, p.From)
	}
	return p
}

func (d *profileDoc) tiers(k *checker) []Tier {
	if len(d.Tiers) > maxTiers {
		k.fail(d.Tiers[0].Tier.line, "tiers: has %d, at most %d are read", len(d.Tiers), maxTiers)
		return nil
	}
	var out []Tier
	for i, t := range d.Tiers {
		want := i + 1
		if t.Tier.text != string(rune('0'+want)) {
			k.fail(max(t.Tier.line, t.Title.line), "tier %q: want %d, the tiers in order from 1", t.Tier.text, want)
		}
		out = append(out, Tier{
			Number: want,
			Title:  k.required(t.Title, t.Tier.line, "title of a tier"), Statement: k.required(t.Statement, t.Tier.line, "statement of a tier"),
		})
	}
	return out
}

func (d *askDoc) ask(k *checker) Ask {
	at := d.Catalogue.line
	a := Ask{
		at: at, Catalogue: k.fileID(d.Catalogue, at, "catalogue"),
		Controls: k.texts(d.Controls, "controls"), Branches: k.texts(d.Branches, "branches"), Kinds: k.texts(d.Kinds, "kinds"),
		Status: k.texts(d.Status, "status"), Except: k.texts(d.Except, "except"),
		All:    k.oneOf(d.All, "all", []string{"true"}) != "",
		Method: k.text(d.Method, "method"), Automatic: k.text(d.Automatic, "automatic"),
		When: k.texts(d.When, "when"), Because: k.text(d.Because, "because"),
	}
	k.required(d.Ask, at, "ask")
	a.Required = k.oneOf(d.Ask, "ask", []string{"required", "recommended"}) == "required"
	if t := d.Tier.text; len(t) == 1 && '1' <= t[0] && t[0] <= '9' {
		a.Tier = int(t[0] - '0')
	} else if t != "" {
		k.fail(d.Tier.line, "tier %q: want a number from 1 to %d", t, maxTiers)
	}
	return a
}

func (c *checker) day(s scalar) access.Date {
	if s.text == "" {
		return ""
	}
	d, err := access.ParseDate(s.text)
	if err != nil {
		c.fail(s.line, "%w", err)
	}
	return d
}
