package node

import (
	"cmp"
	"context"
	"crypto/sha1" // as UUIDs of version 5 have it
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/notice/bulletin"
	"countersign.dev/internal/notice/outbox"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing/marking"
)

// stixTime is how STIX writes instants (STIX 2.1 section 3.2).
const stixTime = "2006-01-02T15:04:05.000Z"

// shareLetter puts a letter into a collection, as a note about its organisation
// that is marked for that organisation alone. Put in again it is the same, byte
// for byte, which is kept once.
func (n *Node) shareLetter(ctx context.Context, of *bulletin.Bulletin, l *bulletin.Letter, collection string) error {
	community, name, ok := strings.Cut(collection, "/")
	if !ok {
		return outbox.ForGood(problem.New(problem.Invalid, "collection %q: want a community and a collection", collection))
	}
	envelope, err := noteOf(of, l)
	if err != nil {
		return err
	}
	teller := access.Reader{Member: of.Member, Organisations: []string{of.Organisation}, Roles: map[string]access.Role{of.Organisation: access.RoleAnalyst}}
	status, err := n.shared.Submit(ctx, access.Ask{Reader: teller}, community, name, envelope)
	switch problem.KindOf(err) {
	case problem.NotFound, problem.Denied, problem.Invalid:
		return outbox.ForGood(err)
	}
	if err != nil {
		return err
	}
	for _, f := range status.Failures {
		if f.Code != "duplicate" {
			return outbox.ForGood(problem.New(problem.Conflict, "%s was refused: %s", f.ID, cmp.Or(f.Message, f.Code)))
		}
	}
	return nil
}

// noteOf is the envelope with a letter as a STIX note (STIX 2.1 section 4.14).
func noteOf(of *bulletin.Bulletin, l *bulletin.Letter) ([]byte, error) {
	level, err := marking.ParseTLP(l.Marking)
	if err != nil {
		return nil, err
	}
	at := l.Recorded.UTC().Format(stixTime)
	recipients := stixID("marking-definition", l.ID)
	definition, err := marking.Name(recipients, l.Recorded, []string{l.Organisation}, nil)
	if err != nil {
		return nil, err
	}
	marks := []string{marking.RefOf(level), recipients}
	about := map[string]any{
		"type": "identity", "spec_version": "2.1", "id": stixID("identity", l.ID), "created": at, "modified": at,
		"name": cmp.Or(l.Name, l.Organisation), "identity_class": "organization", "object_marking_refs": marks,
	}
	note := map[string]any{
		"type": "note", "spec_version": "2.1", "id": stixID("note", l.ID), "created": at, "modified": at,
		"abstract": l.Title(), "content": l.Plain(""), "object_refs": []string{about["id"].(string)}, "object_marking_refs": marks,
		"external_references": []map[string]string{{"source_name": "countersign", "external_id": of.ID}},
	}
	return json.Marshal(map[string]any{"objects": []any{json.RawMessage(definition), about, note}})
}

// letterSpace is the name space in which letters have their UUIDs.
var letterSpace = []byte{0x8d, 0x2b, 0x6e, 0x14, 0x53, 0xc0, 0x4f, 0x7a, 0x9a, 0x61, 0x0e, 0xd7, 0x4b, 0x92, 0x35, 0xfc}

// stixID is an id of a type of object that follows from a letter's: a UUID of
// version 5 (RFC 4122, section 4.3).
func stixID(kind, letter string) string {
	sum := sha1.Sum(slices.Concat(letterSpace, []byte(kind+" "+letter)))
	h := sum[:16]
	h[6], h[8] = h[6]&0x0f|0x50, h[8]&0x3f|0x80
	return fmt.Sprintf("%s--%x-%x-%x-%x-%x", kind, h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}
