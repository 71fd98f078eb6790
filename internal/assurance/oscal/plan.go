package oscal

import (
	"io"
	"strconv"
	"time"
)

// Plan is what has to be fixed, as OSCAL has it: a plan of action and milestones.
type Plan struct {
	ID      string // of the plan: the same plan of another day has the same
	Title   string
	System  string // id of what it is about: a system, or an organisation
	Version string // as of which day
	Items   []PlanItem
}

// PlanItem is one thing that has to be fixed.
type PlanItem struct {
	ID          string
	Title       string
	Description string
	Statement   string    // why it is owed
	Asset       string    // id
	Hostname    string    // of the asset
	Weakness    string    // "CVE-2021-44228"
	Found       time.Time // when it was observed
	Deadline    time.Time // zero for none
	Status      string    // "open" or "closed"
	State       string    // where it stands, in words of ours
	Rule        string    // what asks for it
	Row         int       // of the rule's table, 0 for none
	Assumed     []string  // what is not known, with what counts instead
	Evidence    []string  // digests or positions of the documents that it rests on
}

type actionPlan struct {
	UUID         string        `json:"uuid"`
	Metadata     *metadata     `json:"metadata"`
	SystemID     systemID      `json:"system-id"`
	Local        *planLocal    `json:"local-definitions,omitempty"`
	Observations []observation `json:"observations,omitempty"`
	Risks        []risk        `json:"risks,omitempty"`
	Items        []planItem    `json:"poam-items"`
}

type systemID struct {
	Type string `json:"identifier-type"`
	ID   string `json:"id"`
}

type planLocal struct {
	Inventory []inventoryItem `json:"inventory-items,omitempty"`
}

type inventoryItem struct {
	UUID        string     `json:"uuid"`
	Description string     `json:"description"`
	Props       []property `json:"props,omitempty"`
}

type risk struct {
	UUID        string           `json:"uuid"`
	Title       string           `json:"title"`
	Description string           `json:"description"`
	Statement   string           `json:"statement"`
	Props       []property       `json:"props,omitempty"`
	Status      string           `json:"status"`
	Threats     []threat         `json:"threat-ids,omitempty"`
	Deadline    string           `json:"deadline,omitempty"`
	Seen        []observationRef `json:"related-observations,omitempty"`
}

type threat struct {
	System string `json:"system"`
	Href   string `json:"href,omitempty"`
	ID     string `json:"id"`
}

type observationRef struct {
	UUID string `json:"observation-uuid"`
}

type riskRef struct {
	UUID string `json:"risk-uuid"`
}

type planItem struct {
	UUID        string           `json:"uuid"`
	Title       string           `json:"title"`
	Description string           `json:"description"`
	Props       []property       `json:"props,omitempty"`
	Seen        []observationRef `json:"related-observations,omitempty"`
	Risks       []riskRef        `json:"related-risks,omitempty"`
}

// WritePlan writes a plan as an OSCAL plan of action and milestones that was last
// changed at a time: each item with the observation and the risk that it is about,
// and the asset in the inventory. Identifiers follow from what they are of, so a
// later plan has the same for the same.
func WritePlan(w io.Writer, p *Plan, modified time.Time) error {
	x := &planExporter{plan: p, assets: map[string]string{}}
	out := &actionPlan{
		UUID: x.uuid("plan", p.Version), SystemID: systemID{Namespace, said(p.System, p.ID)}, Items: []planItem{},
		Metadata: &metadata{Title: said(p.Title, "Plan of action and milestones"), LastModified: moment(modified), Version: said(p.Version, "1"), OSCALVersion: version},
	}
	for i := range p.Items {
		item := &p.Items[i]
		seen, danger := x.observed(item), x.risk(item)
		danger.Seen = []observationRef{{seen.UUID}}
		out.Observations, out.Risks = append(out.Observations, seen), append(out.Risks, danger)
		var own props
		own.add("rule", item.Rule)
		own.add("state", item.State)
		out.Items = append(out.Items, planItem{
			UUID: x.uuid("item", item.ID), Title: said(item.Title, item.ID), Description: said(item.Description, item.Title, item.ID), Props: own,
			Seen: danger.Seen, Risks: []riskRef{{danger.UUID}},
		})
	}
	if len(x.inventory) > 0 {
		out.Local = &planLocal{x.inventory}
	}
	return encode(w, &document{Plan: out})
}

type planExporter struct {
	plan      *Plan
	assets    map[string]string // UUIDs, by id
	inventory []inventoryItem
}

func (x *planExporter) uuid(names ...string) string {
	return uuid(append([]string{"plan", x.plan.ID}, names...)...)
}

// asset is the UUID of an asset, which is put into the inventory the first time.
func (x *planExporter) asset(item *PlanItem) string {
	if id := x.assets[item.Asset]; id != "" {
		return id
	}
	id := x.uuid("asset", item.Asset)
	x.assets[item.Asset] = id
	var own props
	own.add("asset", item.Asset)
	if name := oneLine(item.Hostname); name != "" {
		own = append(own, property{Name: "fqdn", Value: name}) // a name of OSCAL's own
	}
	x.inventory = append(x.inventory, inventoryItem{id, said(item.Hostname, item.Asset, "an asset"), own})
	return id
}

func (x *planExporter) observed(item *PlanItem) observation {
	var own props
	own.add("weakness", item.Weakness)
	o := observation{
		UUID: x.uuid("observation", item.ID), Title: said(item.Title, item.ID), Description: said(item.Weakness+" was found on "+said(item.Hostname, item.Asset), item.ID),
		Props: own, Methods: []string{"TEST"}, Types: []string{"finding"}, Collected: moment(item.Found),
		Subjects: []subject{{x.asset(item), "inventory-item"}},
	}
	for _, e := range item.Evidence {
		o.Evidence = append(o.Evidence, evidenceR{Description: said("document " + e)})
	}
	return o
}

func (x *planExporter) risk(item *PlanItem) risk {
	var own props
	own.add("rule", item.Rule)
	if item.Row > 0 {
		own.add("row", strconv.Itoa(item.Row))
	}
	own.list("assumed", item.Assumed)
	r := risk{
		UUID: x.uuid("risk", item.ID), Title: said(item.Title, item.ID), Description: said(item.Description, item.Title, item.ID),
		Statement: said(item.Statement, item.Description, item.Title, item.ID), Props: own, Status: item.Status,
	}
	if item.Weakness != "" {
		r.Threats = []threat{{System: "https://www.cve.org", Href: "https://www.cve.org/CVERecord?id=" + item.Weakness, ID: "https://www.cve.org/CVERecord?id=" + item.Weakness}}
	}
	if !item.Deadline.IsZero() {
		r.Deadline = moment(item.Deadline)
	}
	return r
}
