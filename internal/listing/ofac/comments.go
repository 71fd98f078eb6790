package ofac

import (
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/party"
)

// comments reads the rest of an entry's remarks. Its first item is the end of
// one that began in the primary part; without that beginning it is unreadable.
// Copies of editions are in circulation with the comments of a later day:
// those on entries that the primary part does not have are passed over.
func (r *reader) comments(rec record, entry uint64) error {
	if err := r.once(rec.line, "comments on entry", entry); err != nil {
		return err
	}
	rest := null(rec.fields[1])
	if rest == "" {
		return nil
	}
	cut, joined := "", false
	if primary := r.in.Primary; primary != nil {
		if _, listed := primary.Entries[entry]; !listed {
			r.warn("line %d: entry %d is not in the primary part beside it; its comments were passed over", rec.line, entry)
			return nil
		}
		cut, joined = primary.Cut[entry]
	}
	subject := r.subject(entry)
	r.state(ledger.Statement{
		Kind: party.FactDetail, Subject: subject, Key: "remarks_continued",
		Body: party.Detail{Name: "remarks_continued", Value: rest},
	})
	items, _, open := itemsOf(cut+rec.fields[1], 0)
	if !joined && len(items) > 0 {
		items = items[1:]
	}
	if open {
		r.warn("line %d: the comments on entry %d do not end with a full stop; their last item was passed over", rec.line, entry)
	}
	mined, dates := r.mine(rec.line, subject, "", items)
	if dates.listed != "" {
		r.state(dates.designated(subject))
	}
	r.state(mined...)
	return nil
}
