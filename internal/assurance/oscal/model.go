package oscal

// The parts of the OSCAL models that are read or written here, named as there:
// https://pages.nist.gov/OSCAL-Reference/models/v1.1.3/

type document struct {
	Catalog *catalog           `json:"catalog,omitempty"`
	Profile *profile           `json:"profile,omitempty"`
	Results *assessmentResults `json:"assessment-results,omitempty"`
	Plan    *actionPlan        `json:"plan-of-action-and-milestones,omitempty"`
}

type metadata struct {
	Title        string             `json:"title"`
	Published    string             `json:"published,omitempty"`
	LastModified string             `json:"last-modified"`
	Version      string             `json:"version"`
	OSCALVersion string             `json:"oscal-version"`
	Props        []property         `json:"props,omitempty"`
	Roles        []role             `json:"roles,omitempty"`
	Parties      []party            `json:"parties,omitempty"`
	Responsible  []responsibleParty `json:"responsible-parties,omitempty"`
	Remarks      string             `json:"remarks,omitempty"`
}

type role struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

type party struct {
	UUID  string     `json:"uuid"`
	Type  string     `json:"type"` // "person" or "organization"
	Name  string     `json:"name,omitempty"`
	Props []property `json:"props,omitempty"`
}

type responsibleParty struct {
	RoleID string   `json:"role-id"`
	UUIDs  []string `json:"party-uuids"`
}

type property struct {
	Name    string `json:"name"`
	NS      string `json:"ns,omitempty"`
	Value   string `json:"value"`
	Class   string `json:"class,omitempty"`
	Group   string `json:"group,omitempty"` // those with one belong together
	Remarks string `json:"remarks,omitempty"`
}

type link struct {
	Href     string `json:"href"`
	Rel      string `json:"rel,omitempty"`
	Fragment string `json:"resource-fragment,omitempty"` // place in the resource
	Text     string `json:"text,omitempty"`
}

type backMatter struct {
	Resources []resource `json:"resources,omitempty"`
}

type resource struct {
	UUID        string         `json:"uuid"`
	Title       string         `json:"title,omitempty"`
	Description string         `json:"description,omitempty"`
	Props       []property     `json:"props,omitempty"`
	RLinks      []resourceLink `json:"rlinks,omitempty"`
}

type resourceLink struct {
	Href      string `json:"href"`
	MediaType string `json:"media-type,omitempty"`
	Hashes    []hash `json:"hashes,omitempty"`
}

type hash struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"value"`
}

type catalog struct {
	UUID       string      `json:"uuid"`
	Metadata   *metadata   `json:"metadata"`
	Params     []param     `json:"params,omitempty"`
	Controls   []control   `json:"controls,omitempty"`
	Groups     []group     `json:"groups,omitempty"`
	BackMatter *backMatter `json:"back-matter,omitempty"`
}

type group struct {
	ID       string     `json:"id,omitempty"`
	Class    string     `json:"class,omitempty"`
	Title    string     `json:"title"`
	Params   []param    `json:"params,omitempty"`
	Props    []property `json:"props,omitempty"`
	Links    []link     `json:"links,omitempty"`
	Parts    []part     `json:"parts,omitempty"`
	Groups   []group    `json:"groups,omitempty"`
	Controls []control  `json:"controls,omitempty"`
}

type control struct {
	ID       string     `json:"id"`
	Class    string     `json:"class,omitempty"`
	Title    string     `json:"title"`
	Params   []param    `json:"params,omitempty"`
	Props    []property `json:"props,omitempty"`
	Links    []link     `json:"links,omitempty"`
	Parts    []part     `json:"parts,omitempty"`
	Controls []control  `json:"controls,omitempty"`
}

type param struct {
	ID     string     `json:"id"`
	Label  string     `json:"label,omitempty"`
	Values []string   `json:"values,omitempty"`
	Select *selection `json:"select,omitempty"`
}

type selection struct {
	Choice []string `json:"choice,omitempty"`
}

type part struct {
	ID    string     `json:"id,omitempty"`
	Name  string     `json:"name"`
	Title string     `json:"title,omitempty"`
	Props []property `json:"props,omitempty"`
	Prose string     `json:"prose,omitempty"`
	Parts []part     `json:"parts,omitempty"`
}

type profile struct {
	UUID       string      `json:"uuid"`
	Metadata   *metadata   `json:"metadata"`
	Imports    []imported  `json:"imports"`
	Merge      *merge      `json:"merge,omitempty"`
	Modify     *modify     `json:"modify,omitempty"`
	BackMatter *backMatter `json:"back-matter,omitempty"`
}

type imported struct {
	Href    string     `json:"href"`
	All     *struct{}  `json:"include-all,omitempty"`
	Include []selector `json:"include-controls,omitempty"`
	Exclude []selector `json:"exclude-controls,omitempty"`
}

type selector struct {
	Children string     `json:"with-child-controls,omitempty"` // "yes" or "no"
	IDs      []string   `json:"with-ids,omitempty"`
	Matching []struct{} `json:"matching,omitempty"`
}

type merge struct {
	AsIs bool `json:"as-is,omitempty"`
}

type modify struct {
	Alters []alter `json:"alters,omitempty"`
}

type alter struct {
	ControlID string `json:"control-id"`
	Adds      []add  `json:"adds,omitempty"`
}

type add struct {
	Position string     `json:"position,omitempty"`
	Props    []property `json:"props,omitempty"`
}
