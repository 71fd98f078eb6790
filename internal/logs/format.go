package logs

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign.dev/internal/problem"
)

// Format is how the lines of a log are written.
type Format struct {
	Name    string
	comma   byte     // between columns, of a table
	columns []string // of a table
	zeek    bool
}

// Formats is the names of all formats.
var Formats = []string{"zeek", "zeek-json", "eve", "dnsmasq", "bind", "squid", "clf", "syslog", "csv", "tsv", "json", "plain"}

var (
	squidForm   = regexp.MustCompile(`^([0-9]{9,11}\.[0-9]{3})\s+[0-9]+ (\S+) \S+ [0-9]+ \S+ (\S+)`)
	clfForm     = regexp.MustCompile(`^(\S+) \S+ \S+ \[([^\]]{20,30})\] "`)
	syslog5424  = regexp.MustCompile(`^<[0-9]{1,3}>1 (\S+) (\S+) `)
	syslog3164  = regexp.MustCompile(`^(?:<[0-9]{1,3}>)?([A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}) (\S+) `)
	syslogISO   = regexp.MustCompile(`^(?:<[0-9]{1,3}>)?([0-9]{4}-[0-9]{2}-[0-9]{2}T\S+) (\S+) `)
	dnsmasqForm = regexp.MustCompile(`dnsmasq(?:\[[0-9]+\])?: .*query\[\S+\] (\S+) from (\S+)`)
	bindForm    = regexp.MustCompile(`client (?:@\S+ )?([0-9a-fA-F.:]+)#[0-9]+ .*query: (\S+) IN`)
	bindTime    = regexp.MustCompile(`^([0-9]{2}-[A-Z][a-z]{2}-[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?) `)
)

// formatOf is the format of a name, or that of a log that begins so.
func formatOf(name string, head []byte) (*Format, error) {
	if name != "" && !slices.Contains(Formats, name) {
		return nil, problem.New(problem.Invalid, "log format %q: want one of %s", name, strings.Join(Formats, ", "))
	}
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	first, _, _ := bytes.Cut(head, newline)
	first = bytes.TrimRight(first, "\r")
	if name == "" {
		name = recognise(head, first)
	}
	f := &Format{Name: name}
	switch name {
	case "zeek":
		f.zeek, f.comma = true, '\t'
		f.header(head)
	case "csv", "tsv":
		f.comma = ','
		if name == "tsv" {
			f.comma = '\t'
		} else if bytes.Count(first, []byte{';'}) > bytes.Count(first, []byte{','}) {
			f.comma = ';'
		}
		f.columns = split(first, f.comma)
	}
	return f, nil
}

func recognise(head, first []byte) string {
	line := string(first)
	switch {
	case bytes.HasPrefix(head, []byte("#separator")), bytes.HasPrefix(head, []byte("#fields")):
		return "zeek"
	case len(first) > 0 && first[0] == '{':
		switch {
		case bytes.Contains(first, []byte(`"event_type"`)):
			return "eve"
		case bytes.Contains(first, []byte(`"id.orig_h"`)), bytes.Contains(first, []byte(`"uid"`)) && bytes.Contains(first, []byte(`"ts"`)):
			return "zeek-json"
		}
		return "json"
	case dnsmasqForm.MatchString(line):
		return "dnsmasq"
	case bindForm.MatchString(line):
		return "bind"
	case squidForm.MatchString(line):
		return "squid"
	case clfForm.MatchString(line):
		return "clf"
	case syslog5424.MatchString(line), syslog3164.MatchString(line), syslogISO.MatchString(line):
		return "syslog"
	case isHeader(first, '\t'):
		return "tsv"
	case isHeader(first, ','), isHeader(first, ';'):
		return "csv"
	}
	return "plain"
}

// isHeader reports whether a line is the header of a table: several names of
// columns, none of which is a value.
func isHeader(line []byte, comma byte) bool {
	names := split(line, comma)
	return len(names) > 1 && !slices.ContainsFunc(names, func(n string) bool { return !headerForm.MatchString(n) })
}

var headerForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_ .-]{0,60}$`)

// header reads what a Zeek log says of itself.
func (f *Format) header(head []byte) {
	for line := range bytes.Lines(head) {
		text := strings.TrimRight(string(line), "\r\n")
		if !strings.HasPrefix(text, "#") {
			return
		}
		if sep, ok := strings.CutPrefix(text, `#separator \x`); ok && len(sep) >= 2 {
			if n, err := strconv.ParseUint(sep[:2], 16, 8); err == nil {
				f.comma = byte(n)
			}
		}
		if names, ok := strings.CutPrefix(text, "#fields"+string(f.comma)); ok {
			f.columns = strings.Split(names, string(f.comma))
		}
	}
}

func split(line []byte, comma byte) []string {
	if comma == '\t' {
		return strings.Split(string(line), "\t")
	}
	r := csv.NewReader(bytes.NewReader(line))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = rune(comma), true, -1
	out, err := r.Read()
	if err != nil {
		return strings.Split(string(line), string(comma))
	}
	return out
}

