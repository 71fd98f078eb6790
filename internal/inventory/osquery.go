package inventory

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software/purl"
	"countersign.dev/internal/table"
)

// KindOsquery is the kind of the documents that [FromOsquery] is given.
const KindOsquery = "inventory.osquery"

// OsqueryLimits bound what is read of a log of osquery's results. A zero field
// means its default.
type OsqueryLimits struct {
	Lines int // default 5,000,000
	Line  int // bytes of one line, which may hold a whole snapshot; default 64 MiB
}

// osqueryLine is one result as osquery's filesystem and TLS loggers write it: rows
// that were added or removed one by one ("event"), both in lists ("batch"), or all
// rows of a query ("snapshot").
type osqueryLine struct {
	Name        string         `json:"name"`
	Host        string         `json:"hostIdentifier"`
	Unix        json.Number    `json:"unixTime"`
	Calendar    string         `json:"calendarTime"`
	Decorations map[string]any `json:"decorations"`
	Action      string         `json:"action"`
	Columns     osqueryRow     `json:"columns"`
	Snapshot    []osqueryRow   `json:"snapshot"`
	Diff        *struct {
		Added   []osqueryRow `json:"added"`
		Removed []osqueryRow `json:"removed"`
	} `json:"diffResults"`
}

type osqueryRow map[string]any

// get is a column as text; numbers are written as such with "numerics".
func (r osqueryRow) get(names ...string) string {
	for _, name := range names {
		switch v := r[name].(type) {
		case string:
			if v = strings.TrimSpace(v); v != "" {
				return v
			}
		case json.Number:
			return v.String()
		}
	}
	return ""
}

// RecogniseOsquery tells a log of results by its first line.
func RecogniseOsquery(_ string, head []byte) bool {
	first, _, _ := bytes.Cut(bytes.TrimPrefix(head, []byte("\ufeff")), []byte("\n"))
	// A long snapshot is cut off: what stands before the rows is enough.
	return bytes.HasPrefix(bytes.TrimSpace(first), []byte("{")) && bytes.Contains(first, []byte(`"hostIdentifier"`)) &&
		(bytes.Contains(first, []byte(`"unixTime"`)) || bytes.Contains(first, []byte(`"calendarTime"`)))
}

// osqueryPackages is the tables of what is installed, with the type of the
// packages' purls; "" for those that have none.
var osqueryPackages = map[string]string{
	"deb_packages": "deb", "rpm_packages": "rpm", "python_packages": "pypi", "npm_packages": "npm", "programs": "", "apps": "", "homebrew_packages": "brew",
}

// FromOsquery reads a log of osquery's results: hosts become assets, what is
// installed becomes deployments, from the day on which it was added to that on
// which it was removed. Tables are told by how a query's name ends, as
// "pack_inventory_deb_packages"; other queries are passed over and counted. The
// decorations "system" and "host_uuid" say which system and asset a host is; hosts
// without a system are of one that says so.
//
// A log is a history: the same log, grown longer, takes the place of the shorter
// one.
func FromOsquery(ctx context.Context, b []byte, o Options, limits OsqueryLimits) (*ledger.Reading, error) {
	limits.Lines, limits.Line = cmp.Or(max(limits.Lines, 0), 5_000_000), cmp.Or(max(limits.Line, 0), 64<<20)
	source := cmp.Or(o.Source, Source(""))
	t := &osqueryReader{
		reader: reader{
			reading:   &ledger.Reading{Kind: KindOsquery, Source: source, Part: "osquery", Mode: ledger.Chronicle},
			inventory: inventoryOf(source), organisation: o.Organisation,
		},
		running: map[osqueryThing]access.Date{}, held: map[osqueryThing]Deployment{}, skipped: map[string]int{},
	}
	if err := table.Lines(ctx, b, table.LineLimits{Lines: limits.Lines, Line: limits.Line}, t.line); err != nil {
		return nil, err
	}
	if t.reading.Rows == 0 {
		return nil, problem.New(problem.Invalid, "no line could be read: %s", cmp.Or(strings.Join(t.reading.Warnings[:min(1, len(t.reading.Warnings))], ""), "it is empty"))
	}
	t.end()
	return t.reading, nil
}

// osqueryThing is a package on a host.
type osqueryThing struct{ system, asset, query, term string }

