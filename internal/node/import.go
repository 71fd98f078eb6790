package node

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"countersign.dev/demo"
	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/assurance/attestation"
	"countersign.dev/internal/incident/playbook"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/inventory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// maxLoss is the share of a list, in percent, that an edition may drop before
// it is taken for a broken file.
const maxLoss = 20

// ImportOptions say what files are.
type ImportOptions struct {
	Source     string          // the series they belong to, where their content does not tell
	Published  access.Date     // issue date, where they do not give one
	Audience   access.Audience // who may see them
	AcceptLoss bool            // take an edition that drops more of a list than is usual
	Strict     bool            // one bad file keeps all others out
	Kinds      []string        // the only kinds of documents that are taken; all when empty
}

// ImportReport is what became of files.
type ImportReport struct {
	Editions []ImportedEdition `json:"editions"`
	Failed   []string          `json:"failed"` // what was wrong, one line a file or edition
}

// ImportedEdition is what became of one edition.
type ImportedEdition struct {
	Source    string      `json:"source"`
	Published access.Date `json:"published"`
	Files     []string    `json:"files"`
	Rows      int         `json:"rows"`
	Position  int64       `json:"position"`
	New       bool        `json:"new"` // false when the ledger held all of it
	Added     int         `json:"added"`
	Removed   int         `json:"removed"`
	Changed   int         `json:"changed"`
	Warnings  []string    `json:"warnings,omitempty"`
}

// Import recognises files, reads them and appends them, edition by edition.
// What is wrong with one edition does not keep the others out, unless Strict;
// it is told in the report. The error is for what concerns the whole.
func (n *Node) Import(ctx context.Context, by access.Reader, files []intake.File, opts ImportOptions) (*ImportReport, error) {
	if !by.MayWrite() {
		return nil, problem.New(problem.Denied, "%s may not add documents; ask for a role other than reader", by.Member)
	}
	if !by.MaySee(opts.Audience) {
		return nil, problem.New(problem.Denied, "%s is not in the audience %s and may not add documents to it", by.Member, opts.Audience)
	}
	report := &ImportReport{Editions: []ImportedEdition{}, Failed: []string{}}
	editions, failed := intake.Read(ctx, files, intake.Options{
		Source: opts.Source, Published: opts.Published,
		CheckPolicy: func(text []byte) error {
			_, err := policy.Parse("policy", text)
			return err
		},
	})
	if len(opts.Kinds) > 0 {
		editions, failed = ofKinds(editions, failed, opts.Kinds)
	}
	for _, err := range failed {
		report.Failed = append(report.Failed, problem.Message(err))
	}
	if opts.Strict && len(failed) > 0 {
		return report, nil
	}
	for _, e := range cataloguesFirst(editions) {
		done, err := n.append(ctx, by, e, opts)
		if err != nil {
			if ctx.Err() != nil {
				return report, ctx.Err()
			}
			if problem.KindOf(err) == problem.Internal || problem.KindOf(err) == problem.Unavailable {
				return report, err
			}
			report.Failed = append(report.Failed, problem.Message(err))
			continue
		}
		report.Editions = append(report.Editions, *done)
	}
	return report, nil
}

// ImportDemo adds what the program carries for a demonstration, as far as the
// store has it not.
func (n *Node) ImportDemo(ctx context.Context) (*ImportReport, error) {
	report := &ImportReport{Editions: []ImportedEdition{}, Failed: []string{}}
	for _, pattern := range []string{"events/*.yaml", "ownership/*.csv", "advisories/*.json", "advisories/*.jsonl", "software/*.json", "inventory/*.csv", "sharing/*.yaml"} {
		names, err := fs.Glob(demo.FS, pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			b, err := fs.ReadFile(demo.FS, name)
			if err != nil {
				return nil, err
			}
			// One by one: several are editions of one source.
			r, err := n.Import(ctx, access.Operator, []intake.File{{Name: name, Bytes: b}}, ImportOptions{})
			if err != nil {
				return nil, err
			}
			report.Editions = append(report.Editions, r.Editions...)
			report.Failed = append(report.Failed, r.Failed...)
		}
	}
	if err := n.seedSharing(ctx); err != nil {
		return nil, err
	}
	if err := n.seedIncidents(ctx); err != nil {
		return nil, err
	}
	return report, n.seedLabels(ctx)
}

