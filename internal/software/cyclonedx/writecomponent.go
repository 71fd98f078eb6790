package cyclonedx

import (
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/github/go-spdx/v2/spdxexp/spdxlicenses"

	"countersign.dev/internal/software"
)

// maxVersion is how long a version may be by the schema.
const maxVersion = 1024

// types are what a component can be by the schema of 1.6.
var types = []string{
	"application", "framework", "library", "container", "platform", "operating-system", "device", "device-driver", "firmware", "file",
	"machine-learning-model", "data", "cryptographic-asset",
}

// typeOf is a component's type in the schema's words. Where a bill says nothing,
// library is what the specification advises.
func typeOf(kind string) string {
	switch {
	case slices.Contains(types, kind):
		return kind
	case kind == service, kind == "install":
		return "application"
	case kind == "archive", kind == "source":
		return "file"
	}
	return "library"
}

// components writes those of some that are services, or those that are not.
func (d *document) components(name string, some []int, services bool) {
	var those []int
	for _, i := range some {
		if (d.bill.Components[i].Type == service) == services {
			those = append(those, i)
		}
	}
	d.arrayAt(name, len(those), func(k int) {
		d.object(func() {
			if services {
				d.service(those[k])
			} else {
				d.component(those[k])
			}
		})
	})
}

// component writes the members of one, with those in it.
func (d *document) component(i int) {
	c := &d.bill.Components[i]
	d.text("type", typeOf(c.Type))
	d.text("bom-ref", d.refs[i])
	d.called("supplier", c.Supplier)
	d.called("manufacturer", c.Maker)
	if c.Author != "" {
		d.arrayAt("authors", 1, func(int) { d.object(func() { d.text("name", c.Author) }) })
	}
	d.text("publisher", c.Publisher)
	d.named(c)
	if slices.Contains([]string{"required", "optional", "excluded"}, c.Scope) {
		d.text("scope", c.Scope)
	}
	d.hashes(c.Hashes)
	d.licences(c.Licences)
	d.text("copyright", c.Copyright)
	if len(c.CPEs) > 0 {
		d.text("cpe", c.CPEs[0])
	}
	d.text("purl", c.PURL)
	d.references(i, c.Download)
	d.properties(i)
	d.components("components", d.of(i), false)
	d.identities(c)
}

// of are the components in one.
func (d *document) of(i int) []int {
	var out []int
	d.children(i, func(c int) { out = append(out, c) })
	return out
}

func (d *document) service(i int) {
	c := &d.bill.Components[i]
	d.text("bom-ref", d.refs[i])
	d.called("provider", c.Supplier)
	d.named(c)
	d.licences(c.Licences)
	d.references(i, "")
	d.components("services", d.of(i), true)
}

func (d *document) named(c *software.Component) {
	d.text("group", c.Group)
	d.name("name")
	d.value(c.Name) // required, be it empty
	d.text("version", upTo(c.Version, maxVersion))
}

// hashes writes the digests that the schema of 1.6 accepts.
func (d *document) hashes(all []software.Hash) {
	var fit []software.Hash
	for _, h := range all {
		if h, wrong := hashOf(h.Algorithm, h.Value); wrong == "" && !strings.HasPrefix(h.Algorithm, "Streebog") {
			fit = append(fit, h)
		}
	}
	d.arrayAt("hashes", len(fit), func(i int) {
		d.object(func() {
			d.text("alg", fit[i].Algorithm)
			d.text("content", fit[i].Value)
		})
	})
}

// weaknessLinks are the types of references to what is known of weaknesses,
// which may be a bill too.
var weaknessLinks = []string{"advisories", "exploitability-statement", "vulnerability-assertion"}

// references writes where a component is to be had and the bills that are
// referred to, as far as these are URLs: git's own way of writing, as
// git@example.org:a/b, is none.
func (d *document) references(i int, download string) {
	all := [][2]string{{"distribution", download}}
	for _, l := range d.links[i] {
		kind := "bom"
		if slices.Contains(weaknessLinks, l.Type) {
			kind = l.Type
		}
		all = append(all, [2]string{kind, l.Target})
	}
	all = slices.DeleteFunc(all, func(r [2]string) bool {
		_, err := url.Parse(r[1])
		return r[1] == "" || err != nil
	})
	d.arrayAt("externalReferences", len(all), func(i int) {
		d.object(func() {
			d.text("type", all[i][0])
			d.text("url", all[i][1])
		})
	})
}

