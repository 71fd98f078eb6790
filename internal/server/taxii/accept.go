package taxii

import (
	"mime"
	"strconv"
	"strings"
)

// MediaType is what every answer is, and every envelope must be (section 1.6.8).
const MediaType = "application/taxii+json;version=2.1"

const (
	plainType = "application/taxii+json"
	version   = "2.1"
)

// maxAccept bounds the ranges of an Accept header that are looked at.
const maxAccept = 64

// Accepts reports whether an Accept header takes TAXII 2.1: the range that names
// it most closely says so (RFC 9110 section 12.5.1). A range without a version
// takes the newest one (section 3.1). Where there is no header it does not, as
// every request must have one.
func Accepts(header []string) bool {
	best, quality := -1, 0.0
	seen := 0
	for _, line := range header {
		for _, text := range strings.Split(line, ",") {
			if seen++; seen > maxAccept {
				return false
			}
			closeness, q := readRange(text)
			switch {
			case closeness > best:
				best, quality = closeness, q
			case closeness == best && closeness >= 0:
				quality = max(quality, q)
			}
		}
	}
	return quality > 0
}

// readRange is how closely a media range names TAXII 2.1, from 0, and how much
// it is liked; -1 when it does not name it.
func readRange(text string) (closeness int, quality float64) {
	kind, params, err := mime.ParseMediaType(strings.TrimSpace(text))
	if err != nil {
		return -1, 0
	}
	quality = 1
	if q, ok := params["q"]; ok {
		if quality, err = strconv.ParseFloat(q, 64); err != nil || quality < 0 || quality > 1 {
			return -1, 0
		}
	}
	switch kind {
	case "*/*":
		return 0, quality
	case "application/*":
		return 1, quality
	case plainType:
		switch v, ok := params["version"]; {
		case !ok:
			return 2, quality
		case v == version:
			return 3, quality
		}
	}
	return -1, 0
}

// isTAXII reports whether a body is said to be TAXII 2.1 by its Content-Type.
func isTAXII(header []string) bool {
	if len(header) != 1 {
		return false
	}
	kind, params, err := mime.ParseMediaType(header[0])
	if err != nil || kind != plainType {
		return false
	}
	v, ok := params["version"]
	return !ok || v == version
}
