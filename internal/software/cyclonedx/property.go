package cyclonedx

import (
	"net/url"
	"regexp"
	"strings"

	"countersign.dev/internal/software"
)

// Properties that are read. Those of syft and trivy name the package of the
// distribution's archive that a package was built from; the milestones are of
// CycloneDX's own taxonomy.
const (
	trivySource        = "aquasecurity:trivy:SrcName"
	trivySourceVersion = "aquasecurity:trivy:SrcVersion"
	trivySourceRelease = "aquasecurity:trivy:SrcRelease"
	trivySourceEpoch   = "aquasecurity:trivy:SrcEpoch"
	syftSource         = "syft:metadata:source"
	syftSourceVersion  = "syft:metadata:sourceVersion"
	syftOrigin         = "syft:metadata:originPackage"
	syftSourceRPM      = "syft:metadata:sourceRpm"
	ownSource          = "countersign:source"   // what is written where none of the others can hold it
	ownRelation        = "countersign:relation" // kind and bom-ref, of what the dependency graph has no word for
	endOfLife          = "cdx:lifecycle:milestone:endOfLife"
	endOfSupport       = "cdx:lifecycle:milestone:endOfSupport"
)

// properties collects those of one component.
type properties struct {
	source, version, release, epoch string
	rpm, own                        string
	life, support                   string
	relations                       []string
}

// add takes a value of a property that may stand more than once. It is false
// for others.
func (p *properties) add(name string, value func() string) bool {
	if name != ownRelation {
		return false
	}
	if len(p.relations) < maxRelations {
		p.relations = append(p.relations, value())
		return true
	}
	return false
}

// field is where a property's value is kept; nil for one that is not read.
func (p *properties) field(name string) *string {
	switch name {
	case trivySource, syftSource, syftOrigin:
		return &p.source
	case trivySourceVersion, syftSourceVersion:
		return &p.version
	case trivySourceRelease:
		return &p.release
	case trivySourceEpoch:
		return &p.epoch
	case syftSourceRPM:
		return &p.rpm
	case ownSource:
		return &p.own
	case endOfLife:
		return &p.life
	case endOfSupport:
		return &p.support
	}
	return nil
}

// apply says of a component what its properties do.
func (p *properties) apply(c *software.Component) {
	c.EndOfLife = p.endOfLife()
	switch {
	case p.own != "":
		c.Source = p.own
	case p.source != "" && !strings.ContainsAny(p.source, ":/"): // of a crate syft gives the registry
		version := p.version
		if version != "" && p.release != "" {
			version += "-" + p.release
		}
		if version != "" && p.epoch != "" && p.epoch != "0" {
			version = p.epoch + ":" + version
		}
		c.Source = nameAt(p.source, version, c.Version)
	case p.rpm != "":
		c.Source = rpmSource(p.rpm)
	}
}

// endOfLife is the day after which nobody cares for it, by either word.
func (p *properties) endOfLife() string {
	if p.life != "" {
		return p.life
	}
	return p.support
}

// nameAt is a source package in writing. One whose version is not told has that
// of the package built from it.
func nameAt(name, version, otherwise string) string {
	if version == "" {
		version = otherwise
	}
	if version == "" {
		return name
	}
	return name + "@" + version
}

// sourceOf is the source package that a component's purl names in its qualifier
// "upstream", which syft writes for packages of distributions.
func sourceOf(c *software.Component) string {
	_, qualifiers, ok := strings.Cut(c.PURL, "?")
	if !ok || !strings.Contains(qualifiers, "upstream=") {
		return ""
	}
	qualifiers, _, _ = strings.Cut(qualifiers, "#")
	for q := range strings.SplitSeq(qualifiers, "&") {
		value, ok := strings.CutPrefix(q, "upstream=")
		if !ok {
			continue
		}
		value, err := url.PathUnescape(value)
		if err != nil || value == "" {
			return ""
		}
		if strings.HasSuffix(value, ".src.rpm") {
			return rpmSource(value)
		}
		name, version, _ := strings.Cut(value, "@")
		return nameAt(name, version, c.Version)
	}
	return ""
}

var rpmFile = regexp.MustCompile(`^(.+)-([^-]+-[^-]+)\.src\.rpm$`)

// rpmSource is the package that the name of a source RPM means.
func rpmSource(file string) string {
	m := rpmFile.FindStringSubmatch(file)
	if m == nil {
		return strings.TrimSuffix(file, ".src.rpm")
	}
	return m[1] + "@" + m[2]
}
