package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// KindBill is the kind of the documents that [FromBill] is given.
const KindBill = "inventory.bill"

// phases are what bills are called that tell what runs: the lifecycle phases
// "operations" and "discovery" of CycloneDX 1.5, the types "deployed" and
// "runtime" that CISA's "Types of Software Bill of Materials" has.
var phases = []string{"operations", "discovery", "deployed", "runtime"}

// IsInventory reports whether a bill says of itself that it tells what runs
// somewhere, and not what a release is made of.
func IsInventory(b *software.Bill) bool {
	return slices.ContainsFunc(b.Contexts, func(c string) bool { return slices.Contains(phases, strings.ToLower(c)) })
}

// FromBill is the inventory that a bill of materials of something in operation
// is. What the bill is about is the system. Its devices are assets; each
// application, operating system, container, platform and firmware is deployed
// in the system, on the device that it is nested in. What these are made of
// (libraries, frameworks, files) is for their own bills, and passed over. It is
// one part of its inventory, which a later bill of the same system takes the
// place of.
func FromBill(b *software.Bill, o Options) (*ledger.Reading, error) {
	name := b.Name
	if c := b.RootComponent(); c != nil {
		name = cmp.Or(c.Name, name)
	}
	source := cmp.Or(o.Source, Source(""))
	t := &reader{
		reading:   &ledger.Reading{Kind: KindBill, Source: source, Part: "bill of " + slug(name), Mode: ledger.Snapshot, Rows: len(b.Components)},
		inventory: inventoryOf(source), organisation: o.Organisation,
	}
	system := SystemID(t.inventory, name)
	if system == "" {
		return nil, problem.New(problem.Invalid, "the bill does not say what system it is about; want a name in its metadata's component")
	}
	if day, err := access.ParseDate(b.Created[:min(len(b.Created), len("2006-01-02"))]); err == nil {
		t.reading.Published = day
	}
	t.billSystem(b, system, name)
	for i := range b.Components {
		if i != b.Root {
			t.billComponent(b, i, system)
		}
	}
	t.finish()
	t.reading.Warnings = append(t.reading.Warnings, b.Broken...)
	return t.reading, nil
}

// billSystem notes the system that a bill is about. Where that has a version,
// it is a release itself, and runs.
func (t *reader) billSystem(b *software.Bill, system, name string) {
	s := System{Name: name, Organisation: OrganisationID(t.organisation)}
	if s.Organisation != "" {
		t.organisations.add(place{subject: s.Organisation, key: keyOne}, NameTerm(t.organisation), Organisation{Name: t.organisation}, fillOrganisation)
	}
	t.systems.add(place{subject: system, key: keyOne}, NameTerm(name), s, fillSystem)
	if c := b.RootComponent(); c != nil && c.Version != "" {
		t.billRelease(c, system, "")
	}
}

func (t *reader) billComponent(b *software.Bill, i int, system string) {
	c := &b.Components[i]
	switch c.Type {
	case "device":
		if id := t.device(b, i); id != "" {
			a := Asset{System: system, Kind: "device", Model: strings.TrimSpace(c.Name + " " + c.Version), Vendor: cmp.Or(c.Maker, c.Supplier)}
			t.note(fmt.Sprintf("component %s", c.Ref), id, t.assets.add(place{subject: id, key: keyOne}, system, a, fillAsset))
		}
	case "application", "operating-system", "container", "platform", "firmware":
		t.billRelease(c, system, t.device(b, c.Parent))
	}
}

// device is the id of the asset that a component is, or is nested in; "" for
// none.
func (t *reader) device(b *software.Bill, i int) string {
	for range maxNesting {
		if i < 0 || i >= len(b.Components) {
			return ""
		}
		c := &b.Components[i]
		if c.Type == "device" {
			return AssetID(t.inventory, cmp.Or(c.Ref, c.Name))
		}
		i = c.Parent
	}
	return ""
}

// maxNesting bounds how far up a device is looked for.
const maxNesting = 100

// billRelease notes that a component runs.
func (t *reader) billRelease(c *software.Component, system, asset string) {
	d := Deployment{Asset: asset, Name: c.Name, Version: c.Version, Vendor: cmp.Or(c.Supplier, c.Maker, c.Publisher)}
	if c.Group != "" {
		d.Name = c.Group + "/" + c.Name
	}
	if c.PURL != "" && !d.identify(c.PURL) {
		t.say("component %s: %q is no purl", c.Ref, c.PURL)
	}
	for _, cpe := range c.CPEs {
		d.identify(cpe)
	}
	for _, h := range c.Hashes {
		if h.Algorithm == "SHA-256" {
			d.identify("sha256:" + h.Value)
		}
	}
	terms := d.Terms()
	if len(terms) == 0 {
		t.say("component %s: has no name", c.Ref)
		return
	}
	key := strings.Join(strings.Fields(asset+" "+terms[0]), " ")
	t.deployments.add(place{subject: system, key: key}, terms[0], d, fillDeployment)
}
