package db

// What the tests outside the package need from inside.

// OpenVersion opens a store with the schema of an older program.
var OpenVersion = open

// Latest is the newest schema version.
var Latest = latest

// Tables are the names of all tables that a backup knows of, copied or not.
func Tables() (copied, left []string) {
	for _, t := range backedUp {
		copied = append(copied, t.name)
	}
	for _, t := range passing {
		left = append(left, t.name)
	}
	return copied, left
}
