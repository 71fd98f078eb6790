// Package feed is the room of official archives that are fetched by URL:
// advisories, catalogues of exploited weaknesses, lists of restricted parties.
//
// Begin with [Table], which says what there is, [Fetcher.Fetch], which brings
// the files of one feed, and [Book], which remembers how far each has come.
//
// A fetch asks only for what changed (RFC 9110, section 13), goes on where it
// was cut (section 14.2), and takes nothing beyond its limits. It leads nowhere
// that the table did not name, but for redirects over TLS to addresses of the
// public internet. What it brings are bytes: whoever takes them in has to
// recognise them as what the feed is for, and only then does [Book.Succeeded]
// keep the validators by which the next fetch asks. One that fails leaves what
// is held as it is.
//
// The package reads no document and writes nothing but its own state.
package feed
