package console

import (
	"countersign.dev/internal/intake"
	"countersign.dev/internal/node"
)

// The node's own words, under this package's names.
type (
	Question        = node.Question
	Head            = node.Head
	File            = intake.File
	ImportOptions   = node.ImportOptions
	ImportReport    = node.ImportReport
	ImportedEdition = node.ImportedEdition
)
