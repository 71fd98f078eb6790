package cli

import (
	"maps"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/assurance/verify"
)

// attestColours are the colours of results.
var attestColours = map[string]colour{verify.Valid: green, verify.Invalid: red, verify.Expired: yellow, verify.NotYetValid: yellow}

// attestAnswer prints an answer for people.
func (a *app) attestAnswer(answer *verify.Answer) {
	first := a.style(attestColours[answer.Result], answer.Result)
	if answer.Kind != "" {
		first += "  " + answer.Kind
	}
	a.line("%s", first)
	if answer.Reason != "" {
		a.paragraph("  because     ", answer.Reason)
	}
	if answer.Result != verify.Invalid && len(answer.Attestations) == 0 && answer.Attestation != nil {
		a.attestation(answer.Attestation)
	}
	for _, one := range answer.Attestations {
		a.line("")
		a.paragraph("  attestation ", one.File)
		a.paragraph("  result      ", one.Result)
		if one.Result == verify.Invalid {
			a.paragraph("  because     ", one.Reason)
			continue
		}
		a.attestation(one)
	}
	if t := answer.OldTree; t != nil {
		a.line("  from        %s, %d entries", oneLine(t.Origin), t.Size)
	}
	if t := answer.Tree; t != nil {
		a.line("  log         %s, %d entries", oneLine(t.Origin), t.Size)
	}
	if answer.Index != nil {
		a.line("  entry       %d", *answer.Index)
	}
	for _, w := range answer.Witnesses {
		a.line("  witness     %s, %s", oneLine(w.Name), w.Time.Format(time.RFC3339))
	}
	for _, n := range answer.Notes {
		a.paragraph("  note        ", n)
	}
}

// attestation prints what was verified of one attestation.
func (a *app) attestation(one *verify.Attestation) {
	if s := one.Signer; s != nil {
		a.paragraph("  signer      ", signerWords(s))
		if s.Source != "" {
			a.paragraph("  ran for     ", strings.TrimRight(s.Source+" "+s.SourceRef, " "))
		}
	}
	for _, t := range one.SignedAt {
		a.paragraph("  signed      ", strings.TrimSuffix(t.Time.Format(time.RFC3339)+", says "+t.By, ", says "))
	}
	if one.ValidFrom != nil {
		a.line("  from        %s", one.ValidFrom.Format(time.RFC3339))
	}
	if one.ValidUntil != nil {
		a.line("  until       %s", one.ValidUntil.Format(time.RFC3339))
	}
	if one.PredicateType != "" {
		a.paragraph("  says        ", one.PredicateType)
	}
	a.claims(one.Claims)
	subjects := one.Subjects
	if one.Artifact != nil {
		subjects = []verify.Subject{*one.Artifact}
	}
	const most = 5
	for _, s := range subjects[:min(len(subjects), most)] {
		a.paragraph("  about       ", subjectWords(s))
	}
	if n := len(subjects) - most; n > 0 {
		a.line("              and %s", counted(n, "other artifact"))
	}
}

// claims prints what the signer says.
func (a *app) claims(c *verify.Claims) {
	if c == nil {
		return
	}
	passed := ""
	if c.Passed != nil {
		passed = map[bool]string{true: "passed", false: "failed"}[*c.Passed]
	}
	for _, one := range []struct{ label, text string }{
		{"  status      ", c.Status},
		{"  result is   ", passed},
		{"  verifier    ", c.Verifier},
		{"  properties  ", strings.Join(c.Properties, ", ")},
		{"  builder     ", c.Builder},
		{"  source      ", strings.TrimRight(c.Source+" "+c.Commit, " ")},
		{"  package     ", c.Package},
	} {
		if one.text != "" {
			a.paragraph(one.label, one.text)
		}
	}
}

func signerWords(s *verify.Signer) string {
	switch {
	case s.Identity != "":
		return s.Identity + ", says " + s.Issuer
	case s.Publisher != "":
		return s.Publisher + ", key " + s.KeyID
	default:
		return "key " + s.KeyID
	}
}

func subjectWords(s verify.Subject) string {
	words := s.Name
	for _, algorithm := range slices.Sorted(maps.Keys(s.Digest)) {
		words += " " + algorithm + ":" + s.Digest[algorithm]
	}
	return strings.TrimLeft(words, " ")
}
