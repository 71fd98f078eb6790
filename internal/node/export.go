package node

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/findings"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
	"countersign.dev/internal/software/cyclonedx"
	"countersign.dev/internal/software/spdx"
)

// The forms in which bills of materials are exported.
const (
	FormCycloneDX = "cyclonedx" // 1.6, with what is known of weaknesses
	FormSPDX      = "spdx"      // 2.3, which has no place for weaknesses
)

// ExportedBill is the bill of materials of a release, written anew.
type ExportedBill struct {
	Release   string // its id
	Form      string
	MediaType string
	Name      string // for a file of it
	Body      []byte
}

// ExportBill writes the bill of a release in a form, whichever form it came in,
// with the findings of the asked moment where the form has a place for them. It
// is a document of its own, made now by this program, and refers to the one that
// it was made from, whose bytes stay as they came.
//
// The release is named as everywhere: by purl, CPE, name or digest. NotFound
// when no bill of it is held.
func (n *Node) ExportBill(ctx context.Context, ask access.Ask, release, form string) (*ExportedBill, error) {
	if form != FormCycloneDX && form != FormSPDX {
		return nil, problem.New(problem.Invalid, "format %q: want cyclonedx or spdx", form)
	}
	d, err := n.Show(ctx, ask, release)
	if err != nil {
		return nil, err
	}
	if err := oneRelease(d, release); err != nil {
		return nil, err
	}
	s := d.Software
	b := s.Bill
	b.Weaknesses = weaknessesOf(s)
	if err := n.derive(b); err != nil {
		return nil, err
	}
	out := &ExportedBill{Release: s.Release.ID, Form: form}
	var body bytes.Buffer
	ending := ".cdx.json"
	if form == FormCycloneDX {
		out.MediaType, err = "application/vnd.cyclonedx+json; version=1.6", cyclonedx.Write(&body, b)
	} else {
		ending = ".spdx.json"
		out.MediaType, err = "application/spdx+json", spdx.Write(&body, b)
	}
	out.Name, out.Body = fileNameOf(s.Release.Name, s.Release.Version)+ending, body.Bytes()
	return out, err
}

// oneRelease says why a dossier is not that of one release with a bill.
func oneRelease(d *dossier.Dossier, asked string) error {
	if d.Software != nil && d.Software.Bill != nil {
		return nil
	}
	var may []string
	for _, c := range d.Candidates {
		if c.Kind == dossier.KindRelease {
			may = append(may, c.ID)
		}
	}
	if len(may) > 0 {
		return problem.New(problem.Invalid, "%q may mean %s; name one by its id", asked, strings.Join(may[:min(len(may), 5)], ", "))
	}
	return problem.New(problem.NotFound, "no bill of materials of %q is held", asked)
}

// fileNameOf is a release's name as a file may be called.
func fileNameOf(parts ...string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-' {
			return r
		}
		return '-'
	}, strings.Join(parts, "-"))
	name = strings.Trim(name, ".-")
	return cmp.Or(name[:min(len(name), 100)], "release")
}

// derive makes of a bill a document of its own: another id, made now by this
// program, that refers to the one it was made from.
func (n *Node) derive(b *software.Bill) error {
	from := linkTo(b)
	b.Created, b.Revision, b.Signed = n.now().UTC().Format(time.RFC3339), 1, false
	b.Tools = append(slices.Clone(b.Tools), "countersign")
	if from != "" {
		b.Links = append(slices.Clone(b.Links), software.BillLink{From: -1, Target: from, Type: "bom"})
	}
	text, err := json.Marshal([]any{b, b.Weaknesses})
	if err != nil {
		return fmt.Errorf("bill %s: %w", from, err)
	}
	b.ID = "urn:uuid:" + UUID("bill of materials", string(text))
	return nil
}

// linkTo is how a bill is referred to: as a BOM-Link where it has a serial number
// of CycloneDX, else by its id; "" when it has none.
func linkTo(b *software.Bill) string {
	if uuid, ok := strings.CutPrefix(b.ID, "urn:uuid:"); ok {
		return fmt.Sprintf("urn:cdx:%s/%d", uuid, max(b.Revision, 1))
	}
	return b.ID
}