func (n *Node) append(ctx context.Context, by access.Reader, e intake.Edition, opts ImportOptions) (*ImportedEdition, error) {
	done := &ImportedEdition{Source: e.Source}
	edition := ledger.Edition{
		Audience: opts.Audience, Actor: by.Member, MaxLoss: maxLoss,
		NoticeKind: listing.FactEvent, Explains: explains,
	}
	if opts.AcceptLoss {
		edition.MaxLoss = 0
	}
	for _, f := range e.Files {
		r := f.Reading
		if headOf(r) != listing.FactEntry && headOf(r) != advisory.FactKEV {
			edition.MaxLoss = 0 // no list: to say less than before is no sign of a broken file
		}
		published := opts.Published
		if r.Published != "" {
			published = r.Published
		}
		today := access.DateOf(n.now())
		if published > today && r.Published == "" {
			return nil, problem.New(problem.Invalid, "%s: published on %s, it is said, which is after today, %s", f.Name, published, today)
		} else if published > today {
			done.Warnings = append(done.Warnings, fmt.Sprintf("%s: says that it is published on %s, after today; until then it is not asked", f.Name, published))
		} else if published == "" && r.Mode == ledger.Snapshot {
			done.Warnings = append(done.Warnings, fmt.Sprintf("%s: does not say when it was published; taken for published today, %s. Give the day with --published", f.Name, today))
		}
		if err := n.admit(ctx, by, &f, opts.Audience); err != nil {
			return nil, err
		}
		attestation.SubmittedBy(r, submitters(by))
		edition.Documents = append(edition.Documents, ledger.Document{
			Bytes: f.Bytes, Kind: r.Kind, Source: r.Source, Part: r.Part, Name: f.Name, Published: published,
			Rows: r.Rows, Mode: r.Mode, Statements: r.Statements, Head: headOf(r),
		})
		done.Files = append(done.Files, f.Name)
		done.Rows += r.Rows
		for _, w := range r.Warnings {
			done.Warnings = append(done.Warnings, f.Name+": "+w)
		}
	}
	if err := n.found(ctx, by, &edition); err != nil {
		return nil, err
	}
	if err := n.unchangedPlaybook(ctx, &edition); err != nil {
		return nil, err
	}
	receipt, err := n.Ledger.Append(ctx, edition)
	if err != nil {
		return nil, err
	}
	done.Position, done.New = receipt.Position, receipt.Held < len(edition.Documents)
	done.Added, done.Removed, done.Changed = len(receipt.Added), len(receipt.Removed), len(receipt.Changed)
	done.Published = receipt.Documents[0].Published
	for _, name := range receipt.Stale {
		done.Warnings = append(done.Warnings, fmt.Sprintf("%s: older than the version of %s that is held; kept, but it changes no answer", name, e.Source))
	}
	return done, nil
}

// headOf is the kind of statement that a reading's subjects are counted by.
func headOf(r *ledger.Reading) string {
	if isRule(r) {
		return ""
	}
	for prefix, head := range heads {
		if strings.HasPrefix(r.Kind, prefix) {
			return head
		}
	}
	return listing.FactEntry
}

// heads is what is counted of documents that are no lists, by what their kind
// begins with.
var heads = map[string]string{
	"software.": software.FactRelease, "advisory.kev": advisory.FactKEV, "advisory.osv": advisory.FactRecord, "advisory.cve": advisory.FactRecord,
	"advisory.csaf": advisory.FactRecord, "advisory.openvex": advisory.FactVEX, "advisory.cyclonedx": advisory.FactVEX,
	"inventory.": inventory.FactSystem, attestation.Kind: attestation.FactClaim, playbook.Kind: playbook.Fact,
}

// isRule reports whether a reading is of a programme, policy, scheme, catalogue
// or profile.
func isRule(r *ledger.Reading) bool {
	for _, kind := range documentKind {
		if r.Kind == kind {
			return true
		}
	}
	return false
}

// concernsAll reports whether a reading changes the answers about things of
// others: rules, advisories, what is said of weaknesses, and whose signatures are
// trusted.
func concernsAll(r *ledger.Reading) bool {
	return isRule(r) || strings.HasPrefix(r.Kind, "advisory.") || r.Kind == attestation.KindSigners || r.Kind == attestation.KindRoot
}

// explains reports whether a notice accounts for an entry's absence from an
// edition published on a day.
func explains(notice *ledger.Fact, on access.Date) bool {
	var e listing.Event
	if notice.Decode(&e) != nil || e.Date > on {
		return false
	}
	switch e.Kind {
	case listing.Removed, listing.Vacated, listing.Expired, listing.Respelled:
		return true
	}
	return false
}
