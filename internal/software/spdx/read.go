package spdx

import (
	"bytes"
	"context"
	"regexp"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

var byteOrderMark = []byte("\ufeff")

// Encodings as a bill names them.
const (
	inJSON   = "json"
	inTags   = "tag-value"
	inYAML   = "yaml"
	inJSONLD = "json-ld"
)

var (
	tagVersion  = regexp.MustCompile(`(?m)^[ \t]*SPDXVersion:`)
	yamlVersion = regexp.MustCompile(`(?m)^["']?spdxVersion["']?[ \t]*:`)
)

// Read reads a document in any of the encodings. Its errors name the line, and
// in JSON the byte. The bill holds no part of b.
func Read(ctx context.Context, b []byte, limits Limits) (*software.Bill, error) {
	limits = limits.orDefault()
	if len(b) > limits.Bytes {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit is %d", len(b), limits.Bytes)
	}
	b = bytes.TrimPrefix(b, byteOrderMark)
	switch start := bytes.TrimLeft(b, " \t\r\n"); {
	case len(start) == 0:
		return nil, problem.New(problem.Invalid, "line 1: empty; want an SPDX document")
	case start[0] == '{':
		return readJSON(ctx, b, limits, inJSON)
	case start[0] == '<' && bytes.Contains(head(b), []byte("spdx.org/rdf/terms")):
		return nil, problem.New(problem.Invalid, "line 1: SPDX as RDF/XML is not read; convert it to JSON, tag-value or YAML")
	case tagVersion.Match(b):
		return readTags(ctx, b, limits)
	case yamlVersion.Match(b):
		return readYAML(ctx, b, limits)
	}
	return nil, problem.New(problem.Invalid, "line 1: no SPDX document; want JSON, YAML or tag-value with a version of SPDX")
}

// head is as much of a document as tells its format.
func head(b []byte) []byte { return b[:min(len(b), 64<<10)] }
