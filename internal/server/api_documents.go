package server

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
)

// routeDocuments registers what has to do with documents and their proofs.
func (s *Server) routeDocuments(api huma.API) {
	s.routeImport(api)
	register(s, api, operation{
		id: "documents", method: http.MethodGet, path: "/documents", tag: tagDocuments,
		summary: "List documents",
		about:   "Documents that the caller may see, by position. For the next page ask with `after` set to `next`.",
	}, s.documents)
	register(s, api, operation{
		id: "document", method: http.MethodGet, path: "/documents/{position}", tag: tagDocuments,
		summary: "Describe a document",
		about:   "What the ledger says of a document: digest, kind, source, when it was published and received, and by whom it was added.",
		errors:  []int{http.StatusNotFound},
	}, s.document)
	describeRaw(register(s, api, operation{
		id: "document-body", method: http.MethodGet, path: "/documents/{position}/body", tag: tagDocuments,
		summary: "The document itself",
		about:   "The bytes as they were handed in, for downloading.",
		errors:  []int{http.StatusNotFound},
	}, s.documentBody), "application/octet-stream", "The document's bytes.", "Content-Disposition", "ETag")
	describeRaw(register(s, api, operation{
		id: "document-proof", method: http.MethodGet, path: "/documents/{position}/proof", tag: tagDocuments,
		summary: "Prove that a document is in the ledger",
		about:   "An inclusion proof with the checkpoint it leads to, in the form of c2sp.org/tlog-proof.",
		errors:  []int{http.StatusNotFound},
	}, s.documentProof), proofType, "The proof.")
}

const proofType = "text/plain; charset=utf-8"

// Document is an entry of the ledger with its audience in words.
type Document struct {
	ledger.Entry
	Audience string `json:"audience" example:"public" doc:"Who may see it: public, or organisations joined by | (any of) and & (all of)."`
}

func documentOf(e ledger.Entry) Document { return Document{e, e.Audience.String()} }

type documentsInput struct {
	Kind   string `query:"kind" maxLength:"100" example:"ofac.primary" doc:"Only documents of this kind."`
	Source string `query:"source" maxLength:"200" example:"us-ofac-sdn" doc:"Only documents of this source."`
	After  int64  `query:"after" minimum:"0" doc:"Only positions above this one."`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"How many at most."`
	Moment
}

type documentsOutput struct{ Body DocumentPage }

// DocumentPage is a page of the list of documents.
type DocumentPage struct {
	Documents []Document `json:"documents"`
	Next      int64      `json:"next" doc:"What to ask after for the next page; 0 when this is the last."`
}

func (s *Server) documents(ctx context.Context, in *documentsInput) (*documentsOutput, error) {
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	// One more than asked for tells whether there is another page.
	entries, err := s.opts.Node.List(ctx, ask, ledger.Filter{Kind: in.Kind, Source: in.Source, After: in.After, Limit: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	page := DocumentPage{Documents: []Document{}}
	if len(entries) > in.Limit {
		entries = entries[:in.Limit]
		page.Next = entries[in.Limit-1].Position
	}
	for _, e := range entries {
		page.Documents = append(page.Documents, documentOf(e))
	}
	return &documentsOutput{page}, nil
}

type positionInput struct {
	Position int64 `path:"position" minimum:"1" example:"4711" doc:"The document's position in the ledger."`
}

type documentOutput struct{ Body Document }

func (s *Server) document(ctx context.Context, in *positionInput) (*documentOutput, error) {
	e, _, err := s.entry(ctx, in)
	if err != nil {
		return nil, err
	}
	return &documentOutput{documentOf(*e)}, nil
}

func (s *Server) entry(ctx context.Context, in *positionInput) (*ledger.Entry, access.Ask, error) {
	ask, err := askOf(ctx, Moment{})
	if err != nil {
		return nil, ask, err
	}
	e, err := s.opts.Node.Document(ctx, ask, in.Position)
	return e, ask, err
}

// bodyPolicy keeps a browser from doing anything with what somebody handed in
// but saving it.
const bodyPolicy = "default-src 'none'; sandbox"

func (s *Server) documentBody(ctx context.Context, in *positionInput) (*raw, error) {
	e, ask, err := s.entry(ctx, in)
	if err != nil {
		return nil, err
	}
	body, err := s.opts.Node.Body(ctx, ask, in.Position)
	if err != nil {
		return nil, err
	}
	return &raw{
		ContentType: "application/octet-stream", ContentDisposition: attachment(e.Name), ContentPolicy: bodyPolicy,
		ETag: `"` + e.Digest + `"`, Body: body,
	}, nil
}

func (s *Server) documentProof(ctx context.Context, in *positionInput) (*raw, error) {
	ask, err := askOf(ctx, Moment{})
	if err != nil {
		return nil, err
	}
	proof, err := s.opts.Node.Prove(ctx, ask, in.Position)
	if err != nil {
		return nil, err
	}
	return &raw{ContentType: proofType, Body: proof}, nil
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
