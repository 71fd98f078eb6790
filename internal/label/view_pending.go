package label

import "countersign.dev/internal/access"

// Pending is the labels that were never issued, as far as the ask's reader may
// see them, by id. Whoever has a part in none is given none.
func (v *View) Pending(ask access.Ask) []State {
	v.mu.RLock()
	defer v.mu.RUnlock()
	out := []State{}
	for _, id := range v.private {
		events := v.labels[id].seen(ask.Reader, ask.At)
		if len(events) == 0 {
			continue
		}
		if s := Fold(events, ask.At.Date); s.Status != None {
			out = append(out, s)
		}
	}
	return out
}
