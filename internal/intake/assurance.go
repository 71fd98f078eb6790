package intake

import (
	"context"

	"countersign.dev/internal/assurance/attestation"
	"countersign.dev/internal/assurance/mud"
	"countersign.dev/internal/assurance/report"
	"countersign.dev/internal/assurance/scorecard"
	"countersign.dev/internal/assurance/ssdf"
	"countersign.dev/internal/ledger"
)

// assuranceFormats is what is taken in as evidence: what makers, laboratories
// and tools say of a product beside its bill. They stand last; nothing that
// comes before is like them, and most files are something else.
var assuranceFormats = []*format{
	{
		name: "usage description of a device (MUD, RFC 8520, JSON)", alone: true,
		recognise: mud.Recognise,
		read:      evidence(mud.Read, mud.Reading),
	},
	{
		name: "result of OpenSSF Scorecard (JSON, or an in-toto statement)", alone: true,
		recognise: scorecard.Recognise,
		read:      evidence(scorecard.Read, scorecard.Reading),
	},
	{
		name: "attestation form for secure development (YAML or JSON, countersign: ssdf-form/v1)", alone: true,
		recognise: ssdf.Recognise,
		read:      evidence(ssdf.Read, ssdf.Reading),
	},
	{
		name: "test report of a laboratory (YAML or JSON, countersign: test-report/v1)", alone: true,
		recognise: report.Recognise,
		read:      evidence(report.Read, report.Reading),
	},
	{
		name: "conformance statement of a maker (ICS, CSV with the columns provision and support)", alone: true,
		recognise: report.RecogniseICS,
		read:      evidence(report.ReadICS, (*report.ICS).Reading),
	},
	{
		name: "who may sign what about whom (YAML, countersign: signers/v1)", alone: true,
		recognise: attestation.RecogniseSigners,
		read:      alone(attestation.ReadSigners),
	},
	{
		name: "trusted root of Sigstore (trusted_root.json)", alone: true,
		recognise: attestation.RecogniseRoot,
		read:      alone(attestation.ReadRoot),
	},
	{
		// What is in an envelope is asked first whether it is a bill or an advisory.
		name: "attestation (DSSE envelope, Sigstore bundle, JSON lines of these, npm's and GitHub's answers)", alone: true,
		recognise: attestation.Recognise,
		read:      alone(attestation.Read),
	},
}

// evidence makes a reader of single documents, and what the ledger keeps of
// them, a reader of many.
func evidence[V, L any](read func(context.Context, string, []byte, L) (V, error), reading func(V, string) *ledger.Reading) func(context.Context, []File, Options) []result {
	return each(func(ctx context.Context, f File, _ Options) (*ledger.Reading, error) {
		var defaults L
		v, err := read(ctx, f.Name, f.Bytes, defaults)
		if err != nil {
			return nil, err
		}
		return reading(v, ledger.Digest(f.Bytes)), nil
	})
}