// UUID is a name-based UUID of version 8 (RFC 9562, section 5.8): a digest of
// what it is of and of what names it there, in the form that many clients want
// ids to have.
func UUID(of string, names ...string) string {
	h := sha256.New()
	for _, part := range append([]string{of}, names...) {
		fmt.Fprintf(h, "%d:%s\n", len(part), part)
	}
	u := h.Sum(nil)[:16]
	u[6], u[8] = u[6]&0x0f|0x80, u[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// weaknessesOf is the findings of a release as its bill says them. Components
// that have no name in the bill get one, so that findings can point to them.
func weaknessesOf(s *dossier.Software) []software.Weakness {
	refs := refsOf(s)
	out := make([]software.Weakness, len(s.Findings))
	for i := range s.Findings {
		f := &s.Findings[i].Finding
		out[i] = weaknessOf(f)
		status := "affected"
		if f.State != advisory.IsAffected {
			status = "unknown"
		}
		for _, ref := range refs[f.Identity] {
			a := software.Affects{Ref: ref}
			if f.Version != "" {
				a.Versions = []software.AffectedVersion{{Version: f.Version, Status: status}}
			}
			out[i].Affects = append(out[i].Affects, a)
		}
	}
	return out
}

// refsOf is how the bill names the components of an identity.
func refsOf(s *dossier.Software) map[string][]string {
	taken := map[string]bool{}
	for i := range s.Bill.Components {
		taken[s.Bill.Components[i].Ref] = true
	}
	out := map[string][]string{}
	for i := range s.Bill.Components {
		c := &s.Bill.Components[i]
		id := c.Identity()
		if i == s.Bill.Root {
			id = s.Release.ID
		}
		if c.Ref == "" {
			c.Ref = fmt.Sprintf("component-%d", i)
			for taken[c.Ref] {
				c.Ref += "-"
			}
			taken[c.Ref] = true
		}
		if id != "" {
			out[id] = append(out[id], c.Ref)
		}
	}
	return out
}

// weaknessOf is a finding without what it affects.
func weaknessOf(f *findings.Finding) software.Weakness {
	w := software.Weakness{
		ID: f.Advisory, Aliases: f.Aliases, Description: f.Summary, Detail: detailOf(f), URL: f.URL, Published: instant(f.Published),
	}
	if f.Severity != nil {
		w.Severities = []software.Severity{{Method: methodOf(f.Severity.Vector), Vector: f.Severity.Vector, Score: f.Severity.Score, Word: strings.ToLower(f.Severity.Word)}}
	}
	if len(f.Fixed) > 0 {
		w.Recommended = "fixed in " + strings.Join(f.Fixed, ", ")
	}
	if v := f.VEX; v != nil {
		w.State, w.Justification = analysisStates[v.Status], analysisJustifications[v.Justification]
		w.Statement = strings.Join(slices.DeleteFunc([]string{"said by " + v.Issuer, v.Impact, v.Action}, func(s string) bool { return s == "" }), "; ")
		w.LastUpdated = instant(v.Issued)
	}
	return w
}

// detailOf is what is known of a weakness beside its description, in words.
func detailOf(f *findings.Finding) string {
	var parts []string
	if f.Malicious {
		parts = append(parts, "no weakness but a planted attack")
	}
	if f.KEV != nil {
		text := "known to be exploited: in the catalogue of CISA since " + f.KEV.Added
		if f.KEV.Due != "" {
			text += ", to be mended by " + f.KEV.Due
		}
		parts = append(parts, text)
	}
	if f.EPSS != nil {
		parts = append(parts, fmt.Sprintf("EPSS %.5f, percentile %.5f", f.EPSS.Score, f.EPSS.Percentile))
	}
	if f.Weak {
		parts = append(parts, "matched by the name of the product only")
	}
	if f.Why != "" {
		parts = append(parts, "whether it applies is not known: "+f.Why)
	}
	return strings.Join(parts, "; ")
}

// instant is a time as RFC 3339 writes it, of a time or a day; "" of anything
// else.
func instant(text string) string {
	if _, err := time.Parse(time.RFC3339, text); err == nil {
		return text
	}
	if d := advisory.DayOf(text); d != "" {
		return string(d) + "T00:00:00Z"
	}
	return ""
}

// methodOf is by which version of CVSS a vector is, as CycloneDX calls it.
func methodOf(vector string) string {
	for prefix, method := range map[string]string{"CVSS:4.0/": "CVSSv4", "CVSS:3.1/": "CVSSv31", "CVSS:3.0/": "CVSSv3", "AV:": "CVSSv2"} {
		if strings.HasPrefix(vector, prefix) {
			return method
		}
	}
	return ""
}

// The words of OpenVEX as CycloneDX has them. It has none of its own for what an
// adversary cannot control, which requires an environment that is not there.
var (
	analysisStates = map[string]string{
		"not_affected": "not_affected", "affected": "exploitable", "fixed": "resolved", "under_investigation": "in_triage",
	}
	analysisJustifications = map[string]string{
		"component_not_present": "code_not_present", "vulnerable_code_not_present": "code_not_present",
		"vulnerable_code_not_in_execute_path":               "code_not_reachable",
		"vulnerable_code_cannot_be_controlled_by_adversary": "requires_environment",
		"inline_mitigations_already_exist":                  "protected_by_mitigating_control",
	}
)
