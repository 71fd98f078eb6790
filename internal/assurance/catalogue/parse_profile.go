package catalogue

import (
	"slices"

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
	Select       []lineDoc         `yaml:"select"`
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

type lineDoc struct {
	Catalogue scalar   `yaml:"catalogue"`
	Tier      scalar   `yaml:"tier"`
	Controls  []scalar `yaml:"controls"`
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
	if len(doc.Select) == 0 || len(doc.Select) > maxList {
		k.fail(1, "select: has %d lines, want 1 to %d", len(doc.Select), maxList)
	}
	for i := range doc.Select {
		if k.err != nil {
			break
		}
		p.lines = append(p.lines, doc.Select[i].line(k, p))
	}
	if k.err != nil {
		return nil, problem.New(problem.Invalid, "profile: %w", k.err)
	}
	slices.SortStableFunc(p.lines, func(a, b line) int { return a.tier - b.tier })
	p.text, p.Digest = slices.Clone(text), ledger.Digest(text)
	return p, nil
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

func (d *lineDoc) line(k *checker, p *Profile) line {
	at := d.Catalogue.line
	l := line{
		at: at, catalogue: k.fileID(d.Catalogue, at, "catalogue"),
		controls: k.texts(d.Controls, "controls"), branches: k.texts(d.Branches, "branches"), kinds: k.texts(d.Kinds, "kinds"),
		status: k.texts(d.Status, "status"), except: k.texts(d.Except, "except"),
		method: k.oneOf(d.Method, "method", methods), automatic: k.oneOf(d.Automatic, "automatic", Automatic),
		when: k.texts(d.When, "when"), because: k.text(d.Because, "because"),
	}
	k.required(d.Ask, at, "ask")
	l.required = k.oneOf(d.Ask, "ask", []string{"required", "recommended"}) == "required"
	if len(l.controls)+len(l.branches)+len(l.kinds)+len(l.status) == 0 {
		k.fail(at, "a line of select names no controls: want controls, branches, kinds or status")
	}
	for i, code := range l.when {
		if _, ok := p.Features[code]; !ok {
			k.fail(d.When[i].line, "when: the profile has no feature %q", code)
		}
	}
	if t := d.Tier.text; t != "" && len(t) == 1 && '1' <= t[0] && t[0] <= '9' {
		l.tier = int(t[0] - '0')
	}
	if len(p.Tiers) == 0 && d.Tier.text != "" {
		k.fail(d.Tier.line, "tier: the profile has no tiers")
	} else if len(p.Tiers) > 0 && (l.tier < 1 || l.tier > len(p.Tiers)) {
		k.fail(max(d.Tier.line, at), "tier %q: want 1 to %d", d.Tier.text, len(p.Tiers))
	}
	return l
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
