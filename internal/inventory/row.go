package inventory

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/software"
	"countersign.dev/internal/software/purl"
	"countersign.dev/internal/table"
)

// keyOne is the key of facts of which a subject has one in each source.
const keyOne = "inventory"

// system notes what a row says of a system, and of whose it is.
func (t *reader) system(r table.Row, id string, days interval) {
	organisation := cmp.Or(t.cell(r, colOrganisation), t.organisation)
	s := System{
		Name: t.cell(r, colSystemName), Organisation: OrganisationID(organisation), Criticality: t.criticality(r),
		HighValue: t.truth(r, colHighValue), NSS: t.truth(r, colNSS), Hosting: t.word(r, colHosting),
		Owner: t.cell(r, colSystemOwner), Contact: t.cell(r, colContact),
	}
	if t.reading.Part == partSystems {
		s.Note = t.cell(r, colNote)
	}
	t.noteRow(r, id, t.systems.add(place{id, keyOne, days}, NameTerm(cmp.Or(s.Name, t.cell(r, colSystem))), s, fillSystem))
	if s.Organisation == "" {
		return
	}
	o := Organisation{Name: cmp.Or(t.cell(r, colOrgName), organisation), Contact: t.cell(r, colOrgContact)}
	t.noteRow(r, s.Organisation, t.organisations.add(place{subject: s.Organisation, key: keyOne}, NameTerm(o.Name), o, fillOrganisation))
}

// asset notes what a row says of an asset.
func (t *reader) asset(r table.Row, system, id string, days interval) {
	a := Asset{
		System: system, Kind: t.word(r, colKind), OS: t.cell(r, colOS), Model: t.cell(r, colModel), Vendor: t.cell(r, colAssetMaker),
		Hostnames: t.addresses(r, colHostname, "host"), Addresses: t.addresses(r, colIP, "ip"), MACs: t.addresses(r, colMAC, "mac"),
		Owner: t.cell(r, colAssetOwner),
	}
	if t.reading.Part == partAssets {
		a.Note = t.cell(r, colNote)
	}
	t.noteRow(r, id, t.assets.add(place{id, keyOne, days}, system, a, fillAsset))
	var seen Seen
	seen.First, _ = t.day(r, colFirstSeen, leftOut)
	seen.Last, _ = t.day(r, colLastSeen, leftOut)
	seen.Scan, _ = t.day(r, colLastScan, leftOut)
	if seen != (Seen{}) {
		t.seen.add(place{subject: id, key: keyOne}, "", seen, fillSeen)
	}
}

// exposure notes what a row says of who can reach the subject. Who says so is
// part of its key: what several say stands side by side.
func (t *reader) exposure(r table.Row, subject string) {
	reach := t.reach(r)
	if reach == "" {
		return
	}
	days, ok := t.interval(r, colReached, colShut, "the exposure is left out")
	if !ok {
		return
	}
	e := Exposure{Reach: reach, Evidence: t.cell(r, colEvidence), By: t.cell(r, colSayer)}
	t.noteRow(r, subject, t.exposures.add(place{subject, strings.TrimSpace(keyOne + " " + slug(e.By)), days}, string(reach), e, fillExposure))
}

// deployment reads what a row says of a deployed release, nil when it names
// none. A purl or CPE that cannot be read is reported, and its text kept as the
// release's name where it has no other: no release answers to it then, and it
// shows as unknown.
func (t *reader) deployment(r table.Row, asset string) *Deployment {
	d := &Deployment{
		Asset: asset, Name: t.cell(r, colSoftware), Version: t.cell(r, colVersion), Vendor: t.cell(r, colVendor),
		Environment: t.word(r, colEnvironment), Note: t.cell(r, colNote),
	}
	for _, c := range []column{colRelease, colPURL, colCPE} {
		if text := t.cell(r, c); text != "" && !d.identify(text) {
			t.warn(r, c, "%q is no purl, CPE or SHA-256 digest; it is kept as a name", table.Clip(text))
			d.Name = cmp.Or(d.Name, text)
		}
	}
	if d.Name == "" && d.PURL == "" && d.CPE == "" && d.Release == "" {
		return nil
	}
	return d
}

