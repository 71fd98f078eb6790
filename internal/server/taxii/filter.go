package taxii

import (
	"maps"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing"
)

// parameters are what an endpoint knows of the query parameters (sections 5.3
// to 5.8).
type parameters struct {
	matches []string // fields of match[…]
	paged   bool     // added_after, limit and next
	strict  bool     // others are refused, and not ignored
}

var (
	ofMany     = parameters{matches: []string{"id", "type", "version", "spec_version"}, paged: true}
	ofOne      = parameters{matches: []string{"version", "spec_version"}, paged: true}
	ofVersions = parameters{matches: []string{"spec_version"}, paged: true}
	ofRemoval  = parameters{matches: []string{"version", "spec_version"}, strict: true}
)

// knows reports whether the parameter is one of the endpoint's.
func (p *parameters) knows(name string) bool {
	switch name {
	case "added_after", "limit", "next":
		return p.paged
	}
	field, ok := strings.CutPrefix(name, "match[")
	field, closed := strings.CutSuffix(field, "]")
	return ok && closed && slices.Contains(p.matches, field)
}

// readFilter is the filter of a request's query (section 3.4). A malformed
// parameter is Invalid.
func readFilter(r *http.Request, known parameters) (sharing.Filter, error) {
	var f sharing.Filter
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return f, problem.New(problem.Invalid, "the query of the address is not well-formed")
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		values := query[name]
		switch {
		case !known.knows(name) && known.strict:
			return f, problem.New(problem.Invalid, "%.40q is no parameter of this endpoint", name)
		case !known.knows(name):
			continue
		case len(values) != 1:
			return f, problem.New(problem.Invalid, "%s is there %d times: want it once", name, len(values))
		}
		if err := readParameter(&f, name, values[0]); err != nil {
			return f, err
		}
	}
	return f, nil
}

func readParameter(f *sharing.Filter, name, value string) (err error) {
	switch name {
	case "added_after":
		f.AddedAfter, err = readTimestamp(name, value)
	case "limit":
		f.Limit, err = readLimit(value)
	case "next":
		if f.Next = value; value == "" {
			err = problem.New(problem.Invalid, "next: want what an earlier answer said")
		}
	case "match[id]":
		f.IDs, err = readList(name, value)
	case "match[type]":
		f.Types, err = readList(name, value)
	case "match[spec_version]":
		f.SpecVersions, err = readSpecVersions(name, value)
	case "match[version]":
		f.Versions, err = readVersions(name, value)
	}
	return err
}

// timestampForm is how times are written: RFC 3339 in UTC with a Z. Clients
// leave digits of the second out, so any number will do.
var timestampForm = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$`)

func readTimestamp(name, value string) (time.Time, error) {
	if timestampForm.MatchString(value) {
		if t, err := time.Parse(time.RFC3339Nano, value); err == nil {
			return t, nil
		}
	}
	return time.Time{}, problem.New(problem.Invalid, "%s: want a time in UTC as 2021-03-12T08:00:00.000000Z", name)
}

var limitForm = regexp.MustCompile(`^0*[1-9]\d*$`)

// readLimit reads a number from 1. One that is too large for a number is as
// good as none: the store has a limit of its own.
func readLimit(value string) (int, error) {
	if !limitForm.MatchString(value) {
		return 0, problem.New(problem.Invalid, "limit: want a whole number from 1")
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		return math.MaxInt32, nil
	}
	return min(n, math.MaxInt32), nil
}

// readList reads values between commas. They may be anything but nothing: what
// nobody has matches nothing.
func readList(name, value string) ([]string, error) {
	list := strings.Split(value, ",")
	if slices.Contains(list, "") {
		return nil, problem.New(problem.Invalid, "%s: want one value, or several with a comma between them", name)
	}
	return list, nil
}

var specVersionForm = regexp.MustCompile(`^\d{1,4}\.\d{1,4}$`)

func readSpecVersions(name, value string) ([]string, error) {
	list, err := readList(name, value)
	for _, v := range list {
		if !specVersionForm.MatchString(v) {
			return nil, problem.New(problem.Invalid, "%s: want versions of the specification, as 2.1", name)
		}
	}
	return list, err
}

// readVersions reads versions of objects: each keyword and each time at most
// once, and all alone (section 3.4.1).
func readVersions(name, value string) ([]string, error) {
	list, err := readList(name, value)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, v := range list {
		key := v
		switch v {
		case "first", "last":
		case "all":
			if len(list) > 1 {
				return nil, problem.New(problem.Invalid, "%s: all stands alone", name)
			}
		default:
			t, err := readTimestamp(name, v)
			if err != nil {
				return nil, err
			}
			key = t.Format(time.RFC3339Nano)
		}
		if seen[key] {
			return nil, problem.New(problem.Invalid, "%s: %s is there twice", name, v)
		}
		seen[key] = true
	}
	return list, nil
}
