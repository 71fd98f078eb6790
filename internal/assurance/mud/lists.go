package mud

import (
	"context"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/assurance/form"
	"countersign.dev/internal/problem"
)

// The member with the access lists, since RFC 8519 and in drafts before it.
const (
	listsNow = "ietf-access-control-list:acls"
	listsOld = "ietf-access-control-list:access-lists"
)

// policies is which way the packets of each policy go (RFC 8520, section 3.3).
var policies = []struct {
	member    string
	direction Direction
}{{"from-device-policy", FromDevice}, {"to-device-policy", ToDevice}}

// lists reads the access lists that the policies name.
func (r *reader) lists(ctx context.Context, doc, m *form.Node) error {
	all := doc.Get(listsNow)
	if all == nil {
		if all = doc.Get(listsOld); all != nil {
			r.should(all, "2.1", "the access lists stand in %q, as drafts had it; want %q", listsOld, listsNow)
		}
	}
	lists := r.byName(all)
	used := map[string]bool{}
	for _, p := range policies {
		var in form.Reader
		for _, ref := range in.Maps(in.Map(in.Map(m, p.member, form.Optional), "access-lists", form.Optional), "access-list", form.Optional) {
			name := in.Text(ref, "name", form.Required)
			list := lists[name]
			if list == nil {
				r.must(ref, "3.3", "there is no access list %q", form.Clip(name))
				continue
			}
			used[name] = true
			if err := r.list(ctx, list, name, p.direction); err != nil {
				return err
			}
		}
		for _, c := range in.Complaints() {
			r.must(m, "3.3", "%s", c)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		if !used[name] {
			r.should(lists[name], "3.3", "no policy uses the access list %q; it says nothing", form.Clip(name))
		}
	}
	if len(used) == 0 {
		r.should(m, "3.3", "no policy has an access list: the device may talk to nobody")
	}
	return nil
}

// byName is the access lists by their names.
func (r *reader) byName(all *form.Node) map[string]*form.Node {
	var in form.Reader
	out := map[string]*form.Node{}
	for _, list := range in.Maps(all, "acl", form.Optional) {
		name := in.Text(list, "name", form.Required)
		if out[name] != nil {
			r.must(list, "2.1", "there is a second access list %q; the first counts", form.Clip(name))
			continue
		}
		out[name] = list
	}
	for _, c := range in.Complaints() {
		r.must(all, "2.1", "%s", c)
	}
	return out
}

// list reads the entries of one access list.
func (r *reader) list(ctx context.Context, list *form.Node, name string, way Direction) error {
	var in form.Reader
	for _, ace := range in.Maps(in.Map(list, "aces", form.Required), "ace", form.Optional) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.rules++; r.rules > r.limits.Rules {
			return problem.New(problem.TooLarge, "line %d: more than %d rules", ace.Line, r.limits.Rules)
		}
		entry := in.Text(ace, "name", form.Required)
		if !r.accepts(in.Map(ace, "actions", form.Required)) {
			continue
		}
		matches := ace.Get("matches")
		if matches == nil {
			matches = &form.Node{Kind: form.Map, Line: ace.Line, Place: ace.Place}
		}
		r.rule(matches, Traffic{Direction: way, Why: strings.Trim(name+" "+entry, " ")})
	}
	for _, c := range in.Complaints() {
		r.must(list, "2.1", "%s", c)
	}
	return nil
}

// accepts reports whether a rule lets packets through.
func (r *reader) accepts(actions *form.Node) bool {
	if actions == nil {
		return false
	}
	for _, m := range actions.Members {
		if m.Name != "forwarding" {
			r.should(&form.Node{Line: m.Line, Place: actions.Place}, "2", "the action %q is not of usage descriptions; it is passed over", form.Clip(m.Name))
		}
	}
	v := actions.Get("forwarding")
	if v == nil {
		r.must(actions, "2", `"forwarding" is missing; the rule is passed over`)
		return false
	}
	switch strings.TrimPrefix(v.Scalar, "ietf-access-control-list:") {
	case "accept":
		return true
	case "drop":
	case "reject":
		r.should(v, "2", `want "drop"; "reject" is read as that`)
	default:
		r.should(v, "2", "%q: want accept or drop; the rule is passed over", form.Clip(v.Scalar))
	}
	return false
}
