package cyclonedx

import (
	"strings"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// service is the type of components that are services.
const service = "service"

// bomLink begins what names another bill, or a part of one; see BOM-Link in
// the specification (cyclonedx.org/capabilities/bomlink).
const bomLink = "urn:cdx:"

// linkDependsOn is the type of a link to a part of another bill that a component
// depends on.
const linkDependsOn = "depends_on"

// tool notes what the bill was made with.
func (d *draft) tool(name, version string) {
	if name != "" {
		d.bill.Tools = append(d.bill.Tools, strings.TrimSuffix(name+" "+version, " "))
	}
}

// reference notes where more is to be found of component i, or of the bill when
// c is nil.
func (d *draft) reference(i int, c *software.Component, kind, url string) {
	switch {
	case url == "":
	case kind == "bom", strings.HasPrefix(url, bomLink): // a bill of weaknesses has a type of its own
		d.link(i, url, kind)
	case kind == "distribution" && c != nil && c.Download == "":
		c.Download = url
	}
}

// observe takes the licences and the copyright that were found in a component,
// where nobody declares any: some generators, as cyclonedx-gomod, write what
// they find as evidence alone.
func observe(c, observed *software.Component) {
	if len(c.Licences) == 0 {
		c.Licences = observed.Licences
	}
	if c.Copyright == "" {
		c.Copyright = observed.Copyright
	}
}

// notices are copyright notices as one text, as far as it may be long.
func (d *draft) notices(all []string) string {
	text := strings.Join(distinct(all), "\n")
	if len(text) > d.limits.Field {
		return ""
	}
	return text
}

// claim notes what is said of completeness.
func (d *draft) claim(c claim) {
	if c.aggregate != "" {
		d.claims = append(d.claims, c)
	}
}

// relateAll says what one thing depends on, or provides.
func (d *draft) relateAll(from int32, all []int32, provides bool) error {
	for _, to := range all {
		if err := d.relate(from, to, provides); err != nil {
			return err
		}
	}
	return nil
}

// weak notes a weakness.
func (d *draft) weak(w *software.Weakness) error {
	n := len(d.bill.Weaknesses)
	if n >= d.limits.Weaknesses {
		return problem.New(problem.TooLarge, "more than %d vulnerabilities, the limit", d.limits.Weaknesses)
	}
	d.bill.Weaknesses = append(d.bill.Weaknesses, *w)
	if n%1024 == 0 {
		return d.stopped()
	}
	return nil
}
