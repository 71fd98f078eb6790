package intake

import (
	"bytes"
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"countersign.dev/internal/incident/playbook"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing/bis"
	"countersign.dev/internal/listing/csl"
	"countersign.dev/internal/listing/dod"
	"countersign.dev/internal/listing/eu"
	"countersign.dev/internal/listing/eventfile"
	"countersign.dev/internal/listing/fcc"
	"countersign.dev/internal/listing/ftm"
	"countersign.dev/internal/listing/ofac"
	"countersign.dev/internal/listing/statute"
	"countersign.dev/internal/listing/uk"
	"countersign.dev/internal/listing/un"
	"countersign.dev/internal/listing/xmllist"
	"countersign.dev/internal/party/bods"
	"countersign.dev/internal/party/gleif"
	"countersign.dev/internal/party/interestcsv"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing"
	"countersign.dev/internal/table"
)

// format is one row of the table of readers.
type format struct {
	name      string // for people
	recognise func(name string, head []byte) bool
	alone     bool                                                           // each file is an edition by itself
	read      func(ctx context.Context, files []File, opts Options) []result // one result a file
}

// result is what a reader made of one file.
type result struct {
	source  string // "" when an error left it unknown
	reading *ledger.Reading
	err     error
}

// formats is every format that is taken in, in the order they are tried. Of
// each part, formats with a header of their own stand before those told by
// their columns.
//
// Bills of materials, of which there are many, stand first: nothing else is like
// them, and the others look for their marks all over a file's beginning.
var formats = slices.Concat(softwareFormats[:billFormats], listFormats, softwareFormats[billFormats:], criteriaFormats, assuranceFormats, sharedFormats)

// sharedFormats is what is not taken in like this: it is shared with somebody.
var sharedFormats = []*format{{
	name: "STIX bundle (JSON), with stix submit", alone: true,
	recognise: func(_ string, head []byte) bool { return stixBundle.Match(head) },
	read: each(func(context.Context, File, Options) (*ledger.Reading, error) {
		return nil, problem.New(problem.Invalid, "a STIX bundle, which is shared in a collection: countersign stix submit FILE --to COMMUNITY/COLLECTION")
	}),
}}

var stixBundle = regexp.MustCompile(`"id"\s*:\s*"bundle--`)

// listFormats is what is taken in about parties, and rules.
var listFormats = []*format{
	{
		name:      "event file (YAML, countersign: events/v1)",
		recognise: eventfile.Recognise,
		read: each(func(ctx context.Context, f File, _ Options) (*ledger.Reading, error) {
			return eventfile.Read(ctx, f.Bytes, eventfile.Limits{})
		}),
	},
	{name: "programme (YAML, countersign: programme/v1)", recognise: recogniseRule("programme"), read: each(readProgramme)},
	{name: "labelling scheme (YAML, countersign: scheme/v1)", recognise: recogniseRule("scheme"), read: each(readScheme)},
	{name: "directive (YAML, countersign: directive/v1)", recognise: recogniseRule("directive"), read: each(readDirective)},
	{name: "community that shares (YAML, countersign: community/v1)", recognise: sharing.RecogniseCommunity, read: each(readCommunity)},
	{name: "playbook (JSON, CACAO 2.0)", recognise: playbook.Recognise, read: each(readPlaybook)},
	{name: "policy (YAML, countersign: policy/v1)", recognise: recogniseRule("policy"), read: each(readPolicy)},
	{
		name:      "history of the DoD section 1237 or 1260H list (CSV with header)",
		recognise: func(name string, head []byte) bool { _, ok := dod.Recognise(name, head); return ok },
		read: each(func(ctx context.Context, f File, _ Options) (*ledger.Reading, error) {
			source, _ := dod.Recognise(f.Name, headOf(f.Bytes))
			return dod.Read(ctx, source, f.Bytes, dod.Limits{})
		}),
	},
	{
		name:      "UN Security Council consolidated list (XML)",
		recognise: un.Recognise,
		read: each(func(ctx context.Context, f File, _ Options) (*ledger.Reading, error) {
			return un.Read(ctx, f.Bytes, xmllist.Limits{})
		}),
	},
	{
		name:      "EU consolidated list of financial sanctions (XML, xmlFullSanctionsList)",
		recognise: eu.RecogniseFSF,
		read: each(func(ctx context.Context, f File, _ Options) (*ledger.Reading, error) {
			return eu.ReadFSF(ctx, f.Bytes, xmllist.Limits{})
		}),
	},
	{
		name:      "EU restrictive measures from the Official Journal (CSV with header, a file for each regulation)",
		recognise: eu.RecogniseJournal,
		read: each(func(ctx context.Context, f File, _ Options) (*ledger.Reading, error) {
			return eu.ReadJournal(ctx, f.Name, f.Bytes, table.Limits{})
		}),
	},
	{
		name:      "UK Sanctions List (CSV with header)",
		recognise: uk.Recognise,
		read: each(func(ctx context.Context, f File, _ Options) (*ledger.Reading, error) {
			return uk.Read(ctx, f.Name, f.Bytes, table.Limits{})
		}),
	},
	{
		name:      "BIS Denied Persons List (tab-separated) or military-intelligence end users (CSV)",
		recognise: func(name string, head []byte) bool { _, ok := bis.Recognise(name, head); return ok },
		read: each(func(ctx context.Context, f File, _ Options) (*ledger.Reading, error) {
			source, _ := bis.Recognise(f.Name, headOf(f.Bytes))
			return bis.Read(ctx, source, f.Bytes, table.Limits{})
		}),
	},
	{name: "whom acts of Congress name (CSV: sections 889, 5949, 154, 1286, INKSNA)", recognise: statute.Recognise, read: tabular(statute.Read)},
	{name: "FCC Covered List (CSV)", recognise: fcc.Recognise, read: tabular(fcc.Read)},
	{name: "Consolidated Screening List of trade.gov (CSV or JSON)", recognise: csl.Recognise, read: tabular(csl.Read)},
	{name: "FollowTheMoney entities (JSON lines, as OpenSanctions publishes them)", recognise: ftm.Recognise, read: each(readFTM)},
	{
		name:      "OFAC SDN or non-SDN list (XML, standard form)",
		recognise: ofac.RecogniseXML,
		read: each(func(ctx context.Context, f File, opts Options) (*ledger.Reading, error) {
			return ofac.ReadXML(ctx, f.Name, f.Bytes, opts.Source, xmllist.Limits{})
		}),
	},
	{
		name:      "OFAC SDN or non-SDN list (CSV: primary, alias, address, comments)",
		recognise: func(name string, head []byte) bool { _, ok := ofac.Recognise(name, head); return ok },
		read:      readOFAC,
	},
	{
		name:      "beneficial ownership statements (BODS 0.4, JSON or JSON lines)",
		recognise: bods.Recognise,
		read: each(func(ctx context.Context, f File, opts Options) (*ledger.Reading, error) {
			return bods.Read(ctx, cmp.Or(opts.Source, bods.Source(f.Name)), f.Bytes, bods.Limits{})
		}),
	},
	{
		name:      "GLEIF golden copy (CSV: entities or relationship records)",
		recognise: func(name string, head []byte) bool { _, ok := gleif.Recognise(name, head); return ok },
		read: each(func(ctx context.Context, f File, _ Options) (*ledger.Reading, error) {
			part, _ := gleif.Recognise(f.Name, headOf(f.Bytes))
			return gleif.Read(ctx, part, f.Bytes, gleif.Limits{})
		}),
	},
	{
		name:      "who owns what in whom (CSV with the columns owner and owned)",
		recognise: interestcsv.Recognise,
		read: each(func(ctx context.Context, f File, opts Options) (*ledger.Reading, error) {
			return interestcsv.Read(ctx, cmp.Or(opts.Source, interestcsv.Source(f.Name)), f.Bytes, interestcsv.Limits{})
		}),
	},
}

