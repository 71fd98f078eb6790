package watchlist

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// Kinds of the documents that this room writes.
const (
	KindNames  = "watchlist"     // a CSV file of names, as it was handed in
	KindAct    = "watchlist.act" // an [Act]
	KindReport = "rescreening"   // a [Report]
)

// actForm is the form of the documents that acts are.
const actForm = "watchlist/v1"

// What an act does.
const (
	ActSet    = "set"    // put a file of names in force under the list's name
	ActRemove = "remove" // end the list
)

// Act is one act on a watch list. Who acted and when is the ledger's to say.
type Act struct {
	Form   string `json:"countersign"`
	List   string `json:"list"` // its name
	Act    string `json:"act"`  // [ActSet] or [ActRemove]
	Digest string `json:"digest,omitempty"`
	Names  int    `json:"names,omitempty"` // that the file has
	Reason string `json:"reason,omitempty"`
	After  int64  `json:"after"` // position of the act before on the same list, so that no two acts are equal; 0 for the first
}

// encode is v as a document: JSON in one line, ended by a newline. Equal values
// give equal bytes.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// decode reads such a document, strictly.
func decode(b []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}

func parseAct(b []byte) (*Act, error) {
	var a Act
	if err := decode(b, &a); err != nil {
		return nil, problem.New(problem.Invalid, "not an act on a watch list: %v", err)
	}
	if a.Form != actForm || a.List == "" || a.Act != ActSet && a.Act != ActRemove {
		return nil, problem.New(problem.Invalid, "not an act on a watch list in the form %s", actForm)
	}
	return &a, nil
}

const maxName = 64 // bytes

// CheckName refuses what cannot be the name of a list.
func CheckName(name string) error {
	ok := name != "" && len(name) <= maxName
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._-", r) {
			ok = false
		}
	}
	if !ok {
		return problem.New(problem.Invalid, "watch list %q: want a name of at most %d letters a-z, digits, dots, hyphens and underscores", name, maxName)
	}
	return nil
}

// readerOf is somebody who sees what everybody in a list's audience sees.
func readerOf(a access.Audience) (access.Reader, error) {
	var r access.Reader
	if a.IsPublic() {
		return r, nil
	}
	for clause := range strings.SplitSeq(a.String(), "&") {
		if strings.Contains(clause, "|") {
			return r, problem.New(problem.Invalid, "audience %s: a watch list is for everybody, for one organisation, or for who belongs to all of several; its names are screened against what all of its audience may see", a)
		}
		r.Organisations = append(r.Organisations, strings.TrimPrefix(clause, "org:"))
	}
	return r, nil
}

// audienceFor is whom a member's list is for when it does not say: who belongs
// to every organisation that the member belongs to.
func audienceFor(r access.Reader) access.Audience {
	a := access.Public
	for _, org := range r.Organisations {
		a = a.And(access.ForOrganisation(org))
	}
	return a
}

func placeOf(list string) string { return fmt.Sprintf("watch list %s", list) }
