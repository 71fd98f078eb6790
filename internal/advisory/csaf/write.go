package csaf

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex"
	"countersign.dev/internal/problem"
)

// Document is what [Write] writes.
type Document struct {
	ID         string // tracking id, the same for every version
	Title      string
	Publisher  Publisher
	TLP        string // "WHITE", "GREEN", "AMBER" or "RED"; WHITE when empty
	Engine     string // what made it, as "countersign"
	Revisions  []Revision
	Statements []advisory.VEX
}

// Publisher is who publishes a document (section 3.2.1.8).
type Publisher struct {
	Name      string
	Namespace string // a URL under the publisher's control
	Category  string // "vendor", "coordinator", "user", "discoverer", "translator" or "other"; "vendor" when empty
}

// Revision is one version of a document, numbered from 1 in their order.
type Revision struct {
	Date    time.Time
	Summary string
}

// Write writes statements as a CSAF 2.0 document of profile 5, VEX (section
// 4.5). The same statements give the same bytes.
//
// What the profile requires and a statement lacks is an error: a justification
// or impact for not_affected, an action for affected. A product cannot have two
// statuses for one weakness.
func Write(d *Document) ([]byte, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	w := &writer{products: map[called]string{}, pairs: map[[2]string]string{}, index: map[string]int{}}
	for i := range d.Statements {
		if err := w.statement(&d.Statements[i]); err != nil {
			return nil, problem.New(problem.Invalid, "statement %d, about %s: %v", i+1, cmp.Or(d.Statements[i].Weakness, "no weakness"), err)
		}
	}
	out := object{"document": d.head(), "product_tree": w.tree(), "vulnerabilities": w.vulnerabilities}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(out); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// object is a JSON object; its members are written by name.
type object = map[string]any

func (d *Document) check() error {
	switch {
	case strings.TrimSpace(d.ID) == "" || d.ID != strings.TrimSpace(d.ID) || d.Title == "":
		return problem.New(problem.Invalid, "a document wants an id without space around it, and a title")
	case d.Publisher.Name == "" || d.Publisher.Namespace == "":
		return problem.New(problem.Invalid, "a document wants a publisher with a name and a namespace")
	case len(d.Revisions) == 0 || len(d.Statements) == 0:
		return problem.New(problem.Invalid, "a document wants a revision and a statement")
	case !slices.IsSortedFunc(d.Revisions, func(a, b Revision) int { return a.Date.Compare(b.Date) }):
		return problem.New(problem.Invalid, "the revisions of a document want to be in the order of their dates")
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func (d *Document) head() object {
	var history []object
	for i, r := range d.Revisions {
		history = append(history, object{"date": stamp(r.Date), "number": strconv.Itoa(i + 1), "summary": cmp.Or(r.Summary, "New statements.")})
	}
	last := d.Revisions[len(d.Revisions)-1]
	tracking := object{
		"id": d.ID, "status": "final", "version": strconv.Itoa(len(d.Revisions)), "revision_history": history,
		"initial_release_date": stamp(d.Revisions[0].Date), "current_release_date": stamp(last.Date),
	}
	if d.Engine != "" {
		tracking["generator"] = object{"engine": object{"name": d.Engine}}
	}
	return object{
		"category": "csaf_vex", "csaf_version": "2.0", "lang": "en", "title": d.Title, "tracking": tracking,
		"publisher":    object{"category": cmp.Or(d.Publisher.Category, "vendor"), "name": d.Publisher.Name, "namespace": d.Publisher.Namespace},
		"distribution": object{"tlp": object{"label": cmp.Or(d.TLP, "WHITE"), "url": "https://www.first.org/tlp/"}},
	}
}

// writer collects the product tree and the vulnerabilities.
type writer struct {
	products map[called]string // ids
	pairs    map[[2]string]string
	order    []called // of products
	related  []object // relationships

	vulnerabilities []*writtenVulnerability
	index           map[string]int // of vulnerabilities, by weakness
}

// writtenVulnerability is one item of /vulnerabilities.
type writtenVulnerability struct {
	CVE          string              `json:"cve,omitempty"`
	IDs          []object            `json:"ids,omitempty"`
	Notes        []object            `json:"notes"`
	Status       map[string][]string `json:"product_status"`
	Flags        []*applied          `json:"flags,omitempty"`
	Threats      []*applied          `json:"threats,omitempty"`
	Remediations []*applied          `json:"remediations,omitempty"`

	status map[string]string // by product
}

// applied is something that is said of several products.
type applied struct {
	Label    string   `json:"label,omitempty"`
	Category string   `json:"category,omitempty"`
	Details  string   `json:"details,omitempty"`
	Products []string `json:"product_ids"`

	has map[string]bool // products
}

// lists are the lists of product_status that statuses are written in.
var lists = map[string]string{
	vex.Affected: "known_affected", vex.NotAffected: "known_not_affected", vex.Fixed: "fixed", vex.UnderInvestigation: "under_investigation",
}

// statement adds one statement.
func (w *writer) statement(v *advisory.VEX) error {
	switch {
	case strings.TrimSpace(v.Weakness) == "":
		return problem.New(problem.Invalid, "want the id of a vulnerability")
	case lists[v.Status] == "":
		return problem.New(problem.Invalid, "status %q; want not_affected, affected, fixed or under_investigation", v.Status)
	case v.Justification != "" && !slices.Contains(vex.Justifications, v.Justification):
		return problem.New(problem.Invalid, "justification %q; want one of %s", v.Justification, strings.Join(vex.Justifications, ", "))
	case vex.Effective(v) != v.Status:
		return problem.New(problem.Invalid, "not_affected wants a justification or an impact statement")
	case v.Status == vex.Affected && strings.TrimSpace(v.Action) == "":
		return problem.New(problem.Invalid, "affected wants an action: what to do about it")
	}
	id, err := w.subject(v)
	if err != nil {
		return err
	}
	x := w.vulnerability(v)
	switch x.status[id] {
	case v.Status:
	case "":
		x.status[id] = v.Status
		x.Status[lists[v.Status]] = append(x.Status[lists[v.Status]], id)
	default:
		return problem.New(problem.Invalid, "%s is said to be %s as well", cmp.Or(v.Product, v.Component), x.status[id])
	}
	if v.Status == vex.NotAffected && v.Justification != "" {
		x.Flags = apply(x.Flags, applied{Label: v.Justification}, id)
	}
	if v.Status == vex.NotAffected && v.Impact != "" {
		x.Threats = apply(x.Threats, applied{Category: "impact", Details: v.Impact}, id)
	}
	for _, line := range strings.Split(v.Action, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			x.Remediations = apply(x.Remediations, remedy(line), id)
		}
	}
	return nil
}

// apply adds a product to what is said already, or begins with it.
func apply(list []*applied, what applied, id string) []*applied {
	for _, a := range list {
		if a.Label == what.Label && a.Category == what.Category && a.Details == what.Details {
			if !a.has[id] {
				a.has[id] = true
				a.Products = append(a.Products, id)
			}
			return list
		}
	}
	what.Products, what.has = []string{id}, map[string]bool{id: true}
	return append(list, &what)
}

// remedies are the categories of remediations, which [Read] puts before their
// text.
var remedies = []string{"vendor_fix", "workaround", "mitigation", "no_fix_planned", "none_available"}

// remedy is an action as a remediation: of the category that it begins with,
// else of mitigation, which promises least.
func remedy(action string) applied {
	for _, c := range remedies {
		if text, ok := strings.CutPrefix(action, c+": "); ok && strings.TrimSpace(text) != "" {
			return applied{Category: c, Details: strings.TrimSpace(text)}
		}
	}
	return applied{Category: "mitigation", Details: action}
}

var cveForm = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,}$`)

// vulnerability is the item about a statement's weakness.
func (w *writer) vulnerability(v *advisory.VEX) *writtenVulnerability {
	name := strings.ToUpper(strings.TrimSpace(v.Weakness))
	at, seen := w.index[name]
	if !seen {
		at = len(w.vulnerabilities)
		w.index[name] = at
		w.vulnerabilities = append(w.vulnerabilities, &writtenVulnerability{
			Status: map[string][]string{}, status: map[string]string{},
			Notes: []object{{"category": "description", "text": fmt.Sprintf("What %s means for the products named.", v.Weakness)}},
		})
	}
	x := w.vulnerabilities[at]
	for _, id := range append([]string{v.Weakness}, v.Aliases...) {
		id = strings.TrimSpace(id)
		if upper := strings.ToUpper(id); cveForm.MatchString(upper) && x.CVE == "" {
			x.CVE = upper
		} else if id != "" && upper != x.CVE && !slices.ContainsFunc(x.IDs, func(o object) bool { return o["text"] == id }) {
			x.IDs = append(x.IDs, object{"system_name": systemOf(id), "text": id})
		}
	}
	return x
}

// systemOf names the database that an id is of, by what it begins with.
func systemOf(id string) string {
	prefix, _, ok := strings.Cut(id, "-")
	if !ok || prefix == "" {
		return "other"
	}
	return prefix
}
