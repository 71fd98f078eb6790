package registry

import (
	"fmt"
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
)

func functions() template.FuncMap {
	return template.FuncMap{
		"day": day, "last": lastDay, "sentence": sentence, "status": statusWord, "capital": capital, "kind": kindWord, "role": roleWord,
		"web": webAddress, "count": count, "minute": func(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04 UTC") },
		"short": func(digest string) string { return digest[:min(len(digest), 19)] + "…" },
	}
}

// day writes a day for people, "14 Jan 2021".
func day(d access.Date) string {
	t := d.Time()
	if t.IsZero() {
		return string(d)
	}
	return t.Format("2 Jan 2006")
}

// lastDay writes the day before: "until 31 Dec 2028" is then true however one
// reads "until".
func lastDay(d access.Date) string { return day(d.AddDays(-1)) }

// sentence ends a text that somebody wrote as a sentence ends.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "!") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}

// statusWord is a status at the beginning of a sentence.
func statusWord(s label.Status) string { return capital(string(s)) }

// advice is what a status means to who holds the product.
func advice(s label.Status) string {
	switch s {
	case label.StatusActive:
		return "The authority stands behind this label."
	case label.StatusSuspended:
		return "Do not rely on this label while it is suspended."
	case label.StatusExpired:
		return "The label had an end, and that is past. It says nothing about the product today."
	case label.StatusRevoked:
		return "The authority took this label back for good. It does not count."
	case label.StatusWithdrawn:
		return "The label was given up for good. It does not count."
	case label.StatusSuperseded:
		return "Another label of the same product took its place."
	}
	return ""
}

var kindWords = map[label.Kind]string{
	label.Issued: "Given", label.Warned: "Warned", label.Cleared: "Warning lifted", label.Suspended: "Suspended", label.Offered: "Reinstatement offered",
	label.Reinstated: "Given back", label.Tested: "Test failed", label.Amended: "Amended", label.Withdrawn: "Withdrawn", label.Revoked: "Revoked", label.Superseded: "Superseded",
}

func kindWord(k label.Kind) string {
	if w, ok := kindWords[k]; ok {
		return w
	}
	return capital(strings.ReplaceAll(string(k), "_", " "))
}

func roleWord(r any) string { return capital(fmt.Sprint(r)) }

// webAddress is s when it is one that a browser may follow, else "".
func webAddress(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.ContainsAny(s, " \t") {
		return ""
	}
	return s
}

// count writes a number with a noun, "1 label", "1,204 labels".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