// each makes a reader of single files one of many.
func each(read func(context.Context, File, Options) (*ledger.Reading, error)) func(context.Context, []File, Options) []result {
	return func(ctx context.Context, files []File, opts Options) []result {
		out := make([]result, len(files))
		for i, f := range files {
			r, err := read(ctx, f, opts)
			out[i] = result{reading: r, err: err}
			if err == nil {
				out[i].source = r.Source
			}
		}
		return out
	}
}

// tabular makes a reader of lists that say by themselves what they are one of
// many.
func tabular(read func(context.Context, []byte, table.Limits) (*ledger.Reading, error)) func(context.Context, []File, Options) []result {
	return each(func(ctx context.Context, f File, _ Options) (*ledger.Reading, error) {
		return read(ctx, f.Bytes, table.Limits{})
	})
}

// readOFAC reads files together, since which list one belongs to may show only
// by the others.
func readOFAC(ctx context.Context, files []File, opts Options) []result {
	set := make([]ofac.File, len(files))
	for i, f := range files {
		set[i] = ofac.File{Name: f.Name, Bytes: f.Bytes}
	}
	out := make([]result, len(files))
	for i, r := range ofac.ReadSet(ctx, set, opts.Source, ofac.Limits{}) {
		out[i] = result{source: r.Source, reading: r.Reading, err: r.Err}
	}
	return out
}

// Formats names every format that is taken in, for people.
func Formats() []string {
	out := make([]string, len(formats))
	for i, of := range formats {
		out[i] = of.name
	}
	return out
}

// headSize is how much of a file is looked at to recognise it.
const headSize = 64 << 10

func headOf(b []byte) []byte { return b[:min(len(b), headSize)] }

func recognise(f File) (*format, error) {
	head := headOf(f.Bytes)
	for _, of := range formats {
		if of.recognise(f.Name, head) {
			return of, nil
		}
	}
	return nil, problem.New(problem.Invalid, "%s: not a document of a kind that is read: %s", f.Name, looks(head))
}

// magics are the beginnings of what people hand in by mistake.
var magics = []struct{ magic, what string }{
	{"%PDF-", "a PDF file"},
	{"PK\x03\x04", "a zip archive, or an office document; unpack or export it first"},
	{"\xff\xfe", "text in UTF-16; save it as UTF-8"},
	{"\xfe\xff", "text in UTF-16; save it as UTF-8"},
	{"<!doctype html", "a web page"},
	{"<html", "a web page"},
	{"<?xml", "XML of a kind that is not known"},
	{"<", "XML or HTML of a kind that is not known"},
	{"{", "JSON of a kind that is not known"},
	{"[", "JSON of a kind that is not known"},
	{"countersign:", "a document of countersign's of a kind or version that is not known"},
	{"\xfd7zXZ", "xz data; unpack it first"},
}

// looks says what a file's beginning looks like.
func looks(head []byte) string {
	trimmed := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	if len(trimmed) == 0 {
		return "it is empty"
	}
	for _, m := range magics {
		if len(trimmed) >= len(m.magic) && strings.EqualFold(string(trimmed[:len(m.magic)]), m.magic) {
			return "it looks like " + m.what + ", beginning with " + quoteStart(trimmed)
		}
	}
	if bytes.IndexByte(head, 0) >= 0 || !utf8.Valid(head[:len(head)-min(len(head), utf8.UTFMax)]) {
		return "it is binary, beginning with " + quoteStart(trimmed)
	}
	return "it begins with " + quoteStart(trimmed)
}