// properties writes what other readers look for in properties: the source
// package, where the purl does not tell it already, and the end of life; and the
// relations that stand nowhere else.
func (d *document) properties(i int) {
	c := &d.bill.Components[i]
	var all [][2]string
	if c.Source != "" && c.Source != sourceOf(c) {
		name, version, _ := strings.Cut(c.Source, "@")
		if name == "" || version == "" || strings.ContainsAny(name, ":/") {
			all = append(all, [2]string{ownSource, c.Source})
		} else {
			all = append(all, [2]string{syftSource, name}, [2]string{syftSourceVersion, version})
		}
	}
	if c.EndOfLife != "" {
		all = append(all, [2]string{endOfLife, c.EndOfLife})
	}
	for _, r := range d.others[i] {
		all = append(all, [2]string{ownRelation, r})
	}
	d.arrayAt("properties", len(all), func(i int) {
		d.object(func() {
			d.text("name", all[i][0])
			d.text("value", all[i][1])
		})
	})
}

// identities writes what else a component is known by: there is room for one
// purl and one CPE beside its name.
func (d *document) identities(c *software.Component) {
	var all [][2]string
	for _, p := range c.MorePURLs {
		all = append(all, [2]string{"purl", p})
	}
	for _, cpe := range c.CPEs[min(1, len(c.CPEs)):] {
		all = append(all, [2]string{"cpe", cpe})
	}
	if len(all) == 0 {
		return
	}
	d.objectAt("evidence", func() {
		d.arrayAt("identity", len(all), func(i int) {
			d.object(func() {
				d.text("field", all[i][0])
				d.text("concludedValue", all[i][1])
			})
		})
	})
}

// licences writes a list of licences, or one expression: the schema does not
// let them stand beside one another. Expressions that cannot be joined, since
// others have no id or some are concluded and others declared, are written as
// the names of licences.
func (d *document) licences(all []software.Licence) {
	var some []software.Licence
	compound, alike := false, true
	for _, l := range all {
		if l.Expression == "NOASSERTION" || l.Expression == "NONE" || l.Expression == "" && l.Name == "" || slices.Contains(some, l) {
			continue
		}
		some = append(some, l)
		compound = compound || l.Expression != "" && !listed()[l.Expression]
		alike = alike && l.Expression != "" && l.Acknowledged == some[0].Acknowledged
	}
	if compound && alike {
		d.arrayAt("licenses", 1, func(int) {
			d.object(func() {
				d.text("expression", together(some))
				d.acknowledged(some[0].Acknowledged)
			})
		})
		return
	}
	d.arrayAt("licenses", len(some), func(i int) {
		d.object(func() {
			d.objectAt("license", func() { d.licence(some[i]) })
		})
	})
}

func (d *document) licence(l software.Licence) {
	switch {
	case l.Expression == "":
		d.text("name", l.Name)
	case listed()[l.Expression]:
		d.text("id", l.Expression)
	default:
		d.text("name", l.Expression)
	}
	d.acknowledged(l.Acknowledged)
}

func (d *document) acknowledged(how string) {
	if how == "declared" || how == "concluded" {
		d.text("acknowledgement", how)
	}
}

// listed are the ids of licences on the SPDX list, which the schema repeats,
// those included that the list has replaced.
var listed = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for _, ids := range [][]string{spdxlicenses.GetLicenses(), spdxlicenses.GetDeprecated()} {
		for _, id := range ids {
			all[id] = true
		}
	}
	return all
})

// upTo is the beginning of a text that is too long for the schema.
func upTo(s string, characters int) string {
	if utf8.RuneCountInString(s) <= characters {
		return s
	}
	return string([]rune(s)[:characters])
}
