package osv

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"strings"

	"countersign.dev/internal/advisory/vex/jsondoc"
)

// Recognise tells OSV by the first record's members, also within an array or an
// archive, of which head may be the beginning only.
func Recognise(_ string, head []byte) bool {
	if isZip(head) {
		return looksLikeRecord(firstRecord(head))
	}
	head = bytes.TrimLeft(bytes.TrimPrefix(head, byteOrderMark), " \t\r\n")
	if rest, array := bytes.CutPrefix(head, []byte("[")); array {
		head = bytes.TrimLeft(rest, " \t\r\n")
	}
	return looksLikeRecord(head)
}

var byteOrderMark = []byte("\ufeff")

// looksLikeRecord looks at the names of the first members. The schema requires
// id and modified; STIX objects have both as well, beside a type.
func looksLikeRecord(head []byte) bool {
	seen := map[string]bool{}
	id := ""
	jsondoc.Keys(head, func(outer, key, text string) bool {
		if outer == "" {
			seen[key] = true
			if key == "id" {
				id = text
			}
		}
		return true
	})
	if id == "" || seen["type"] || seen["spec_version"] || seen["dataType"] {
		return false
	}
	return seen["schema_version"] || seen["affected"] || seen["modified"] && (seen["summary"] || seen["details"] || seen["published"] || seen["aliases"])
}

const localHeader = "PK\x03\x04"

func isZip(b []byte) bool {
	return bytes.HasPrefix(b, []byte(localHeader)) || bytes.HasPrefix(b, []byte("PK\x05\x06"))
}

// firstRecord is the beginning of the first file in an archive that has one
// named as records are, from the local headers at the archive's start (.ZIP
// File Format Specification, section 4.3.7).
func firstRecord(head []byte) []byte {
	const size = 30
	for len(head) >= size && bytes.HasPrefix(head, []byte(localHeader)) {
		method := binary.LittleEndian.Uint16(head[8:])
		packed := binary.LittleEndian.Uint32(head[18:])
		name, extra := int(binary.LittleEndian.Uint16(head[26:])), int(binary.LittleEndian.Uint16(head[28:]))
		if len(head) < size+name+extra {
			return nil
		}
		path, data := string(head[size:size+name]), head[size+name+extra:]
		if isRecordName(path) {
			if method == 0 {
				return data
			}
			out := make([]byte, 64<<10)
			n, _ := io.ReadFull(flate.NewReader(bytes.NewReader(data)), out)
			return out[:n]
		}
		if int64(packed) > int64(len(data)) {
			return nil
		}
		head = data[packed:]
	}
	return nil
}

// isRecordName reports whether a file of an archive is a record by its name.
func isRecordName(path string) bool { return strings.HasSuffix(strings.ToLower(path), ".json") }
