// Package verify is the one door for verifying what somebody signed: give it the
// files of a question, and it recognises what each is and answers.
//
// Begin with [Verify], [Question] and [Answer]. It takes Sigstore bundles, DSSE
// envelopes, files with several of them (npm, GitHub, JSON lines), the provenance
// that Google's Cloud Build shows, signatures of usage descriptions (MUD) in CMS,
// proofs that an entry is in a transparency log, checkpoints of one, and proofs
// that a log only grew. It asks nobody: whom to trust comes with the question, as
// keys, certificates, a trusted root or a policy; only the keys of a few
// publishers are known from the start, see publishers.yaml.
//
// A valid answer says that the document is genuine, in force at the moment of
// the question, and about the artifact, where one was named. It does not say
// that what it claims is good news: a label that says it is suspended is valid,
// and so is a summary that says an artifact failed. What it claims is told in
// [Attestation].
package verify
