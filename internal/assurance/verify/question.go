package verify

import (
	"io"
	"time"
)

// File is a document with the name that messages call it by.
type File struct {
	Name  string
	Bytes []byte
}

// Question is what is to be verified, about what, and whom to trust.
type Question struct {
	// Files are the attestations. Where one of several is no attestation, and
	// no artifact is named, that one is the artifact.
	Files []File

	Keys        []File // public keys or certificates, PEM; a log's key as NAME+HASH+BASE64
	TrustedRoot *File  // of Sigstore
	Identity    string // who must have signed, where that is a certificate: exactly
	Issuer      string // of the identity

	Artifact      *Artifact // what the attestations must be about; nil for not to ask
	Digest        string    // of it, where the artifact itself is not at hand: "sha256:…"
	PredicateType string    // what an attestation must say something about; "" for anything

	Leaf   *File // the entry that a proof is about
	Policy *File // which logs are trusted, and how many witnesses
	Old    *File // two checkpoints of a log, and the proof that the first grew into the second
	New    *File
	Proof  *File

	At time.Time // the moment of the question
	// Dated is that somebody chose the moment: then what was signed after it is
	// not yet valid. Without it the moment is now, by a clock that may be wrong.
	Dated bool
}

// Artifact is what an attestation is about.
type Artifact struct {
	Name string
	// Open gives its bytes from the beginning. It may be called more than once.
	Open func() (io.ReadCloser, error)
}

// What the answer to a question can be.
const (
	Valid       = "valid"
	Invalid     = "invalid"
	Expired     = "expired"       // genuine, and no longer in force
	NotYetValid = "not-yet-valid" // genuine, and not in force before a later day
)

// Answer is what was found. Its JSON is what the command prints.
type Answer struct {
	Result string `json:"result"`
	Reason string `json:"reason"` // "" when valid
	Kind   string `json:"kind,omitempty"`
	// Attestation is the one attestation, or of several the first one that is
	// about what was asked; Attestations is then all of them.
	*Attestation
	Attestations []*Attestation `json:"attestations,omitempty"`
	Tree         *Tree          `json:"tree,omitempty"`     // of a proof or checkpoint
	OldTree      *Tree          `json:"old_tree,omitempty"` // that grew into Tree
	Index        *int64         `json:"index,omitempty"`    // of the entry in the log, from 0
	Witnesses    []Witness      `json:"witnesses,omitempty"`
	At           time.Time      `json:"at"`
	Notes        []string       `json:"notes,omitempty"` // what was not verified, and why
}

// Attestation is what was verified of one attestation.
type Attestation struct {
	File          string     `json:"file,omitempty"`
	Result        string     `json:"result"`
	Reason        string     `json:"reason,omitempty"`
	Signer        *Signer    `json:"signer,omitempty"`
	SignedAt      []SignedAt `json:"signed_at,omitempty"` // by witnesses other than the signer
	Log           []LogEntry `json:"log,omitempty"`
	PayloadType   string     `json:"payload_type,omitempty"`
	PredicateType string     `json:"predicate_type,omitempty"`
	Subjects      []Subject  `json:"subjects,omitempty"`
	Artifact      *Subject   `json:"artifact,omitempty"` // the subject that is the artifact of the question
	ValidFrom     *time.Time `json:"valid_from,omitempty"`
	ValidUntil    *time.Time `json:"valid_until,omitempty"`
	Claims        *Claims    `json:"claims,omitempty"`
}

// Signer is who signed.
type Signer struct {
	KeyID     string `json:"key_id,omitempty"`    // SHA-256 of the public key, in hex
	Publisher string `json:"publisher,omitempty"` // whose key that is, where it is known from the start
	Identity  string `json:"identity,omitempty"`
	Issuer    string `json:"issuer,omitempty"`
	Source    string `json:"source,omitempty"` // the repository for which the signing workflow ran
	SourceRef string `json:"source_ref,omitempty"`
	Commit    string `json:"commit,omitempty"`
}

// SignedAt is a time and who says so.
type SignedAt struct {
	Time time.Time `json:"time"`
	By   string    `json:"by,omitempty"`
}

// LogEntry is where something is written down in a transparency log.
type LogEntry struct {
	Log   string `json:"log"`
	Index int64  `json:"index"`
}

// Subject is an artifact by its digests.
type Subject struct {
	Name   string            `json:"name,omitempty"`
	Digest map[string]string `json:"digest"`
}

// Claims is what an attestation says, as far as its type is known. Only the
// signer vouches for it.
type Claims struct {
	Status     string   `json:"status,omitempty"` // of a label
	Verifier   string   `json:"verifier,omitempty"`
	Passed     *bool    `json:"passed,omitempty"`
	Properties []string `json:"properties,omitempty"` // of a verification result, levels of a summary
	Builder    string   `json:"builder,omitempty"`
	BuildType  string   `json:"build_type,omitempty"`
	Source     string   `json:"source,omitempty"`
	Commit     string   `json:"commit,omitempty"`
	Package    string   `json:"package,omitempty"` // purl of a release
}

// Tree is a state of a log.
type Tree struct {
	Origin string `json:"origin"`
	Size   int64  `json:"size"`
	Root   string `json:"root"` // base64
}

// Witness is that somebody else has seen a state of a log.
type Witness struct {
	Name string    `json:"name"`
	Time time.Time `json:"time"`
}