// Odd reports whether a line is not what its format says, as far as a glance
// tells. Lines of a Zeek log that speak of the log itself are not odd. It may
// change the format: a Zeek log may begin anew in the middle.
func (f *Format) Odd(line []byte) bool {
	switch {
	case len(line) == 0:
		return false
	case f.zeek && line[0] == '#':
		return false
	case f.zeek && f.columns != nil, f.Name == "tsv":
		return bytes.Count(line, []byte{f.comma}) != len(f.columns)-1
	case f.Name == "eve", f.Name == "zeek-json", f.Name == "json":
		return line[0] != '{' || line[len(line)-1] != '}'
	}
	return bytes.IndexByte(line, 0) >= 0
}

// Flow is between whom something went, as far as a record says.
type Flow struct {
	From, To         netip.Addr
	FromPort, ToPort int
	Protocol         string
}

// Record is what a line says.
type Record struct {
	Time time.Time // zero when it does not say
	Host string    // that it is about: who asked or connected
	Flow Flow
}

// Record takes out of a line what it says. It never fails: what cannot be read is
// not said.
func (f *Format) Record(line []byte) Record {
	line = bytes.TrimRight(line, "\r\n")
	switch f.Name {
	case "zeek", "csv", "tsv":
		return f.ofTable(line)
	case "zeek-json", "eve", "json":
		return ofJSON(line)
	}
	return ofText(f.Name, string(line))
}

// The names of columns by which a table or an object says something, in the order
// in which they are believed.
var (
	timeNames  = []string{"ts", "timestamp", "@timestamp", "time", "date", "datetime", "event_time"}
	fromNames  = []string{"id.orig_h", "src_ip", "src", "source_ip", "client_ip", "client", "host", "hostname", "computer"}
	toNames    = []string{"id.resp_h", "dest_ip", "dst_ip", "dst", "destination_ip", "server_ip"}
	fromPorts  = []string{"id.orig_p", "src_port"}
	toPorts    = []string{"id.resp_p", "dest_port", "dst_port"}
	protoNames = []string{"proto", "protocol"}
)

func recordOf(get func(names []string) string) Record {
	r := Record{Time: parseTime(get(timeNames)), Host: get(fromNames)}
	r.Flow.From, _ = netip.ParseAddr(r.Host)
	r.Flow.To, _ = netip.ParseAddr(get(toNames))
	r.Flow.FromPort, _ = strconv.Atoi(get(fromPorts))
	r.Flow.ToPort, _ = strconv.Atoi(get(toPorts))
	r.Flow.Protocol = strings.ToLower(get(protoNames))
	return r
}

func (f *Format) ofTable(line []byte) Record {
	values := split(line, f.comma)
	return recordOf(func(names []string) string {
		for _, n := range names {
			i := slices.IndexFunc(f.columns, func(c string) bool { return strings.EqualFold(strings.TrimSpace(c), n) })
			if i >= 0 && i < len(values) && values[i] != "-" {
				return values[i]
			}
		}
		return ""
	})
}

func ofJSON(line []byte) Record {
	var tree map[string]any
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if d.Decode(&tree) != nil {
		return Record{}
	}
	return recordOf(func(names []string) string {
		for _, n := range names {
			switch v := tree[n].(type) {
			case string:
				return v
			case json.Number:
				return v.String()
			}
		}
		return ""
	})
}

func ofText(format, line string) Record {
	var r Record
	switch format {
	case "squid":
		if m := squidForm.FindStringSubmatch(line); m != nil {
			r.Time, r.Host = parseTime(m[1]), m[2]
		}
	case "clf":
		if m := clfForm.FindStringSubmatch(line); m != nil {
			r.Host = m[1]
			r.Time, _ = time.Parse("02/Jan/2006:15:04:05 -0700", m[2])
		}
	case "bind":
		if m := bindForm.FindStringSubmatch(line); m != nil {
			r.Host = m[1]
		}
		if m := bindTime.FindStringSubmatch(line); m != nil {
			r.Time, _ = time.Parse("02-Jan-2006 15:04:05.999", m[1])
		}
	default:
		for _, form := range []*regexp.Regexp{syslog5424, syslogISO, syslog3164} {
			if m := form.FindStringSubmatch(line); m != nil {
				r.Time, r.Host = parseTime(m[1]), m[2]
				break
			}
		}
		if m := dnsmasqForm.FindStringSubmatch(line); m != nil {
			r.Host = m[2]
		}
	}
	r.Flow.From, _ = netip.ParseAddr(r.Host)
	return r
}

var timeForms = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999-0700", "2006-01-02 15:04:05.999999", "2006-01-02T15:04:05.999999", "2006-01-02"}

// parseTime reads an instant as logs write it: as seconds since 1970, or as RFC
// 3339 and its like. One without a year says none.
func parseTime(s string) time.Time {
	if s == "" || len(s) > 64 {
		return time.Time{}
	}
	if seconds, err := strconv.ParseFloat(s, 64); err == nil {
		if seconds < 0 || seconds > 1e11 {
			return time.Time{}
		}
		whole, part, _ := strings.Cut(s, ".")
		n, _ := strconv.ParseInt(whole, 10, 64)
		micros, _ := strconv.ParseInt((part + "000000")[:6], 10, 64)
		return time.Unix(n, micros*1000).UTC()
	}
	for _, form := range timeForms {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