type osqueryReader struct {
	reader
	running map[osqueryThing]access.Date // what runs at this line, and since when
	held    map[osqueryThing]Deployment
	skipped map[string]int // lines of other queries
}

func (t *osqueryReader) line(n int, text []byte) {
	var in osqueryLine
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&in); err != nil {
		t.say("line %d: %v; the line is passed over", n, err)
		return
	}
	day := in.day()
	asset := AssetID(t.inventory, cmp.Or(osqueryRow(in.Decorations).get("host_uuid", "asset"), in.Host))
	if asset == "" || day == "" {
		t.say("line %d: no hostIdentifier, or no unixTime; the line is passed over", n)
		return
	}
	t.reading.Rows++
	t.reading.Published = max(t.reading.Published, day)
	system := t.host(&in, asset, day)
	query := osqueryTable(in.Name)
	if query == "" {
		t.skipped[in.Name]++
		return
	}
	switch {
	case in.Snapshot != nil || in.Action == "snapshot":
		t.snapshot(n, system, asset, query, day, in.Snapshot)
	case in.Diff != nil:
		for _, row := range in.Diff.Removed {
			t.row(n, system, asset, query, day, row, false)
		}
		for _, row := range in.Diff.Added {
			t.row(n, system, asset, query, day, row, true)
		}
	case in.Action == "added" || in.Action == "removed":
		t.row(n, system, asset, query, day, in.Columns, in.Action == "added")
	default:
		t.say("line %d: action %q: want added, removed or snapshot; the line is passed over", n, table.Clip(in.Action))
	}
}

// day is the day of a result.
func (l *osqueryLine) day() access.Date {
	if s, err := l.Unix.Int64(); err == nil && s > 0 && s < 1<<40 {
		return access.DateOf(time.Unix(s, 0))
	}
	if at, err := time.Parse("Mon Jan _2 15:04:05 2006 MST", l.Calendar); err == nil {
		return access.DateOf(at)
	}
	return ""
}

// osqueryTable is the table that a query reads, by how its name ends; "" for one
// that says nothing of hosts or of what is installed.
func osqueryTable(query string) string {
	tables := append(slices.Sorted(maps.Keys(osqueryPackages)), "system_info", "os_version", "interface_details", "interface_addresses")
	for _, name := range tables {
		if query == name || strings.HasSuffix(query, "_"+name) || strings.HasSuffix(query, "/"+name) {
			return name
		}
	}
	return ""
}

// host notes a host, and gives the system that it is of.
func (t *osqueryReader) host(in *osqueryLine, asset string, day access.Date) string {
	d := osqueryRow(in.Decorations)
	name := d.get("system")
	title := name
	if name == "" {
		name, title = "unassigned", "Hosts of no system"
	}
	system := SystemID(t.inventory, name)
	organisation := cmp.Or(d.get("agency", "organisation"), t.organisation)
	s := System{Organisation: OrganisationID(organisation)}
	if s.Organisation != "" {
		t.organisations.add(place{subject: s.Organisation, key: keyOne}, NameTerm(organisation), Organisation{Name: organisation}, fillOrganisation)
	}
	t.systems.add(place{subject: system, key: keyOne}, NameTerm(title), s, fillSystem)
	a := Asset{System: system, Hostnames: hostnames(in.Host)}
	t.assets.add(place{subject: asset, key: keyOne}, system, a, fillAsset)
	t.seen.add(place{subject: asset, key: keyOne}, "", Seen{First: day, Last: day}, fillSeen)
	return system
}

// hostnames is a host's identifier where it is a name.
func hostnames(id string) []string {
	if name := addressOf("host", id); name != "" {
		return []string{name}
	}
	return nil
}

// row takes one row that came or went.
func (t *osqueryReader) row(n int, system, asset, query string, day access.Date, row osqueryRow, added bool) {
	if _, installed := osqueryPackages[query]; !installed {
		if added {
			t.assets.add(place{subject: asset, key: keyOne}, system, t.described(n, query, row, system), fillAsset)
		}
		return
	}
	thing, d, ok := t.installed(system, asset, query, row)
	if !ok {
		t.say("line %d: %s: a row without a name; it is passed over", n, query)
		return
	}
	since, runs := t.running[thing]
	switch {
	case added && !runs:
		t.running[thing] = day
		t.held[thing] = d
	case !added && runs:
		delete(t.running, thing)
		if day > since {
			t.ran(thing, d, interval{since, day})
		}
	case !added:
		t.ran(thing, d, interval{"", day})
	}
}