// finding notes what a row says was found on an asset. A finding is told from
// others by its own id, or else by its weakness and the day on which it was found.
func (t *reader) finding(r table.Row) {
	asset := AssetID(t.inventory, t.cell(r, colAsset))
	f := Finding{ID: t.cell(r, colFinding), Weakness: strings.ToUpper(t.cell(r, colWeakness)), By: t.cell(r, colFinder)}
	switch {
	case asset == "":
		t.warn(r, colAsset, "no asset; the row is passed over")
		return
	case !cveForm.MatchString(f.Weakness):
		t.warn(r, colWeakness, "%q is no id like CVE-2021-44228; the row is passed over", table.Clip(f.Weakness))
		return
	}
	var ok bool
	if f.Detected, ok = t.day(r, colDetected, "the row is passed over"); !ok {
		return
	}
	if f.Detected == "" {
		t.warn(r, colDetected, "no day; the row is passed over")
		return
	}
	if f.Remediated, ok = t.day(r, colRemediated, "the finding is taken for one that is still there"); ok && f.Remediated != "" && f.Remediated < f.Detected {
		t.warn(r, colRemediated, "%s is before %s, when it was found; the finding is taken for one that is still there", f.Remediated, f.Detected)
		f.Remediated = ""
	}
	t.published(r)
	key := "finding " + cmp.Or(slug(f.ID), slug(f.Weakness)+" "+string(f.Detected))
	t.noteRow(r, asset, t.findings.add(place{subject: asset, key: key}, f.Weakness, f, fillFinding))
}

// cveForm is the form of CVE ids.
var cveForm = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,19}$`)

// identify takes a purl, a CPE or a digest to name the release, and reports
// whether it is one.
func (d *Deployment) identify(text string) bool {
	switch lower := strings.ToLower(text); {
	case strings.HasPrefix(lower, "pkg:"):
		p, err := purl.Read(text)
		if err != nil {
			return false
		}
		p.Version = cmp.Or(p.Version, d.Version)
		d.PURL = cmp.Or(d.PURL, p.String())
	case strings.HasPrefix(lower, "cpe:2.3:"), strings.HasPrefix(lower, "cpe:/"):
		d.CPE = cmp.Or(d.CPE, text)
	default:
		digest, err := ledger.ParseDigest(text)
		if err != nil {
			return false
		}
		d.Release = cmp.Or(d.Release, digest)
	}
	return true
}

// deploy notes a deployment. It is told from others by its place and release.
func (t *reader) deploy(r table.Row, system string, d Deployment, days interval) {
	terms := d.Terms()
	if len(terms) == 0 {
		t.say("line %d: the software's name is longer than %d bytes; the software is left out", r.Line, maxTerm)
		return
	}
	term := terms[0]
	key := strings.Join(strings.Fields(d.Asset+" "+term+" "+slug(d.Environment)), " ")
	t.noteRow(r, system, t.deployments.add(place{system, key, days}, term, d, fillDeployment))
}

// noteRow reports what a row says differently than one before it.
func (t *reader) noteRow(r table.Row, subject string, differs []string) {
	if len(differs) > 0 {
		t.note(fmt.Sprintf("line %d", r.Line), subject, differs)
	}
}

// note reports what was said differently before.
func (t *reader) note(where, subject string, differs []string) {
	if len(differs) > 0 {
		t.say("%s: %s has %s; the first stands", where, subject, strings.Join(differs, "; "))
	}
}

// finish states what the rows said.
func (t *reader) finish() {
	add := func(s ledger.Statement) { t.reading.Statements = append(t.reading.Statements, s) }
	t.organisations.each(func(e *entry[Organisation], key string) { add(e.statement(FactOrganisation, key, e.term)) })
	t.systems.each(func(e *entry[System], key string) { add(e.statement(FactSystem, key, e.term)) })
	t.assets.each(func(e *entry[Asset], key string) {
		add(e.statement(FactAsset, key, e.term))
		for _, kind := range []string{"host", "ip", "mac"} {
			for _, value := range e.body.addresses(kind) {
				s := e.statement(FactAddress, "", AddressTerm(kind, value))
				s.Key, s.Body = strings.Replace(key, keyOne, s.Term, 1), Address{kind, value}
				add(s)
			}
		}
	})
	t.seen.each(func(e *entry[Seen], key string) { add(e.statement(FactSeen, key, e.term)) })
	t.exposures.each(func(e *entry[Exposure], key string) { add(e.statement(FactExposure, key, e.term)) })
	t.findings.each(func(e *entry[Finding], key string) { add(e.statement(FactFinding, key, e.term)) })
	t.deployments.each(func(e *entry[Deployment], key string) {
		add(e.statement(FactDeployment, key, e.term))
		for _, term := range e.body.Terms() {
			if term != e.term {
				add(e.statement(FactAlias, key+" "+software.Fold(term), term))
			}
		}
	})
	if more := t.broken - len(t.reading.Warnings); more > 0 {
		t.reading.Warnings = append(t.reading.Warnings, fmt.Sprintf("and %d more things that could not be read", more))
	}
}

// addresses is an asset's addresses of a kind.
func (a *Asset) addresses(kind string) []string {
	switch kind {
	case "host":
		return a.Hostnames
	case "ip":
		return a.Addresses
	default:
		return a.MACs
	}
}