// snapshot takes all rows of a query: what it had before and has not now went.
func (t *osqueryReader) snapshot(n int, system, asset, query string, day access.Date, rows []osqueryRow) {
	now := map[osqueryThing]bool{}
	for _, row := range rows {
		t.row(n, system, asset, query, day, row, true)
		if thing, _, ok := t.installed(system, asset, query, row); ok {
			now[thing] = true
		}
	}
	if _, installed := osqueryPackages[query]; !installed {
		return
	}
	for thing, since := range t.running {
		if thing.asset == asset && thing.query == query && !now[thing] {
			delete(t.running, thing)
			if day > since {
				t.ran(thing, t.held[thing], interval{since, day})
			}
		}
	}
}

// described is what a row says of a host.
func (t *osqueryReader) described(n int, query string, row osqueryRow, system string) Asset {
	a := Asset{System: system}
	address := func(kind, text string) []string {
		if v := addressOf(kind, text); v != "" {
			return []string{v}
		}
		if text != "" {
			t.say("line %d: %s: %q is no address of kind %s; it is left out", n, query, table.Clip(text), kind)
		}
		return nil
	}
	switch query {
	case "system_info":
		a.Hostnames, a.Vendor, a.Model = address("host", row.get("hostname", "computer_name")), row.get("hardware_vendor"), row.get("hardware_model")
	case "os_version":
		a.OS = strings.TrimSpace(row.get("name") + " " + row.get("version"))
	case "interface_details":
		if mac := row.get("mac"); mac != "00:00:00:00:00:00" {
			a.MACs = address("mac", mac)
		}
		a.Addresses = address("ip", row.get("address"))
	case "interface_addresses":
		a.Addresses = address("ip", strings.SplitN(row.get("address"), "%", 2)[0])
	}
	return a
}

// installed is a package that a row says is there.
func (t *osqueryReader) installed(system, asset, query string, row osqueryRow) (osqueryThing, Deployment, bool) {
	d := Deployment{
		Asset: asset, Name: row.get("display_name", "name", "bundle_name"), Version: row.get("version", "bundle_short_version"),
		Vendor: row.get("publisher", "vendor", "maintainer"),
	}
	if kind := osqueryPackages[query]; kind != "" && d.Name != "" && d.Version != "" {
		d.identify(packageURL(kind, row, &d))
	}
	terms := d.Terms()
	if len(terms) == 0 {
		return osqueryThing{}, d, false
	}
	return osqueryThing{system, asset, query, terms[0]}, d, true
}

// packageURL is the purl of a row of a table of packages.
func packageURL(kind string, row osqueryRow, d *Deployment) string {
	p := purl.PURL{Type: kind, Name: d.Name, Version: d.Version}
	switch kind {
	case "deb":
		p.Namespace = "debian"
	case "rpm":
		if release := row.get("release"); release != "" {
			p.Version += "-" + release
		}
	case "npm":
		if scope, name, ok := strings.Cut(d.Name, "/"); ok && strings.HasPrefix(scope, "@") {
			p.Namespace, p.Name = scope, name
		}
	}
	if arch := row.get("arch"); arch != "" && (kind == "deb" || kind == "rpm") {
		p.Qualifiers = []purl.Qualifier{{Key: "arch", Value: arch}}
	}
	return p.String()
}

func (t *osqueryReader) ran(thing osqueryThing, d Deployment, days interval) {
	key := strings.Join(strings.Fields(thing.asset+" "+thing.term), " ")
	t.deployments.add(place{thing.system, key, days}, thing.term, d, fillDeployment)
}

// end states what still runs, and what was passed over.
func (t *osqueryReader) end() {
	things := slices.SortedFunc(maps.Keys(t.running), func(a, b osqueryThing) int {
		return cmp.Or(strings.Compare(a.asset, b.asset), strings.Compare(a.query, b.query), strings.Compare(a.term, b.term))
	})
	for _, thing := range things {
		t.ran(thing, t.held[thing], interval{from: t.running[thing]})
	}
	for _, query := range slices.Sorted(maps.Keys(t.skipped)) {
		t.say("%d results of the query %q are passed over: it tells nothing of hosts or of what is installed", t.skipped[query], table.Clip(query))
	}
	t.finish()
}
